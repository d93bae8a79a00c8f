//! Phone numbers as people read them: `+91 98765 43210`.
//!
//! The blanks also keep a spreadsheet from taking the number for a sum. They are a reading aid: the phonenumber crate
//! knows each country's own grouping, and takes 20 µs for it, twenty times what a whole line of a report may take.

use compact_str::ToCompactString as _;

use crate::domain::phone::Phone;
use crate::domain::text::Cell;

/// `+`, the calling code, and the national number in groups.
pub(super) fn grouped(phone: Phone) -> Cell {
    let digits = phone.as_u64().to_compact_string();
    let (code, mut rest) = digits.split_at(calling_code(digits.as_bytes()).min(digits.len()));
    let mut out = Cell::const_new("+");
    out.push_str(code);
    for group in groups(code, rest.len()) {
        let (digits, after) = rest.split_at((*group).min(rest.len()));
        out.push(' ');
        out.push_str(digits);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `+` and the digits.
pub(super) fn e164(phone: Phone) -> Cell {
    let mut out = Cell::const_new("+");
    out.push_str(&phone.as_u64().to_compact_string());
    out
}

/// The number of digits in the calling code (ITU-T E.164, annex: codes are prefix-free).
fn calling_code(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

/// How so many national digits are grouped: as some large countries do, else in threes and fours.
fn groups(code: &str, digits: usize) -> &'static [usize] {
    match (code, digits) {
        ("91" | "880" | "977", 10) => &[5, 5],
        ("7", 10) => &[3, 3, 2, 2],
        ("33", 9) => &[1, 2, 2, 2, 2],
        ("44", 10) => &[4, 6],
        ("52" | "55", 10) => &[2, 4, 4],
        ("55", 11) => &[2, 5, 4],
        ("971" | "966", 9) => &[2, 3, 4],
        (_, 5) => &[2, 3],
        (_, 6) => &[3, 3],
        (_, 7) => &[3, 4],
        (_, 8) => &[4, 4],
        (_, 9) => &[3, 3, 3],
        (_, 10) => &[3, 3, 4],
        (_, 11) => &[3, 4, 4],
        (_, 12) => &[4, 4, 4],
        (_, 13) => &[3, 3, 3, 4],
        (_, 14) => &[3, 3, 4, 4],
        (_, _) => &[4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        for (digits, expected) in [
            ("919876543210", "+91 98765 43210"),
            ("14155550123", "+1 415 555 0123"),
            ("5511987654321", "+55 11 98765 4321"),
            ("491701234567", "+49 170 123 4567"),
            ("33612345678", "+33 6 12 34 56 78"),
            ("971501234567", "+971 50 123 4567"),
            ("35312345", "+353 12 345"),
            ("1234567", "+1 234 567"),
        ] {
            assert_eq!(grouped(Phone::from_digits(digits).unwrap()), expected);
        }
    }

    #[test]
    fn no_digit_is_lost_however_long_the_number_is() {
        for first in 100..=999_u64 {
            for zeros in 4..=12 {
                let phone = Phone::from_value(first * 10_u64.pow(zeros) + 7).unwrap();
                let grouped = grouped(phone);
                assert_eq!(grouped.replace([' ', '+'], ""), phone.digits());
                assert!(grouped.split(' ').all(|group| !group.is_empty()), "{grouped}");
                assert_eq!(e164(phone), format!("+{}", phone.digits()));
            }
        }
    }
}
