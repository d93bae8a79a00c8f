//! The report as newline-delimited JSON: an object a line, nothing around them.

use std::io::{self, Write};

use crate::domain::plan::PlanHead;

use super::line::ReportLine;
use super::object::Objects;
use super::write::Writer;

/// Writes an object a line.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    objects: Objects,
}

impl<W: Write> Ndjson<W> {
    /// Into `out`.
    pub fn new(out: W) -> Ndjson<W> {
        Ndjson { out, objects: Objects::default() }
    }
}

impl<W: Write> Writer for Ndjson<W> {
    fn begin(&mut self, head: &PlanHead) -> io::Result<()> {
        self.objects.begin(head)
    }

    fn line(&mut self, line: &ReportLine<'_>) -> io::Result<()> {
        self.objects.encode(line)?;
        self.objects.buffer.push(b'\n');
        self.objects.spill(&mut self.out)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.objects.flush(&mut self.out)?;
        self.out.flush()
    }
}
