//! What the cells of a column are: phone numbers, or ids, dates and amounts that look like them.

use std::collections::HashSet;

use crate::campaign::text::visible;
use crate::domain::phone::{self, Bare, ColumnEvidence, PhoneError, Rules};

/// What a cell looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Empty,
    /// A valid number; written with a calling code, or not.
    Phone {
        explicit: bool,
    },
    /// As many digits as a phone number has.
    Digits,
    Other,
}

/// How many of a column's cells are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Likeness {
    /// Cells with something in them.
    pub filled: usize,
    /// Valid phone numbers.
    pub phones: usize,
    /// Those of them that are written with `+` or `00`.
    pub explicit: usize,
    /// Other cells with as many digits as a phone number has.
    pub digits: usize,
}

impl Likeness {
    /// Looks at cells.
    pub fn of<'c>(cells: impl Iterator<Item = &'c str>, rules: Rules) -> Likeness {
        let mut likeness = Likeness::default();
        for cell in cells {
            let shape = shape(cell, rules);
            likeness.filled += usize::from(shape != Shape::Empty);
            match shape {
                Shape::Phone { explicit } => {
                    likeness.phones += 1;
                    likeness.explicit += usize::from(explicit);
                }
                Shape::Digits => likeness.digits += 1,
                Shape::Empty | Shape::Other => {}
            }
        }
        likeness
    }

    /// Whether at least so many in a hundred cells could be phone numbers.
    pub fn at_least(&self, percent: usize) -> bool {
        self.filled > 0 && (self.phones + self.digits) * 100 >= self.filled * percent
    }
}

/// The rules that hold for a column whose cells these are: where nothing says of which country its numbers are, they tell
/// themselves whether their bare digits carry a calling code.
pub(in crate::campaign) fn agreed<'c>(cells: impl Iterator<Item = &'c str>, rules: Rules) -> Rules {
    if rules.country.is_some() || rules.bare != Bare::National {
        return rules;
    }
    let mut evidence = ColumnEvidence::default();
    cells.for_each(|cell| evidence.observe(cell));
    Rules { bare: evidence.verdict(), ..rules }
}

/// Whether cells are phone numbers beyond doubt, though no header says so.
pub(super) fn are_phones(cells: &[&str], rules: Rules) -> bool {
    let rules = agreed(cells.iter().copied(), rules);
    let Likeness { filled, phones, explicit, .. } = Likeness::of(cells.iter().copied(), rules);
    if filled == 0 {
        return false;
    }
    let distinct =
        cells.iter().map(|cell| visible(cell)).filter(|cell| !cell.is_empty()).collect::<HashSet<_>>();
    // A shop's own number stands in each row of its export.
    if filled > 3 && distinct.len() * 2 < filled {
        return false;
    }
    if explicit * 10 >= filled * 9 {
        return true;
    }
    filled >= 3 && phones * 100 >= filled * 97 && !are_ids(cells)
}

/// Numbers that rise from row to row, or end in a check digit of trade items and devices.
fn are_ids(cells: &[&str]) -> bool {
    let numbers: Vec<String> = cells
        .iter()
        .map(|cell| cell.chars().filter(char::is_ascii_digit).collect::<String>())
        .filter(|digits| !digits.is_empty())
        .collect();
    let values: Vec<u64> = numbers.iter().filter_map(|digits| digits.parse().ok()).collect();
    let rising = values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falling = values.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let steps = values.len().saturating_sub(1);
    if steps >= 3 && (rising * 20 >= steps * 19 || falling * 20 >= steps * 19) {
        return true;
    }
    let checked = |check: fn(&[u8]) -> bool| {
        numbers.iter().filter(|digits| check(digits.as_bytes())).count() * 10 >= numbers.len() * 9
    };
    checked(is_gtin) || checked(is_luhn)
}

/// The check digit of EAN, UPC and GTIN.
fn is_gtin(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| u32::from(digit - b'0') * if n % 2 == 1 { 3 } else { 1 })
        .sum();
    matches!(digits.len(), 12..=14) && sum.is_multiple_of(10)
}

/// The check digit of IMEIs and cards.
fn is_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| match u32::from(digit - b'0') * if n % 2 == 1 { 2 } else { 1 } {
            doubled @ 10.. => doubled - 9,
            single => single,
        })
        .sum();
    digits.len() >= 14 && sum.is_multiple_of(10)
}

/// Whether a number is written with its calling code: with `+` before its first digit, or `00`.
pub(in crate::campaign) fn is_explicit(cell: &str) -> bool {
    let Some(at) = cell.find(|c: char| c.is_numeric()) else { return false };
    cell[..at].contains(['+', '＋', '﹢']) || cell[at..].starts_with("00")
}

fn shape(cell: &str, rules: Rules) -> Shape {
    let cell = visible(cell);
    if cell.is_empty() || matches!(cell, "-" | "NULL" | "null" | "N/A" | "n/a" | "nan" | "NaN" | "None") {
        return Shape::Empty;
    }
    let digits = cell.chars().filter(|c| c.is_numeric()).count();
    if cell.len() > 120 || digits < 6 || is_date(cell) || is_amount(cell) {
        return Shape::Other;
    }
    match phone::parse(cell, rules) {
        Ok(_) => Shape::Phone { explicit: is_explicit(cell) },
        Err(
            PhoneError::Empty
            | PhoneError::NoDigits
            | PhoneError::Letters
            | PhoneError::Unexpected(_)
            | PhoneError::TooShort
            | PhoneError::Fraction,
        ) => Shape::Other,
        Err(PhoneError::TooLong) if digits > 17 => Shape::Other,
        Err(_) if digits < 7 => Shape::Other,
        Err(_) => Shape::Digits,
    }
}

/// `2026-11-30`, `30.11.2026 10:00`, `11/30/26`, `2026-11-30T10:00:00Z`, `20:15`.
fn is_date(cell: &str) -> bool {
    let date = cell.split([' ', 'T']).next().unwrap_or_default();
    if cell.contains(':') && !cell.contains('+') && date.len() < cell.len() && !date.contains(':') {
        let time = &cell[date.len() + 1..];
        if time.len() >= 4
            && time.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && time[..3].contains(':')
        {
            return true;
        }
    }
    for separator in ['-', '/', '.'] {
        let parts: Vec<&str> = date.split(separator).collect();
        if let [a, b, c] = parts.as_slice()
            && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let length = |part: &&str| part.len();
            let value = |part: &&str| part.parse::<u16>().unwrap_or(u16::MAX);
            let day_and_month =
                |a: &&str, b: &&str| value(a) <= 31 && value(b) <= 31 && length(a) <= 2 && length(b) <= 2;
            let year = |part: &&str| length(part) == 4 && (1900..=2100).contains(&value(part));
            if (year(a) && day_and_month(b, c)) || (day_and_month(a, b) && (year(c) || length(c) == 2)) {
                return true;
            }
        }
    }
    false
}

/// `1234567.50`, `1,234,567`, `$1,234`, `7.5%`.
fn is_amount(cell: &str) -> bool {
    if cell.contains(['$', '€', '£', '₹', '¥', '%', '₽', '₦', '₩', '₺']) {
        return true;
    }
    let plain = cell.trim_start_matches('-');
    if !plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return false;
    }
    let decimals = plain.rfind(['.', ',']).map(|at| &plain[at + 1..]);
    let groups = plain.split([',', '.']).count();
    match decimals {
        // `919876543210.0` is a number that a spreadsheet held as one.
        Some(decimals) => {
            groups == 2 && matches!(decimals.len(), 1..=2) && decimals.bytes().any(|byte| byte != b'0')
                || plain.contains(',')
                    && groups > 1
                    && plain.split([',', '.']).skip(1).all(|group| matches!(group.len(), 2..=3))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(country: &str) -> Rules {
        Rules { country: country.parse().ok(), ..Rules::default() }
    }

    #[test]
    fn phones_are_told_from_what_looks_like_them() {
        for cells in [
            ["+91 98765 43210", "+91 98765 43211", "+1 415 555 2671"],
            ["919876543210", "918876543219", "919776543218"],
        ] {
            assert!(are_phones(&cells, rules("-")), "{cells:?}");
        }
        assert!(are_phones(&["98765 43210", "9876543011", "08876543212"], rules("IN")));
        for cells in [
            ["2026-11-30", "2026-11-29", "2026-12-01"],
            ["30.11.2026 10:00", "29.11.2026 09:00", "1.12.2026 11:00"],
            ["4006381333931", "5901234123457", "8711253001202"],
            ["490154203237518", "356938035643809", "352099001761481"],
            ["1234567.50", "7654321.25", "5555555.75"],
            ["₹1,234,567", "₹2,234,567", "₹3,234,567"],
            ["9876543", "9876544", "9876545"],
            ["Ana", "Bea", "Cem"],
            ["", " ", "-"],
            ["400001", "560001", "110001"],
        ] {
            assert!(!are_phones(&cells, rules("-")), "{cells:?}");
            assert!(!are_phones(&cells, rules("IN")), "{cells:?} of IN");
        }
        let sequence = ["9876543210", "9876543211", "9876543212", "9876543213", "9876543214"];
        assert!(!are_phones(&sequence, rules("IN")), "order numbers rise");
        let shop = ["+919876543210"; 5];
        assert!(!are_phones(&shop, rules("IN")), "the shop's own number");
    }

    #[test]
    fn a_calling_code_is_seen() {
        assert!(
            is_explicit("+91 98765")
                && is_explicit("p:+9198765")
                && is_explicit("0091 98765")
                && is_explicit("'+91")
        );
        assert!(!is_explicit("919876543210") && !is_explicit("(0)98765+1") && !is_explicit(""));
    }
}
