//! Which country a number belongs to.
//!
//! `regions.tsv` is a table over the beginnings of numbers whose calling code several countries share, written by `regions.py`
//! from the metadata of Google's libphonenumber. Invariants:
//!
//! - A number of a calling code that one country has is that country's.
//! - What countries have in common, as toll-free numbers of +1, is the main one's; a number of no country (`+800`) has none.

use std::sync::LazyLock;

use super::zones::padded;
use super::{Country, Phone, numbering};

static TABLE: &str = include_str!("regions.tsv");

/// Where the country changes, in the order of the digits; `None`: it is the main one of its calling code.
static CHANGES: LazyLock<Vec<(u64, Option<Country>)>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let change = |line: &str| {
        let (begins, country) = line.split_once('\t')?;
        Some((padded(begins.parse().ok()?), country.parse().ok()))
    };
    lines.filter_map(change).collect()
});

impl Phone {
    /// The country that the number belongs to; `None` of one that belongs to no country.
    #[must_use]
    pub fn country(self) -> Option<Country> {
        let (code, _) = numbering::split(self.digits().as_bytes())?;
        let number = padded(self.as_u64());
        let after = CHANGES.partition_point(|(begins, _)| *begins <= number);
        let shared = after.checked_sub(1).and_then(|at| CHANGES.get(at)).and_then(|(_, country)| *country);
        shared.filter(|country| country.calling_code() == code).or_else(|| Country::of_calling_code(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_its_country() {
        for (digits, country) in [
            ("919876543210", "IN"),
            ("9779841234567", "NP"),
            ("12125550123", "US"),
            ("14165550123", "CA"),
            ("18767654321", "JM"),
            ("17875550123", "PR"),
            ("18005550123", "US"),
            ("79161234567", "RU"),
            ("77012345678", "KZ"),
            ("447400123456", "GB"),
            ("447781123456", "GG"),
            ("393123456789", "IT"),
            ("61412345678", "AU"),
            ("262639012345", "YT"),
            ("262692123456", "RE"),
            ("4779123456", "SJ"),
            ("48512345678", "PL"),
        ] {
            let phone = Phone::from_digits(digits).unwrap();
            assert_eq!(phone.country().map(Country::code), Some(country), "{digits}");
        }
        for digits in ["80012345678", "8821612345678"] {
            assert_eq!(Phone::from_digits(digits).unwrap().country(), None, "{digits}");
        }
    }

    #[test]
    fn every_line_of_the_table_is_understood() {
        assert!(CHANGES.is_sorted() && CHANGES.len() > 200);
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        for (line, (_, country)) in lines.zip(&*CHANGES) {
            let (begins, code) = line.split_once('\t').unwrap();
            assert_eq!(country.map_or("", Country::code), code, "{line}");
            let calling_code = |country: &Country| begins.starts_with(&country.calling_code().to_string());
            assert!(country.as_ref().is_none_or(calling_code), "{line}");
        }
    }
}
