//! Numbers in scientific notation: whether all digits are there.
//!
//! Spreadsheets show a long number as `9.19877E+11`: rounded, the rest is lost in a saved CSV. Other programs write the
//! shortest text that reads as the same number: `9.1987654321E11`, where only zeros at the end were dropped. Rules:
//!
//! - As many decimals as the exponent says: every digit is there.
//! - Ten decimals or more: no spreadsheet shows so many by itself; the digits that aren't written are zeros.
//! - One decimal too few, and an exponent without `+`: Java's way to write 9876543210, always the shortest text.
//! - Anything else has been rounded, as far as anybody can tell.

/// So many decimals aren't rounded for display.
const EXACT_DECIMALS: usize = 10;

/// A text in scientific notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scientific {
    /// All digits of a whole number are there: the integer that it is.
    Exact(u64),
    /// Digits are lost.
    Rounded,
    /// It is no whole number.
    Fraction,
    /// More digits than any phone number has.
    TooLong,
}

/// Reads scientific notation; `None` where the text is something else.
pub(super) fn scientific(text: &str) -> Option<Scientific> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let at = text.find(['E', 'e'])?;
    let (mantissa, power) = (text.get(..at)?, text.get(at + 1..)?);
    let signed = power.starts_with('+');
    let power = power.strip_prefix('+').unwrap_or(power);
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || power.is_empty() || !digits(power) {
        return None;
    }
    let Ok(exponent) = power.parse::<usize>() else { return Some(Scientific::TooLong) };
    let shortest = !signed && text.as_bytes().get(at) == Some(&b'E');
    let missing = exponent.saturating_sub(decimals.len());
    let exact =
        missing == 0 || decimals.len() >= EXACT_DECIMALS || (shortest && missing == 1 && decimals.len() >= 7);
    if !exact {
        return Some(Scientific::Rounded);
    }
    let kept = decimals.get(..exponent).unwrap_or(decimals);
    if decimals.bytes().skip(exponent).any(|digit| digit != b'0') {
        return Some(Scientific::Fraction);
    }
    if whole.len() + exponent > 18 {
        return Some(Scientific::TooLong);
    }
    let zeros = "0".repeat(missing);
    format!("{whole}{kept}{zeros}").parse().ok().map(Scientific::Exact)
}

/// Whether a cell shows a number that a spreadsheet has rounded, such as `9.19877E+11`: what it was can't be known, so
/// that it identifies nobody.
#[must_use]
pub fn rounded_by_spreadsheet(cell: &str) -> bool {
    let text = cell.trim().trim_matches(['"', '\'', '\u{feff}', '\u{a0}']).trim();
    let text = text.strip_prefix('-').unwrap_or(text);
    // `12E5` and `1E5` are codes of somebody's; a spreadsheet writes one digit, and a `+`.
    let looks_so = text.as_bytes().get(1).is_some_and(|byte| matches!(byte, b'.' | b','))
        || (text.len() > 3 && matches!(text.get(1..3), Some("E+" | "e+")));
    looks_so && scientific(text) == Some(Scientific::Rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_is_read_and_what_is_rounded_is_not() {
        for (text, expected) in [
            ("9.19876543210E+11", Scientific::Exact(919_876_543_210)),
            ("9.1987654321E+11", Scientific::Exact(919_876_543_210)),
            ("9.1987654321E11", Scientific::Exact(919_876_543_210)),
            ("9,1987654321e+11", Scientific::Exact(919_876_543_210)),
            ("9.876543211E9", Scientific::Exact(9_876_543_211)),
            ("9.87654321E9", Scientific::Exact(9_876_543_210)),
            ("5.511987654321E12", Scientific::Exact(5_511_987_654_321)),
            ("919876543210E0", Scientific::Exact(919_876_543_210)),
            ("9.19876543210000E+11", Scientific::Exact(919_876_543_210)),
            ("9.19877E+11", Scientific::Rounded),
            ("9.19877E11", Scientific::Rounded),
            ("9.198765432E11", Scientific::Rounded),
            ("9.19876543e+11", Scientific::Rounded),
            ("9.87654321E+09", Scientific::Rounded),
            ("9E+11", Scientific::Rounded),
            ("9.198765432105E+11", Scientific::Fraction),
            ("9.1987654321E99", Scientific::TooLong),
            ("9.1987654321E99999999999999999999", Scientific::TooLong),
        ] {
            assert_eq!(scientific(text), Some(expected), "{text}");
        }
        for text in ["919876543210", "Mobile", "E+11", "9.1E", "9.1E-3", "x9E+11", ""] {
            assert_eq!(scientific(text), None, "{text}");
        }
    }

    #[test]
    fn a_rounded_key_is_known() {
        for text in ["9.19877E+11", " 1.23457E+11 ", "\"1,2E+15\"", "1E+11", "9.19877E11", "-1.5E+12"] {
            assert!(rounded_by_spreadsheet(text), "{text}");
        }
        for text in ["919876543210", "12E5", "1E5", "A1E+11", "9.19876543210E+11", "3E+4x", "", "1.5", "E+"] {
            assert!(!rounded_by_spreadsheet(text), "{text}");
        }
    }
}
