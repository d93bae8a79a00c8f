//! Phone numbers as they are given on the command line.

use crate::cli::error::CliError;
use crate::domain::phone::{self, Country, Phone};

/// Reads a phone number: with its country code, or a national one of `country` (an ISO code).
///
/// # Errors
/// When it is none.
pub fn parse(text: &str, country: Option<&str>) -> Result<Phone, CliError> {
    let country = country.map(self::country).transpose()?;
    phone::parse(text, country)
        .map(|parsed| parsed.phone)
        .map_err(|error| CliError::usage(format!("`{text}`: {error}")))
}

/// A country by its ISO code.
///
/// # Errors
/// When there is no such code.
pub fn country(code: &str) -> Result<Country, CliError> {
    code.parse().map_err(|error| CliError::usage(format!("--country: {error}")))
}
