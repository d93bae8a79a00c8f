//! Which digits are a number of which country, decided without the library.
//!
//! `numbering.bin` is an automaton over digits, derived from the library's metadata (see `generate.rs`); it is
//! looked at where it lies and needs no loading. Invariants:
//!
//! - What it decides is what the library decides for `+` and the same digits, parsed without a country, save
//!   that a number of more than 15 digits is none. Tests compare the two.
//! - What takes more than dropping a trunk `0` (carrier codes, transformed numbers) is left to the library.

use super::Phone;

/// The automaton: the first node's number (two bytes, little-endian), then the nodes, 21 bytes each: a class
/// and, for each digit, the next node.
pub(super) static NUMBERING: &[u8] = include_bytes!("numbering.bin");

/// No valid number. Node 0 has this class and leads nowhere else.
pub(super) const REJECT: u8 = 0;
/// A valid number of a mobile, or of a line that can't be told from one.
pub(super) const MOBILE: u8 = 1;
/// Any other valid number.
pub(super) const OTHER: u8 = 2;
/// As [`MOBILE`], without the `0` that follows the calling code.
pub(super) const MOBILE_TRUNK: u8 = 3;
/// As [`OTHER`], without the `0` that follows the calling code.
pub(super) const OTHER_TRUNK: u8 = 4;
/// The library knows.
#[cfg(test)] // whatever is no other class
pub(super) const ASK: u8 = 5;

/// The longest input that the automaton looks at: three digits of a calling code and 15 more.
pub(super) const MAX_DEPTH: usize = 18;

/// What the digits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A valid number.
    Valid {
        /// The number.
        phone: Phone,
        /// It can receive messages as far as the plan tells.
        mobile: bool,
    },
    /// No valid number.
    Invalid,
}

/// Decides international digits (no `+`); `None` where only the library can.
pub(super) fn decide(digits: &[u8]) -> Option<Verdict> {
    if digits.len() > MAX_DEPTH {
        return None;
    }
    let mut node = usize::from(u16::from_le_bytes([*NUMBERING.first()?, *NUMBERING.get(1)?]));
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        let at = 2 + node * 21 + 1 + usize::from(digit - b'0') * 2;
        node = usize::from(u16::from_le_bytes([*NUMBERING.get(at)?, *NUMBERING.get(at + 1)?]));
        if node == 0 {
            return Some(Verdict::Invalid);
        }
    }
    let class = *NUMBERING.get(2 + node * 21)?;
    let (mobile, trunk) = match class {
        REJECT => return Some(Verdict::Invalid),
        MOBILE => (true, false),
        OTHER => (false, false),
        MOBILE_TRUNK => (true, true),
        OTHER_TRUNK => (false, true),
        _ => return None,
    };
    let skip = if trunk { calling_code_length(digits) } else { digits.len() };
    let value = digits
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != skip)
        .fold(0u64, |value, (_, digit)| value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    Some(match Phone::from_value(value) {
        Some(phone) => Verdict::Valid { phone, mobile },
        None => Verdict::Invalid,
    })
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
            if TWO.contains(&((a - b'0') * 10 + (b - b'0'))) { 2 } else { 3 }
        }
        _ => digits.len(),
    }
}
