//! From a cell to a number in E.164.
//!
//! Invariants:
//!
//! - Only numbers that the numbering plans list as a whole are accepted, of at most 15 digits; with
//!   [`Accept::Possible`] also others of a possible length, with a warning.
//! - `+` and `00` are followed by a calling code, whatever the audience's country is. Where the country dials abroad by
//!   a longer prefix (`0011`, `009`), `00` may be the beginning of that; if both can be read, neither is.
//! - Without them, and with a country, a number is read as a national one (first), or as an international one
//!   when it begins with the country's own calling code or has at least 12 digits. Where both readings are
//!   valid, a mobile beats a line that can't be one; the country's own calling code is needed to beat a valid
//!   national number. What is still open is rejected: a message to a stranger can't be taken back.
//! - Without them, and without a country, digits are a number only where the campaign says that they carry their
//!   calling code, or where the column's numbers agree on it ([`Bare::Agreed`]); all others need a country.

use super::clean::{Cleaned, clean};
use super::error::{PhoneError, PhoneWarning};
use super::numbering::{self, possible};
use super::reading::{Reading, Readings, Whole, dialled_abroad, international, national, with_zero};
use super::{Accept, Bare, Country, Phone, Rules};

/// Shorter digits without `+` are never taken for an international number by agreement.
pub(super) const LONG: usize = 11;

/// A number, and what to mind about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The number.
    pub phone: Phone,
    /// It is taken, but somebody should look at it.
    pub warning: Option<PhoneWarning>,
}

impl From<Reading> for Parsed {
    fn from(reading: Reading) -> Parsed {
        Parsed { phone: reading.phone, warning: None }
    }
}

/// Reads a cell that holds text.
///
/// # Errors
/// What is wrong with it, in words a marketer can act on.
pub fn parse(raw: &str, rules: impl Into<Rules>) -> Result<Parsed, PhoneError> {
    resolve(&clean(raw)?, rules.into())
}

/// Reads a cell that a spreadsheet holds as a number. Ending in four zeros or more it is taken with a warning:
/// the program may have rounded it.
///
/// # Errors
/// As [`parse`]; also for fractions and for what is no whole number of at most 15 digits.
pub fn parse_numeric(value: f64, rules: impl Into<Rules>) -> Result<Parsed, PhoneError> {
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
    let mut parsed = parse(&text, rules)?;
    if text.ends_with("0000") {
        parsed.warning = Some(PhoneWarning::Rounded);
    }
    Ok(parsed)
}

fn resolve(cleaned: &Cleaned, rules: Rules) -> Result<Parsed, PhoneError> {
    let digits = cleaned.digits();
    if cleaned.international {
        return behind_plus(cleaned, rules);
    }
    match (rules.country, rules.bare) {
        (Some(country), Bare::International) if digits.starts_with(b"0") => {
            of_country(digits, country, rules.accept)
        }
        (Some(country), Bare::National | Bare::Agreed(_)) => of_country(digits, country, rules.accept),
        _ if digits.len() < 5 => Err(PhoneError::TooShort),
        (None, _) if digits.starts_with(b"0") => Err(PhoneError::NeedsCountry),
        (_, Bare::International) => {
            international(digits).map_or_else(|| unlisted(digits, rules.accept), |reading| Ok(reading.into()))
        }
        (None, _) if digits.len() > 15 => Err(PhoneError::TooLong),
        (None, Bare::National) => Err(PhoneError::NeedsCountry),
        (None, Bare::Agreed(codes)) => {
            let agreed =
                digits.len() >= LONG && numbering::split(digits).is_some_and(|(code, _)| codes.contain(code));
            match international(digits).filter(|_| agreed) {
                Some(reading) => Ok(reading.into()),
                None if agreed => unlisted(digits, rules.accept),
                None => Err(PhoneError::NeedsCountry),
            }
        }
    }
}

/// Digits that were written with `+`, `00`, or in another way that says that a calling code comes first.
fn behind_plus(cleaned: &Cleaned, rules: Rules) -> Result<Parsed, PhoneError> {
    let digits = cleaned.digits();
    let plain = international(digits);
    if let Some(country) = rules.country.filter(|_| cleaned.zeros) {
        let whole = Whole::new(b"00", digits).ok_or(PhoneError::TooLong)?;
        match (dialled_abroad(whole.digits(), country), plain) {
            (Readings::Several, _) => return Err(PhoneError::Ambiguous(country)),
            (Readings::One(other), Some(plain)) if other.phone.identity() != plain.phone.identity() => {
                return Err(PhoneError::Ambiguous(country));
            }
            (Readings::One(other), None) => return Ok(other.into()),
            _ => {}
        }
    }
    plain.map_or_else(|| unlisted(digits, rules.accept), |reading| Ok(reading.into()))
}

/// Digits without `+` in the audience of a country.
fn of_country(digits: &[u8], country: Country, accept: Accept) -> Result<Parsed, PhoneError> {
    let own = begins_with_code(digits, country);
    let abroad = (own || digits.len() >= 12).then(|| international(digits)).flatten();
    match (national(digits, country), abroad) {
        (Some(n), None) => Ok(n.into()),
        (None, Some(i)) => Ok(i.into()),
        (Some(n), Some(i)) if n.phone.identity() == i.phone.identity() => Ok(n.into()),
        (Some(n), Some(i)) if n.mobile && !i.mobile => Ok(n.into()),
        (Some(n), Some(i)) if own && i.mobile && !n.mobile => Ok(i.into()),
        (Some(_), Some(_)) => Err(PhoneError::Ambiguous(country)),
        (None, None) => match (dialled_abroad(digits, country), with_zero(digits, country)) {
            (Readings::One(reading), None) => Ok(reading.into()),
            (Readings::None, Some(zeroed)) => {
                Ok(Parsed { phone: zeroed.phone, warning: Some(PhoneWarning::ZeroPutBack(country)) })
            }
            (Readings::None, None) => no_number_of(digits, country, accept),
            _ => Err(PhoneError::Ambiguous(country)),
        },
    }
}

fn begins_with_code(digits: &[u8], country: Country) -> bool {
    let mut rest = country.calling_code();
    let length = rest.checked_ilog10().unwrap_or(0) as usize + 1;
    let Some(head) = digits.get(..length) else { return false };
    head.iter().rev().all(|digit| {
        let same = u16::from(digit.wrapping_sub(b'0')) == rest % 10;
        rest /= 10;
        same
    })
}

/// No number that the plans list: taken where any goes whose length is possible, else why not.
fn unlisted(digits: &[u8], accept: Accept) -> Result<Parsed, PhoneError> {
    let phone = std::str::from_utf8(digits).ok().and_then(Phone::from_digits);
    match phone.filter(|_| possible(digits)) {
        Some(phone) if accept == Accept::Possible => {
            Ok(Parsed { phone, warning: Some(PhoneWarning::Unlisted) })
        }
        possible => Err(invalid(digits, possible.is_some())),
    }
}

/// The same for digits without `+` in the audience of a country.
fn no_number_of(digits: &[u8], country: Country, accept: Accept) -> Result<Parsed, PhoneError> {
    if digits.len() > 15 {
        return Err(PhoneError::TooLong);
    }
    if digits.len() < 5 {
        return Err(PhoneError::TooShort);
    }
    let code = country.calling_code().to_string();
    // A trunk zero is none of the number's digits.
    let inland = numbering::plan(country).and_then(|plan| plan.inland.iter().find(|p| **p == "0"));
    let national = inland.and_then(|zero| digits.strip_prefix(zero.as_bytes())).unwrap_or(digits);
    let at_home = Whole::new(code.as_bytes(), national).filter(|whole| possible(whole.digits()));
    let with_code = begins_with_code(digits, country) && possible(digits);
    match (at_home, with_code) {
        (None, false) => Err(PhoneError::NotOf(country)),
        _ if accept == Accept::Valid => Err(PhoneError::Unlisted(country)),
        (Some(_), true) => Err(PhoneError::Ambiguous(country)),
        (Some(whole), false) => unlisted(whole.digits(), accept),
        (None, true) => unlisted(digits, accept),
    }
}

/// Why digits that should begin with a calling code are no number.
fn invalid(digits: &[u8], possible: bool) -> PhoneError {
    if digits.len() > 15 {
        return PhoneError::TooLong;
    }
    if digits.len() < 5 {
        return PhoneError::TooShort;
    }
    let code = numbering::split(digits).map_or(0, |(code, _)| code);
    match Country::of_calling_code(code) {
        Some(country) if possible => PhoneError::Unlisted(country),
        Some(country) => PhoneError::InvalidIn(country),
        None if matches!(code, 800 | 808 | 870 | 878 | 881..=883 | 888 | 979) => PhoneError::Invalid,
        None => PhoneError::UnknownCallingCode,
    }
}
