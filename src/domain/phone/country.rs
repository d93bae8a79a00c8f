//! The country that national numbers of an audience belong to.

use std::fmt;
use std::str::FromStr;

use super::countries::COUNTRIES;

/// A country with telephone numbers, by its ISO 3166 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u8);

impl Country {
    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = Country> {
        (0..=u8::MAX).map(Country).take(COUNTRIES.len())
    }

    fn entry(self) -> &'static (&'static str, &'static str, u16, &'static str) {
        &COUNTRIES[usize::from(self.0) % COUNTRIES.len()]
    }

    /// The two-letter code, such as `IN`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// The calling code, such as 91.
    #[must_use]
    pub fn calling_code(self) -> u16 {
        self.entry().2
    }

    /// The name in English.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().3
    }

    /// The country that a calling code is known for (1: the United States).
    #[must_use]
    pub fn of_calling_code(calling_code: u16) -> Option<Country> {
        let main = match calling_code {
            1 => "US",
            7 => "RU",
            39 => "IT",
            44 => "GB",
            47 => "NO",
            61 => "AU",
            212 => "MA",
            262 => "RE",
            290 => "SH",
            358 => "FI",
            590 => "GP",
            599 => "CW",
            _ => "",
        };
        Country::all().find(|c| c.calling_code() == calling_code && (main.is_empty() || c.code() == main))
    }

    /// The country of a three-letter code, such as `IND`, in either case.
    #[must_use]
    pub fn of_alpha3(code: &str) -> Option<Country> {
        Country::all().find(|country| country.entry().1.eq_ignore_ascii_case(code))
    }

    /// What somebody may have meant who wrote `text`.
    fn near(text: &str) -> Option<Country> {
        let text = text.trim();
        let upper = text.to_ascii_uppercase();
        let alias = match upper.as_str() {
            "UK" | "EN" | "ENGLAND" | "BRITAIN" | "GREAT BRITAIN" | "SCOTLAND" | "WALES" => "GB",
            "AMERICA" | "UNITED STATES OF AMERICA" => "US",
            "UAE" | "EMIRATES" | "DUBAI" => "AE",
            "KSA" => "SA",
            "EL" => "GR",
            "HOLLAND" => "NL",
            "BHARAT" | "HINDUSTAN" => "IN",
            "DEUTSCHLAND" => "DE",
            "BRASIL" => "BR",
            "ESPAÑA" | "ESPANA" => "ES",
            "MÉXICO" => "MX",
            "TÜRKIYE" | "TURKIYE" => "TR",
            "CZECH REPUBLIC" => "CZ",
            "SU" | "RUSSIAN FEDERATION" => "RU",
            "BURMA" => "MM",
            "IVORY COAST" => "CI",
            "KOREA" => "KR",
            other => other,
        };
        if let Some(country) = Country::all().find(|c| {
            let (two, three, _, name) = *c.entry();
            two == alias || three == alias || name.eq_ignore_ascii_case(text)
        }) {
            return Some(country);
        }
        if let Ok(calling_code) = text.trim_start_matches('+').trim_start_matches('0').parse() {
            return Country::of_calling_code(calling_code);
        }
        if text.chars().count() < 4 {
            return None;
        }
        let lower = text.to_lowercase();
        Country::all()
            .map(|c| (strsim::jaro_winkler(&c.name().to_lowercase(), &lower), c))
            .filter(|(likeness, _)| *likeness >= 0.85)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, country)| country)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// No two-letter code of a country with telephone numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no country code{}", hint(*.near))]
pub struct UnknownCountry {
    /// What was written.
    pub given: String,
    /// What it may mean.
    pub near: Option<Country>,
}

fn hint(near: Option<Country>) -> String {
    match near {
        Some(country) => format!("; did you mean {} ({})?", country.code(), country.name()),
        None => "; write the two-letter ISO code, such as IN or US".to_owned(),
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    /// Takes the two-letter code, in either case.
    fn from_str(text: &str) -> Result<Country, UnknownCountry> {
        let given = text.trim();
        Country::all().find(|c| c.code().eq_ignore_ascii_case(given)).ok_or_else(|| UnknownCountry {
            given: given.chars().take(40).collect(),
            near: Country::near(given),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_and_slips_are_understood() {
        assert_eq!("in".parse::<Country>().unwrap().calling_code(), 91);
        let hint = |text: &str| text.parse::<Country>().unwrap_err().to_string();
        assert_eq!(hint("UK"), "`UK` is no country code; did you mean GB (United Kingdom)?");
        assert_eq!(hint("India"), "`India` is no country code; did you mean IN (India)?");
        assert!(hint("Indai").ends_with("IN (India)?"), "{}", hint("Indai"));
        assert!(hint("IND").ends_with("IN (India)?"));
        assert!(hint("+91").ends_with("IN (India)?"));
        assert!(hint("0044").ends_with("GB (United Kingdom)?"));
        assert!(hint("AQ").ends_with("such as IN or US"), "no numbers in Antarctica");
        assert!("".parse::<Country>().is_err());
    }
}
