//! From the queue's listing to a report, a block of lines at a time.

use std::io::{self, Write};
use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::queue::{BlockFormatter, BlockSink, Listed, QueueError};

use super::filter::Filter;
use super::format::{Form, Format};
use super::head::Head;
use super::line::{ReportLine, line};
use super::row::Row;
use super::tally::Tally;
use super::xlsx::MAX_SHEET_ROWS;

/// How a format's lines become bytes. It keeps nothing of a line, so that several threads can make lines at a time.
pub trait Render: Sync {
    /// What stands before the lines.
    ///
    /// # Errors
    /// Where something can't be put into this format.
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()>;

    /// Some lines that follow each other.
    ///
    /// # Errors
    /// The same.
    fn lines(&self, lines: &[ReportLine<'_>], out: &mut Vec<u8>) -> io::Result<()>;

    /// What stands between two pieces of [`Render::lines`].
    fn between(&self) -> &'static [u8] {
        b""
    }

    /// What stands after them; told whether there were lines.
    fn end(&self, _any: bool) -> &'static [u8] {
        b""
    }
}

/// A format that begins with what all lines add up to, so that it is whole only once they are all known. Its rows are
/// made on several threads, and it takes them on one.
pub(super) trait Document {
    /// Takes the next rows, in the report's order.
    ///
    /// # Errors
    /// Where they can't be kept, or can't be put into this format.
    fn take(&mut self, rows: &[Row]) -> io::Result<()>;

    /// Writes the whole document, of all rows and what they and the lines that were left out add up to.
    ///
    /// # Errors
    /// The output's.
    fn finish(self: Box<Self>, tally: &Tally, out: &mut (dyn Write + Send)) -> io::Result<()>;
}

/// A block of lines, as a report's format takes them.
#[derive(Debug, Default)]
pub struct Part {
    /// For a [`Render`].
    bytes: Vec<u8>,
    /// For a [`Document`].
    rows: Vec<Row>,
    tally: Tally,
}

/// A block of lines, or why there is none.
pub type Made = io::Result<Part>;

/// Something that lists jobs in the report's order, in blocks: `&mut |make, take| listing.parts(make, take)`.
pub type Scan<'a> =
    dyn FnMut(&BlockFormatter<'_, Made>, &mut BlockSink<'_, Made>) -> Result<(), QueueError> + 'a;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// In which form.
    pub format: Format,
    /// Which lines.
    pub filter: Filter,
    /// What stands between the cells of CSV.
    pub delimiter: u8,
    /// The zone of times that people read; programs get UTC.
    pub zone: TimeZone,
    /// Rows of a worksheet, its header among them; what is more goes onto further sheets.
    pub sheet_rows: u32,
    /// Where a workbook's sheets are kept till it is whole, without names [default: the system's directory for such].
    pub scratch: Option<PathBuf>,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            format: Format::default(),
            filter: Filter::ALL,
            delimiter: b',',
            zone: TimeZone::UTC,
            sheet_rows: MAX_SHEET_ROWS,
            scratch: None,
        }
    }
}

/// Why a report couldn't be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Its output said no.
    #[error(transparent)]
    Output(io::Error),
    /// The queue couldn't be read.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Writes the whole report into `out`.
///
/// # Errors
/// The output's first error, or the queue's.
pub fn write(
    out: impl Write + Send,
    spec: &Spec,
    head: &Head,
    scan: &mut Scan<'_>,
) -> Result<Tally, WriteError> {
    let mut out = io::BufWriter::with_capacity(BUFFER_BYTES, out);
    let tally = match spec.form(head).map_err(WriteError::Output)? {
        Form::Lines(format) => write_lines(&mut out, &*format, spec, head, scan)?,
        Form::Document(mut document) => {
            let columns = head.columns.len();
            let mut tally = Tally::default();
            let make = |listed: &[Listed<'_>]| {
                let (lines, mut part) = lines(spec.filter, head, listed);
                part.rows = lines.iter().map(|line| Row::new(line, columns, &spec.zone)).collect();
                Ok(part)
            };
            each_part(scan, &make, |part| {
                tally.take_in(part.tally);
                document.take(&part.rows)
            })?;
            document.finish(&tally, &mut out).map_err(WriteError::Output)?;
            tally
        }
    };
    out.flush().map_err(WriteError::Output)?;
    Ok(tally)
}

fn write_lines(
    out: &mut impl Write,
    format: &dyn Render,
    spec: &Spec,
    head: &Head,
    scan: &mut Scan<'_>,
) -> Result<Tally, WriteError> {
    let mut tally = Tally::default();
    let mut bytes = Vec::new();
    format.begin(&mut bytes).and_then(|()| out.write_all(&bytes)).map_err(WriteError::Output)?;
    let make = |listed: &[Listed<'_>]| {
        let (lines, mut part) = lines(spec.filter, head, listed);
        part.bytes.reserve(lines.len() * LINE_BYTES);
        format.lines(&lines, &mut part.bytes)?;
        Ok(part)
    };
    each_part(scan, &make, |part| {
        if tally.written > 0 && part.tally.written > 0 {
            out.write_all(format.between())?;
        }
        tally.take_in(part.tally);
        out.write_all(&part.bytes)
    })?;
    out.write_all(format.end(tally.written > 0)).map_err(WriteError::Output)?;
    Ok(tally)
}

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 64 * 1024;
/// What a line takes, about.
const LINE_BYTES: usize = 384;

/// Has each part made, and taken in the report's order.
fn each_part(
    scan: &mut Scan<'_>,
    make: &BlockFormatter<'_, Made>,
    mut take: impl FnMut(Part) -> io::Result<()>,
) -> Result<(), WriteError> {
    let mut refused = None;
    let scanned = scan(make, &mut |part| {
        // Only ends the scan: the output's own error is what the caller gets.
        part.and_then(&mut take).map_err(|error| {
            refused = Some(error);
            QueueError::Stopped
        })
    });
    match refused {
        Some(error) => Err(WriteError::Output(error)),
        None => Ok(scanned?),
    }
}

/// The lines that the filter holds, and a part that counts all of them.
fn lines<'a>(filter: Filter, head: &'a Head, listed: &'a [Listed<'_>]) -> (Vec<ReportLine<'a>>, Part) {
    let mut part = Part::default();
    let mut lines = Vec::with_capacity(listed.len());
    for listed in listed {
        let line = line(listed, head);
        part.tally.add(&line);
        if filter.holds(line.status) {
            lines.push(line);
        }
    }
    part.tally.written = lines.len() as u64;
    (lines, part)
}
