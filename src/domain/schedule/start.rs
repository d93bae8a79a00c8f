//! When a campaign begins.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::week;
use crate::domain::time::Millis;
use crate::domain::zone;

/// From when on a campaign sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Start {
    /// When the wall clock shows this: `2026-12-01T10:00`.
    Wall(DateTime),
    /// At this moment: `2026-12-01T10:00+05:30`, `…Z`, `…[Asia/Kolkata]`.
    At(Timestamp),
}

/// Why a text is no start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no date and time; write `2026-12-01T10:00`, or with an offset or a zone as \
     `2026-12-01T10:00+05:30` or `2026-12-01T10:00[Asia/Kolkata]`"
)]
pub struct StartError(String);

impl Start {
    /// The moment, by the clock of this zone. Where the clock is set ahead over it, when it has been; where that shows it
    /// twice, the first time.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Option<Millis> {
        let moment = match self {
            Start::At(moment) => moment,
            Start::Wall(wall) => match zone.to_ambiguous_timestamp(wall).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok()?,
                AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok()?,
                // The clock is set between what it would be by the one and by the other.
                AmbiguousOffset::Gap { after, .. } => {
                    zone.following(after.to_timestamp(wall).ok()?).next()?.timestamp()
                }
            },
        };
        week::millis(moment)
    }

    /// Whether it is another moment in another zone.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Start::Wall(_))
    }
}

impl FromStr for Start {
    type Err = StartError;
    fn from_str(text: &str) -> Result<Start, StartError> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let error = || StartError(text.trim().to_owned());
        let trimmed = text.trim();
        if trimmed.contains('[') {
            let zoned = PARSER.parse_zoned_with(zone::database(), trimmed);
            return zoned.map(|zoned| Start::At(zoned.timestamp())).map_err(|_| error());
        }
        if let Ok(moment) = PARSER.parse_timestamp(trimmed) {
            return Ok(Start::At(moment));
        }
        PARSER.parse_datetime(trimmed).map(Start::Wall).map_err(|_| error())
    }
}

impl fmt::Display for Start {
    /// `2026-12-01T10:00:00`, or in UTC with a `Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Start::Wall(wall) => write!(f, "{wall}"),
            Start::At(moment) => write!(f, "{moment}"),
        }
    }
}

impl TryFrom<String> for Start {
    type Error = StartError;
    fn try_from(text: String) -> Result<Start, StartError> {
        text.parse()
    }
}

impl From<Start> for String {
    fn from(start: Start) -> String {
        start.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: &str) -> String {
        let start: Start = text.parse().unwrap();
        assert_eq!(start.to_string().parse::<Start>().unwrap(), start, "{text}");
        start.in_zone(&zone::named(zone).unwrap()).unwrap().rfc3339()
    }

    #[test]
    fn a_start_is_read_as_people_write_it() {
        for text in ["2026-12-01T10:00", "2026-12-01 10:00:00"] {
            assert_eq!(at(text, "Asia/Kolkata"), "2026-12-01T04:30:00Z", "{text}");
        }
        assert_eq!(at("2026-12-01", "Asia/Kolkata"), "2026-11-30T18:30:00Z");
        for text in ["2026-12-01T10:00+05:30", "2026-12-01T04:30Z", "2026-12-01T10:00[Asia/Kolkata]"] {
            assert_eq!(at(text, "America/New_York"), "2026-12-01T04:30:00Z", "{text}");
        }
        for text in
            ["", "tomorrow", "10:00", "2026-13-01", "2026-12-01T25:00", "2026-12-01T10:00[Asia/Calcuta]"]
        {
            assert!(text.parse::<Start>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_start_that_the_clock_skips_or_shows_twice_is_the_next_moment() {
        // In Berlin the clock goes from 02:00 to 03:00 on the one day, and from 03:00 to 02:00 on the other.
        assert_eq!(at("2026-03-29T02:30", "Europe/Berlin"), "2026-03-29T01:00:00Z");
        assert_eq!(at("2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T00:30:00Z");
    }
}
