//! The part `audience` of a JSON campaign file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use crate::campaign::file::json_numbers;
use crate::campaign::file::sample::Sample;
use crate::domain::phone::{Accept, Bare, Country};
use crate::domain::status::Status;

/// Who is written to: exactly one of `file`, `recipients`, `labels` and `campaign`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"file\": \"customers.csv\"}")]
pub(super) struct AudienceFile {
    /// A CSV, TSV, JSON, NDJSON, XLSX, XLSM, XLSB, XLS or ODS file; relative to the campaign file.
    pub file: Option<String>,
    /// The recipients themselves, one object for each.
    #[serde(default, deserialize_with = "json_numbers::recipients")]
    #[schemars(with = "Option<Vec<BTreeMap<String, Value>>>")]
    pub recipients: Option<Vec<Value>>,
    /// Subscribers of the account that carry one of these labels.
    pub labels: Option<Vec<String>>,
    /// Whom this other campaign reached, with the columns that it had then.
    pub campaign: Option<String>,
    /// With `campaign`: only those in one of these statuses. Whoever is known to have got a message when absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub status: Option<Vec<Status>>,
    /// With `campaign`: of those that failed, only these codes of Meta's; one, or a list.
    pub code: Option<Codes>,
    /// With `campaign`: only those who answered in whatever way, or only those who did not.
    pub replied: Option<bool>,
    /// With `campaign`: only those who pressed this button, by its id or its title.
    pub button: Option<String>,
    /// With `campaign`: which of its rounds. The newest when absent.
    #[serde(default, deserialize_with = "round")]
    #[schemars(range(min = 1))]
    pub round: Option<u32>,
    /// The column that holds the phone numbers. When absent the usual headers are recognised.
    pub phone: Option<String>,
    /// The worksheet. When absent, the first one that holds a table with phone numbers.
    pub sheet: Option<String>,
    /// The file's encoding, such as `windows-1252`, `MacRoman` or `cp850`. Recognised when absent.
    pub encoding: Option<String>,
    /// What stands between cells: one character, or `tab`. Recognised when absent.
    #[schemars(with = "Option<String>", regex(pattern = r"^([ !#-/:-@\[-`{-~\t]|[Tt][Aa][Bb]|\\t)$"))]
    pub delimiter: Option<Delimiter>,
    /// The row that holds the column names, from 1. Found by what stands below it when absent.
    #[serde(default, deserialize_with = "header_row")]
    #[schemars(range(min = 1))]
    pub header_row: Option<u32>,
    /// ISO code of the country that numbers without a country code belong to.
    #[schemars(with = "Option<String>", regex(pattern = r"^[A-Za-z]{2}$"))]
    pub country: Option<CountryCode>,
    /// The column that holds each row's country. When absent the usual headers are recognised; an empty text means none.
    pub country_column: Option<String>,
    /// What digits without `+` and `00` are: national numbers of `country`, or, with `international`, numbers that begin
    /// with their country's code.
    pub numbers: Option<Numbers>,
    /// Which numbers are taken: `valid` ones (default), or also `possible` ones that the numbering plans don't list.
    pub accept: Option<Accepted>,
    /// What becomes of a second row to one number: the `first` is sent (default), or `send` sends each.
    pub duplicates: Option<DuplicateRows>,
    /// The column that identifies a person. The phone number when absent.
    pub key: Option<String>,
    /// Which rows are meant: an expression over the columns, as in a template: `consent | yes and city == 'Pune'`.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Who is left out: everybody in a file, whom another campaign wrote to, or who carries a label.
    pub exclude: Option<Vec<ExcludeFile>>,
    /// A part of them, drawn by chance and always the same: a share such as `5%`, or so many people.
    pub sample: Option<Sample>,
}

/// Who is left out: exactly one of `file`, `campaign` and `labels`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object such as {\"file\": \"last-week.csv\"} or {\"campaign\": \"diwali-offer\"}"
)]
pub(super) struct ExcludeFile {
    /// Everybody in this table or report; relative to the campaign file.
    pub file: Option<String>,
    /// The column that holds the phone numbers. When absent the usual headers are recognised.
    pub phone: Option<String>,
    /// ISO code of the country that its national numbers belong to; the audience's when absent.
    #[schemars(with = "Option<String>", regex(pattern = r"^[A-Za-z]{2}$"))]
    pub country: Option<CountryCode>,
    /// Whom this campaign wrote to, in any of its rounds.
    pub campaign: Option<String>,
    /// Only those in one of these statuses. Whoever may have got a message when absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub status: Option<Vec<Status>>,
    /// Subscribers of the account that carry one of these labels.
    pub labels: Option<Vec<String>>,
}

/// Codes of Meta's: one, or a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "OneOrMany")]
pub(super) struct Codes(#[schemars(with = "OneOrMany")] pub Vec<u32>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "one of Meta's codes, such as 131026, or a list of them")]
enum OneOrMany {
    One(u32),
    Many(#[schemars(length(min = 1))] Vec<u32>),
}

impl From<OneOrMany> for Codes {
    fn from(codes: OneOrMany) -> Codes {
        match codes {
            OneOrMany::One(code) => Codes(vec![code]),
            OneOrMany::Many(codes) => Codes(codes),
        }
    }
}

/// What digits without `+` and `00` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Numbers {
    /// National numbers of the audience's country.
    National,
    /// They begin with their country's code.
    International,
}

impl From<Numbers> for Bare {
    fn from(numbers: Numbers) -> Bare {
        match numbers {
            Numbers::National => Bare::National,
            Numbers::International => Bare::International,
        }
    }
}

/// Which numbers are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Accepted {
    /// Numbers that the numbering plans list.
    Valid,
    /// Also numbers of a possible length that they don't list.
    Possible,
}

impl From<Accepted> for Accept {
    fn from(accepted: Accepted) -> Accept {
        match accepted {
            Accepted::Valid => Accept::Valid,
            Accepted::Possible => Accept::Possible,
        }
    }
}

/// What becomes of a second row to one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DuplicateRows {
    /// The first good row is sent, others are skipped.
    First,
    /// Each row is sent.
    Send,
}

/// A country by its ISO code.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountryCode(pub Country);

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CountryCode, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        code.trim().parse().map(CountryCode).map_err(D::Error::custom)
    }
}

/// What stands between cells: one ASCII character that no number and no quotation needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delimiter(pub char);

impl<'de> Deserialize<'de> for Delimiter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Delimiter, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        delimiter(&text).map(Delimiter).map_err(D::Error::custom)
    }
}

/// Reads what stands between cells: the character itself, or `tab`, or `\\t`.
///
/// # Errors
/// When it is no character that can stand between cells.
pub fn delimiter(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok('\t'),
        (Some(c), None) if c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '"' | '\r' | '\n') => {
            Ok(c)
        }
        _ => Err(format!("`{text}` isn't allowed between cells: write one character such as `;`, or `tab`")),
    }
}

fn round<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom("rounds count from 1")),
        other => Ok(other),
    }
}

fn header_row<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom("rows count from 1")),
        other => Ok(other),
    }
}
