//! The report as CSV, for spreadsheets: what a double click opens.
//!
//! It is UTF-8 with a byte order mark, without which Excel takes it for the system's old code page; RFC 4180 but for LF
//! at the line's end. Phone numbers have blanks, without which a spreadsheet takes them for a sum; times are those of a
//! clock in the report's zone. Cells (and headers) from outside that a spreadsheet would take for a formula stand behind a
//! `'` ([`guard`]).

use std::io::{self, Write as _};

use csv::{Terminator, Writer, WriterBuilder};
use jiff::tz::TimeZone;

use crate::domain::guard::guard;
use crate::domain::text::Cell;

use super::columns::{COLUMNS, audience_names};
use super::head::Head;
use super::line::{Field, ReportLine};
use super::phone::grouped;
use super::time::push_local;
use super::write::Render;

/// The byte order mark, in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A header, and a record a line.
#[derive(Debug)]
pub struct Csv {
    /// The audience's columns, as they are called in the report.
    names: Vec<String>,
    delimiter: u8,
    zone: TimeZone,
}

impl Csv {
    /// For these columns.
    #[must_use]
    pub fn new(head: &Head, delimiter: u8, zone: &TimeZone) -> Csv {
        // No two names are alike behind their guards either: each can be taken off again.
        let names = audience_names(&head.columns).iter().map(|name| guard(name).into_owned()).collect();
        Csv { names, delimiter, zone: zone.clone() }
    }

    fn writer<'o>(&self, out: &'o mut Vec<u8>) -> Writer<&'o mut Vec<u8>> {
        let mut builder = WriterBuilder::new();
        builder.delimiter(self.delimiter).terminator(Terminator::Any(b'\n')).from_writer(out)
    }
}

impl Render for Csv {
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(MARK);
        let mut writer = self.writer(out);
        writer.write_record(COLUMNS.into_iter().chain(self.names.iter().map(String::as_str)))?;
        writer.flush()
    }

    fn lines(&self, lines: &[ReportLine<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        let mut writer = self.writer(out);
        let mut scratch = Vec::with_capacity(32);
        for line in lines {
            for field in line.fields() {
                scratch.clear();
                match field {
                    Field::Absent => writer.write_field("")?,
                    Field::Word(word) => writer.write_field(word)?,
                    Field::Text(text) => writer.write_field(&*guard(text))?,
                    Field::Phone(phone) => writer.write_field(grouped(phone))?,
                    Field::Number(value) => {
                        write!(scratch, "{value}")?;
                        writer.write_field(&scratch)?;
                    }
                    Field::Time(at) => {
                        push_local(at, &self.zone, &mut scratch)?;
                        writer.write_field(&scratch)?;
                    }
                }
            }
            for at in 0..self.names.len() {
                writer.write_field(&*guard(line.cells.get(at).map_or("", Cell::as_str)))?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    }
}
