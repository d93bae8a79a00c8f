//! What digits may be: an international number, or one as a country dials it.

use super::identity::other_form;
use super::numbering::{self, Line, line};
use super::{Country, Phone};

/// The most digits that are looked at: a calling code and a number of 15, with a prefix between them.
const MAX_DIGITS: usize = 24;

/// A valid reading of some digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) phone: Phone,
    pub(super) mobile: bool,
}

impl Reading {
    fn of(phone: Phone, line: Line) -> Reading {
        Reading { phone, mobile: line == Line::Mobile }
    }
}

/// Digits that are a number as they stand, calling code first.
fn listed(digits: &[u8]) -> Option<Reading> {
    let line = line(digits)?;
    let phone = std::str::from_utf8(digits).ok().and_then(Phone::from_digits)?;
    Some(Reading::of(phone, line))
}

/// The same, or one of WhatsApp's forms or of before a renumbering.
fn in_any_form(digits: &[u8]) -> Option<Reading> {
    listed(digits).or_else(|| other_form(digits).map(|(phone, line)| Reading::of(phone, line)))
}

/// Reads digits that begin with a calling code. A prefix of dialling at home may stand behind it: `+44 (0)20`.
pub(super) fn international(digits: &[u8]) -> Option<Reading> {
    in_any_form(digits).or_else(|| {
        let length = numbering::calling_code_length(digits);
        let (code, rest) = digits.split_at(length);
        let (value, _) = numbering::split(digits)?;
        without_prefix(code, rest, Country::of_calling_code(value)?)
    })
}

/// Reads digits as they are dialled inside of a country.
pub(super) fn national(digits: &[u8], country: Country) -> Option<Reading> {
    let code = country.calling_code().to_string();
    let whole = Whole::new(code.as_bytes(), digits)?;
    listed(whole.digits())
        .or_else(|| without_prefix(code.as_bytes(), digits, country))
        .or_else(|| in_any_form(whole.digits()))
}

/// A national number that has lost a zero which is part of it; where the country dials a zero before all its numbers,
/// that is none.
pub(super) fn with_zero(digits: &[u8], country: Country) -> Option<Reading> {
    if digits.starts_with(b"0") {
        return None;
    }
    let code = country.calling_code().to_string();
    let mut zeroed = [b'0'; MAX_DIGITS];
    zeroed.get_mut(1..=digits.len())?.copy_from_slice(digits);
    listed(Whole::new(code.as_bytes(), &zeroed[..=digits.len()])?.digits())
}

/// The number behind a prefix of dialling at home; none where two prefixes leave two numbers.
fn without_prefix(code: &[u8], digits: &[u8], country: Country) -> Option<Reading> {
    // Hardly any number has one, and those begin so.
    if !matches!(digits.first(), Some(b'0' | b'1' | b'8' | b'9')) {
        return None;
    }
    let prefixes = &numbering::plan(country)?.inland;
    only(prefixes.iter().filter_map(|prefix| {
        let rest = digits.strip_prefix(prefix.as_bytes())?;
        in_any_form(Whole::new(code, rest)?.digits())
    }))
}

/// A number dialled abroad by the country's own prefix: `011 91 …` in the United States.
pub(super) fn dialled_abroad(digits: &[u8], country: Country) -> Readings {
    let Some(plan) = numbering::plan(country) else { return Readings::None };
    let found = plan.abroad.iter().filter_map(|prefix| {
        let rest = digits.strip_prefix(prefix.as_bytes())?;
        international(rest)
    });
    Readings::of(found)
}

/// How often some digits can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readings {
    None,
    One(Reading),
    Several,
}

impl Readings {
    pub(super) fn of(found: impl Iterator<Item = Reading>) -> Readings {
        let mut one = Readings::None;
        for reading in found {
            one = match one {
                Readings::One(other) if other.phone.identity() != reading.phone.identity() => {
                    return Readings::Several;
                }
                Readings::One(other) => Readings::One(other),
                _ => Readings::One(reading),
            };
        }
        one
    }
}

fn only(found: impl Iterator<Item = Reading>) -> Option<Reading> {
    match Readings::of(found) {
        Readings::One(reading) => Some(reading),
        _ => None,
    }
}

/// A calling code and what follows it, without an allocation.
pub(super) struct Whole {
    buffer: [u8; MAX_DIGITS],
    len: usize,
}

impl Whole {
    pub(super) fn new(code: &[u8], digits: &[u8]) -> Option<Whole> {
        let mut buffer = [0; MAX_DIGITS];
        let len = code.len() + digits.len();
        buffer.get_mut(..code.len())?.copy_from_slice(code);
        buffer.get_mut(code.len()..len)?.copy_from_slice(digits);
        Some(Whole { buffer, len })
    }

    pub(super) fn digits(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}
