//! The password of a dashboard that listens beyond this machine.
//!
//! Only its hash is kept (argon2id, with OWASP's parameters), in a file of the data directory that nobody else can read. One
//! attempt is computed at a time, so that many at once take the memory of one; and one is computed where there is no
//! password as well, so that the time of an answer doesn't tell.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::app::AppError;
use crate::domain::hex::hex;
use crate::sys::disk::{SharedDisk, create_durable_dir, if_there, write_atomic};
use crate::sys::platform;

/// A shorter one is refused,
pub const MIN_CHARS: usize = 12;
/// and a longer one.
const MAX_CHARS: usize = 1_000;
/// Memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
const HASH_BYTES: usize = 32;

/// As it stands in its file.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    salt: String,
    argon2id: String,
}

/// By what a change of the file is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordStamp(Option<[u8; 32]>);

/// The password of a data directory.
pub struct Password {
    path: PathBuf,
    disk: SharedDisk,
    /// One computes at a time, in this memory. It is kept: what is given back by many threads stays with the process all the
    /// same, once for each of them.
    memory: Mutex<Vec<Block>>,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Password {
    /// That of this data directory.
    #[must_use]
    pub fn of(disk: SharedDisk, data: &Path) -> Password {
        Password { path: data.join("serve-password"), disk, memory: Mutex::default() }
    }

    /// Whether there is one.
    ///
    /// # Errors
    /// When its file can't be read, or others may do so.
    pub fn is_set(&self) -> Result<bool, AppError> {
        Ok(self.kept()?.is_some())
    }

    /// The file as it is now.
    #[must_use]
    pub fn stamp(&self) -> PasswordStamp {
        PasswordStamp(self.disk.read(&self.path).ok().map(|bytes| Sha256::digest(bytes).into()))
    }

    /// Keeps this one from now on; every session ends by that.
    ///
    /// # Errors
    /// When it is too short or too long, or the disk says no.
    pub fn set(&self, password: &str) -> Result<(), AppError> {
        let chars = password.chars().count();
        if chars < MIN_CHARS {
            return Err(AppError::usage(format!(
                "the password has {chars} characters, and needs {MIN_CHARS} at least"
            ))
            .hint("four or five words that nobody would guess are easy to type"));
        }
        if chars > MAX_CHARS {
            return Err(AppError::usage(format!("the password has more than {MAX_CHARS} characters")));
        }
        let failed = |error: io::Error| AppError::disk("keep the password in", &self.path, &error);
        let salt = platform::random_hex::<16>().map_err(failed)?;
        let kept = Kept { version: 1, argon2id: hex(&self.hash(password, &salt)?), salt };
        let bytes = serde_json::to_vec(&kept).map_err(|error| failed(error.into()))?;
        let data = self.path.parent().unwrap_or(Path::new("."));
        create_durable_dir(&*self.disk, data, 3).map_err(failed)?;
        write_atomic(&*self.disk, &self.path, &bytes).map_err(failed)
    }

    /// Whether it is this one. It takes its time, and as long where there is none.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn is(&self, given: &str) -> Result<bool, AppError> {
        let kept = self.kept()?;
        let salt = kept.as_ref().map_or("nobody has set one", |kept| &kept.salt);
        let given: String = given.chars().take(MAX_CHARS + 1).collect();
        let hash = hex(&self.hash(&given, salt)?);
        let Some(kept) = kept else { return Ok(false) };
        let differ = hash.bytes().zip(kept.argon2id.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
        Ok(differ == 0 && hash.len() == kept.argon2id.len())
    }

    fn hash(&self, password: &str, salt: &str) -> Result<[u8; HASH_BYTES], AppError> {
        let failed =
            |error: argon2::Error| AppError::failed(format!("can't compute a password's hash: {error}"));
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).map_err(failed)?;
        // One keyboard writes an accent as one sign, another as two.
        let password: String = password.nfc().collect();
        let mut hash = [0; HASH_BYTES];
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.resize(params.block_count(), Block::default());
        let computed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt.as_bytes(), &mut hash, &mut *memory);
        memory.fill(Block::default());
        computed.map_err(failed)?;
        Ok(hash)
    }

    fn kept(&self) -> Result<Option<Kept>, AppError> {
        let failed = |error: io::Error| AppError::disk("read the password's hash in", &self.path, &error);
        if let Some(meta) = if_there(std::fs::metadata(&self.path)).map_err(failed)?
            && platform::open_to_others(&meta)
        {
            let what = format!("others on this machine may read {}", self.path.display());
            return Err(AppError::failed(what).hint(format!(
                "run `chmod 600 {}`, and set another password: `sendcast serve --set-password`",
                self.path.display()
            )));
        }
        let Some(bytes) = if_there(self.disk.read(&self.path)).map_err(failed)? else { return Ok(None) };
        match serde_json::from_slice::<Kept>(&bytes) {
            Ok(kept) if kept.version == 1 => Ok(Some(kept)),
            _ => {
                Err(AppError::failed(format!("the password's hash in {} can't be read", self.path.display()))
                    .hint("set the password again: `sendcast serve --set-password`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::memory_disk::MemoryDisk;

    #[test]
    fn it_is_known_again_by_its_hash_alone() {
        let disk: SharedDisk = std::sync::Arc::new(MemoryDisk::new());
        let password = Password::of(disk.clone(), Path::new("/data"));
        let before = password.stamp();
        assert!(!password.is_set().unwrap() && !password.is("correct horse").unwrap());
        assert!(password.set("eleven char").is_err() && password.set(&"x".repeat(1_001)).is_err());
        password.set("correct hors\u{e9}").unwrap();
        assert!(password.is("correct hors\u{e9}").unwrap());
        assert!(password.is("correct horse\u{301}").unwrap(), "typed on another keyboard");
        assert!(!password.is("correct horse").unwrap() && !password.is("").unwrap());
        let bytes = disk.read(Path::new("/data/serve-password")).unwrap();
        assert!(!String::from_utf8(bytes).unwrap().contains("horse"));
        assert_ne!(password.stamp(), before);
        let first = password.stamp();
        password.set("correct hors\u{e9}").unwrap();
        assert_ne!(password.stamp(), first, "another salt");
    }
}
