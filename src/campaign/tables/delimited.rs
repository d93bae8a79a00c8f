//! CSV and its relatives, record by record.
//!
//! Invariants:
//!
//! - A stray quote damages its own line alone: a quoted cell over several lines is taken only where its lines don't look
//!   like rows of this table (see `shape`). Each line of a damaged record is a row of its own, with its number.
//! - A row whose cells can't be told for sure is bad, and its reason shows how it was read.

use std::path::{Path, PathBuf};

use crate::domain::text::Cell;

use super::encoding::Text;
use super::error::{TableError, TableErrorKind};
use super::limits::{MAX_COLUMNS, MAX_RECORD_BYTES};
use super::other_tables::OtherTables;
use super::quality::{self, Damage};
use super::reading::{Format, TableOptions, TableWarning};
use super::row::Row;
use super::shape::{Fit, Shape};
use super::sniff;
use super::split::{self, Cells, Dialect, Split};
use super::survey::{self, Origin, SAMPLE_BYTES};
use super::window::{self, Window};

/// The rows of a delimited file.
pub(super) struct Delimited {
    path: PathBuf,
    window: Window,
    dialect: Dialect,
    shape: Shape,
    header: Vec<String>,
    header_row: u32,
    /// One for each record and each line without content; `sep=` is none.
    number: u32,
    /// The line that comes next.
    line: u64,
    cells: Cells,
    others: OtherTables,
}

impl Delimited {
    /// Recognises the delimiter and reads the header.
    pub(super) fn open(
        path: &Path,
        text: Text,
        format: Format,
        options: &TableOptions,
        warnings: &mut Vec<TableWarning>,
    ) -> Result<(Delimited, Vec<String>), TableErrorKind> {
        let mut window = Window::new(text);
        let mut origin = Origin { number: 0, line: 1 };
        window.fill(SAMPLE_BYTES)?;
        let named = sniff::named_delimiter(window.bytes());
        if let Some((_, length)) = named {
            window.consume(length);
            origin.line = 2;
        }
        skip_blank(&mut window, &mut origin)?;
        if window.bytes().is_empty() {
            return Err(TableErrorKind::Empty);
        }
        window.fill(SAMPLE_BYTES)?;
        let named = named.and_then(|(delimiter, _)| delimiter);
        let whole = window.ended() && window.bytes().len() <= SAMPLE_BYTES;
        let sample = &window.bytes()[..window.bytes().len().min(SAMPLE_BYTES)];
        if let Some(long) = too_long(sample, origin.line) {
            return Err(long);
        }
        let found = survey::survey(sample, whole, origin, (format, named), options)?;
        window.consume(found.start);
        warnings.extend(found.warnings);
        let header = found.header;
        let others = OtherTables::new(&header, found.shape.phones.first().copied(), found.number);
        let reader = Delimited {
            path: path.to_owned(),
            window,
            dialect: found.dialect,
            shape: found.shape,
            header: header.clone(),
            header_row: found.number,
            number: found.number,
            line: found.line,
            cells: Cells::default(),
            others,
        };
        Ok((reader, header))
    }

    /// What stands between cells.
    pub(super) fn delimiter(&self) -> char {
        char::from(self.dialect.delimiter)
    }

    /// The row that holds the column names.
    pub(super) fn header_row(&self) -> u32 {
        self.header_row
    }

    /// The next row that has content.
    pub(super) fn next(&mut self) -> Option<Result<Row, TableError>> {
        loop {
            let line = match self.advance() {
                Ok(None) => return None,
                Ok(Some(line)) => line,
                Err(kind) => return Some(Err(TableError { file: Some(self.path.clone()), kind })),
            };
            let begins = self.line - line.lines;
            let (cells, mut damage) = quality::texts(&self.cells, self.shape.width);
            if let Some(damaged) = line.damage {
                damage = Some(damaged);
            } else if damage.is_none() && cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            return Some(Ok(self.row(begins, cells, damage)));
        }
    }

    fn row(&mut self, line: u64, mut cells: Vec<Cell>, damage: Option<Damage>) -> Row {
        let width = self.shape.width;
        let surplus_empty = cells.iter().skip(width).all(|cell| cell.trim().is_empty());
        let damage = damage.or_else(|| match self.shape.fit(self.cells.ends.len(), surplus_empty) {
            Fit::Fits => self.others.look(self.number, &cells),
            Fit::TooFew => Some(Damage::TooFew { cells: self.cells.ends.len(), columns: width }),
            Fit::TooMany => Some(Damage::TooMany { cells: self.cells.ends.len(), columns: width }),
        });
        let problem = damage.map(|damage| quality::problem(&damage, &self.header, &cells));
        cells.truncate(width);
        cells.resize(width, Cell::default());
        Row { number: self.number, line, cells, kinds: vec![], problem }
    }

    /// Splits the next record into `cells`; `None` at the end. Lines without any character are passed over and counted.
    fn advance(&mut self) -> Result<Option<Taken>, TableErrorKind> {
        let mut origin = Origin { number: self.number, line: self.line };
        skip_blank(&mut self.window, &mut origin)?;
        (self.number, self.line) = (origin.number, origin.line);
        if self.window.bytes().is_empty() {
            return Ok(None);
        }
        let Some(first) = self.window.line(0, MAX_RECORD_BYTES)? else {
            let long = TableErrorKind::RecordTooLong { line: self.line };
            return Err(too_long(self.window.bytes(), self.line).unwrap_or(long));
        };
        self.number = self.number.checked_add(1).ok_or(TableErrorKind::TooManyRows)?;
        let text = &self.window.bytes()[..first.end];
        let mut damage = None;
        let mut taken = (first.next, 1);
        if memchr::memchr(b'"', text).is_none() {
            split::plainly(text, self.dialect.delimiter, &mut self.cells);
        } else {
            match split::record(text, &self.dialect, &mut self.cells) {
                Split::Whole { .. } => {}
                Split::Flawed(flaw) => damage = Some(Damage::of(flaw)),
                Split::Open(column) => match self.several_lines()? {
                    Some(more) => taken = more,
                    None => damage = Some(Damage::Open { column }),
                },
            }
        }
        if damage.is_some() {
            let text = &self.window.bytes()[..first.end];
            split::plainly(text, self.dialect.delimiter, &mut self.cells);
        }
        let (bytes, lines) = taken;
        self.window.consume(bytes);
        self.line += lines;
        Ok(Some(Taken { lines, damage }))
    }

    /// Splits a record whose first line ends within quotes: its bytes with the line end, and its lines. `None` where
    /// that is damage, not a cell with line ends in it.
    fn several_lines(&mut self) -> Result<Option<(usize, u64)>, TableErrorKind> {
        self.window.fill(MAX_RECORD_BYTES)?;
        let bytes = self.window.bytes();
        let cut = bytes.len() > MAX_RECORD_BYTES || !self.window.ended();
        let bytes = &bytes[..bytes.len().min(MAX_RECORD_BYTES)];
        let Split::Whole { end, .. } = split::record(bytes, &self.dialect, &mut self.cells) else {
            return Ok(None);
        };
        let whole = end < bytes.len() || !cut;
        let surplus_empty =
            || self.cells.iter().skip(self.shape.width).all(|cell| cell.trim_ascii().is_empty());
        if !whole
            || self.shape.fit(self.cells.ends.len(), surplus_empty()) != Fit::Fits
            || self.shape.swallows(&bytes[..end], self.dialect.delimiter)
        {
            return Ok(None);
        }
        let lines = window::lines(&bytes[..end]).count() as u64;
        let next = self.window.line(end, MAX_RECORD_BYTES)?.map_or(end, |line| line.next);
        Ok(Some((next, lines)))
    }
}

/// A record that was taken.
struct Taken {
    lines: u64,
    damage: Option<Damage>,
}

/// Passes over lines without any character; each is a row of the file.
fn skip_blank(window: &mut Window, origin: &mut Origin) -> Result<(), TableErrorKind> {
    loop {
        if window.bytes().is_empty() {
            window.fill(1)?;
        }
        let length = match window.bytes().first() {
            Some(b'\n') => 1,
            Some(b'\r') => {
                window.fill(2)?;
                if window.bytes().get(1) == Some(&b'\n') { 2 } else { 1 }
            }
            _ => return Ok(()),
        };
        window.consume(length);
        origin.number = origin.number.checked_add(1).ok_or(TableErrorKind::TooManyRows)?;
        origin.line += 1;
    }
}

/// Whether these bytes begin with a line that is longer than a record may be.
fn too_long(bytes: &[u8], line: u64) -> Option<TableErrorKind> {
    let head = bytes.get(..MAX_RECORD_BYTES + 1)?;
    if memchr::memchr2(b'\n', b'\r', head).is_some() {
        return None;
    }
    let many = |delimiter: &u8| memchr::memchr_iter(*delimiter, head).count() >= MAX_COLUMNS * 4;
    Some(if b",;|\t".iter().any(many) {
        TableErrorKind::TooManyColumns { line }
    } else {
        TableErrorKind::RecordTooLong { line }
    })
}
