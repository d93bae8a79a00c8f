//! A text's bytes with as much lookahead as a decision needs.
//!
//! Invariant: what is held is what was asked for and one piece more, never the file.

use std::io::{self, Read};

use super::encoding::Text;

/// How much is read at once, at least.
const MIN_READ_BYTES: usize = 64 << 10;

/// The bytes that come next.
pub(super) struct Window {
    text: Text,
    buffer: Vec<u8>,
    /// Where the next byte stands in `buffer`, and where what was read ends.
    at: usize,
    end: usize,
    ended: bool,
}

/// A physical line: where its text ends, and where the next line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) end: usize,
    pub(super) next: usize,
}

impl Window {
    pub(super) fn new(text: Text) -> Window {
        Window { text, buffer: vec![0; MIN_READ_BYTES * 2], at: 0, end: 0, ended: false }
    }

    /// What is at hand.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    /// What is at hand is all that is left.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Takes `n` of the bytes at hand.
    pub(super) fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.end);
    }

    /// Reads until `n` bytes are at hand, or all that is left.
    pub(super) fn fill(&mut self, n: usize) -> io::Result<()> {
        while self.bytes().len() < n && !self.ended {
            if self.at > 0 {
                self.buffer.copy_within(self.at..self.end, 0);
                (self.at, self.end) = (0, self.end - self.at);
            }
            if self.buffer.len() < n + MIN_READ_BYTES {
                self.buffer.resize(n + MIN_READ_BYTES, 0);
            }
            match self.text.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The line that begins at `from` among the bytes at hand; reads on for its end, up to `most` bytes of it. `None`
    /// where it is longer.
    pub(super) fn line(&mut self, from: usize, most: usize) -> io::Result<Option<Line>> {
        let mut sought = from;
        loop {
            if let Some(line) = line(self.bytes(), sought, self.ended) {
                return Ok((line.end - from <= most).then_some(line));
            }
            // A carriage return at the very end has to be looked at once more.
            sought = self.bytes().len().saturating_sub(1).max(from);
            if self.bytes().len() - from > most {
                return Ok(None);
            }
            self.fill(self.bytes().len() + 1)?;
        }
    }
}

/// The end of the line that holds `from`: `\n`, `\r\n` and a bare `\r` end one. `None` where it isn't among these bytes.
pub(super) fn line(bytes: &[u8], from: usize, ended: bool) -> Option<Line> {
    match memchr::memchr2(b'\n', b'\r', &bytes[from..]) {
        Some(found) => {
            let end = from + found;
            match (bytes[end], bytes.get(end + 1)) {
                (b'\n', _) => Some(Line { end, next: end + 1 }),
                (_, Some(b'\n')) => Some(Line { end, next: end + 2 }),
                (_, Some(_)) => Some(Line { end, next: end + 1 }),
                (_, None) => ended.then_some(Line { end, next: end + 1 }),
            }
        }
        None => ended.then_some(Line { end: bytes.len(), next: bytes.len() }),
    }
}

/// The lines of a record, without their ends.
pub(super) fn lines(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let found = line(record, start, true)?;
        from = (found.next < record.len() || found.next > found.end).then_some(found.next);
        Some(&record[start..found.end])
    })
}
