//! Phone numbers in E.164.

mod clean;
mod countries;
mod country;
mod error;
mod evidence;
mod hide;
mod identity;
mod numbering;
mod parse;
mod reading;
mod regions;
mod rules;
mod scientific;
#[cfg(test)]
mod tests;
mod wrapping;
mod zones;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use country::{Country, UnknownCountry};
pub use error::{PhoneError, PhoneWarning};
pub use evidence::ColumnEvidence;
pub use identity::PhoneIdentity;
pub use parse::{Parsed, parse, parse_numeric};
pub use rules::{Accept, Bare, CallingCodes, Rules};
pub use scientific::rounded_by_spreadsheet;
pub use zones::ZoneSet;

/// A phone number in E.164: a country code and a subscriber number, 7 to 15 digits, no leading zero.
///
/// `Debug` and `Display` show the last four digits only, so that a number can't slip into a log;
/// [`Phone::digits`] tells the whole number.
///
/// Equal phones are written alike. Whether two are the same *person* is asked of their [`Phone::identity`], since
/// WhatsApp and renumbered countries have several forms of a number; that is why a phone is no key of a map.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(u64);

impl Phone {
    /// Takes bare E.164 digits, without `+`. `None` unless there are 7 to 15 of them, the first not `0`.
    #[must_use]
    pub fn from_digits(digits: &str) -> Option<Phone> {
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        if !plain || !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
            return None;
        }
        digits.parse().ok().map(Phone)
    }

    /// As [`Phone::from_digits`], from an integer.
    #[must_use]
    pub fn from_value(value: u64) -> Option<Phone> {
        (1_000_000..=999_999_999_999_999).contains(&value).then_some(Phone(value))
    }

    /// The whole number as the API takes it: digits only, no `+`.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// The number as an integer; lossless, because E.164 never starts with a zero.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// A number with its country code, as people write it: `+91 98765 43210`. Checked against the numbering plans.
    fn from_str(text: &str) -> Result<Phone, PhoneError> {
        Ok(parse(text, None)?.phone)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{:04}", self.0 % 10_000)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
