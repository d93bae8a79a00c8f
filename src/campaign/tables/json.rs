//! JSON arrays and NDJSON, object by object; lists within a campaign file.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use super::encoding::Text;
use super::error::{TableError, TableErrorKind};
use super::limits::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_RECORD_BYTES};
use super::members::{Member, cell, members};
use super::reading::Format;
use super::row::{Kind, Row};
use super::sniff;

/// The objects of a file.
pub(super) struct Items {
    path: PathBuf,
    text: Text,
    format: Format,
    places: HashMap<String, usize>,
    number: u32,
    /// Where the next byte stands, from 1.
    line: u64,
    column: u64,
    /// The file's name says that each line is an object.
    by_line: bool,
    begun: bool,
    ended: bool,
    item: Vec<u8>,
}

/// Where an item begins.
#[derive(Clone, Copy)]
struct Start {
    line: u64,
    column: u64,
}

impl Items {
    pub(super) fn new(path: &Path, text: Text, format: Format, columns: Vec<String>) -> Items {
        Items {
            path: path.to_owned(),
            text,
            format,
            places: columns.into_iter().enumerate().map(|(n, name)| (name, n)).collect(),
            number: 0,
            line: 1,
            column: 1,
            by_line: format != Format::Ndjson || sniff::named_by_line(path),
            begun: false,
            ended: false,
            item: vec![],
        }
    }

    /// Reads all of it: the keys by first appearance.
    pub(super) fn columns(mut self) -> Result<Vec<String>, TableErrorKind> {
        let mut columns = vec![];
        while let Some(start) = self.advance()? {
            let text = String::from_utf8_lossy(&self.item);
            let members = match parsed(&text, self.format, start)? {
                Ok(members) => members,
                // One object over several lines, or one with the list inside, is no NDJSON.
                Err(_) if self.number == 1 && !self.by_line => return Err(TableErrorKind::NotAnArray),
                Err(_) => continue,
            };
            for (name, _) in members {
                if !self.places.contains_key(&*name) {
                    if columns.len() == MAX_COLUMNS {
                        return Err(TableErrorKind::TooManyColumns { line: start.line });
                    }
                    self.places.insert(name.clone().into_owned(), columns.len());
                    columns.push(name.into_owned());
                }
            }
        }
        Ok(columns)
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Option<Result<Row, TableError>> {
        let row = self.advance().transpose()?.and_then(|start| self.row(start));
        Some(row.map_err(|kind| TableError { file: Some(self.path.clone()), kind }))
    }

    fn row(&mut self, start: Start) -> Result<Row, TableErrorKind> {
        let mut cells = vec![Cell::default(); self.places.len()];
        let mut kinds = vec![];
        let mut problem = None;
        let text = String::from_utf8_lossy(&self.item);
        match parsed(&text, self.format, start)? {
            Ok(members) => {
                for (name, written) in members {
                    let kind = kind(written);
                    let cell = cell(written);
                    let Some(&place) = self.places.get(&*name) else { return Err(TableErrorKind::Changed) };
                    if let Some(found) = unusable(&name, &cell) {
                        problem.get_or_insert(found);
                    }
                    put(&mut kinds, place, cells.len(), kind);
                    cells[place] = if cell.len() > MAX_CELL_BYTES { Cell::default() } else { cell.into() };
                }
            }
            Err(found) => problem = Some(found),
        }
        Ok(Row { number: self.number, line: start.line, cells, kinds, problem })
    }

    fn advance(&mut self) -> Result<Option<Start>, TableErrorKind> {
        if self.ended {
            return Ok(None);
        }
        self.item.clear();
        let start = match self.format {
            Format::Ndjson => self.line_item()?,
            _ => self.array_item()?,
        };
        match start {
            Some(_) => self.number = self.number.checked_add(1).ok_or(TableErrorKind::TooManyRows)?,
            None => self.ended = true,
        }
        Ok(start)
    }

    /// The next byte, without taking it.
    fn peek(&mut self) -> Result<Option<u8>, TableErrorKind> {
        Ok(self.text.fill_buf()?.first().copied())
    }

    /// Takes `n` bytes of the buffer.
    fn take(&mut self, n: usize) -> Result<(), TableErrorKind> {
        let bytes = self.text.fill_buf()?;
        let bytes = &bytes[..n.min(bytes.len())];
        for byte in bytes {
            match byte {
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                // Columns count characters: what continues one is none.
                byte if byte & 0xc0 != 0x80 => self.column += 1,
                _ => {}
            }
        }
        let n = bytes.len();
        self.text.consume(n);
        Ok(())
    }

    /// The first byte that is no white space.
    fn peek_content(&mut self) -> Result<Option<u8>, TableErrorKind> {
        while let Some(byte) = self.peek()? {
            // What JSON takes for white space: a form feed is none.
            if !b" \t\r\n".contains(&byte) {
                return Ok(Some(byte));
            }
            self.take(1)?;
        }
        Ok(None)
    }

    /// Puts the buffer's bytes before `end` into the item.
    fn keep(&mut self, start: Start, end: usize) -> Result<(), TableErrorKind> {
        if self.item.len() + end > MAX_RECORD_BYTES {
            return Err(TableErrorKind::RecordTooLong { line: start.line });
        }
        let bytes = self.text.fill_buf()?;
        self.item.extend_from_slice(&bytes[..end.min(bytes.len())]);
        self.take(end)
    }

    fn line_item(&mut self) -> Result<Option<Start>, TableErrorKind> {
        if self.peek_content()?.is_none() {
            return Ok(None);
        }
        let start = Start { line: self.line, column: self.column };
        loop {
            let bytes = self.text.fill_buf()?;
            let (end, found) = match bytes.iter().position(|b| *b == b'\n') {
                Some(end) => (end, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.keep(start, end)?;
            if found {
                return Ok(Some(start));
            }
        }
    }

    fn array_item(&mut self) -> Result<Option<Start>, TableErrorKind> {
        let first = self.peek_content()?;
        if !self.begun {
            self.begun = true;
            if first != Some(b'[') {
                return Err(TableErrorKind::NotAnArray);
            }
            self.take(1)?;
            if self.peek_content()? == Some(b']') {
                return self.finish();
            }
        } else {
            match first {
                Some(b',') => self.take(1)?,
                Some(b']') => return self.finish(),
                Some(_) => return Err(self.syntax("expected `,` or `]`")),
                None => return Err(self.syntax("the list isn't closed: `]` is missing")),
            }
        }
        if self.peek_content()?.is_none() {
            return Err(self.syntax("the list isn't closed: `]` is missing"));
        }
        let start = Start { line: self.line, column: self.column };
        let mut scan = Scan::default();
        loop {
            let bytes = self.text.fill_buf()?;
            let ended = bytes.is_empty();
            let end = scan.end(bytes);
            let len = bytes.len();
            self.keep(start, end.unwrap_or(len))?;
            if end.is_some() || ended {
                return Ok(Some(start));
            }
        }
    }

    /// Nothing follows the array.
    fn finish(&mut self) -> Result<Option<Start>, TableErrorKind> {
        self.take(1)?;
        match self.peek_content()? {
            None => Ok(None),
            Some(_) => Err(self.syntax("something follows the end of the list")),
        }
    }

    fn syntax(&self, message: &str) -> TableErrorKind {
        TableErrorKind::Json { line: self.line, column: self.column, message: message.to_owned() }
    }
}

/// The members of an item. A syntax error ends the reading of an array; a line of NDJSON stands alone.
fn parsed(
    text: &str,
    format: Format,
    start: Start,
) -> Result<Result<Vec<Member<'_>>, Problem>, TableErrorKind> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let (line, column) = match (error.line() as u64, error.column() as u64) {
            (0 | 1, column) => (start.line, start.column + column.saturating_sub(1)),
            (line, column) => (start.line + line - 1, column),
        };
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        if format == Format::Ndjson {
            return Ok(Err(Problem::new(format!("no valid JSON at column {column}: {message}"))));
        }
        return Err(TableErrorKind::Json { line, column, message });
    }
    Ok(members(text).ok_or_else(|| Problem::new("this is no JSON object with column names and values")))
}

/// Finds where an element of an array ends.
#[derive(Default)]
struct Scan {
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Scan {
    /// The index of the `,` or `]` behind the element, if it is among these bytes.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (n, byte) in bytes.iter().enumerate() {
            if self.quoted {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b',' | b']' if self.depth == 0 => return Some(n),
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        None
    }
}

fn unusable(name: &str, cell: &str) -> Option<Problem> {
    if cell.len() > MAX_CELL_BYTES {
        return Some(Problem::new(format!("`{}` holds more than 64 KiB of text", short(name))));
    }
    cell.contains('\u{fffd}')
        .then(|| Problem::new(format!("`{}` holds characters that can't be read", short(name))))
}

/// What a value is, as JSON writes it. A text is what it shows, and so is a number of digits alone, which a float could
/// only spoil.
fn kind(written: &str) -> Kind {
    match written.trim() {
        "true" => Kind::Bool(true),
        "false" => Kind::Bool(false),
        number if number.contains(['.', 'e', 'E']) && !number.starts_with(['"', '{', '[']) => {
            number.parse().map_or(Kind::AsShown, Kind::Number)
        }
        _ => Kind::AsShown,
    }
}

/// Notes what a cell is; as long as all are as shown, nothing.
fn put(kinds: &mut Vec<Kind>, place: usize, columns: usize, kind: Kind) {
    if kind != Kind::AsShown && kinds.is_empty() {
        kinds.resize(columns, Kind::AsShown);
    }
    if let Some(known) = kinds.get_mut(place) {
        *known = kind;
    }
}

/// A name for a sentence.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The rows of a list within the campaign file.
pub(super) struct Inline {
    values: Arc<Vec<Value>>,
    places: HashMap<String, usize>,
    number: u32,
}

impl Inline {
    pub(super) fn new(values: Arc<Vec<Value>>) -> (Vec<String>, Inline) {
        let mut columns = vec![];
        let mut places = HashMap::new();
        for name in values.iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
            if !places.contains_key(name) {
                places.insert(name.clone(), columns.len());
                columns.push(name.clone());
            }
        }
        (columns, Inline { values, places, number: 0 })
    }

    pub(super) fn next(&mut self) -> Option<Row> {
        let value = self.values.get(self.number as usize)?;
        self.number = self.number.saturating_add(1);
        let mut cells = vec![Cell::default(); self.places.len()];
        let mut kinds = vec![];
        let mut problem = None;
        if let Value::Object(object) = value {
            for (name, value) in object {
                let cell = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                if let Some(found) = unusable(name, &cell) {
                    problem.get_or_insert(found);
                }
                if let Some(place) = self.places.get(name) {
                    let kind = match value {
                        Value::Bool(_) | Value::Number(_) => kind(&cell),
                        _ => Kind::AsShown,
                    };
                    put(&mut kinds, *place, cells.len(), kind);
                    cells[*place] = if cell.len() > MAX_CELL_BYTES { Cell::default() } else { cell.into() };
                }
            }
        } else {
            problem = Some(Problem::new("this is no JSON object with column names and values"));
        }
        Some(Row { number: self.number, line: 0, cells, kinds, problem })
    }
}
