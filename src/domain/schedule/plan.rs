//! The schedule of a campaign, as its file says it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Days, Hours, Late, Start};
use crate::domain::zone::Zone;

/// By whose clock it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WhoseZone {
    /// Everybody's by the clock of this zone.
    Everybody(Zone),
    /// Each by the clock of their own.
    Recipient,
}

/// When a campaign may send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Only at these hours; at all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Only on these days; on all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Days>,
    /// By whose clock; the machine's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<WhoseZone>,
    /// What becomes of it when the start was missed.
    pub late: Late,
}

/// Why it is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It says nothing of when.
    #[error("says nothing of when: give it `start`, `hours` or `days`")]
    Empty,
    /// It can't be missed.
    #[error("has `late` and no `start` that could be missed: leave `late` out, or say when it starts")]
    LateWithoutStart,
}

impl Schedule {
    /// Takes what was said together. `late` is what was said of that, if anything.
    ///
    /// # Errors
    /// Where one of it needs what wasn't said.
    pub fn new(
        (start, hours, days): (Option<Start>, Option<Hours>, Option<Days>),
        timezone: Option<WhoseZone>,
        late: Option<Late>,
    ) -> Result<Schedule, ScheduleError> {
        if start.is_none() && hours.is_none() && days.is_none() {
            return Err(ScheduleError::Empty);
        }
        if start.is_none() && late.is_some() {
            return Err(ScheduleError::LateWithoutStart);
        }
        Ok(Schedule { start, hours, days, timezone, late: late.unwrap_or_default() })
    }

    /// Whether each recipient's own clock counts.
    #[must_use]
    pub fn is_by_recipient(&self) -> bool {
        self.timezone == Some(WhoseZone::Recipient)
    }
}

impl FromStr for WhoseZone {
    type Err = String;
    fn from_str(text: &str) -> Result<WhoseZone, String> {
        if text.trim().eq_ignore_ascii_case("recipient") {
            return Ok(WhoseZone::Recipient);
        }
        let allowed = |wrong| format!("{wrong}; or `recipient`, for each person's own");
        text.parse().map(WhoseZone::Everybody).map_err(allowed)
    }
}

impl fmt::Display for WhoseZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhoseZone::Everybody(zone) => zone.fmt(f),
            WhoseZone::Recipient => f.write_str("recipient"),
        }
    }
}

impl TryFrom<String> for WhoseZone {
    type Error = String;
    fn try_from(text: String) -> Result<WhoseZone, String> {
        text.parse()
    }
}

impl From<WhoseZone> for String {
    fn from(zone: WhoseZone) -> String {
        zone.to_string()
    }
}
