//! A sending rate, and how it is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A ceiling on POSTs of one number. Written `20/s`, `600/m`, `1000/h` or `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rate {
    /// So many POSTs in each unit.
    Per {
        /// At least 1.
        count: u32,
        /// Second, minute or hour.
        unit: RateUnit,
    },
    /// As fast as the machine and the server go.
    Max,
}

/// What a rate is counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateUnit {
    /// `/s`
    Second,
    /// `/m`
    Minute,
    /// `/h`
    Hour,
}

impl Rate {
    /// What every number is allowed, also one that is used in the Business app (Meta: 20 a second).
    pub const DEFAULT: Rate = Rate::Per { count: 20, unit: RateUnit::Second };

    /// POSTs a second; `None` for `max`.
    #[must_use]
    pub fn per_second(self) -> Option<f64> {
        match self {
            Rate::Per { count, unit } => Some(f64::from(count) / unit.duration().as_secs_f64()),
            Rate::Max => None,
        }
    }

    /// How long `messages` take at this rate; `None` for `max`.
    #[must_use]
    pub fn duration_of(self, messages: u64) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        self.per_second().map(|r| Duration::from_secs_f64(messages as f64 / r))
    }
}

impl RateUnit {
    fn duration(self) -> Duration {
        Duration::from_secs(match self {
            RateUnit::Second => 1,
            RateUnit::Minute => 60,
            RateUnit::Hour => 3600,
        })
    }
}

/// What is wrong with a written rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate; write `20/s`, `600/m`, `1000/h` or `max`")]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Rate, RateError> {
        let error = || RateError(text.to_owned());
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("max") {
            return Ok(Rate::Max);
        }
        let (count, unit) = trimmed.split_once('/').ok_or_else(error)?;
        let unit = match unit.trim() {
            "s" | "sec" | "second" => RateUnit::Second,
            "m" | "min" | "minute" => RateUnit::Minute,
            "h" | "hour" => RateUnit::Hour,
            _ => return Err(error()),
        };
        match count.trim().parse() {
            Ok(count) if count > 0 => Ok(Rate::Per { count, unit }),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::Max => f.write_str("max"),
            Rate::Per { count, unit } => {
                let unit = match unit {
                    RateUnit::Second => 's',
                    RateUnit::Minute => 'm',
                    RateUnit::Hour => 'h',
                };
                write!(f, "{count}/{unit}")
            }
        }
    }
}

impl TryFrom<String> for Rate {
    type Error = RateError;
    fn try_from(text: String) -> Result<Rate, RateError> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> String {
        rate.to_string()
    }
}
