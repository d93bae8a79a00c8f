//! Why something is not as wished, in a code where there is one and in plain words always.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A code of Meta's (or none) and a sentence a marketer can act on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Problem {
    /// Meta's error code, when the text carried one.
    pub code: Option<u32>,
    /// Plain language; for an unknown refusal, the server's own text.
    pub reason: Arc<str>,
}

impl Problem {
    /// A problem without a code.
    #[must_use]
    pub fn new(reason: impl Into<Arc<str>>) -> Problem {
        Problem { code: None, reason: reason.into() }
    }

    /// A problem with Meta's code.
    #[must_use]
    pub fn coded(code: u32, reason: impl Into<Arc<str>>) -> Problem {
        Problem { code: Some(code), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} (code {code})", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}
