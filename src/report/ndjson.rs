//! The report as newline-delimited JSON: an object a line, nothing around them.

use std::io;

use super::head::Head;
use super::line::ReportLine;
use super::object::Objects;
use super::write::Render;

/// An object a line.
#[derive(Debug)]
pub struct Ndjson {
    objects: Objects,
}

impl Ndjson {
    /// For these columns.
    ///
    /// # Errors
    /// Never, as far as texts can be encoded.
    pub fn new(head: &Head) -> io::Result<Ndjson> {
        Ok(Ndjson { objects: Objects::new(head)? })
    }
}

impl Render for Ndjson {
    fn begin(&self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn lines(&self, lines: &[ReportLine<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        lines.iter().try_for_each(|line| {
            self.objects.encode(line, out)?;
            out.push(b'\n');
            Ok(())
        })
    }
}
