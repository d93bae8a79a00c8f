//! One person, one identity: the forms in which one line's number goes about.
//!
//! - **WhatsApp's own forms.** Its id of a number isn't always E.164: Brazil 55 DD and the eight digits of before the
//!   ninth, Mexico 52 1 …, Argentina 54 9 … of a number that is also written without the 9.
//! - **Renumbered countries.** Old forms live on in lists: Ivory Coast (2021, from 8 to 10 digits, by operator), Benin
//!   (2024, 01 in front), Gabon (2019, a digit more by operator).
//!
//! Invariants: equal identities are the same line; a number without such forms is its own identity; the identity of
//! an identity is itself.

use std::fmt;

use super::Phone;
use super::numbering::{Line, line};

/// By what people are compared: equal for all forms of one number. It is no number to write to.
///
/// `Debug` and `Display` show the last four digits only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneIdentity(u64);

impl PhoneIdentity {
    /// All digits, as a key.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// The same as an integer.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PhoneIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{:04}", self.0 % 10_000)
    }
}

impl fmt::Debug for PhoneIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Phone {
    /// Whose number it is: equal for every form of the same line's number.
    ///
    /// ```
    /// # use sendcast::domain::phone::Phone;
    /// let (old, new) = (Phone::from_digits("551187654321"), Phone::from_digits("5511987654321"));
    /// assert_eq!(old.map(Phone::identity), new.map(Phone::identity));
    /// ```
    #[must_use]
    pub fn identity(self) -> PhoneIdentity {
        PhoneIdentity(canonical(self.as_u64()))
    }
}

const fn ten_to(n: u32) -> u64 {
    10_u64.pow(n)
}

/// The form that stands for all forms of a number.
fn canonical(value: u64) -> u64 {
    // By length, then by calling code: the same leading digits mean something else in a longer number.
    match value {
        // Gabon: 7 digits, or 8 with the old zero.
        2_410_000_000..=2_419_999_999 => gabon(value % ten_to(7)).unwrap_or(value),
        24_100_000_000..=24_109_999_999 => gabon(value % ten_to(8)).unwrap_or(value),
        // The zero that is dialled at home before the new eight.
        241_010_000_000..=241_019_999_999 | 241_060_000_000..=241_079_999_999 => {
            241 * ten_to(8) + value % ten_to(8)
        }
        22_500_000_000..=22_599_999_999 => ivory_coast(value % ten_to(8)).unwrap_or(value),
        22_900_000_000..=22_999_999_999 => 229 * ten_to(10) + ten_to(8) + value % ten_to(8),
        // Brazil: the area, then a mobile's eight digits, which begin with 6 to 9.
        550_000_000_000..=559_999_999_999 if value / ten_to(7) % 10 >= 6 => {
            let (area, local) = (value / ten_to(8), value % ten_to(8));
            area * ten_to(9) + 9 * ten_to(8) + local
        }
        5_210_000_000_000..=5_219_999_999_999 => 52 * ten_to(10) + value % ten_to(10),
        5_490_000_000_000..=5_499_999_999_999 => 54 * ten_to(10) + value % ten_to(10),
        54_000_000_000_000..=54_999_999_999_999 => {
            argentina(value % ten_to(12)).map_or(value, |national| 54 * ten_to(10) + national)
        }
        value => value,
    }
}

/// Gabon's numbers of before 2019 are seven digits (behind a zero) and got the operator's digit in front. Fixed lines
/// and closed operators stay as they are.
fn gabon(old: u64) -> Option<u64> {
    let operator = match old / ten_to(6) {
        2 => 62,
        4 => 74,
        5 => 65,
        6 => 66,
        7 => 77,
        _ => return None,
    };
    Some((241 * 100 + operator) * ten_to(6) + old % ten_to(6))
}

/// The ten digits of an Ivorian number of eight: 01, 05 or 07 in front of a mobile by its operator, which its second
/// digit tells; 21, 25 or 27 in front of a fixed line, whose third digit tells.
fn ivory_coast(old: u64) -> Option<u64> {
    let (first, second, third) = (old / ten_to(7), old / ten_to(6) % 10, old / ten_to(5) % 10);
    let prefix = match (first, second, third) {
        (2 | 3, _, 0) => 25,
        (2 | 3, _, 8) if first == 2 && second <= 3 => 21,
        (2 | 3, _, _) => 27,
        (0, 0, _) | (1, _, _) => return None,
        (0 | 4 | 5 | 7, 0..=3, _) => 1,
        (0 | 4..=9, 4..=6, _) => 5,
        (0 | 4..=9, 7..=9, _) => 7,
        _ => return None,
    };
    let new = 225 * ten_to(10) + prefix * ten_to(8) + old;
    line(new.to_string().as_bytes()).is_some().then_some(new)
}

/// An Argentine mobile as it is dialled at home, area 15 local, without the 15: ten digits.
fn argentina(national: u64) -> Option<u64> {
    let digits = format!("{national:012}");
    let mut found = None;
    for area in 2..=4 {
        let (code, rest) = digits.split_at(area);
        let Some(local) = rest.strip_prefix("15") else { continue };
        if line(format!("549{code}{local}").as_bytes()) == Some(Line::Mobile) {
            // Two readings would be a guess.
            if found.is_some() {
                return None;
            }
            found = format!("{code}{local}").parse().ok();
        }
    }
    found
}

/// Digits behind a `+` that no plan lists, though they are a form of a number that is listed: the number to write to
/// (WhatsApp's forms as they are, renumbered ones in their new form), and its line.
pub(super) fn other_form(digits: &[u8]) -> Option<(Phone, Line)> {
    let given = Phone::from_digits(std::str::from_utf8(digits).ok()?)?;
    let canonical = canonical(given.as_u64());
    if canonical == given.as_u64() {
        return None;
    }
    let line = line(canonical.to_string().as_bytes())?;
    let phone = match digits {
        [b'5', b'4', ..] => Phone::from_value(549 * ten_to(10) + canonical % ten_to(10))?,
        [b'5', _, ..] if line == Line::Mobile => given,
        [b'5', _, ..] => return None,
        _ => Phone::from_value(canonical)?,
    };
    Some((phone, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(digits: &str) -> String {
        Phone::from_digits(digits).unwrap().identity().digits()
    }

    #[test]
    fn all_forms_of_a_number_are_one() {
        for (form, one) in [
            ("551187654321", "5511987654321"),
            ("5511987654321", "5511987654321"),
            ("553172345678", "5531972345678"),
            ("5215512345678", "525512345678"),
            ("525512345678", "525512345678"),
            ("5491123456789", "541123456789"),
            ("541123456789", "541123456789"),
            ("54111523456789", "541123456789"),
            ("54221154567890", "542214567890"),
            ("22507123456", "2250707123456"),
            ("22505123456", "2250505123456"),
            ("22541123456", "2250141123456"),
            ("22589123456", "2250789123456"),
            ("22520301234", "2252720301234"),
            ("22520012345", "2252520012345"),
            ("22997123456", "2290197123456"),
            ("2290197123456", "2290197123456"),
            ("24107123456", "24177123456"),
            ("2417123456", "24177123456"),
            ("24106123456", "24166123456"),
            ("241077123456", "24177123456"),
        ] {
            assert_eq!(identity(form), one, "{form}");
            assert_eq!(identity(one), one, "the identity of {one}");
        }
    }

    #[test]
    fn nobody_else_is_taken_for_somebody() {
        for digits in [
            "551123456789",  // a fixed line
            "551145678901",  // a fixed line
            "5511923456789", // its neighbour among mobiles
            "52155123456",   // too short for Mexico's 1
            "919876543210",
            "14155552671",
            "447911123456",
            "2250707123456",
            "22500123456", // no operator
            "22560123456", // an operator that is gone
            "24111123456",
            "54123456789012",
        ] {
            assert_eq!(identity(digits), digits);
        }
    }

    #[test]
    fn it_shows_four_digits_only() {
        let identity = Phone::from_digits("919876543210").unwrap().identity();
        assert_eq!(format!("{identity} {identity:?}"), "…3210 …3210");
    }
}
