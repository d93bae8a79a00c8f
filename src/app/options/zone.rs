//! Time zones as people name them: `Asia/Kolkata`, `UTC`, `+05:30`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use crate::report::zone_name;

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

/// The zone of this machine; UTC where it names none.
#[must_use]
pub fn of_the_machine() -> TimeZone {
    TimeZone::system()
}

/// What a zone is called: its IANA name, else its present offset from UTC (`+05:30`).
#[must_use]
pub fn name(zone: &TimeZone) -> String {
    zone_name(zone, Timestamp::now())
}

impl FromStr for Zone {
    type Err = String;
    fn from_str(text: &str) -> Result<Zone, String> {
        let text = text.trim();
        if let Some(offset) = fixed(text) {
            return Ok(Zone(TimeZone::fixed(offset)));
        }
        let looks_like_a_name = !text.is_empty() && !text.starts_with(':');
        match TimeZone::get(text) {
            Ok(zone) if looks_like_a_name && !zone.is_unknown() => Ok(Zone(zone)),
            _ => Err("write a time zone as `Asia/Kolkata`, `UTC` or `+05:30`".to_owned()),
        }
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
        f.write_str(&name(&self.0))
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
