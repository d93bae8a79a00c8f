//! From the queue's listing to a report, a block of lines at a time.

use std::io::{self, Write};

use crate::domain::plan::PlanHead;
use crate::queue::{Listed, Make, QueueError, Take};

use super::filter::Filter;
use super::format::Format;
use super::line::{ReportLine, line};
use super::tally::Tally;

/// How a format's lines become bytes. It keeps nothing of a line, so that several threads can make lines at a time.
pub trait Render: Sync {
    /// What stands before the lines.
    ///
    /// # Errors
    /// Where something can't be put into this format.
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()>;

    /// One line.
    ///
    /// # Errors
    /// The same.
    fn line(&self, line: &ReportLine<'_>, out: &mut Vec<u8>) -> io::Result<()>;

    /// What stands between two lines.
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
pub type Scan<'a> = dyn FnMut(&Make<'_, Made>, &mut Take<'_, Made>) -> Result<(), QueueError> + 'a;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// In which form.
    pub format: Format,
    /// Which lines.
    pub filter: Filter,
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
pub fn write(out: impl Write, spec: Spec, head: &PlanHead, scan: &mut Scan<'_>) -> Result<Tally, WriteError> {
    let format = spec.format.render(head).map_err(WriteError::Output)?;
    let mut out = Output { out: io::BufWriter::with_capacity(BUFFER, out), tally: Tally::default() };
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
const BUFFER: usize = 64 * 1024;
/// What a line takes, about.
const LINE: usize = 256;

fn part(format: &dyn Render, filter: Filter, head: &PlanHead, listed: &[Listed<'_>]) -> Made {
    let mut part = Part { bytes: Vec::with_capacity(listed.len() * LINE), tally: Tally::default() };
    for listed in listed {
        let line = line(listed, head);
        part.tally.add(&line);
        if filter.holds(line.status) {
            if part.tally.written > 0 {
                part.bytes.extend_from_slice(format.between());
            }
            format.line(&line, &mut part.bytes)?;
            part.tally.written += 1;
        }
    }
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
