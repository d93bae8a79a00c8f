//! Why something is not as wished, in a code where there is one and in plain words always.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::phone::Phone;
use crate::domain::text::shared;

/// A code of Meta's (or none) and a sentence a marketer can act on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Problem {
    /// Meta's error code, when the text carried one.
    pub code: Option<u32>,
    /// Plain language; for an unknown refusal, the server's own text.
    #[serde(deserialize_with = "shared")]
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

    /// The same, telling at most the last digits of that person's number.
    #[must_use]
    pub fn about(&self, phone: Phone) -> Problem {
        Problem { code: self.code, reason: phone.hidden_in(&self.reason).into() }
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
