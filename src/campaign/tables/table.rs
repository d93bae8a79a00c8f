//! A table: its columns, then its rows one by one.

use std::fs::File;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use crate::domain::phone::Country;
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use super::delimited::Delimited;
use super::encoding;
use super::error::{TableError, TableErrorKind};
use super::json::{Inline, Items};
use super::sniff::{self, Content};
use super::workbook::{self, Workbook};

/// What a table was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited by `,`, `;`, tab or `|`.
    Csv,
    /// Delimited by tabs, by its name.
    Tsv,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A list within the campaign file.
    Inline,
    /// A worksheet of a workbook: XLSX, XLSM, XLSB, XLS or ODS.
    Workbook,
}

/// How a file is to be read, where somebody says so; what is `None` is recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// The worksheet to read, where a file has several.
    pub sheet: Option<String>,
    /// The encoding's name, such as `windows-1252`, `MacRoman` or `cp850`.
    pub encoding: Option<String>,
    /// What stands between cells: one ASCII character.
    pub delimiter: Option<char>,
    /// The row of the file that holds the column names, from 1.
    pub header_row: Option<u32>,
    /// The audience's country: helps to guess an encoding.
    pub country: Option<Country>,
}

/// Something that was read, but should be looked at. `Display` says it to a marketer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableWarning {
    /// The file isn't UTF-8 and bears no mark of its encoding.
    #[error("read as {encoding}{}; if names look wrong, save the file as UTF-8", like(example))]
    Guessed {
        /// What it was taken for.
        encoding: &'static str,
        /// A word that isn't ASCII, as it is read; empty where there is none.
        example: String,
    },
    /// UTF-8 that was taken for something else and encoded once more.
    #[error("holds `{shown}`, which looks like `{meant}` encoded twice: export the file again as UTF-8")]
    TwiceEncoded {
        /// A word as it is read.
        shown: String,
        /// What it probably was.
        meant: String,
    },
    /// Rows with content stand above the header.
    #[error("the column names are taken from row {row}; the rows above it are left out")]
    Above {
        /// The header's row.
        row: u32,
    },
    /// The header's quotes are damaged.
    #[error("row {row}: the quotation marks of the column names don't match; they are left out")]
    HeaderQuotes {
        /// The header's row.
        row: u32,
    },
    /// The workbook has several worksheets that could be meant.
    #[error("read from the worksheet `{sheet}`{}", beside(others))]
    Sheet {
        /// The one that is read.
        sheet: String,
        /// Others that hold phone numbers.
        others: Vec<String>,
    },
    /// Rows that the worksheet doesn't show.
    #[error("{rows} {} hidden in the worksheet, perhaps by a filter (the first: row {first}): nothing is sent to them", if *rows == 1 { "row is" } else { "rows are" })]
    HiddenRows {
        /// How many.
        rows: u64,
        /// The first of them.
        first: u32,
    },
    /// Something stands beside the table, in a column without a name.
    #[error("row {row} holds something in column {column}, which has no name{}: it is left out", more(*rows))]
    Outside {
        /// Rows that do so.
        rows: u64,
        /// The first of them.
        row: u32,
        /// The column's letters.
        column: String,
    },
    /// Dates that the spreadsheet program shows by the habits of the computer.
    #[error(
        "column {}: each computer shows these dates and times in its own way; they are read like `{example}`",
        columns.join(", ")
    )]
    Regional {
        /// The columns' names, each in backticks.
        columns: Vec<String>,
        /// A cell as it is read.
        example: String,
    },
    /// A header cell was empty.
    #[error("column {position} has no name and is called `{name}`")]
    Unnamed {
        /// From 1.
        position: usize,
        /// Its name now.
        name: String,
    },
    /// A name stands in the header twice.
    #[error("two columns are named `{given}`: the one at position {position} is called `{name}`")]
    Repeated {
        /// The name in the header.
        given: String,
        /// From 1.
        position: usize,
        /// Its name now.
        name: String,
    },
}

/// How a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The encoding's name; none for a worksheet or a list within the campaign file.
    pub encoding: Option<&'static str>,
    /// What stands between cells.
    pub delimiter: Option<char>,
    /// The worksheet.
    pub sheet: Option<String>,
    /// The row that holds the column names, as the file counts.
    pub header_row: Option<u32>,
}

/// What a warning says of other worksheets.
fn beside(others: &[String]) -> String {
    let names: Vec<String> = others.iter().take(20).map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [name] => format!("; {name} holds phone numbers, too: `sheet` says which is meant"),
        names => format!("; {} hold phone numbers, too: `sheet` says which is meant", names.join(", ")),
    }
}

/// ` (and 3 more rows)`.
fn more(rows: u64) -> String {
    match rows {
        0 | 1 => String::new(),
        2 => " (and one more row)".to_owned(),
        rows => format!(" (and {} more rows)", rows - 1),
    }
}

/// An example for a sentence.
fn like(example: &str) -> String {
    if example.is_empty() { String::new() } else { format!(" (`{example}`)") }
}

/// What a cell is beside the text that it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kind {
    /// Whatever its text says.
    #[default]
    AsShown,
    /// A number, which conditions and computations use: `7.5%` is 0.075.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A number or a date whose format can't be applied: its text isn't what the sheet shows, so that no message may
    /// use it.
    NotAsShown,
}

/// One record of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The spreadsheet's row, or the position in a list from 1.
    pub number: u32,
    /// The line of the file where the record begins, from 1; 0 for an inline list and a worksheet.
    pub line: u64,
    /// One for each column, as written, or as a worksheet shows it.
    pub cells: Vec<Cell>,
    /// What the cells are beside their text, one for each; empty where all are [`Kind::AsShown`].
    pub kinds: Vec<Kind>,
    /// Why the row can't be used.
    pub problem: Option<Problem>,
}

/// An audience: columns, and an iterator over its rows that ends at the first error.
pub struct Table {
    /// The header, each name once. Of a JSON list: the keys of all its objects, by first appearance.
    pub columns: Vec<String>,
    /// What it was read from.
    pub format: Format,
    /// How it was read.
    pub reading: Reading,
    /// What should be looked at.
    pub warnings: Vec<TableWarning>,
    source: Source,
    failed: bool,
}

enum Source {
    Delimited(Box<Delimited>),
    Items(Box<Items>),
    Inline(Inline),
    Workbook(Box<Workbook>),
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.columns)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Opens an audience file: recognises format, encoding and delimiter, and reads the header.
///
/// # Errors
/// When the file can't be read as a table, or lacks a header. A header without rows is no error.
pub fn open(path: &Path, options: &TableOptions) -> Result<Table, TableError> {
    read(path, options).map_err(TableError::at(path))
}

/// Refuses what is no table whatever its rows: a pipe, a device, a workbook, gigabytes of nothing. For those who
/// read the file themselves.
///
/// # Errors
/// As [`open`].
pub fn glance(path: &Path) -> Result<(), TableError> {
    opened(path).map(drop).map_err(TableError::at(path))
}

/// A file that may hold a table, at its beginning, its length, and how it is to be read.
fn opened(path: &Path) -> Result<(File, u64, Content), TableErrorKind> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() {
        return Err(TableErrorKind::NotAFile);
    }
    if meta.len() > super::limits::FILE {
        return Err(TableErrorKind::TooLarge(meta.len()));
    }
    let mut file = File::open(path)?;
    let content = {
        let mut raw = std::io::BufReader::with_capacity(super::limits::HEAD, file.try_clone()?);
        sniff::content(path, raw.fill_buf()?)?
    };
    std::io::Seek::rewind(&mut file)?;
    Ok((file, meta.len(), content))
}

fn read(path: &Path, options: &TableOptions) -> Result<Table, TableErrorKind> {
    let (mut file, len, content) = opened(path)?;
    if content == Content::Container {
        let opened = workbook::open(path, file, options)?;
        let mut warnings = opened.warnings;
        let columns = named(opened.header, &mut warnings);
        let (sheet, header_row) = (Some(opened.sheet), Some(opened.header_row));
        let reading = Reading { sheet, header_row, ..Reading::default() };
        let source = Source::Workbook(Box::new(opened.workbook));
        return Ok(Table { columns, format: Format::Workbook, reading, warnings, source, failed: false });
    }
    let written = encoding::recognise(&mut file, options)?;
    if options.sheet.is_some() {
        return Err(TableErrorKind::NoSheets);
    }
    let mut text = encoding::text(file.try_clone()?, &written)?;
    let format = {
        let head = text.fill_buf()?;
        if head.iter().all(u8::is_ascii_whitespace) && len <= super::limits::HEAD as u64 {
            return Err(TableErrorKind::Empty);
        }
        sniff::format(path, head)
    };
    let mut warnings: Vec<TableWarning> = written.warning.iter().cloned().collect();
    let mut reading = Reading { encoding: Some(written.name()), ..Reading::default() };
    let (columns, source) = match format {
        Format::Csv | Format::Tsv => {
            let (delimited, header) = Delimited::open(path, text, format, options, &mut warnings)?;
            let columns = named(header, &mut warnings);
            reading.delimiter = Some(delimited.delimiter());
            reading.header_row = Some(delimited.header_row());
            (columns, Source::Delimited(Box::new(delimited)))
        }
        Format::Json | Format::Ndjson | Format::Inline | Format::Workbook => {
            let columns = Items::new(path, text, format, vec![]).columns()?;
            let text = encoding::text(file, &written)?;
            let items = Items::new(path, text, format, columns.clone());
            (columns, Source::Items(Box::new(items)))
        }
    };
    Ok(Table { columns, format, reading, warnings, source, failed: false })
}

/// Gives each column a name of its own.
fn named(header: Vec<String>, warnings: &mut Vec<TableWarning>) -> Vec<String> {
    let taken: Vec<String> = header.iter().map(|h| h.trim().to_owned()).collect();
    let mut seen = std::collections::HashSet::new();
    let mut names: Vec<String> = Vec::with_capacity(taken.len());
    for (n, given) in taken.iter().enumerate() {
        let position = n + 1;
        let base = if given.is_empty() { format!("column_{position}") } else { given.clone() };
        let clashes = |name: &str| seen.contains(name) || (name != given && taken.iter().any(|t| t == name));
        let mut name = base.clone();
        let mut copy = 2;
        while clashes(&name) {
            name = format!("{base}_{copy}");
            copy += 1;
        }
        if given.is_empty() {
            warnings.push(TableWarning::Unnamed { position, name: name.clone() });
        } else if name != *given {
            warnings.push(TableWarning::Repeated { given: given.clone(), position, name: name.clone() });
        }
        seen.insert(name.clone());
        names.push(name);
    }
    names
}

/// The table of a list within the campaign file: the columns are the keys of all objects, by first appearance.
#[must_use]
pub fn from_json_values(values: impl Into<Arc<Vec<serde_json::Value>>>) -> Table {
    let (columns, inline) = Inline::new(values.into());
    Table {
        columns,
        format: Format::Inline,
        reading: Reading::default(),
        warnings: vec![],
        source: Source::Inline(inline),
        failed: false,
    }
}

impl Table {
    /// What should be looked at and is known only once all rows are through: of a worksheet its hidden rows, and the like.
    #[must_use]
    pub fn late_warnings(&self) -> &[TableWarning] {
        match &self.source {
            Source::Workbook(workbook) => &workbook.late,
            _ => &[],
        }
    }
}

impl Iterator for Table {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = match &mut self.source {
            Source::Delimited(source) => source.next(),
            Source::Items(source) => source.next(),
            Source::Inline(source) => source.next().map(Ok),
            Source::Workbook(source) => source.next(),
        };
        self.failed = matches!(row, Some(Err(_)));
        row
    }
}
