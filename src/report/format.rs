//! The formats a report comes in, by their words on the command line.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::csv::Csv;
use super::head::Head;
use super::html::Page;
use super::json::Json;
use super::ndjson::Ndjson;
use super::write::{Document, Render, Spec};
use super::xlsx::Book;

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
    /// A workbook: a summary with a chart, and a sheet each for recipients, failures and replies.
    Xlsx,
    /// A page: a summary, and the first recipients.
    Html,
}

/// How a format is written.
pub(super) enum Form {
    /// Line by line.
    Lines(Box<dyn Render>),
    /// As a whole.
    Document(Box<dyn Document>),
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 5] = [Format::Csv, Format::Json, Format::Ndjson, Format::Xlsx, Format::Html];

    /// The word on the command line, and the end of the file's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Xlsx => "xlsx",
            Format::Html => "html",
        }
    }

    /// Whether its times are those of a clock in the report's zone.
    #[must_use]
    pub fn has_local_times(self) -> bool {
        matches!(self, Format::Csv | Format::Xlsx | Format::Html)
    }
}

impl Spec {
    /// The format that is asked for, under these columns.
    ///
    /// # Errors
    /// Where a column can't be put into this format, or there is no place for a workbook's sheets.
    pub(super) fn form(&self, head: &Head) -> io::Result<Form> {
        Ok(match self.format {
            Format::Csv => Form::Lines(Box::new(Csv::new(head, self.delimiter, &self.zone))),
            Format::Json => Form::Lines(Box::new(Json::new(head)?)),
            Format::Ndjson => Form::Lines(Box::new(Ndjson::new(head)?)),
            Format::Xlsx => Form::Document(Box::new(Book::new(self, head)?)),
            Format::Html => Form::Document(Box::new(Page::new(self, head))),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no report format; there are csv, json, ndjson, xlsx and html")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(word: &str) -> Result<Format, UnknownFormat> {
        let lower = word.trim().to_ascii_lowercase();
        if let Some(format) = Format::ALL.into_iter().find(|f| f.word() == lower) {
            return Ok(format);
        }
        match lower.as_str() {
            "jsonl" => Ok(Format::Ndjson),
            "htm" => Ok(Format::Html),
            _ => Err(UnknownFormat(word.to_owned())),
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
    fn other_words_are_told_what_there_is() {
        let error = "pdf".parse::<Format>().unwrap_err().to_string();
        assert!(Format::ALL.iter().all(|format| error.contains(format.word())), "{error}");
    }
}
