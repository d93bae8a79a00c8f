//! Phone numbers as they are given on the command line.

use std::path::Path;

use crate::app::AppError;
use crate::campaign::tables::{self, TableOptions};
use crate::campaign::{CampaignError, headers};
use crate::domain::phone::{self, Bare, CallingCodes, Country, Phone, PhoneError, Rules};
use crate::engine::optout;

/// Reads a phone number: with its country's code (of at least 11 digits, or behind a `+`), or a national one of `country`
/// (an ISO code).
///
/// # Errors
/// When it is none.
pub fn parse(text: &str, country: Option<&str>) -> Result<Phone, AppError> {
    parse_in(text, country.map(self::country).transpose()?)
}

/// The same, with the country at hand.
///
/// # Errors
/// When it is none.
pub fn parse_in(text: &str, country: Option<Country>) -> Result<Phone, AppError> {
    let rules = Rules { country, bare: Bare::Agreed(CallingCodes::ANY), ..Rules::default() };
    phone::parse(text, rules).map(|parsed| parsed.phone).map_err(|error| match error {
        PhoneError::NeedsCountry => {
            AppError::usage(format!("`{text}`: the number has no country's code in front"))
                .hint("write it with + and the country's code, such as +91 98765 43210")
        }
        error => AppError::usage(format!("`{text}`: {error}")),
    })
}

/// A country by its ISO code.
///
/// # Errors
/// When there is no such code.
pub fn country(code: &str) -> Result<Country, AppError> {
    code.parse().map_err(|error| AppError::usage(format!("--country: {error}")))
}

/// The numbers in a table, and the rows that have none.
#[derive(Debug, Default)]
pub struct Found {
    /// Each row's number, in order.
    pub phones: Vec<Phone>,
    /// Rows without a usable one, in words.
    pub bad: Vec<String>,
}

/// Reads the phone numbers of a table: from the column `named`, else from the one that looks like it.
///
/// # Errors
/// When the table can't be read, or has no such column.
pub fn in_table(file: &Path, named: Option<&str>, country: Option<&str>) -> Result<Found, AppError> {
    let country = country.map(self::country).transpose()?;
    let unreadable = |error: tables::TableError| AppError::from(CampaignError::from(error));
    let table = tables::open(file, &TableOptions::default()).map_err(unreadable)?;
    let position = match named {
        Some(name) => headers::find(&table.columns, name),
        None => headers::find_phone(&table.columns).map(|found| found.position),
    };
    let Some(position) = position else {
        let what = match named {
            Some(name) => format!("{} has no column `{name}`", file.display()),
            None => format!("no column of {} looks like phone numbers", file.display()),
        };
        let columns: Vec<_> = table.columns.iter().take(20).map(|column| format!("`{column}`")).collect();
        return Err(AppError::usage(what).hint(format!("`--phone NAME` takes one of {}", columns.join(", "))));
    };
    // A list of ours, from another machine: its numbers carry their country code.
    let ours = table.columns.iter().map(String::as_str).eq(["phone", "reason", "at"]);
    let mut found = Found::default();
    for row in table {
        let mut row = row.map_err(unreadable)?;
        row.dial(position);
        if let Some(problem) = &row.problem {
            found.bad.push(format!("{} row {}: {problem}", file.display(), row.number));
            continue;
        }
        match optout::number(row.cells.get(position).map_or("", |cell| cell.as_str()), country, ours) {
            Ok(phone) => found.phones.push(phone),
            Err(error) => found.bad.push(format!("{} row {}: {error}", file.display(), row.number)),
        }
    }
    Ok(found)
}
