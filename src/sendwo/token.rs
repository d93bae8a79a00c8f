//! The API token.
//!
//! Invariant: [`Token::expose`] is the only way to its text, for the bytes of a request (`transport`) and for keeping it
//! (`app/account/credentials.rs`). `Debug` and `Display` say `[token]`.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::text::tidy;
use crate::sys::platform;

use super::redact::Forms;

/// What stands in a text where the token stood.
pub const REDACTED: &str = "[token]";

/// No token is longer (bytes).
const MAX_TOKEN_BYTES: u64 = 4096;

/// The token generated in Sendwo's dashboard. Cheap to clone; wiped from memory with its last clone.
#[derive(Clone)]
pub struct Token(Arc<Kept>);

struct Kept {
    text: SecretString,
    /// As it and the part behind its `|` may be said back.
    forms: Forms,
}

impl Token {
    /// Takes a token, trimmed.
    ///
    /// # Errors
    /// When it is empty, too long, or holds spaces or control characters: then it was pasted wrongly.
    pub fn new(text: &str) -> Result<Token, TokenError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() as u64 > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(TokenError::Characters);
        }
        let secret_part = text.rsplit('|').next().unwrap_or(text);
        let forms = Forms::of([text, secret_part]);
        Ok(Token(Arc::new(Kept { text: SecretString::from(text), forms })))
    }

    /// Reads a token from a file that only its owner can read.
    ///
    /// # Errors
    /// When the file can't be read, others can read it, or what is in it is no token.
    pub fn from_file(path: &Path) -> Result<Token, TokenError> {
        let unreadable = |source| TokenError::File { path: path.to_owned(), source };
        // A pipe that nobody writes to would never open.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(TokenError::NoFile { path: path.to_owned() });
        }
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(unreadable)?;
        if platform::open_to_others(&file.metadata().map_err(unreadable)?) {
            return Err(TokenError::ReadableByOthers { path: path.to_owned() });
        }
        file.take(MAX_TOKEN_BYTES + 64).read_to_string(&mut text).map_err(unreadable)?;
        Token::new(&text)
    }

    /// The token's text: for the bytes of a request, and for storing it. Nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }

    /// A text from outside with every occurrence of the token, or of the secret part behind its `|`, replaced: in
    /// whatever form, also with characters in between that nobody would see. Tokens of fewer than 8 characters are
    /// left: they'd garble words, and no real one is as short.
    #[must_use]
    pub fn scrub(&self, text: String) -> String {
        self.scrubbed(&text).unwrap_or(text)
    }

    /// As [`Token::scrub`]; `None` where the text stays as it is.
    pub(super) fn scrubbed(&self, text: &str) -> Option<String> {
        // Nor does it once what nobody would see is taken out.
        if !self.0.forms.fit_into(text.len()) {
            return None;
        }
        let without = self.0.forms.replaced(text, REDACTED);
        let text = without.as_deref().unwrap_or(text);
        let shown = tidy(text, usize::MAX);
        if shown == text {
            return without;
        }
        self.0.forms.replaced(&shown, REDACTED).or(without)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing but spaces.
    #[error("the token is empty")]
    Empty,
    /// Longer than any token.
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// It holds what no token holds.
    #[error("the token holds a space or a control character")]
    Characters,
    /// Its file can't be read.
    #[error("can't read the token from {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Its file is a directory, a pipe, a device.
    #[error("the token file {} is not a regular file", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// Its file isn't private.
    #[error("the token file {} can be read by others", path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
    },
}

impl TokenError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            TokenError::Empty => {
                "set SENDWO_API_TOKEN, or put it into the file that `--token-file` names".to_owned()
            }
            TokenError::TooLong | TokenError::Characters => {
                "copy the token again from Sendwo's dashboard, and nothing around it".to_owned()
            }
            TokenError::File { .. } | TokenError::NoFile { .. } => "check the path and its rights".to_owned(),
            TokenError::ReadableByOthers { path } => format!("run `chmod 600 {}`", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "77|cAnArY+secret/0123";

    #[test]
    fn tokens_are_trimmed_and_looked_at() {
        assert_eq!(Token::new("\u{feff} 1|abc\r\n").unwrap().expose(), "1|abc");
        assert!(matches!(Token::new(" \n"), Err(TokenError::Empty)));
        assert!(matches!(Token::new("ab\u{0}c"), Err(TokenError::Characters)));
        assert!(matches!(Token::new("ab\ncd"), Err(TokenError::Characters)));
        assert!(matches!(Token::new("ab cd"), Err(TokenError::Characters)));
        assert!(matches!(Token::new(&"a".repeat(5000)), Err(TokenError::TooLong)));
    }

    #[test]
    fn nothing_prints_a_token() {
        let token = Token::new(CANARY).unwrap();
        assert_eq!(format!("{token} {token:?} {:?}", Some(&token)), "[token] [token] Some([token])");
        let said = format!("no {CANARY}, 77%7CcAnArY%2Bsecret%2F0123 or cAnArY+secret/0123!");
        assert_eq!(token.scrub(said), "no [token], [token] or [token]!");
        assert_eq!(token.scrub("no 77|cAn\0ArY+sec\u{202e}ret/0123!".to_owned()), "no [token]!");
        assert_eq!(token.scrub("two\nlines".to_owned()), "two\nlines");
        assert_eq!(Token::new("t").unwrap().scrub("a text".into()), "a text");
    }

    #[test]
    #[cfg(unix)]
    fn token_files_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        assert!(matches!(Token::from_file(&path), Err(TokenError::File { .. })));
        std::fs::write(&path, format!("{CANARY}\n")).unwrap();
        for (mode, private) in [(0o644, false), (0o640, false), (0o604, false), (0o600, true), (0o400, true)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match Token::from_file(&path) {
                Ok(token) => assert!(private && token.expose() == CANARY),
                Err(error) => {
                    assert!(!private && error.hint().starts_with("run `chmod 600 "), "{mode:o}: {error}");
                }
            }
        }
    }
}
