//! Time zones as people name them: `Asia/Kolkata`, `UTC`, `+05:30`.
//!
//! They are those that jiff carries: the same on every machine, and nothing is read.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone, named so that it is found again by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone itself.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.0
    }
}

/// The zones that there are.
pub(super) fn database() -> &'static TimeZoneDatabase {
    &DATABASE
}

/// The zone of this name in the time zone database.
#[must_use]
pub fn named(name: &str) -> Option<TimeZone> {
    DATABASE.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// An offset from UTC: `+05:30`.
#[must_use]
pub fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl FromStr for Zone {
    type Err = String;
    fn from_str(text: &str) -> Result<Zone, String> {
        let text = text.trim();
        let fixed = fixed(text).map(TimeZone::fixed);
        let found = fixed.or_else(|| named(text).filter(|zone| zone.iana_name().is_some())).map(Zone);
        found.ok_or_else(|| "write a time zone as `Asia/Kolkata`, `UTC` or `+05:30`".to_owned())
    }
}

/// `+05:30`, `-0300`, `+5`: hours and minutes from UTC.
fn fixed(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let number = |text: &str| -> Option<i32> {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.iana_name(), self.0.to_fixed_offset()) {
            (Some(name), _) => f.write_str(name),
            (None, Ok(fixed)) => f.write_str(&offset(fixed)),
            (None, Err(_)) => f.write_str("UTC"),
        }
    }
}

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(text: String) -> Result<Zone, String> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_as_people_name_them() {
        for (text, name) in [
            ("Asia/Kolkata", "Asia/Kolkata"),
            ("asia/kolkata", "Asia/Kolkata"),
            (" UTC ", "UTC"),
            ("+05:30", "+05:30"),
            ("-0300", "-03:00"),
            ("+5", "+05:00"),
        ] {
            let zone: Zone = text.parse().unwrap();
            assert_eq!(zone.to_string(), name, "{text}");
            assert_eq!(zone.to_string().parse::<Zone>().unwrap(), zone);
        }
        for text in
            ["", "Asia/Calcuta", "+15:00", "+05:99", "+1:2:3", "IST", "+", "Etc/Unknown", "../etc/passwd"]
        {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }
}
