//! Any bytes as an audience file.
//!
//! Input: a letter for the file's name (`c`sv, `t`sv, `j`son, `n`djson, none), then the file. What must hold:
//!
//! - It is read to its end or to one error in words, and nothing comes after an error.
//! - Every row has a cell for each column; row numbers rise; column names differ.
//! - **L**: nobody is lost. Of a delimited file without quotes, every line with a letter or a digit in it is a
//!   row (or the header, or above it, where that is said), with all of its letters and digits; of NDJSON, every line that isn't blank; of a JSON
//!   array, what serde_json says, value for value.
//! - What was read is read again the same when it is written as JSON and, where names and cells admit it, as CSV.

use std::path::Path;

use sendcast::campaign::tables::{Format, Row, TableOptions, TableWarning, open};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::scratch::with_file;

/// How a file may be named. A workbook's name belongs here once one can be read.
const NAMES: [&str; 5] = ["a.csv", "a.tsv", "a.json", "a.ndjson", "a"];

/// A cell's bound, as documented.
const CELL: usize = 64 << 10;

/// A whole table.
pub struct Read {
    columns: Vec<String>,
    format: Format,
    pub rows: Vec<Row>,
    /// It ended with an error.
    pub failed: bool,
    /// Lines with content stand above the header.
    above: bool,
}

pub fn check(input: &[u8]) {
    let Some((&letter, bytes)) = input.split_first() else { return };
    let name = match letter {
        b'c' => NAMES[0],
        b't' => NAMES[1],
        b'j' => NAMES[2],
        b'n' => NAMES[3],
        other => NAMES[usize::from(other) % NAMES.len()],
    };
    let Some(read) = with_file(name, bytes, read) else {
        // An array of objects is never refused, but for its size.
        let list = serde_json::from_slice::<Vec<Map<String, Value>>>(bytes);
        assert!(list.is_err() || name != "a.json" || bytes.contains(&0), "refused: {bytes:?}");
        return;
    };
    if read.failed {
        return;
    }
    match read.format {
        Format::Csv | Format::Tsv => every_line_is_a_row(bytes, &read),
        Format::Ndjson => every_object_is_a_row(bytes, &read),
        Format::Json => values_are_serdes(bytes, &read),
        Format::Inline => unreachable!("no file is inline"),
    }
    // For the time it takes, one of the two ways, and that for every third file.
    match (read.rows.len(), bytes.len() % 6) {
        (0..=64, 0) => as_json(&read),
        (0..=64, 3) => as_csv(&read),
        _ => {}
    }
}

/// Reads a file; `None` where it can't be opened as a table.
pub fn read(path: &Path) -> Option<Read> {
    let mut table = match open(path, &TableOptions::default()) {
        Ok(table) => table,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let (columns, format) = (table.columns.clone(), table.format);
    let above = table.warnings.iter().any(|warning| matches!(warning, TableWarning::Above { .. }));
    let mut names: Vec<&String> = columns.iter().collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), columns.len(), "two columns of one name: {columns:?}");
    let mut rows: Vec<Row> = Vec::new();
    let mut failed = false;
    for row in table.by_ref() {
        match row {
            Ok(row) => {
                assert!(!failed, "a row behind an error");
                assert_eq!(row.cells.len(), columns.len());
                assert!(row.cells.iter().all(|cell| cell.len() <= CELL));
                let (number, line) = rows.last().map_or((0, 0), |last| (last.number, last.line));
                assert!(row.number > number && row.line >= line && row.line > 0, "{row:?} behind {number}");
                rows.push(row);
            }
            Err(error) => {
                assert!(!failed && !error.to_string().is_empty());
                failed = true;
            }
        }
    }
    assert!(table.next().is_none(), "it had ended");
    Some(Read { columns, format, rows, failed, above })
}

fn letters<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().flat_map(str::chars).filter(char::is_ascii_alphanumeric).collect()
}

/// Of plain ASCII without quotes, lines can be told without knowing the delimiter.
fn every_line_is_a_row(bytes: &[u8], read: &Read) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let names_its_delimiter = text.get(..4).is_some_and(|four| four.eq_ignore_ascii_case("sep="));
    if !text.is_ascii() || text.contains(['"', '\0']) || names_its_delimiter {
        return;
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut rows = read.rows.iter().peekable();
    let mut header = true;
    for (line, text) in (1..).zip(text.split('\n')) {
        let written = letters([text]);
        let Some(row) = rows.next_if(|row| row.line == line) else {
            assert!(written.is_empty() || header, "line {line} is in no row: {text:?}");
            header &= written.is_empty() || read.above;
            continue;
        };
        header = false;
        assert_eq!(u64::from(row.number), line);
        if row.problem.is_none() {
            assert_eq!(letters(row.cells.iter().map(|cell| cell.as_str())), written, "line {line}");
        }
    }
    assert!(rows.next().is_none(), "a row of no line");
}

fn every_object_is_a_row(bytes: &[u8], read: &Read) {
    if std::str::from_utf8(bytes).is_err() || bytes.contains(&0) || bytes.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.iter().all(|b| b" \t\r".contains(b)));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), read.rows.len());
    for (line, row) in lines.into_iter().zip(&read.rows) {
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(object) => same_object(&object, row, &read.columns),
            Err(_) if row.problem.is_none() => {
                // Numbers out of range and lone surrogates are cells all the same.
                assert!(serde_json::from_slice::<IgnoredAny>(line).is_ok(), "{row:?}");
            }
            Err(_) => {}
        }
    }
}

fn values_are_serdes(bytes: &[u8], read: &Read) {
    if std::str::from_utf8(bytes).is_err() || bytes.contains(&0) || bytes.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    let list = serde_json::from_slice::<Vec<IgnoredAny>>(bytes).expect("serde_json reads it, too");
    assert_eq!(list.len(), read.rows.len());
    let Ok(values) = serde_json::from_slice::<Vec<Value>>(bytes) else { return };
    for (value, row) in values.iter().zip(&read.rows) {
        match value {
            Value::Object(object) => same_object(object, row, &read.columns),
            _ => assert!(row.problem.is_some(), "{value} is no row"),
        }
    }
}

fn same_object(object: &Map<String, Value>, row: &Row, columns: &[String]) {
    if row.problem.is_some() {
        // Only a cell that is too long, or lost characters, make an object unusable.
        let unusable =
            |value: &Value| value.to_string().len() > CELL || value.to_string().contains('\u{fffd}');
        assert!(object.values().any(unusable), "{row:?}");
        return;
    }
    assert!(object.keys().all(|name| columns.contains(name)));
    for (name, cell) in columns.iter().zip(&row.cells) {
        match object.get(name) {
            None | Some(Value::Null) => assert_eq!(cell, "", "{name}"),
            Some(Value::String(text)) => assert_eq!(cell, text, "{name}"),
            Some(value) => {
                let read: Value = serde_json::from_str(cell).expect("a value as it was written");
                assert_eq!(read, *value, "{name}");
            }
        }
    }
}

/// Written as a JSON array and read again.
fn as_json(read: &Read) {
    let lost = read.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.contains('\u{fffd}'));
    if read.columns.is_empty() || read.rows.is_empty() || lost {
        return;
    }
    let object = |row: &Row| -> Map<String, Value> {
        read.columns.iter().cloned().zip(row.cells.iter().map(|cell| Value::from(cell.as_str()))).collect()
    };
    let list: Vec<_> = read.rows.iter().map(object).collect();
    let bytes = serde_json::to_vec(&list).expect("JSON");
    let again = with_file("again.json", &bytes, self::read).expect("it was read before");
    same(read, &again, &read.rows.iter().collect::<Vec<_>>());
}

/// Written as CSV, all in quotes, and read again. Blank rows are none in a spreadsheet.
fn as_csv(read: &Read) {
    let digits = |name: &str| name.bytes().filter(u8::is_ascii_digit).count();
    let usual = |name: &String| {
        let named = name.get(..4).is_none_or(|four| !four.eq_ignore_ascii_case("sep="));
        !name.is_empty() && name.trim() == name && digits(name) < 10 && named
    };
    let in_rows = || read.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.as_str());
    let cells = || read.columns.iter().map(String::as_str).chain(in_rows());
    // Quotes at one end, characters that were lost and `="…"` mean something by themselves.
    let plain = |cell: &str| !cell.contains(['\0', '"', '“', '”', '„', '‟', '\u{fffd}']);
    if read.columns.is_empty() || !read.columns.iter().all(usual) || !cells().all(plain) {
        return;
    }
    let mut text = String::new();
    let mut record = |cells: &mut dyn Iterator<Item = &str>| {
        for (n, cell) in cells.enumerate() {
            let comma = if n > 0 { "," } else { "" };
            text.push_str(&format!("{comma}\"{}\"", cell.replace('"', "\"\"")));
        }
        text.push_str("\r\n");
    };
    record(&mut read.columns.iter().map(String::as_str));
    let rows: Vec<&Row> =
        read.rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())).collect();
    rows.iter().for_each(|row| record(&mut row.cells.iter().map(|cell| cell.as_str())));
    let again = with_file("again.csv", text.as_bytes(), self::read).expect("it was read before");
    same(read, &again, &rows);
}

fn same(read: &Read, again: &Read, rows: &[&Row]) {
    assert!(!again.failed && read.columns == again.columns, "{:?} {:?}", read.columns, again.columns);
    let problems: Vec<_> = again.rows.iter().filter(|row| row.problem.is_some()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let cells: Vec<_> = again.rows.iter().map(|row| &row.cells).collect();
    assert_eq!(rows.iter().map(|row| &row.cells).collect::<Vec<_>>(), cells);
}
