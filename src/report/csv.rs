//! The report as CSV (RFC 4180 but for LF at the line's end).
//!
//! UTF-8 **without** a byte order mark: scripts look for a first header that is exactly `row`, and a mark
//! would be part of it. Excel opens such a file by double click in the system's old code page, where names in
//! other scripts come out wrong; there *Data → From Text/CSV* with UTF-8 reads it right, and so do
//! LibreOffice and Google Sheets at once.
//!
//! Cells (and headers) from outside that a spreadsheet would take for a formula stand behind a `'`.

use std::io::{self, Write};

use crate::domain::plan::PlanHead;

use super::columns::{COLUMNS, audience_names};
use super::guard::{guarded, is_formula};
use super::line::{Field, ReportLine};
use super::stamp::stamp;
use super::write::Writer;

/// Writes a header and a record a line.
#[derive(Debug)]
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
    columns: usize,
    /// For numbers and guarded cells; reused.
    scratch: Vec<u8>,
}

impl<W: Write> Csv<W> {
    /// Into `out`.
    pub fn new(out: W) -> Csv<W> {
        let out = csv::WriterBuilder::new().buffer_capacity(64 * 1024).from_writer(out);
        Csv { out, columns: 0, scratch: Vec::with_capacity(256) }
    }

    fn number(&mut self, number: u32) -> csv::Result<()> {
        self.scratch.clear();
        write!(self.scratch, "{number}")?;
        self.out.write_field(&self.scratch)
    }

    fn outside(&mut self, text: &str) -> csv::Result<()> {
        if !is_formula(text) {
            return self.out.write_field(text);
        }
        self.scratch.clear();
        self.scratch.push(b'\'');
        self.scratch.extend_from_slice(text.as_bytes());
        self.out.write_field(&self.scratch)
    }

    fn record(&mut self, line: &ReportLine<'_>) -> csv::Result<()> {
        for field in line.fields() {
            match field {
                Field::Absent => self.out.write_field("")?,
                Field::Number(number) => self.number(number)?,
                Field::Word(text) => self.out.write_field(text)?,
                Field::Text(text) => self.outside(text)?,
                Field::Time(at) => match stamp(at) {
                    Some(stamp) => self.out.write_field(stamp)?,
                    None => self.out.write_field("")?,
                },
            }
        }
        for at in 0..self.columns {
            self.outside(line.cells.get(at).map_or("", String::as_str))?;
        }
        self.out.write_record(None::<&[u8]>)
    }
}

impl<W: Write> Writer for Csv<W> {
    fn begin(&mut self, head: &PlanHead) -> io::Result<()> {
        self.columns = head.columns.len();
        // Guarded first: a guard must not make two names alike.
        let guarded: Vec<_> = head.columns.iter().map(|name| guarded(name)).collect();
        let names = audience_names(&guarded);
        let own = COLUMNS.into_iter();
        self.out.write_record(own.chain(names.iter().map(String::as_str))).map_err(bare)
    }

    fn line(&mut self, line: &ReportLine<'_>) -> io::Result<()> {
        self.record(line).map_err(bare)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The output's own error, so that its kind can be told.
fn bare(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
