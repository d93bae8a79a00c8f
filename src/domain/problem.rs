//! Why something is not as wished, in a code where there is one and in plain words always.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::phone::Phone;
use crate::domain::text::shared;

/// What is said where nobody gave a reason.
pub const NO_REASON: &str = "no reason was given";

/// A code of Meta's (or none) and a sentence a marketer can act on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    /// Meta's error code, when the text carried one.
    pub code: Option<u32>,
    /// Plain language; for an unknown refusal, the server's own text.
    #[serde(deserialize_with = "shared")]
    pub reason: Arc<str>,
    /// The audience's column that is to blame, where one is. Known while a row is planned and not kept: the reason names
    /// it, too, so that it makes no other problem.
    #[serde(skip)]
    pub column: Option<Arc<str>>,
}

impl PartialEq for Problem {
    fn eq(&self, other: &Problem) -> bool {
        (self.code, &self.reason) == (other.code, &other.reason)
    }
}

impl Eq for Problem {}

impl Hash for Problem {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.code, &self.reason).hash(state);
    }
}

impl Problem {
    /// A problem without a code.
    #[must_use]
    pub fn new(reason: impl Into<Arc<str>>) -> Problem {
        Problem { code: None, reason: reason.into(), column: None }
    }

    /// A problem with Meta's code.
    #[must_use]
    pub fn coded(code: u32, reason: impl Into<Arc<str>>) -> Problem {
        Problem { code: Some(code), reason: reason.into(), column: None }
    }

    /// The same, for which this column is to blame; the reason names it already.
    #[must_use]
    pub fn in_column(self, column: impl Into<Arc<str>>) -> Problem {
        Problem { column: Some(column.into()), ..self }
    }

    /// The same, telling at most the last digits of that person's number.
    #[must_use]
    pub fn about(&self, phone: Phone) -> Problem {
        Problem { reason: phone.hidden_in(&self.reason).into(), ..self.clone() }
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
