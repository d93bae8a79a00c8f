//! Hours of a day, by the wall clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// From when until when, `09:00-20:00`; over midnight where it ends before it begins, `20:00-02:00`. The end isn't part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// Minutes since midnight, less than a day.
    opens: u16,
    /// Minutes since midnight, from one to a day.
    closes: u16,
}

/// Why a text is no hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// It can't be read.
    #[error("`{0}` is no time of day; write hours as `09:00-20:00`, or over midnight as `20:00-02:00`")]
    Unreadable(String),
    /// They end when they begin.
    #[error("`{0}` ends when it begins; leave `hours` out for the whole day")]
    Empty(String),
}

impl Hours {
    /// A whole day.
    pub const ALL_DAY: Hours = Hours { opens: 0, closes: DAY };

    /// When they begin, in minutes since midnight.
    pub(super) fn opens(self) -> u16 {
        self.opens
    }

    /// When they end, in minutes since midnight of the day on which they do.
    pub(super) fn closes(self) -> u16 {
        self.closes
    }

    /// Whether they end on the day after the one on which they begin.
    pub(super) fn is_over_midnight(self) -> bool {
        self.closes < self.opens
    }
}

impl FromStr for Hours {
    type Err = HoursError;
    fn from_str(text: &str) -> Result<Hours, HoursError> {
        let unreadable = || HoursError::Unreadable(text.trim().to_owned());
        let (opens, closes) = text.split_once(['-', '–']).ok_or_else(unreadable)?;
        let opens = minutes(opens).filter(|minutes| *minutes < DAY).ok_or_else(unreadable)?;
        let closes = minutes(closes).ok_or_else(unreadable)?;
        if opens == closes {
            return Err(HoursError::Empty(text.trim().to_owned()));
        }
        Ok(Hours { opens, closes: if closes == 0 { DAY } else { closes } })
    }
}

/// `09:00`, `9:00`, `9`; `24:00` is the end of a day.
fn minutes(text: &str) -> Option<u16> {
    let text = text.trim();
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        let plain = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if plain { text.parse::<u16>().ok() } else { None }
    };
    let (hour, minute) = (number(hour, 1..=2)?, number(minute, 2..=2)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY).then_some(minutes)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        f.pad(&format!("{}-{}", part(self.opens), part(self.closes)))
    }
}

impl TryFrom<String> for Hours {
    type Error = HoursError;
    fn try_from(text: String) -> Result<Hours, HoursError> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, shown) in [
            ("09:00-20:00", "09:00-20:00"),
            (" 9:30 – 20 ", "09:30-20:00"),
            ("20:00-02:00", "20:00-02:00"),
            ("18:00-00:00", "18:00-24:00"),
            ("00:00-24:00", "00:00-24:00"),
        ] {
            let hours: Hours = text.parse().unwrap();
            assert_eq!(hours.to_string(), shown, "{text}");
            assert_eq!(shown.parse::<Hours>().unwrap(), hours);
        }
        for text in
            ["", "9", "09:00", "24:00-02:00", "9:00-25:00", "9:60-10:00", "9:0-10:00", "9am-8pm", "a-b"]
        {
            assert!(matches!(text.parse::<Hours>(), Err(HoursError::Unreadable(_))), "{text}");
        }
        assert_eq!(
            "09:00-9:00".parse::<Hours>().unwrap_err().to_string(),
            "`09:00-9:00` ends when it begins; leave `hours` out for the whole day"
        );
    }
}
