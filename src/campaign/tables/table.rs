//! A table: its columns, then its rows one by one.

use std::fs::File;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::delimited::Delimited;
use super::encoding;
use super::error::{TableError, TableErrorKind};
use super::json::{Inline, Items};
use super::reading::{Format, Reading, TableOptions, TableWarning};
use super::row::Row;
use super::sniff::{self, Content};
use super::workbook::{self, Workbook};

/// An audience: columns, and an iterator over its rows that ends at the first error.
pub struct Table {
    /// The header, each name once. Of a JSON list: the keys of all its objects, by first appearance.
    pub columns: Vec<String>,
    /// What it was read from.
    pub format: Format,
    /// How it was read.
    pub reading: Reading,
    /// The worksheets that could be read, of a workbook: those that it shows, and the one that is read.
    pub sheets: Vec<String>,
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
    if meta.len() > super::limits::MAX_FILE_BYTES {
        return Err(TableErrorKind::TooLarge(meta.len()));
    }
    let mut file = File::open(path)?;
    let content = {
        let mut raw = std::io::BufReader::with_capacity(super::limits::HEAD_BYTES, file.try_clone()?);
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
        let (format, sheets) = (Format::Workbook, opened.sheets);
        return Ok(Table { columns, format, reading, sheets, warnings, source, failed: false });
    }
    let written = encoding::recognise(&mut file, options)?;
    if options.sheet.is_some() {
        return Err(TableErrorKind::NoSheets);
    }
    let mut text = encoding::text(file.try_clone()?, &written)?;
    let format = {
        let head = text.fill_buf()?;
        if head.iter().all(u8::is_ascii_whitespace) && len <= super::limits::HEAD_BYTES as u64 {
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
    Ok(Table { columns, format, reading, sheets: vec![], warnings, source, failed: false })
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
        sheets: vec![],
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
