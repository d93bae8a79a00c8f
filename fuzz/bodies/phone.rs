//! Any text as a phone number.
//!
//! Input: a byte for the audience's country (0 for none), then the cell. What must hold:
//!
//! - A number comes out that the library `phonenumber` calls valid, of 7 to 15 digits, and that reads as itself
//!   behind a `+`, whatever the country; or an error in words that repeats no digit of it.
//! - The fast path is the library: the input's digits behind a `+` are the number that the library makes of
//!   them, or none where it makes none.
//! - Spaces, dashes and brackets between the digits change nothing.

use phonenumber::PhoneNumber;
use sendcast::domain::phone::{Country, Phone, PhoneError, parse};

/// The most digits that are compared: beyond them sendcast doesn't ask the library.
const DIGITS: usize = 16;
/// Half of the inputs ask for one of these: the library keeps the patterns of a few countries only.
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
            assert_eq!(library(&digits), Some(parsed.phone), "{cell:?} became +{digits}");
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
    let ours = parse(&format!("+{digits}"), None).ok().map(|parsed| parsed.phone);
    assert_eq!(ours, library(&digits), "+{digits}");
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

/// What the library makes of international digits.
fn library(digits: &str) -> Option<Phone> {
    let number: PhoneNumber = phonenumber::parse(None, format!("+{digits}")).ok()?;
    let national = number.national();
    number.is_valid().then(|| Phone::from_digits(&format!("{}{national}", number.code().value()))).flatten()
}
