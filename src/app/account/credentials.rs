//! Where the token comes from, and the one that `login` keeps: a file for each server, below the data directory.
//!
//! Invariant: the file is its owner's alone from its first moment on, and a token goes to the server that it was given
//! for and to no other: what is kept for one origin isn't found for another.
//!
//! A file, not the system's keyring: on Linux that takes either the kernel's keys, which a reboot forgets, or D-Bus and a
//! desktop session, which the servers that broadcasts run on lack. Who can read the owner's files can read the queue beside
//! it.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::app::AppError;
use crate::sendwo::{BaseUrl, Token, TokenError};
use crate::sys::disk::{Disk, create_durable_dir, if_there, write_atomic};
use crate::sys::home::Home;

/// Where the API token comes from: from a file that was named, else as it was handed over, else the one that `login`
/// keeps for this server.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// A file that was named.
    pub token_file: Option<PathBuf>,
    /// What was handed over, by the environment.
    pub handed_over: Option<SecretString>,
    /// Where `login` keeps one for this server.
    pub kept: PathBuf,
}

impl Credentials {
    /// The token.
    ///
    /// # Errors
    /// When there is none, or its file can be read by others.
    pub fn token(&self) -> Result<Token, AppError> {
        let refused = |error: TokenError| AppError::failed(error.to_string()).hint(error.hint());
        if let Some(path) = &self.token_file {
            return Token::from_file(path).map_err(refused);
        }
        if let Some(text) = &self.handed_over {
            return Token::new(text.expose_secret()).map_err(refused);
        }
        if self.kept.exists() {
            return Token::from_file(&self.kept).map_err(refused);
        }
        Err(AppError::failed("there is no API token").hint(
            "store the one from your Sendwo dashboard with `sendcast login`, or put it into SENDWO_API_TOKEN, or into \
             a file that only you can read and name it with `--token-file`; a trial with `--sandbox` needs none",
        ))
    }

    /// Whether one was given at all, good or not.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.token_file.is_some() || self.handed_over.is_some() || self.kept.exists()
    }
}

/// Where the token for that server lies, if one is kept.
#[must_use]
pub fn path(data_dir: &Path, server: &BaseUrl) -> PathBuf {
    Home::new(data_dir).account(&server.server()).join("token")
}

/// Keeps a token, in place of the one before.
///
/// # Errors
/// When the disk says no; the one before is intact then.
pub fn keep(disk: &dyn Disk, path: &Path, token: &Token) -> Result<(), AppError> {
    // The account's directory, that of all accounts, and the data directory may all be new.
    let kept = path
        .parent()
        .map_or(Ok(()), |dir| create_durable_dir(disk, dir, 3))
        .and_then(|()| write_atomic(disk, path, token.expose().as_bytes()));
    kept.map_err(|error| AppError::disk("keep the token in", path, &error))
}

/// Forgets it; whether there was one.
///
/// # Errors
/// When the disk says no.
pub fn forget(disk: &dyn Disk, path: &Path) -> Result<bool, AppError> {
    let gone = if_there(disk.remove_file(path)).map(|gone| gone.is_some());
    gone.map_err(|error| AppError::disk("remove the token from", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::memory_disk::MemoryDisk;

    #[test]
    fn a_token_is_kept_for_its_server_alone_and_survives_a_power_cut() {
        let (disk, data) = (MemoryDisk::new(), Path::new("data"));
        let at = |server: &str| path(data, &server.parse().unwrap());
        let (real, other) = (at("https://login.sendwo.com/api/v1"), at("https://sendwo.example.com/api/v1"));
        assert_eq!(real, at("https://LOGIN.sendwo.com:443"));
        assert_ne!(real, at("http://127.0.0.1:443"));
        disk.create_dir_all(data).unwrap();
        keep(&disk, &real, &Token::new("12|first").unwrap()).unwrap();
        keep(&disk, &real, &Token::new("12|second").unwrap()).unwrap();
        disk.power_cut(7);
        assert_eq!(disk.read(&real).unwrap(), b"12|second");
        assert!(!disk.exists(&other).unwrap());
        assert!(!forget(&disk, &other).unwrap());
        assert!(forget(&disk, &real).unwrap() && !forget(&disk, &real).unwrap());
    }
}
