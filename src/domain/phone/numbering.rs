//! The numbering plans: which digits are a number, and how a country dials.
//!
//! `numbering.bin` is an automaton over whole numbers and `numbering.tsv` a table of dialling prefixes, both written
//! by `numbering.py` from the metadata of Google's libphonenumber. Invariants:
//!
//! - A number is valid as a whole: no digit may be left over, and none may be missing.
//! - The automaton is looked at where it lies and needs no loading; the table is read once, when a number is first
//!   written with a prefix.
//! - `tests/data/numbers.tsv` holds libphonenumber's own verdicts; the suite compares.

use std::sync::LazyLock;

use super::Country;

/// The automaton: the first node's number (two bytes, little-endian), then the nodes, 21 bytes each: a class
/// and, for each digit, the next node. Node 0 is a dead end.
static NUMBERING: &[u8] = include_bytes!("numbering.bin");
/// A line for each region: code, calling code, lengths, prefixes at home, prefixes abroad.
static TABLE: &str = include_str!("numbering.tsv");

/// Classes of nodes.
const MOBILE: u8 = 1;
const OTHER: u8 = 2;
/// The same two, of numbers that say where they belong.
const PLACED_MOBILE: u8 = 3;
const FIXED: u8 = 4;

/// What kind of line a valid number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A mobile, or a line that can't be told from one.
    Mobile,
    /// Any other.
    Other,
}

/// The line that has this number (calling code first, no `+`); `None` where the plans know no such number.
pub(super) fn line(digits: &[u8]) -> Option<Line> {
    match class(digits)? {
        MOBILE | PLACED_MOBILE => Some(Line::Mobile),
        OTHER | FIXED => Some(Line::Other),
        _ => None,
    }
}

/// Whether this is a number that says where it belongs: a fixed line, or a mobile of a country that gives those area
/// codes, too.
pub(super) fn is_placed(digits: &[u8]) -> bool {
    matches!(class(digits), Some(PLACED_MOBILE | FIXED))
}

fn class(digits: &[u8]) -> Option<u8> {
    let mut node = usize::from(u16::from_le_bytes([*NUMBERING.first()?, *NUMBERING.get(1)?]));
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        let at = 2 + node * 21 + 1 + usize::from(digit - b'0') * 2;
        node = usize::from(u16::from_le_bytes([*NUMBERING.get(at)?, *NUMBERING.get(at + 1)?]));
        if node == 0 {
            return None;
        }
    }
    NUMBERING.get(2 + node * 21).copied()
}

/// How a region dials.
#[derive(Debug, Default)]
pub(super) struct Plan {
    region: &'static str,
    /// With `*` where this is the main region.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the test that compares it with `countries`"))]
    calling_code: &'static str,
    /// Bit n: national numbers of n digits are possible.
    lengths: u32,
    /// What is dialled before a national number, the shortest first: `0`.
    pub(super) inland: Vec<&'static str>,
    /// What is dialled before a calling code: `00`, `011`.
    pub(super) abroad: Vec<&'static str>,
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or_default();
            let (region, calling_code, lengths) = (next(), next(), next());
            let mut prefixes = || {
                let mut all: Vec<_> = next().split(' ').filter(|prefix| !prefix.is_empty()).collect();
                all.sort_by_key(|prefix| prefix.len());
                all
            };
            let lengths = lengths.split(' ').filter_map(|n| n.parse::<u32>().ok());
            Plan {
                region,
                calling_code,
                lengths: lengths.filter(|n| *n < 32).fold(0, |mask, n| mask | 1 << n),
                inland: prefixes(),
                abroad: prefixes(),
            }
        })
        .collect()
});

fn plan_of(region: &str) -> Option<&'static Plan> {
    PLANS.binary_search_by_key(&region, |plan| plan.region).ok().and_then(|at| PLANS.get(at))
}

/// How a country dials.
pub(super) fn plan(country: Country) -> Option<&'static Plan> {
    plan_of(country.code())
}

/// Whether a number could be one by its length, behind a calling code that there is.
pub(super) fn possible(digits: &[u8]) -> bool {
    let Some((code, national)) = split(digits) else { return false };
    let plan = match Country::of_calling_code(code) {
        Some(country) => plan(country),
        None => plan_of(&code.to_string()),
    };
    digits.len() <= 15
        && plan.is_some_and(|plan| plan.lengths.checked_shr(u32::from(national)).is_some_and(|m| m & 1 == 1))
}

/// The calling code at the beginning, and how many digits follow it.
pub(super) fn split(digits: &[u8]) -> Option<(u16, u8)> {
    let length = calling_code_length(digits);
    let national = u8::try_from(digits.len().checked_sub(length)?).ok()?;
    let code =
        digits[..length].iter().fold(0, |value, digit| value * 10 + u16::from(digit.saturating_sub(b'0')));
    (code > 0 && !digits.starts_with(b"0")).then_some((code, national))
}

/// How many digits the calling code at the beginning has.
pub(super) fn calling_code_length(digits: &[u8]) -> usize {
    /// The two-digit codes; 1 and 7 stand alone, all others have three digits.
    const TWO: [u8; 44] = [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57,
        58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ];
    match digits {
        [b'1' | b'7', ..] => 1,
        [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
            let two = TWO.contains(&((a - b'0') * 10 + (b - b'0')));
            if two { 2 } else { digits.len().min(3) }
        }
        _ => digits.len().min(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_plan() {
        assert!(PLANS.is_sorted_by_key(|plan| plan.region));
        for country in Country::all() {
            let plan = plan(country).unwrap();
            assert!(plan.lengths != 0, "{country}");
            let main = Country::of_calling_code(country.calling_code()) == Some(country);
            assert_eq!(
                plan.calling_code,
                format!("{}{}", country.calling_code(), if main { "*" } else { "" })
            );
        }
        assert_eq!(PLANS.iter().filter(|plan| plan.region.len() == 2).count(), Country::all().count());
    }

    #[test]
    fn whole_numbers_match() {
        assert_eq!(line(b"919876543210"), Some(Line::Mobile));
        assert_eq!(line(b"442079460958"), Some(Line::Other));
        for wrong in ["91987654321", "9198765432100", "5511705840684", "97233142764978", "", "0", "91x"] {
            assert_eq!(line(wrong.as_bytes()), None, "{wrong}");
        }
        assert!(is_placed(b"442079460958") && is_placed(b"12015550123") && is_placed(b"5511961234567"));
        assert!(!is_placed(b"919876543210") && !is_placed(b"18005550123") && !is_placed(b"4420794609"));
    }

    #[test]
    fn lengths_are_told() {
        assert!(possible(b"910000000000") && possible(b"80012345678"));
        for wrong in ["91000000000", "0919876543210", "999123456789", "9", ""] {
            assert!(!possible(wrong.as_bytes()), "{wrong}");
        }
    }
}
