//! Why a file can't be read as a table.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that can't be read as a table, or not to its end.
#[derive(Debug, thiserror::Error)]
pub struct TableError {
    /// The file; none for an inline list.
    pub file: Option<PathBuf>,
    /// What is wrong.
    #[source]
    pub kind: TableErrorKind,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}: {}", file.display(), self.kind),
            None => fmt::Display::fmt(&self.kind, f),
        }
    }
}

/// What is wrong, and where in the file. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableErrorKind {
    /// The system says no.
    #[error("can't be read: {0}")]
    Io(#[from] io::Error),
    /// A directory, a pipe, a device.
    #[error("is not a regular file")]
    NotAFile,
    /// No content at all.
    #[error("is empty")]
    Empty,
    /// Neither text nor a format that is known.
    #[error("is not a text file")]
    NotText,
    /// A NUL byte among text.
    #[error("line {line}: holds a NUL byte, so this is no text")]
    Nul {
        /// The line in the file, from 1.
        line: u64,
    },
    /// More bytes than an audience has.
    #[error("has {} MB; an audience has at most 4096", .0 >> 20)]
    TooLarge(u64),
    /// A spreadsheet's own format that isn't read.
    #[error("is {0}, which isn't read")]
    Workbook(&'static str),
    /// A workbook that can't be read, or not to its end.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// A workbook that opens with a password only.
    #[error("is protected by a password")]
    Protected,
    /// A workbook of more bytes than are unpacked.
    #[error("unpacks to more than 2 GiB")]
    Unpacked,
    /// The worksheet that was named isn't there.
    #[error("has no worksheet `{given}`; it has {}{}", listed(sheets), near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NoSuchSheet {
        /// What was given.
        given: Box<str>,
        /// The worksheets.
        sheets: Box<[String]>,
        /// The nearest name.
        near: Option<Box<str>>,
    },
    /// Nothing stands in the worksheets that can be seen.
    #[error("holds nothing in its visible worksheets; hidden: {}", listed(sheets))]
    OnlyHidden {
        /// The hidden worksheets.
        sheets: Vec<String>,
    },
    /// The worksheet that was named holds nothing.
    #[error("worksheet `{0}` is empty")]
    EmptySheet(String),
    /// A worksheet with phone numbers, but without names of columns.
    #[error(
        "worksheet `{sheet}`, row {row}: the first row holds a phone number (column {column}), so the column names are missing"
    )]
    NoSheetHeader {
        /// The worksheet.
        sheet: Box<str>,
        /// Where the header should be.
        row: u32,
        /// The column's letters.
        column: Box<str>,
    },
    /// A compressed file, a PDF and the like.
    #[error("is {0}, not a table")]
    Other(&'static str),
    /// A worksheet was asked for.
    #[error("has no worksheets, but `sheet` names one")]
    NoSheets,
    /// The first row holds a phone number.
    #[error(
        "line {line}: the first row holds a phone number (column {column}), so the column names are missing"
    )]
    NoHeader {
        /// Where the header should be.
        line: u64,
        /// The cell, from 1.
        column: usize,
    },
    /// More columns than a table may have.
    #[error("line {line}: more than 1,000 columns")]
    TooManyColumns {
        /// The line in the file, from 1.
        line: u64,
    },
    /// A record that is longer than a record may be.
    #[error("line {line}: a record of more than 128 KiB begins here")]
    RecordTooLong {
        /// Where it begins.
        line: u64,
    },
    /// No row has as many cells as the header.
    #[error("line {line}: the header has {header} columns, but the rows have {rows} cells")]
    Misfit {
        /// Where the header stands.
        line: u64,
        /// Its columns.
        header: usize,
        /// What most rows have.
        rows: usize,
    },
    /// The header was said to be where no row is.
    #[error("row {row} can't be the header: it is empty, or not among the file's first rows")]
    NoHeaderRow {
        /// The row that was named.
        row: u32,
    },
    /// The delimiter that was named is none.
    #[error("`{0}` can't be a delimiter: it has to be one ASCII character")]
    Delimiter(char),
    /// No encoding has the name that was given.
    #[error("no encoding is called `{given}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    UnknownEncoding {
        /// What was given.
        given: String,
        /// The nearest name.
        near: Option<String>,
    },
    /// An encoding that isn't read, or can't be told.
    #[error("is written in {0}")]
    Encoding(&'static str),
    /// JSON that can't be read.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line in the file, from 1.
        line: u64,
        /// The column in that line, from 1.
        column: u64,
        /// What the parser says.
        message: String,
    },
    /// JSON, but no list of objects.
    #[error("is no JSON array of objects")]
    NotAnArray,
    /// More rows than are numbered.
    #[error("has more rows than sendcast can number (4,294,967,295)")]
    TooManyRows,
    /// The file was written to between the two readings.
    #[error("has changed while it was read")]
    Changed,
}

impl TableError {
    pub(super) fn at(file: &Path) -> impl Fn(TableErrorKind) -> TableError {
        move |kind| TableError { file: Some(file.to_owned()), kind }
    }

    /// What to do about it, in a sentence without a full stop.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        use TableErrorKind as K;
        Some(match &self.kind {
            K::Workbook(_) | K::Unpacked => {
                "save the sheet as XLSX or as `CSV UTF-8` in your spreadsheet program and name that file"
            }
            K::Damaged(_) => {
                "open it in your spreadsheet program and save it once more, or ask for it again where it came from"
            }
            K::Protected => {
                "open it in your spreadsheet program, take the password away and save it under another name"
            }
            K::NoSuchSheet { .. } => {
                "name one of its worksheets, or leave `sheet` out to take the first with phone numbers"
            }
            K::OnlyHidden { .. } => {
                "unhide the worksheet with the audience, or name it: \"sheet\": \"Customers\""
            }
            K::EmptySheet(_) => {
                "name another worksheet, or leave `sheet` out to take the first with phone numbers"
            }
            K::NoSheetHeader { .. } => "add a first row with the column names, such as phone and name",
            K::Other(_) | K::NotText => {
                "an audience is a CSV, TSV, XLSX, XLSB, XLS, ODS, JSON or NDJSON file"
            }
            K::Empty => "put the column names in the first row, one of them for the phone number",
            K::NoSheets => "leave `sheet` out",
            K::NoHeader { .. } => "add a first row with the column names, such as phone,name",
            K::TooManyColumns { .. } => "remove the columns that no message needs",
            K::RecordTooLong { .. } => "look for a quotation mark that is opened there and never closed",
            K::Misfit { .. } => "put as many names into the header as the rows have cells, in their order",
            K::NoHeaderRow { .. } => {
                "count from the file's first line, and name the row with the column names"
            }
            K::Delimiter(_) => "it is usually `,`, `;`, `|` or a tab",
            K::UnknownEncoding { .. } => {
                "leave `encoding` out to have it recognised, or save the file as UTF-8"
            }
            K::Encoding(_) => {
                "save the file as `CSV UTF-8`, or say what it is: \"encoding\": \"windows-1252\""
            }
            K::Json { .. } | K::NotAnArray => {
                "the file looks like this: [{\"phone\": \"+919876543210\", …}, …]"
            }
            K::Changed => "try again when nobody writes to it",
            K::Nul { .. } => "save the file once more as `CSV UTF-8`; it is damaged from there on",
            K::TooLarge(_) | K::TooManyRows => "split it into several campaigns",
            K::NotAFile => "name a file on disk: what a pipe says could be read only once",
            K::Io(_) => "check its path and its rights",
        })
    }
}

/// Names of worksheets, twenty at most.
fn listed(sheets: &[String]) -> String {
    let mut names: Vec<String> = sheets.iter().take(20).map(|name| format!("`{name}`")).collect();
    if sheets.len() > names.len() {
        names.push(format!("{} more", sheets.len() - names.len()));
    }
    names.join(", ")
}
