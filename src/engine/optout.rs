//! The list of people who are never written to: `optout.csv` in the data directory, one for trials and real
//! runs, `phone,reason,at`, readable and editable in a spreadsheet.
//!
//! Invariants:
//!
//! - A person who was added stays on it after a crash: additions are appended and synced, removals replace
//!   the file atomically; both under a lock of their own (`optout.lock`).
//! - People are compared by identity: whichever form of a number stands on the list, the person is on it.
//! - A line that can't be understood is kept and told of ([`OptOutList::unreadable`]), never dropped: only
//!   the lines of a removed person leave the file.
//! - A list that can't be read is an error at the start of a run; while one goes on, the last known list
//!   stays in force.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::time::Millis;
use crate::engine::OptOuts;
use crate::sys::disk::{LockGuard, SharedDisk, if_there, write_atomic};

/// Bytes at the end of the file by which a change of equal length is noticed: every addition ends with its
/// time, so a list that changed ends differently.
const TAIL: usize = 128;
const HEADER: &str = "phone,reason,at\n";

/// One person on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptedOut {
    /// Who.
    pub phone: Phone,
    /// Why: `STOP`, `131050`, `added by hand`…
    pub reason: String,
    /// When, as it stands in the file (RFC 3339 where sendcast wrote it).
    pub at: String,
}

/// The list, read into memory and kept in step with the file.
#[derive(Debug)]
pub struct OptOutList {
    disk: SharedDisk,
    path: PathBuf,
    entries: Vec<OptedOut>,
    people: HashSet<PhoneIdentity>,
    unreadable: Vec<u64>,
    seen: Seen,
}

/// By what a change of the file is noticed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    len: u64,
    tail: Vec<u8>,
}

impl OptOutList {
    /// Reads the list; an absent file is an empty one.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(disk: SharedDisk, path: impl Into<PathBuf>) -> io::Result<OptOutList> {
        let mut list = OptOutList {
            disk,
            path: path.into(),
            entries: Vec::new(),
            people: HashSet::new(),
            unreadable: Vec::new(),
            seen: Seen::default(),
        };
        list.read()?;
        Ok(list)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everybody on it, in the file's order, each once.
    #[must_use]
    pub fn entries(&self) -> &[OptedOut] {
        &self.entries
    }

    /// Line numbers (from 1) that name nobody: somebody edited them by hand.
    #[must_use]
    pub fn unreadable(&self) -> &[u64] {
        &self.unreadable
    }

    /// Puts people on it who aren't yet, durably; says how many that were.
    ///
    /// # Errors
    /// The disk's. Nobody counts as added then.
    pub fn add_all(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64> {
        let _guard = self.lock()?;
        self.read()?;
        let mut new: HashSet<PhoneIdentity> = HashSet::new();
        let mut lines = Vec::new();
        for (phone, reason) in people {
            let person = phone.identity();
            if !self.people.contains(&person) && new.insert(person) {
                lines.extend(line(*phone, reason, &at.rfc3339())?);
            }
        }
        if new.is_empty() {
            return Ok(0);
        }
        if !self.disk.exists(&self.path)? {
            let mut bytes = HEADER.as_bytes().to_vec();
            bytes.extend(lines);
            write_atomic(&*self.disk, &self.path, &bytes)?;
        } else {
            let file = self.disk.open(&self.path)?;
            let len = file.len()?;
            let mut last = [b'\n'];
            if len > 0 {
                file.read_at(len - 1, &mut last)?;
            }
            if last != [b'\n'] {
                // An editor left the last line open, or a kill cut it: don't continue it.
                lines.insert(0, b'\n');
            }
            file.write_at(len, &lines)?;
            file.sync()?;
        }
        let added = new.len() as u64;
        self.read()?;
        Ok(added)
    }

    /// Takes people off it; says how many were on it.
    ///
    /// # Errors
    /// The disk's; the list is as it was then.
    pub fn remove_all(&mut self, people: &[Phone]) -> io::Result<u64> {
        let _guard = self.lock()?;
        self.read()?;
        let leaving: HashSet<PhoneIdentity> = people
            .iter()
            .map(|phone| phone.identity())
            .filter(|person| self.people.contains(person))
            .collect();
        if leaving.is_empty() {
            return Ok(0);
        }
        let text = self.disk.read(&self.path)?;
        let kept: Vec<u8> = text
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| {
                !parse(&String::from_utf8_lossy(line)).is_some_and(|e| leaving.contains(&e.phone.identity()))
            })
            .flatten()
            .copied()
            .collect();
        write_atomic(&*self.disk, &self.path, &kept)?;
        self.read()?;
        Ok(leaving.len() as u64)
    }

    fn lock(&self) -> io::Result<LockGuard> {
        if let Some(dir) = self.path.parent() {
            self.disk.create_dir_all(dir)?;
        }
        self.disk.lock(&self.path.with_extension("lock"))
    }

    fn read(&mut self) -> io::Result<()> {
        let bytes = if_there(self.disk.read(&self.path))?.unwrap_or_default();
        self.seen =
            Seen { len: bytes.len() as u64, tail: bytes[bytes.len().saturating_sub(TAIL)..].to_vec() };
        self.entries.clear();
        self.people.clear();
        self.unreadable.clear();
        let text = String::from_utf8_lossy(&bytes);
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if line.trim().is_empty() || (at == 0 && is_header(line)) {
                continue;
            }
            match parse(line) {
                Some(entry) if self.people.insert(entry.phone.identity()) => self.entries.push(entry),
                Some(_) => {}
                None => self.unreadable.push(at as u64 + 1),
            }
        }
        Ok(())
    }

    fn look(&self) -> io::Result<Seen> {
        let Some(file) = if_there(self.disk.open_read(&self.path))? else { return Ok(Seen::default()) };
        let len = file.len()?;
        let mut tail = vec![0; TAIL.min(usize::try_from(len).unwrap_or(TAIL))];
        let read = file.read_at(len - tail.len() as u64, &mut tail)?;
        tail.truncate(read);
        Ok(Seen { len, tail })
    }
}

impl OptOuts for OptOutList {
    fn refresh(&mut self) {
        let changed = self.look().and_then(|seen| if seen == self.seen { Ok(()) } else { self.read() });
        if let Err(error) = changed {
            tracing::warn!(path = %self.path.display(), %error, "the opt-out list can't be read; the last known one holds");
        }
    }

    fn contains(&self, phone: Phone) -> bool {
        self.people.contains(&phone.identity())
    }

    fn add(&mut self, phone: Phone, reason: &str, at: Millis) -> io::Result<()> {
        self.add_all(&[(phone, reason.to_owned())], at).map(drop)
    }
}

fn is_header(line: &str) -> bool {
    line.split([',', ';', '\t']).next().is_some_and(|cell| !cell.bytes().any(|b| b.is_ascii_digit()))
}

/// A line of the file; a spreadsheet may have quoted the cells, or added a `+`, spaces or dashes.
fn parse(line: &str) -> Option<OptedOut> {
    let delimiter = if line.contains(',') { b',' } else { b';' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    let cell: String = record
        .get(0)?
        .chars()
        .filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')' | '\'' | '\u{a0}' | '\u{feff}'))
        .collect();
    let text = |n: usize| record.get(n).unwrap_or_default().trim().to_owned();
    Some(OptedOut { phone: Phone::from_digits(&cell)?, reason: text(1), at: text(2) })
}

fn line(phone: Phone, reason: &str, at: &str) -> io::Result<Vec<u8>> {
    // One line a person: what a reason breaks over lines is joined.
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([phone.digits().as_str(), reason.trim(), at])?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::RealDisk;

    fn phone(digits: &str) -> Phone {
        Phone::from_digits(digits).unwrap()
    }

    fn list(dir: &Path) -> OptOutList {
        OptOutList::open(RealDisk::shared(), dir.join("optout.csv")).unwrap()
    }

    const AT: Millis = Millis(1_700_000_000_000);

    #[test]
    fn people_stay_on_it_and_each_is_there_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = list(dir.path());
        let (ann, bob) = (phone("919876543210"), phone("447700900123"));
        let people =
            [(ann, "STOP, please".to_owned()), (bob, "by\nhand".to_owned()), (ann, "again".to_owned())];
        assert_eq!(one.add_all(&people, AT).unwrap(), 2);
        assert_eq!(one.add_all(&people, AT).unwrap(), 0);
        let text = std::fs::read_to_string(dir.path().join("optout.csv")).unwrap();
        assert_eq!(
            text,
            "phone,reason,at\n919876543210,\"STOP, please\",2023-11-14T22:13:20Z\n\
             447700900123,by hand,2023-11-14T22:13:20Z\n"
        );
        let again = list(dir.path());
        assert!(again.contains(ann) && again.contains(bob));
        assert_eq!(again.entries()[0].reason, "STOP, please");
    }

    #[test]
    fn a_change_by_another_process_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (mut here, mut there) = (list(dir.path()), list(dir.path()));
        let (ann, bob) = (phone("919876543210"), phone("919876543211"));
        there.add(ann, "STOP", AT).unwrap();
        assert!(!here.contains(ann));
        here.refresh();
        assert!(here.contains(ann));
        // The same length as before.
        there.remove_all(&[ann]).unwrap();
        there.add(bob, "STOP", AT).unwrap();
        here.refresh();
        assert!(!here.contains(ann) && here.contains(bob));
        assert_eq!(here.remove_all(&[ann]).unwrap(), 0, "it wasn't on it");
    }

    #[test]
    fn a_file_from_a_spreadsheet_is_understood_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("optout.csv");
        std::fs::write(&path, "\u{feff}Phone,Reason\r\n+91 98765-43210,call\r\nnobody,x\r\n447700900123")
            .unwrap();
        let mut list = list(dir.path());
        assert_eq!(list.entries().len(), 2);
        assert_eq!(list.unreadable(), [3]);
        let eve = phone("4915112345678");
        list.add(eve, "STOP", AT).unwrap();
        assert_eq!(list.entries().len(), 3, "an open last line is closed first");
        assert_eq!(list.remove_all(&[phone("919876543210")]).unwrap(), 1);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("nobody,x") && !text.contains("98765-43210"), "{text}");
    }
}
