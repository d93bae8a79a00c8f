//! Any text as a phone number.
//!
//! Input: a byte for the audience's country (0 for none), then the cell. What must hold:
//!
//! - A number comes out of 7 to 15 digits, that reads as itself behind a `+`, whatever the country, and is the same
//!   person then; or an error in words that repeats no digit of it.
//! - Spaces, dashes and brackets between the digits change nothing.

use sendcast::domain::phone::{Bare, ColumnEvidence, Country, PhoneError, Rules, parse};

/// The most digits that are spread out.
const DIGITS: usize = 16;
/// Half of the inputs ask for one of these.
const USUAL: [&str; 8] = ["IN", "US", "BR", "DE", "GB", "ID", "IT", "KE"];

pub fn check(input: &[u8]) {
    let Some((&letter, cell)) = input.split_first() else { return };
    let country = match letter {
        0 | b'0' => None,
        1..128 => USUAL[usize::from(letter) % USUAL.len()].parse().ok(),
        _ => Country::all().nth(usize::from(letter - 128)),
    };
    let cell = String::from_utf8_lossy(cell);
    match parse(&cell, country) {
        Ok(parsed) => {
            let digits = parsed.phone.digits();
            assert!((7..=15).contains(&digits.len()));
            for country in [None, country] {
                let again = parse(&format!("+{digits}"), country);
                assert_eq!(again.map(|again| again.phone), Ok(parsed.phone), "+{digits}");
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.is_empty() && !said.chars().any(char::is_control));
        }
    }
    let digits: String = cell.chars().filter(char::is_ascii_digit).take(DIGITS).collect();
    if digits.is_empty() {
        return;
    }
    let international = Rules { bare: Bare::International, ..Rules::default() };
    if let Ok(parsed) = parse(&digits, international) {
        let marked = parse(&format!("+{digits}"), None).map(|parsed| parsed.phone);
        assert!(digits.starts_with("00") || marked == Ok(parsed.phone), "+{digits}");
    }
    let mut evidence = ColumnEvidence::default();
    evidence.observe(&cell);
    let agreed = Rules { bare: evidence.verdict(), ..Rules::default() };
    if agreed.bare != Bare::National {
        assert!(parse(&cell, agreed).is_ok(), "{cell:?} agrees with itself");
    }
    let spread: String =
        digits.chars().enumerate().map(|(n, digit)| format!("{digit}{}", GAPS[n % 5])).collect();
    let (plain, spread) = (parse(&digits, country), parse(&spread, country));
    match spread {
        // A run of its own on either side of a gap may be a number of its own.
        Err(PhoneError::TwoNumbers | PhoneError::TooLong) => {}
        spread => assert_eq!(spread.map(|p| p.phone), plain.map(|p| p.phone), "{digits}"),
    }
}

const GAPS: [&str; 5] = [" ", "", "-", " (", ") "];
