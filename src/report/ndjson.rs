//! The report as newline-delimited JSON: an object a line, nothing around them.

use std::io;

use crate::domain::plan::PlanHead;

use super::line::ReportLine;
use super::object::Objects;
use super::write::Render;

/// An object a line.
#[derive(Debug)]
pub struct Ndjson {
    objects: Objects,
}

impl Ndjson {
    /// For the columns of this plan.
    ///
    /// # Errors
    /// Never, as far as texts can be encoded.
    pub fn new(head: &PlanHead) -> io::Result<Ndjson> {
        Ok(Ndjson { objects: Objects::new(head)? })
    }
}

impl Render for Ndjson {
    fn begin(&self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn line(&self, line: &ReportLine<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        self.objects.encode(line, out)?;
        out.push(b'\n');
        Ok(())
    }
}
