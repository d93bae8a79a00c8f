//! The report as one JSON array, an object a line. What is absent is `null`; texts are as they were (no
//! spreadsheet reads them, so nothing stands behind a `'`).

use std::io;

use crate::domain::plan::PlanHead;

use super::line::ReportLine;
use super::object::Objects;
use super::write::Render;

/// `[`, an object a line, `]`.
#[derive(Debug)]
pub struct Json {
    objects: Objects,
}

impl Json {
    /// For the columns of this plan.
    ///
    /// # Errors
    /// Never, as far as texts can be encoded.
    pub fn new(head: &PlanHead) -> io::Result<Json> {
        Ok(Json { objects: Objects::new(head)? })
    }
}

impl Render for Json {
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.push(b'[');
        Ok(())
    }

    fn line(&self, line: &ReportLine<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        out.push(b'\n');
        self.objects.encode(line, out)
    }

    fn between(&self) -> &'static [u8] {
        b","
    }

    fn end(&self, any: bool) -> &'static [u8] {
        if any { b"\n]\n" } else { b"]\n" }
    }
}
