//! The ledger: what was accepted, as one JSON line a message, in a file or in memory.
//!
//! Layout: a first line with version and nonce, then one line for each message in the order of acceptance.
//! Each is appended by one positioned write at the known end: what a failed write left there is overwritten
//! by the next. After a kill the last line may be torn; it was never answered, and opening cuts it off. A bad
//! line before the last is damage, and an error that names it.

use std::borrow::Cow;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::sys::platform;

const FILE: &str = "sandbox-ledger.jsonl";
const VERSION: u32 = 1;

/// An accepted message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record<'a> {
    pub(super) at: Millis,
    pub(super) from: Cow<'a, str>,
    pub(super) to: Phone,
    /// Meta's code when it is to fail after it was sent; 0 otherwise.
    pub(super) code: u32,
    pub(super) unread: bool,
    pub(super) message: Cow<'a, Message>,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u32,
}

#[derive(Serialize, Deserialize)]
struct Head {
    sandbox_ledger: u32,
    nonce: u64,
}

/// An open ledger.
#[derive(Debug)]
pub(super) struct Ledger {
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

impl Ledger {
    /// Opens the ledger in `dir`, or one in memory, and hands each record to `take` in order. A new one gets
    /// `fresh_nonce`.
    pub(super) fn open(
        dir: Option<&Path>,
        fresh_nonce: u64,
        take: impl FnMut(Record<'static>, Place),
    ) -> io::Result<Ledger> {
        let Some(dir) = dir else {
            return Ok(Ledger {
                store: Store::Memory(Vec::new()),
                end: 0,
                nonce: fresh_nonce,
                line: Vec::new(),
            });
        };
        platform::create_private_dir_all(dir)?;
        let path = dir.join(FILE);
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
        let mut ledger =
            Ledger { store: Store::File { file, path }, end: 0, nonce: fresh_nonce, line: Vec::new() };
        ledger.load(take)?;
        if ledger.end == 0 {
            ledger.clear(fresh_nonce)?;
        }
        Ok(ledger)
    }

    /// What makes this ledger's ids its own.
    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }

    fn load(&mut self, mut take: impl FnMut(Record<'static>, Place)) -> io::Result<()> {
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
                match serde_json::from_slice::<Head>(&line) {
                    Ok(head) if head.sandbox_ledger == VERSION && whole => self.nonce = head.nonce,
                    Ok(head) if whole => {
                        return Err(damaged(format!("unknown version {}", head.sandbox_ledger)));
                    }
                    Err(error) if !is_last => {
                        return Err(damaged(format!("not a sandbox's ledger ({error})")));
                    }
                    _ => break,
                }
            } else {
                match serde_json::from_slice::<Record<'static>>(&line) {
                    Ok(record) if whole => {
                        let len = u32::try_from(line.len()).map_err(io::Error::other)?;
                        take(record, Place { offset: self.end, len });
                    }
                    Err(error) if !is_last => return Err(damaged(format!("can't be read ({error})"))),
                    _ => break,
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
    pub(super) fn append(&mut self, record: &Record<'_>) -> io::Result<Place> {
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

    /// Reads a record back.
    pub(super) fn read(&self, place: Place) -> io::Result<Record<'static>> {
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
        serde_json::from_slice(&line).map_err(io::Error::other)
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
            let mut head = serde_json::to_vec(&Head { sandbox_ledger: VERSION, nonce })?;
            head.push(b'\n');
            self.write(&head)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u64) -> Record<'static> {
        Record {
            at: Millis(n),
            from: "N".into(),
            to: Phone::from_digits(&(919_876_543_000 + n).to_string()).expect("a phone"),
            code: 0,
            unread: n.is_multiple_of(2),
            message: Cow::Owned(Message::Text { body: format!("line\n{n}") }),
        }
    }

    fn open(dir: &Path) -> io::Result<(Ledger, Vec<(Record<'static>, Place)>)> {
        let mut records = Vec::new();
        let ledger = Ledger::open(Some(dir), 9, |record, place| records.push((record, place)))?;
        Ok((ledger, records))
    }

    #[test]
    fn what_was_appended_is_there_again_whatever_the_tail() {
        for tail in ["", "{\"at\":5,\"fr", "{}\n", "\0\0\0\0"] {
            let dir = tempfile::tempdir().expect("a directory");
            let (mut ledger, _) = open(dir.path()).expect("opens");
            for n in 0..3 {
                ledger.append(&record(n)).expect("appends");
            }
            let end = ledger.end;
            platform::write_all_at(
                &File::options().write(true).open(dir.path().join(FILE)).expect("opens"),
                end,
                tail.as_bytes(),
            )
            .expect("writes");
            drop(ledger);
            let (mut ledger, records) = open(dir.path()).expect("opens again");
            assert_eq!(
                records.iter().map(|(r, _)| r.clone()).collect::<Vec<_>>(),
                (0..3).map(record).collect::<Vec<_>>()
            );
            assert_eq!(ledger.end, end);
            let place = ledger.append(&record(3)).expect("appends");
            assert_eq!(ledger.read(place).expect("reads"), record(3));
            assert_eq!(ledger.read(records[1].1).expect("reads"), record(1));
            drop(ledger);
            assert_eq!(open(dir.path()).expect("opens").1.len(), 4);
        }
    }

    #[test]
    fn damage_in_the_middle_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut ledger, _) = open(dir.path()).expect("opens");
        let place = ledger.append(&record(0)).expect("appends");
        ledger.append(&record(1)).expect("appends");
        let Store::File { file, .. } = &ledger.store else { panic!("a file") };
        platform::write_all_at(file, place.offset, b"XX").expect("writes");
        drop(ledger);
        let error = open(dir.path()).expect_err("damaged");
        assert!(error.to_string().contains("sandbox-ledger.jsonl line 2"), "{error}");
    }

    #[test]
    fn two_sandboxes_never_share_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let (_ledger, _) = open(dir.path()).expect("opens");
        assert_eq!(open(dir.path()).expect_err("locked").kind(), io::ErrorKind::ResourceBusy);
    }
}
