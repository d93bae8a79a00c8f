//! What becomes of a campaign whose start was missed.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is done when the start has passed for more than a few minutes and nothing was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Late {
    /// Somebody decides.
    #[default]
    Ask,
    /// It is sent all the same.
    Send,
    /// It isn't sent, unless somebody says so.
    Skip,
}

/// What is said of a start that was missed; `came` is when its time came, as people read it.
#[must_use]
pub fn missed_start(came: &str) -> String {
    format!("its start was missed: it should have gone out {came}")
}

impl Late {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Late::Ask => "ask",
            Late::Send => "send",
            Late::Skip => "skip",
        }
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Late {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Late, &'static str> {
        let known = [Late::Ask, Late::Send, Late::Skip].into_iter().find(|late| late.word() == text.trim());
        known.ok_or("write `send`, `skip` or `ask`")
    }
}
