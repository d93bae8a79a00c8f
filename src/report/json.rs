//! The report as one JSON array, an object a line. What is absent is `null`; texts are as they were (no
//! spreadsheet reads them, so nothing stands behind a `'`).

use std::io::{self, Write};

use crate::domain::plan::PlanHead;

use super::line::ReportLine;
use super::object::Objects;
use super::write::Writer;

/// Writes `[`, an object a line, `]`.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    objects: Objects,
    first: bool,
}

impl<W: Write> Json<W> {
    /// Into `out`.
    pub fn new(out: W) -> Json<W> {
        Json { out, objects: Objects::default(), first: true }
    }
}

impl<W: Write> Writer for Json<W> {
    fn begin(&mut self, head: &PlanHead) -> io::Result<()> {
        self.objects.buffer.push(b'[');
        self.objects.begin(head)
    }

    fn line(&mut self, line: &ReportLine<'_>) -> io::Result<()> {
        let separator: &[u8] = if self.first { b"\n" } else { b",\n" };
        self.first = false;
        self.objects.buffer.extend_from_slice(separator);
        self.objects.encode(line)?;
        self.objects.spill(&mut self.out)
    }

    fn finish(&mut self) -> io::Result<()> {
        let end: &[u8] = if self.first { b"]\n" } else { b"\n]\n" };
        self.objects.buffer.extend_from_slice(end);
        self.objects.flush(&mut self.out)?;
        self.out.flush()
    }
}
