//! Any text as a phone number.
//!
//! Input: a byte for the audience's country (0 for none), then the cell. What must hold:
//!
//! - A number of 7 to 15 digits comes out that reads as itself behind a `+`, whatever the country, and whose identity
//!   is its identity's own; or an error in words that repeats no digit of it.
//! - Digits behind a `+` come out as they are, but for a form of before a renumbering and a zero of dialling at home.
//!   (What is valid is told by the suite, against the library's own verdicts.)
//! - Spaces, dashes and brackets between the digits change nothing.

use sendcast::domain::phone::{Country, Phone, PhoneError, parse};

/// The most digits that are compared.
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
            let identity = parsed.phone.identity();
            assert_eq!(
                Phone::from_digits(&identity.digits()).map(Phone::identity),
                Some(identity),
                "{cell:?}"
            );
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
    if let Ok(parsed) = parse(&format!("+{digits}"), None) {
        let asked = Phone::from_digits(&digits).map(Phone::identity);
        let same = asked == Some(parsed.phone.identity());
        assert!(
            same || digits.len() > parsed.phone.digits().len(),
            "+{digits} became {}",
            parsed.phone.digits()
        );
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
