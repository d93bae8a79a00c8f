//! A share of people as campaign files and options write it: `5%`, `2.5 %`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// More than nobody, at most everybody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(f64);

/// Why a text is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share; write one above 0 and up to 100, such as `5%`")]
pub struct NoPercent(String);

impl Percent {
    /// How it is written, as a regular expression.
    pub const PATTERN: &str = r"^\s*\d+(\.\d+)?\s*%\s*$";

    /// From 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0 / 100.0
    }

    /// Of so many, at least one where there is one.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "of fewer than 2^53 people"
    )]
    pub fn of(self, people: u64) -> u64 {
        // What is written in decimals isn't exact in binary: 5 % of 20 is one.
        let exact = self.share() * people as f64;
        ((exact - 1e-9).ceil().max(0.0) as u64).max(u64::from(people > 0)).min(people)
    }

    /// Whether so many of so many are more than this share.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "of fewer than 2^53 people")]
    pub fn is_exceeded(self, part: u64, whole: u64) -> bool {
        part as f64 > self.share() * whole as f64 + 1e-9
    }
}

impl FromStr for Percent {
    type Err = NoPercent;
    fn from_str(text: &str) -> Result<Percent, NoPercent> {
        let number = text.trim().strip_suffix('%').map(str::trim);
        let plain = |number: &&str| number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let percent = number.filter(plain).and_then(|number| number.parse::<f64>().ok());
        match percent {
            Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(Percent(percent)),
            _ => Err(NoPercent(text.to_owned())),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_and_written_as_people_write_it() {
        for (text, shown) in [("5%", "5%"), (" 2.5 % ", "2.5%"), ("100%", "100%"), ("0.01%", "0.01%")] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), shown);
        }
        for text in ["", "%", "5", "0%", "-5%", "101%", "five%", "1e1%", "inf%", "NaN%"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_of_anybody_is_somebody() {
        let of = |text: &str, people| text.parse::<Percent>().unwrap().of(people);
        assert_eq!((of("5%", 20), of("5%", 21), of("5%", 1), of("5%", 0)), (1, 2, 1, 0));
        assert_eq!((of("100%", 7), of("2%", 1_000_000), of("0.1%", 1000)), (7, 20_000, 1));
        let fifth = "20%".parse::<Percent>().unwrap();
        assert_eq!((fifth.is_exceeded(20, 100), fifth.is_exceeded(21, 100)), (false, true));
    }
}
