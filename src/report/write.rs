//! From the queue's scan to a writer, one line at a time.

use std::io::{self, Write};

use crate::domain::plan::PlanHead;
use crate::queue::{Each, QueueError};

use super::filter::Filter;
use super::format::Format;
use super::line::{ReportLine, line};
use super::tally::Tally;

/// A report being written, in one format. `begin` once, `line` for each line, `finish` once.
pub trait Writer {
    /// What stands before the lines.
    ///
    /// # Errors
    /// Whatever the output said.
    fn begin(&mut self, head: &PlanHead) -> io::Result<()>;

    /// One line.
    ///
    /// # Errors
    /// Whatever the output said.
    fn line(&mut self, line: &ReportLine<'_>) -> io::Result<()>;

    /// What stands after them, and a flush.
    ///
    /// # Errors
    /// Whatever the output said.
    fn finish(&mut self) -> io::Result<()>;
}

/// Something that lists jobs in the report's order: `&mut |each| queue.scan(each)`.
pub type Scan<'a> = dyn FnMut(&mut Each<'_>) -> Result<(), QueueError> + 'a;

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
    let mut writer = spec.format.writer(out);
    let mut tally = Tally::default();
    writer.begin(head).map_err(WriteError::Output)?;
    let mut refused = None;
    let scanned = scan(&mut |listed| {
        let line = line(&listed, head);
        tally.add(&line);
        if spec.filter.holds(line.status) {
            if let Err(error) = writer.line(&line) {
                refused = Some(error);
                // Only ends the scan: the output's own error is what the caller gets.
                return Err(QueueError::Stopped);
            }
            tally.written += 1;
        }
        Ok(())
    });
    if let Some(error) = refused {
        return Err(WriteError::Output(error));
    }
    scanned?;
    writer.finish().map_err(WriteError::Output)?;
    Ok(tally)
}
