//! From a cell to a number in E.164.
//!
//! Invariants:
//!
//! - Only numbers that the library `phonenumber` calls valid are accepted, of at most 15 digits.
//! - `+` and `00` are followed by a calling code, whatever the audience's country is.
//! - Without them, and with a country, a number is read as a national one (first), or as an international one
//!   when it begins with the country's own calling code or has at least 12 digits. Where both readings are
//!   valid, a mobile beats a line that can't be one; the country's own calling code is needed to beat a valid
//!   national number. What is still open is rejected: a message to a stranger can't be taken back.
//! - Without them, and without a country, digits that are valid behind a `+` are international (with a warning
//!   at ten digits or less, where a national number can look alike); all others need a country.

use super::clean::{Cleaned, clean};
use super::fast::{self, Verdict};
use super::{Country, Phone};

/// A number, and what to mind about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The number.
    pub phone: Phone,
    /// It is taken, but somebody should look at it.
    pub warning: Option<PhoneWarning>,
}

/// Why an accepted number deserves a look. `Display` says it to a marketer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneWarning {
    /// A numeric cell that ends in several zeros.
    #[error("the number ends in several zeros: the spreadsheet may have rounded it")]
    Rounded,
    /// Ten digits or less, without `+`, in an audience without a country.
    #[error(
        "read as an international number (+{0}): write a + in front, or set `country`, if it is national"
    )]
    ReadAsInternational(u16),
}

/// Why a cell holds no usable number. `Display` says it to a marketer; none repeats the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing in it.
    #[error("the phone number is empty")]
    Empty,
    /// No digit in it.
    #[error("this is no phone number: it has no digits")]
    NoDigits,
    /// Letters.
    #[error("the phone number contains letters: write digits only, such as +91 98765 43210")]
    Letters,
    /// Another character that has no place in a number.
    #[error("the phone number contains `{}`: write digits only, such as +91 98765 43210", .0.escape_default())]
    Unexpected(char),
    /// `9.19877E+11`.
    #[error(
        "the spreadsheet has cut off this number's last digits (it shows E+): format the column as text \
             and enter the number again"
    )]
    DigitsLost,
    /// `919876543210.5`.
    #[error("the phone number has a decimal fraction: format the column as text and enter the number again")]
    Fraction,
    /// More than one number.
    #[error("two phone numbers in one cell: give each its own row")]
    TwoNumbers,
    /// An extension.
    #[error("the phone number has an extension, which WhatsApp can't reach: keep the number alone")]
    Extension,
    /// More than 15 digits.
    #[error("the phone number is too long: no number has more than 15 digits")]
    TooLong,
    /// Fewer digits than any number has.
    #[error("the phone number is too short")]
    TooShort,
    /// A national number in an audience without a country.
    #[error(
        "a national number, and nobody says of which country: write it with + and the country's code, \
             or set `country` for the audience"
    )]
    NeedsCountry,
    /// The first digits behind `+` or `00` are no country's.
    #[error("no country has this calling code: after + comes the country's code, such as +91")]
    UnknownCallingCode,
    /// No such number behind a calling code.
    #[error("no valid number of {} (+{}): look for missing or extra digits", .0.name(), .0.calling_code())]
    InvalidIn(Country),
    /// No such number behind a calling code that is no country's own (satellites, freephone).
    #[error("no valid phone number: look for missing or extra digits")]
    Invalid,
    /// Neither a national number nor one with the country's calling code.
    #[error("no valid number of {} (+{}): look for missing or extra digits, and write a number of another \
             country with + in front", .0.name(), .0.calling_code())]
    NotOf(Country),
    /// Valid both as a national and as an international number.
    #[error("the number can be read as one of {} or with a calling code: write it with + in front", .0.name())]
    Ambiguous(Country),
}

/// How the numbers of an audience are written, and which are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The country that numbers without a calling code belong to.
    pub country: Option<Country>,
    /// What digits without `+` and `00` are.
    pub bare: Bare,
    /// Which numbers are taken.
    pub accept: Accept,
}

impl From<Option<Country>> for Rules {
    fn from(country: Option<Country>) -> Rules {
        Rules { country, ..Rules::default() }
    }
}

/// What digits without `+` and `00` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bare {
    /// National numbers of the audience's country.
    #[default]
    National,
    /// They begin with a calling code (`"numbers": "international"`).
    International,
}

/// Which numbers are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// Numbers that the numbering plans know.
    #[default]
    Valid,
    /// Also numbers of a possible length that the plans don't know (yet).
    Possible,
}

/// Reads a cell that holds text.
///
/// # Errors
/// What is wrong with it, in words a marketer can act on.
pub fn parse(raw: &str, rules: impl Into<Rules>) -> Result<Parsed, PhoneError> {
    resolve(&clean(raw)?, rules.into().country)
}

/// Reads a cell that a spreadsheet holds as a number. Ending in four zeros or more it is taken with a warning:
/// the program may have rounded it.
///
/// # Errors
/// As [`parse`]; also for fractions and for what is no whole number of at most 15 digits.
pub fn parse_numeric(value: f64, country: Option<Country>) -> Result<Parsed, PhoneError> {
    if !value.is_finite() || value < 0.0 {
        return Err(PhoneError::NoDigits);
    }
    if value.fract() != 0.0 {
        return Err(PhoneError::Fraction);
    }
    if value >= 1e15 {
        return Err(PhoneError::TooLong);
    }
    let text = format!("{value:.0}");
    let mut parsed = parse(&text, country)?;
    if text.ends_with("0000") {
        parsed.warning = Some(PhoneWarning::Rounded);
    }
    Ok(parsed)
}

/// A valid reading of some digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    phone: Phone,
    mobile: bool,
}

/// Reads digits that begin with a calling code.
fn international(digits: &[u8]) -> Option<Reading> {
    match fast::decide(digits).unwrap_or_else(|| library(digits)) {
        Verdict::Valid { phone, mobile } => Some(Reading { phone, mobile }),
        Verdict::Invalid => None,
    }
}

/// Reads digits as national ones: behind the country's calling code, where a trunk `0` is dropped by the rules
/// of that country. (Asked with a country, the library would take a national number for an international one
/// whenever it happens to begin with the country's calling code.)
fn national(digits: &[u8], country: Country) -> Option<Reading> {
    let mut buffer = [0u8; 24];
    let code = country.calling_code().to_string();
    let end = code.len() + digits.len();
    buffer.get_mut(..code.len())?.copy_from_slice(code.as_bytes());
    buffer.get_mut(code.len()..end)?.copy_from_slice(digits);
    international(buffer.get(..end)?)
}

fn resolve(cleaned: &Cleaned, country: Option<Country>) -> Result<Parsed, PhoneError> {
    let digits = cleaned.digits();
    let take = |reading: Reading| Parsed { phone: reading.phone, warning: None };
    if cleaned.international {
        return international(digits).map(take).ok_or_else(|| invalid(digits));
    }
    let Some(country) = country else {
        if digits.starts_with(b"0") {
            return Err(PhoneError::NeedsCountry);
        }
        return match international(digits) {
            Some(reading) => {
                let code = &digits[..fast::calling_code_length(digits)];
                let doubtful = digits.len() <= 10;
                let warning = doubtful.then(|| PhoneWarning::ReadAsInternational(value(code)));
                Ok(Parsed { phone: reading.phone, warning })
            }
            None if digits.len() > 15 => Err(PhoneError::TooLong),
            None if digits.len() < 5 => Err(PhoneError::TooShort),
            None if digits.len() <= 11 => Err(PhoneError::NeedsCountry),
            None => Err(invalid(digits)),
        };
    };
    let own = digits.starts_with(country.calling_code().to_string().as_bytes());
    let abroad = (own || digits.len() >= 12).then(|| international(digits)).flatten();
    match (national(digits, country), abroad) {
        (Some(n), None) => Ok(take(n)),
        (None, Some(i)) => Ok(take(i)),
        (Some(n), Some(i)) if n.phone == i.phone => Ok(take(n)),
        (Some(n), Some(i)) if n.mobile && !i.mobile => Ok(take(n)),
        (Some(n), Some(i)) if own && i.mobile && !n.mobile => Ok(take(i)),
        (Some(_), Some(_)) => Err(PhoneError::Ambiguous(country)),
        (None, None) => match dialled_abroad(digits, country) {
            Some(Verdict::Valid { phone, .. }) => Ok(Parsed { phone, warning: None }),
            _ if digits.len() > 15 => Err(PhoneError::TooLong),
            _ if digits.len() < 5 => Err(PhoneError::TooShort),
            _ => Err(PhoneError::NotOf(country)),
        },
    }
}

/// Why digits behind `+` or `00` are no number.
fn invalid(digits: &[u8]) -> PhoneError {
    if digits.len() > 15 {
        return PhoneError::TooLong;
    }
    if digits.len() < 5 {
        return PhoneError::TooShort;
    }
    if digits.starts_with(b"0") {
        return PhoneError::UnknownCallingCode;
    }
    let code = value(&digits[..fast::calling_code_length(digits)]);
    match Country::of_calling_code(code) {
        Some(country) => PhoneError::InvalidIn(country),
        None if matches!(code, 800 | 808 | 870 | 878 | 881..=883 | 888 | 979) => PhoneError::Invalid,
        None => PhoneError::UnknownCallingCode,
    }
}

fn value(digits: &[u8]) -> u16 {
    digits.iter().take(3).fold(0, |value, digit| value * 10 + u16::from(digit.saturating_sub(b'0')))
}

/// The slow path for digits behind a calling code.
fn library(digits: &[u8]) -> Verdict {
    let text = format!("+{}", String::from_utf8_lossy(digits));
    phonenumber::parse(None, text).map_or(Verdict::Invalid, |number| verdict(&number))
}

fn verdict(number: &phonenumber::PhoneNumber) -> Verdict {
    use phonenumber::Type;
    if !number.is_valid() {
        return Verdict::Invalid;
    }
    let digits = format!("{}{}", number.code().value(), number.national());
    let kind = number.number_type(&phonenumber::metadata::DATABASE);
    let mobile = matches!(kind, Type::Mobile | Type::FixedLineOrMobile);
    Phone::from_digits(&digits).map_or(Verdict::Invalid, |phone| Verdict::Valid { phone, mobile })
}

/// A number dialled abroad by the country's own prefix, where that isn't `00`: `011 91 …` in the United States.
fn dialled_abroad(digits: &[u8], country: Country) -> Option<Verdict> {
    // Prefixes for calls abroad begin with one of these (but for Finland's 99…).
    if !matches!(digits.first(), Some(b'0' | b'1' | b'8')) || digits.len() < 10 {
        return None;
    }
    let number = phonenumber::parse(country.code().parse().ok(), String::from_utf8_lossy(digits)).ok()?;
    (number.code().source() == phonenumber::country::Source::Idd).then(|| verdict(&number))
}
