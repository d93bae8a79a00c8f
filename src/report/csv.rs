//! The report as CSV (RFC 4180 but for LF at the line's end).
//!
//! UTF-8 **without** a byte order mark: scripts look for a first header that is exactly `row`, and a mark
//! would be part of it. Excel opens such a file by double click in the system's old code page, where names in
//! other scripts come out wrong; there *Data → From Text/CSV* with UTF-8 reads it right, and so do
//! LibreOffice and Google Sheets at once.
//!
//! Cells (and headers) from outside that a spreadsheet would take for a formula stand behind a `'`.
//!
//! Most fields of a line are ours and need no look: times, words, numbers. That is why lines are put together
//! here; a general writer looks at each byte of each field, and took a fourth of a report's time.

use std::io;

use crate::domain::plan::PlanHead;
use crate::domain::text::Cell;

use super::columns::{COLUMNS, audience_names};
use super::guard::{GUARD, guarded, is_formula};
use super::line::{Field, ReportLine};
use super::stamp::stamp;
use super::write::Render;

/// A header, and a record a line.
#[derive(Debug)]
pub struct Csv {
    /// The audience's columns, as they are called in the report.
    names: Vec<String>,
}

impl Csv {
    /// For the columns of this plan.
    #[must_use]
    pub fn new(head: &PlanHead) -> Csv {
        // Guarded first: a guard must not make two names alike.
        let guarded: Vec<_> = head.columns.iter().map(|name| guarded(name)).collect();
        Csv { names: audience_names(&guarded) }
    }
}

impl Render for Csv {
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()> {
        COLUMNS.into_iter().chain(self.names.iter().map(String::as_str)).for_each(|name| text(out, name));
        end(out);
        Ok(())
    }

    fn line(&self, line: &ReportLine<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        for field in line.fields() {
            match field {
                Field::Absent => plain(out, b""),
                Field::Number(value) => number(out, value),
                Field::Word(word) => plain(out, word.as_bytes()),
                Field::Text(text) => outside(out, text),
                Field::Time(at) => plain(out, stamp(at).as_ref().map_or(b"", |stamp| stamp.as_slice())),
            }
        }
        for at in 0..self.names.len() {
            outside(out, line.cells.get(at).map_or("", Cell::as_str));
        }
        end(out);
        Ok(())
    }
}

// Each field has a comma behind it, until the line ends.

/// A field that holds no comma, quotation mark or line break.
fn plain(out: &mut Vec<u8>, field: &[u8]) {
    out.extend_from_slice(field);
    out.push(b',');
}

fn number(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [0; 10];
    let mut from = digits.len();
    while from == digits.len() || number > 0 {
        from -= 1;
        digits[from] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    plain(out, &digits[from..]);
}

/// Any field; in quotation marks where it needs them.
fn text(out: &mut Vec<u8>, field: &str) {
    text_behind(out, b"", field);
}

/// The same with something before it that needs no quotation marks.
fn text_behind(out: &mut Vec<u8>, before: &[u8], field: &str) {
    // All of it, without an early end: most need none, and so several bytes are looked at together.
    let marked = field.bytes().fold(false, |so_far, b| so_far | matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if !marked {
        out.extend_from_slice(before);
        return plain(out, field.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(before);
    for byte in field.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    plain(out, b"\"");
}

/// A field from outside, guarded.
fn outside(out: &mut Vec<u8>, field: &str) {
    text_behind(out, if is_formula(field) { GUARD.as_bytes() } else { b"" }, field);
}

fn end(out: &mut [u8]) {
    if let Some(comma) = out.last_mut() {
        *comma = b'\n';
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(fields: &[String]) -> Vec<u8> {
        let mut out = Vec::new();
        fields.iter().for_each(|field| text(&mut out, field));
        end(&mut out);
        out
    }

    proptest! {
        #[test]
        fn a_line_is_what_the_csv_crate_writes(fields in prop::collection::vec("[a,\"\r\n =ü]{0,6}", 2..6)) {
            let mut reference = csv::Writer::from_writer(Vec::new());
            reference.write_record(&fields).unwrap();
            prop_assert_eq!(line(&fields), reference.into_inner().unwrap());
        }

        #[test]
        fn numbers_are_as_they_are_written(any in any::<u32>()) {
            for value in [0, 9, 10, any, u32::MAX] {
                let mut out = Vec::new();
                number(&mut out, value);
                prop_assert_eq!(out, format!("{value},").into_bytes());
            }
        }
    }
}
