//! From the queue's listing to a report, a block of lines at a time.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use crate::queue::{BlockFormatter, BlockSink, Listed, QueueError};

use super::filter::Filter;
use super::format::Format;
use super::head::Head;
use super::line::{ReportLine, line};
use super::tally::Tally;

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

/// A block of lines, in a report's format.
#[derive(Debug, Default)]
pub struct Part {
    bytes: Vec<u8>,
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
    /// The zone of times that a spreadsheet reads; programs get UTC.
    pub zone: TimeZone,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec { format: Format::default(), filter: Filter::ALL, delimiter: b',', zone: TimeZone::UTC }
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
pub fn write(out: impl Write, spec: &Spec, head: &Head, scan: &mut Scan<'_>) -> Result<Tally, WriteError> {
    let format = spec.render(head).map_err(WriteError::Output)?;
    let mut out = Output { out: io::BufWriter::with_capacity(BUFFER_BYTES, out), tally: Tally::default() };
    let mut bytes = Vec::new();
    format.begin(&mut bytes).and_then(|()| out.out.write_all(&bytes)).map_err(WriteError::Output)?;
    let make = |listed: &[Listed<'_>]| part(&*format, spec.filter, head, listed);
    let mut refused = None;
    let scanned = scan(&make, &mut |part| {
        let put = part.and_then(|part| out.put(part, &*format));
        // Only ends the scan: the output's own error is what the caller gets.
        put.map_err(|error| {
            refused = Some(error);
            QueueError::Stopped
        })
    });
    if let Some(error) = refused {
        return Err(WriteError::Output(error));
    }
    scanned?;
    let end = format.end(out.tally.written > 0);
    out.out.write_all(end).and_then(|()| out.out.flush()).map_err(WriteError::Output)?;
    Ok(out.tally)
}

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 64 * 1024;
/// What a line takes, about.
const LINE_BYTES: usize = 384;

fn part(format: &dyn Render, filter: Filter, head: &Head, listed: &[Listed<'_>]) -> Made {
    let mut part = Part { bytes: Vec::with_capacity(listed.len() * LINE_BYTES), tally: Tally::default() };
    let mut lines = Vec::with_capacity(listed.len());
    for listed in listed {
        let line = line(listed, head);
        part.tally.add(&line);
        if filter.holds(line.status) {
            lines.push(line);
        }
    }
    part.tally.written = lines.len() as u64;
    format.lines(&lines, &mut part.bytes)?;
    Ok(part)
}

struct Output<W: Write> {
    out: io::BufWriter<W>,
    tally: Tally,
}

impl<W: Write> Output<W> {
    fn put(&mut self, part: Part, format: &dyn Render) -> io::Result<()> {
        if self.tally.written > 0 && part.tally.written > 0 {
            self.out.write_all(format.between())?;
        }
        self.tally.take_in(part.tally);
        self.out.write_all(&part.bytes)
    }
}
