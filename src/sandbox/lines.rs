//! A file of JSON lines that is only appended to, or the same in memory.
//!
//! Layout: a first line with version and nonce, then one line for each record. Each is appended by one
//! positioned write at the known end: what a failed write left there is overwritten by the next. After a kill
//! the last line may be torn; it was never answered, and opening cuts it off. A bad line before the last is
//! damage, and an error that names it.

use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use crate::sys::platform;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u32,
}

/// What a file of lines is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its name.
    pub(super) file: &'static str,
    /// The key of its first line, which carries the version.
    pub(super) key: &'static str,
    pub(super) version: u32,
}

/// An open file of lines.
#[derive(Debug)]
pub(super) struct Lines {
    kind: Kind,
    store: Store,
    end: u64,
    nonce: u64,
    /// The line being written; kept for its capacity.
    line: Vec<u8>,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
    File { file: File, path: PathBuf },
}

impl Lines {
    /// Opens the file in `dir`, or one in memory, and hands each line to `take` in order, which says when it
    /// can't be read. A new one gets `fresh_nonce`.
    pub(super) fn open(
        dir: Option<&Path>,
        kind: Kind,
        fresh_nonce: u64,
        take: impl FnMut(&[u8], Place) -> serde_json::Result<()>,
    ) -> io::Result<Lines> {
        let line = Vec::new();
        let Some(dir) = dir else {
            return Ok(Lines { kind, store: Store::Memory(Vec::new()), end: 0, nonce: fresh_nonce, line });
        };
        platform::create_private_dir_all(dir)?;
        let path = dir.join(kind.file);
        let file =
            platform::private_options().read(true).write(true).create(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text =
                    format!("another sandbox is using {}; stop it or give another directory", path.display());
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut lines = Lines { kind, store: Store::File { file, path }, end: 0, nonce: fresh_nonce, line };
        lines.load(take)?;
        if lines.end == 0 {
            lines.clear(fresh_nonce)?;
        }
        Ok(lines)
    }

    /// What makes this file's ids its own.
    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }

    fn load(&mut self, mut take: impl FnMut(&[u8], Place) -> serde_json::Result<()>) -> io::Result<()> {
        let Store::File { file, path } = &self.store else { return Ok(()) };
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut line = Vec::new();
        let mut number = 0_u64;
        loop {
            line.clear();
            if reader.by_ref().read_until(b'\n', &mut line)? == 0 {
                break;
            }
            number += 1;
            let damaged = |what: String| {
                let text = format!(
                    "{} line {number}: {what}; move the file away to start with an empty sandbox",
                    path.display()
                );
                io::Error::new(io::ErrorKind::InvalidData, text)
            };
            let whole = line.ends_with(b"\n");
            let is_last = !whole || reader.fill_buf()?.is_empty();
            if number == 1 {
                match self.kind.read_head(&line) {
                    Some((version, nonce)) if whole && version == u64::from(self.kind.version) => {
                        self.nonce = nonce;
                    }
                    Some((version, _)) if whole => return Err(damaged(format!("unknown version {version}"))),
                    None if !is_last => return Err(damaged("not a sandbox's file".to_owned())),
                    _ => break,
                }
            } else {
                let len = u32::try_from(line.len()).map_err(io::Error::other)?;
                // A line without its end is not there, even where it could be read.
                let taken = if whole { take(&line, Place { offset: self.end, len }) } else { break };
                match taken {
                    Ok(()) => {}
                    Err(error) if !is_last => return Err(damaged(format!("can't be read ({error})"))),
                    Err(_) => break,
                }
            }
            self.end += line.len() as u64;
        }
        if file.metadata()?.len() > self.end {
            file.set_len(self.end)?;
        }
        Ok(())
    }

    /// Appends one record; when this returns, a kill of the process doesn't lose it.
    pub(super) fn append(&mut self, record: &impl Serialize) -> io::Result<Place> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        let written = serde_json::to_writer(&mut line, record).map_err(io::Error::other);
        line.push(b'\n');
        let place = written.and_then(|()| self.write(&line));
        self.line = line;
        place
    }

    fn write(&mut self, line: &[u8]) -> io::Result<Place> {
        let place = Place { offset: self.end, len: u32::try_from(line.len()).map_err(io::Error::other)? };
        match &mut self.store {
            Store::Memory(bytes) => bytes.extend_from_slice(line),
            Store::File { file, .. } => platform::write_all_at(file, self.end, line)?,
        }
        self.end += line.len() as u64;
        Ok(place)
    }

    /// Reads a line back.
    pub(super) fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        let len = place.len as usize;
        let mut line = vec![0; len];
        match &self.store {
            Store::Memory(bytes) => {
                let start = usize::try_from(place.offset).map_err(io::Error::other)?;
                let stored = bytes.get(start..start + len).ok_or(io::ErrorKind::UnexpectedEof)?;
                line.copy_from_slice(stored);
            }
            Store::File { file, .. } => {
                let mut filled = 0;
                while filled < len {
                    match platform::read_at(file, place.offset + filled as u64, &mut line[filled..])? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        n => filled += n,
                    }
                }
            }
        }
        Ok(line)
    }

    /// Forgets everything and starts anew with another nonce.
    pub(super) fn clear(&mut self, nonce: u64) -> io::Result<()> {
        match &mut self.store {
            Store::Memory(bytes) => bytes.clear(),
            Store::File { file, .. } => file.set_len(0)?,
        }
        self.end = 0;
        self.nonce = nonce;
        if matches!(self.store, Store::File { .. }) {
            let mut head = serde_json::to_vec(&json!({ self.kind.key: self.kind.version, "nonce": nonce }))?;
            head.push(b'\n');
            self.write(&head)?;
        }
        Ok(())
    }
}

impl Kind {
    /// Version and nonce of a first line, where it is one.
    fn read_head(self, line: &[u8]) -> Option<(u64, u64)> {
        let head: Value = serde_json::from_slice(line).ok()?;
        Some((head.get(self.key)?.as_u64()?, head.get("nonce")?.as_u64()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { file: "lines.jsonl", key: "lines", version: 1 };

    fn record(n: u64) -> Value {
        json!({"n": n, "text": format!("line\n{n}")})
    }

    fn open(dir: &Path) -> io::Result<(Lines, Vec<(Value, Place)>)> {
        let mut records = Vec::new();
        let lines = Lines::open(Some(dir), KIND, 9, |line, place| {
            let value: Value = serde_json::from_slice(line)?;
            if value.get("n").is_none() {
                return Err(serde::de::Error::custom("no record"));
            }
            records.push((value, place));
            Ok(())
        })?;
        Ok((lines, records))
    }

    fn read(lines: &Lines, place: Place) -> Value {
        serde_json::from_slice(&lines.read(place).expect("reads")).expect("JSON")
    }

    #[test]
    fn what_was_appended_is_there_again_whatever_the_tail() {
        for tail in ["", "{\"n\":5,\"te", "{}\n", "\0\0\0\0", "{\"n\":5}"] {
            let dir = tempfile::tempdir().expect("a directory");
            let (mut lines, _) = open(dir.path()).expect("opens");
            for n in 0..3 {
                lines.append(&record(n)).expect("appends");
            }
            let end = lines.end;
            let file = File::options().write(true).open(dir.path().join(KIND.file)).expect("opens");
            platform::write_all_at(&file, end, tail.as_bytes()).expect("writes");
            drop(lines);
            let (mut lines, records) = open(dir.path()).expect("opens again");
            let values: Vec<_> = records.iter().map(|(value, _)| value.clone()).collect();
            assert_eq!(values, (0..3).map(record).collect::<Vec<_>>());
            assert_eq!((lines.end, lines.nonce()), (end, 9));
            let place = lines.append(&record(3)).expect("appends");
            assert_eq!(read(&lines, place), record(3));
            assert_eq!(read(&lines, records[1].1), record(1));
            drop(lines);
            assert_eq!(open(dir.path()).expect("opens").1.len(), 4);
        }
    }

    #[test]
    fn damage_in_the_middle_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut lines, _) = open(dir.path()).expect("opens");
        let place = lines.append(&record(0)).expect("appends");
        lines.append(&record(1)).expect("appends");
        let Store::File { file, .. } = &lines.store else { panic!("a file") };
        platform::write_all_at(file, place.offset, b"XX").expect("writes");
        drop(lines);
        let error = open(dir.path()).expect_err("damaged");
        assert!(error.to_string().contains("lines.jsonl line 2"), "{error}");
    }

    #[test]
    fn two_sandboxes_never_share_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let (_lines, _) = open(dir.path()).expect("opens");
        assert_eq!(open(dir.path()).expect_err("locked").kind(), io::ErrorKind::ResourceBusy);
    }
}
