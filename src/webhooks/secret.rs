//! The secret part of the path that webhooks are posted to. Sendwo signs nothing: whoever knows the path is
//! believed, so nobody else may.

use std::fmt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::sys::disk::{Disk, create_durable_dir, if_there, write_atomic};
use crate::sys::platform;

/// Characters at least: 12 of 62 are more than can be tried over a network.
const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 128;

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing is there.
    #[error("the secret is empty")]
    Empty,
    /// It could be guessed, or is no secret at all.
    #[error("the path's secret has to have 12 to 128 characters")]
    Length,
    /// It can't stand where it has to.
    #[error("the secret holds characters that can't stand there (in a path: letters, digits, `-` and `_`)")]
    Characters,
}

/// The path's secret. `Debug` doesn't show it.
#[derive(Clone)]
pub struct PathSecret(SecretString);

impl PathSecret {
    /// Takes a secret, trimmed; a whole path or URL may be given, of which the last part is taken.
    ///
    /// # Errors
    /// When it is too short to be one, or has characters that a path doesn't bear.
    pub fn new(text: &str) -> Result<PathSecret, SecretError> {
        let text = text.trim().trim_end_matches('/');
        let text = text.rsplit('/').next().unwrap_or(text);
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(SecretError::Characters);
        }
        if !(MIN_CHARS..=MAX_CHARS).contains(&text.len()) {
            return Err(SecretError::Length);
        }
        Ok(PathSecret(SecretString::from(text)))
    }

    /// The one that is kept in this file; made at first use, readable by its owner only.
    ///
    /// # Errors
    /// The disk's; what stands in the file is no secret; the system has no chance to give.
    pub fn kept(disk: &dyn Disk, path: &Path) -> std::io::Result<PathSecret> {
        let broken = |error: SecretError| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
        if let Some(bytes) = if_there(disk.read(path))? {
            return PathSecret::new(&String::from_utf8_lossy(&bytes)).map_err(broken);
        }
        let text = platform::random_hex::<24>()?;
        if let Some(dir) = path.parent() {
            create_durable_dir(disk, dir, 3)?;
        }
        write_atomic(disk, path, text.as_bytes())?;
        PathSecret::new(&text).map_err(broken)
    }

    /// Where it is kept, beside the account's inbox.
    #[must_use]
    pub fn path(inbox: &Path) -> PathBuf {
        inbox.join("path-secret")
    }

    /// Whether this is the path of a request to us: `/<secret>` or `/hooks/<secret>`. Takes as long for a secret
    /// that is nearly right as for any other.
    #[must_use]
    pub fn opens(&self, path: &str) -> bool {
        let told = path.strip_prefix('/').unwrap_or(path);
        let told = told.strip_prefix("hooks/").unwrap_or(told);
        self.is(told.strip_suffix('/').unwrap_or(told))
    }

    /// Whether that is it. The codes of both are compared, which tells nothing of either.
    #[must_use]
    pub fn is(&self, told: &str) -> bool {
        let code = |text: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"sendcast path").ok()?;
            mac.update(text.as_bytes());
            Some(mac)
        };
        let ours = code(self.0.expose_secret()).map(|mac| mac.finalize().into_bytes());
        ours.zip(code(told)).is_some_and(|(ours, told)| told.verify_slice(&ours).is_ok())
    }

    /// The secret's text: for the URL that is registered, and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PathSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::RealDisk;

    #[test]
    fn a_secret_opens_its_path_and_no_other() {
        let secret = PathSecret::new(" https://example.com/hooks/abcDEF-123_456\n").unwrap();
        for path in ["/abcDEF-123_456", "/hooks/abcDEF-123_456", "/hooks/abcDEF-123_456/"] {
            assert!(secret.opens(path), "{path}");
        }
        for path in
            ["/", "", "/hooks/", "/abcDEF-123_45", "/abcDEF-123_4567", "/hooks/hooks/abcDEF-123_456", "/é"]
        {
            assert!(!secret.opens(path), "{path}");
        }
        assert!(!format!("{secret:?}").contains("abc"));
        for (text, error) in [
            ("", SecretError::Empty),
            ("short", SecretError::Length),
            ("spaces are not for paths", SecretError::Characters),
            ("percent%2Fencoded", SecretError::Characters),
        ] {
            assert_eq!(PathSecret::new(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn one_is_made_at_first_use_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = PathSecret::path(&dir.path().join("accounts/a/hooks"));
        let made = PathSecret::kept(&RealDisk, &path).unwrap();
        assert_eq!(made.expose().len(), 48);
        assert!(PathSecret::kept(&RealDisk, &path).unwrap().is(made.expose()));
        let other = PathSecret::kept(&RealDisk, &dir.path().join("b/path-secret")).unwrap();
        assert!(!other.is(made.expose()));
        std::fs::write(&path, "x").unwrap();
        assert!(PathSecret::kept(&RealDisk, &path).is_err(), "damaged: it is told, not replaced");
    }
}
