//! The report as one JSON array, an object a line. What is absent is `null`; texts are as they were (no
//! spreadsheet reads them, so nothing stands behind a `'`).

use std::io;

use super::head::Head;
use super::line::ReportLine;
use super::object::Objects;
use super::write::Render;

/// `[`, an object a line, `]`.
#[derive(Debug)]
pub struct Json {
    objects: Objects,
}

impl Json {
    /// For these columns.
    ///
    /// # Errors
    /// Never, as far as texts can be encoded.
    pub fn new(head: &Head) -> io::Result<Json> {
        Ok(Json { objects: Objects::new(head)? })
    }
}

impl Render for Json {
    fn begin(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.push(b'[');
        Ok(())
    }

    fn lines(&self, lines: &[ReportLine<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        for (at, line) in lines.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
            self.objects.encode(line, out)?;
        }
        Ok(())
    }

    fn between(&self) -> &'static [u8] {
        b","
    }

    fn end(&self, any: bool) -> &'static [u8] {
        if any { b"\n]\n" } else { b"]\n" }
    }
}
