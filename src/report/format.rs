//! The formats a report comes in, by their words on the command line.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::csv::Csv;
use super::head::Head;
use super::json::Json;
use super::ndjson::Ndjson;
use super::write::{Render, Spec};

/// A format that can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// A table that every spreadsheet opens.
    #[default]
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Csv, Format::Json, Format::Ndjson];

    /// The word on the command line, and the end of the file's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
        }
    }
}

impl Spec {
    /// Lines as they are asked for, under these columns.
    ///
    /// # Errors
    /// Where a column's name can't be put into this format.
    pub fn render(&self, head: &Head) -> io::Result<Box<dyn Render>> {
        Ok(match self.format {
            Format::Csv => Box::new(Csv::new(head, self.delimiter, &self.zone)),
            Format::Json => Box::new(Json::new(head)?),
            Format::Ndjson => Box::new(Ndjson::new(head)?),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Why a word names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The contract knows it, this version doesn't write it yet.
    #[error(
        "reports as {0} come with a later version; `csv` opens in every spreadsheet, `json` and `ndjson` \
         are for programs"
    )]
    Later(&'static str),
    /// No such format.
    #[error("`{0}` is no report format; there are csv, json and ndjson")]
    Unknown(String),
}

impl FromStr for Format {
    type Err = FormatError;
    fn from_str(word: &str) -> Result<Format, FormatError> {
        let lower = word.trim().to_ascii_lowercase();
        if let Some(format) = Format::ALL.into_iter().find(|f| f.word() == lower) {
            return Ok(format);
        }
        match lower.as_str() {
            "jsonl" => Ok(Format::Ndjson),
            "xlsx" => Err(FormatError::Later("xlsx")),
            "html" => Err(FormatError::Later("html")),
            _ => Err(FormatError::Unknown(word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_formats() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("CSV".parse(), Ok(Format::Csv));
        assert_eq!("jsonl".parse(), Ok(Format::Ndjson));
    }

    #[test]
    fn what_comes_later_says_so_and_the_rest_is_unknown() {
        let error = |word: &str| word.parse::<Format>().unwrap_err().to_string();
        assert!(error("xlsx").starts_with("reports as xlsx come with a later version"), "{}", error("xlsx"));
        assert!(error("html").contains("later version"));
        assert_eq!(error("pdf"), "`pdf` is no report format; there are csv, json and ndjson");
    }
}
