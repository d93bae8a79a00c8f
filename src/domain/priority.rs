//! How campaigns that share a number divide its time.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A campaign's share where several send from one number: each step is three times the one below it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// A third of what `normal` has.
    Low,
    /// Where nothing is said.
    #[default]
    Normal,
    /// Three times what `normal` has. Single messages have this one.
    High,
}

impl Priority {
    /// Its share, relative to those of the others.
    #[must_use]
    pub fn weight(self) -> u32 {
        match self {
            Priority::Low => 1,
            Priority::Normal => 3,
            Priority::High => 9,
        }
    }

    /// What a turn of this length costs: the dearer, the lower the priority. Who has paid least is next.
    #[must_use]
    pub fn cost(self, turn: Duration) -> Duration {
        turn * (Priority::High.weight() / self.weight())
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_is_inverse_to_the_weight() {
        let all = [Priority::Low, Priority::Normal, Priority::High];
        let paid = |p: Priority| p.cost(Duration::from_secs(1)) * p.weight();
        assert!(all.iter().all(|p| paid(*p) == Duration::from_secs(9)));
        assert!(all.is_sorted());
        assert_eq!(serde_json::to_value(all).unwrap().to_string(), r#"["low","normal","high"]"#);
    }
}
