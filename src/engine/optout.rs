//! The list of people who are never written to: `optout.csv` in the data directory, one for trials and real
//! runs, `phone,reason,at`, readable and editable in a spreadsheet.
//!
//! Invariants:
//!
//! - A person who was added stays on it after a crash: additions are appended and synced, removals replace
//!   the file atomically; both under a lock of their own (`optout.lock`).
//! - It fails closed. A line that can't be understood is kept and told of ([`OptOutList::unreadable`]), never
//!   dropped; no run begins while there is one, and one that goes on sends nothing until it is mended.
//! - Who was on it since a run began isn't written to by that run, whatever becomes of the file: programs that
//!   save it may leave it empty, or in part, for a moment.
//! - Only the lines of a removed person leave the file.
//!
//! How it is read: `format`.

mod format;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::OptOuts;
use crate::sys::disk::{LockGuard, SharedDisk, if_there, write_atomic};
use crate::webhooks::STOPPED_MARKETING;

pub use format::{Unreadable, number};

/// Bytes at the end of the file by which a change of equal length is noticed at once: every addition ends with its
/// time, so a list that changed ends differently.
const TAIL: usize = 128;
/// A list up to this size is read each time it is looked at, a larger one each [`LOOKS`] times.
const SMALL: u64 = 256 << 10;
const LOOKS: u32 = 20;
const HEADER: &str = "phone,reason,at\n";

/// One person on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptedOut {
    /// Their phone number.
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
    people: HashSet<Key>,
    /// Those of them whom nothing but WhatsApp's own word put on it.
    liftable: HashSet<Key>,
    /// Who was on it at an earlier reading.
    before: HashSet<Key>,
    unreadable: Vec<Unreadable>,
    seen: Seen,
    looks: u32,
}

/// By what a change of the file is noticed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    len: u64,
    tail: Vec<u8>,
    sum: u32,
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
            liftable: HashSet::new(),
            before: HashSet::new(),
            unreadable: Vec::new(),
            seen: Seen::default(),
            looks: 0,
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

    /// Lines that name nobody for certain: nothing may be sent while there is one.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Puts people on it who aren't yet, durably; says how many that were. Whoever is on it by WhatsApp's own word alone
    /// and now says so themselves gets a line of their own: that isn't lifted by its word.
    ///
    /// # Errors
    /// The disk's. Nobody counts as added then.
    pub fn add_all(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64> {
        let _guard = self.lock()?;
        self.read()?;
        let mut lines = Vec::new();
        let mut added = 0;
        for (phone, reason) in people {
            let (person, lifts) = (key(*phone), reason.starts_with(STOPPED_MARKETING));
            let new = self.people.insert(person);
            if new || (!lifts && self.liftable.remove(&person)) {
                lines.extend(line(*phone, reason, &at.rfc3339())?);
                added += u64::from(new);
            }
            if new && lifts {
                self.liftable.insert(person);
            }
        }
        if lines.is_empty() {
            return Ok(0);
        }
        if !self.disk.exists(&self.path)? {
            let mut bytes = HEADER.as_bytes().to_vec();
            bytes.extend(lines);
            write_atomic(&*self.disk, &self.path, &bytes)?;
        } else {
            self.append(lines)?;
        }
        self.read()?;
        Ok(added)
    }

    /// Takes people off it; says how many were on it.
    ///
    /// # Errors
    /// The disk's; the list is as it was then.
    pub fn remove_all(&mut self, people: &[Phone]) -> io::Result<u64> {
        let _guard = self.lock()?;
        self.remove_locked(people)
    }

    fn remove_locked(&mut self, people: &[Phone]) -> io::Result<u64> {
        self.read()?;
        let leaving: HashSet<Key> =
            people.iter().map(|phone| key(*phone)).filter(|person| self.people.contains(person)).collect();
        if leaving.is_empty() {
            return Ok(0);
        }
        let bytes = self.disk.read(&self.path)?;
        let text = format::text(&bytes).map_err(no_text)?;
        let contents = format::read(&text);
        let gone = contents.entries.iter().filter(|(_, entry)| leaving.contains(&key(entry.phone)));
        let gone: HashSet<usize> = gone.map(|(at, _)| *at).collect();
        let lines = format::lines(&text).enumerate().filter(|(at, _)| !gone.contains(at));
        let kept: Vec<u8> = lines.flat_map(|(_, line)| line).copied().collect();
        write_atomic(&*self.disk, &self.path, &kept)?;
        self.read()?;
        self.before.retain(|person| !leaving.contains(person));
        Ok(leaving.len() as u64)
    }

    /// Takes a person off it whom WhatsApp's own word alone put on it, before `told`: they changed that again. Says
    /// whether.
    ///
    /// # Errors
    /// The disk's; the list is as it was then.
    pub fn lift(&mut self, phone: Phone, told: Millis) -> io::Result<bool> {
        let _guard = self.lock()?;
        let told = told.rfc3339();
        let bytes = if_there(self.disk.read(&self.path))?.unwrap_or_default();
        let contents = format::read(&format::text(&bytes).map_err(no_text)?);
        let mut theirs = contents
            .entries
            .iter()
            .map(|(_, entry)| entry)
            .filter(|entry| key(entry.phone) == key(phone))
            .peekable();
        // Times are written alike, so that they compare as texts.
        let lifted = theirs.peek().is_some()
            && theirs.all(|entry| {
                entry.reason.starts_with(STOPPED_MARKETING) && !entry.at.is_empty() && entry.at <= told
            });
        if lifted {
            self.remove_locked(&[phone])?;
        }
        Ok(lifted)
    }

    /// Puts lines behind what is there. A list in UTF-16 becomes UTF-8 by that.
    fn append(&self, mut lines: Vec<u8>) -> io::Result<()> {
        let file = self.disk.open(&self.path)?;
        let len = file.len()?;
        let bytes = self.disk.read(&self.path)?;
        let text = format::text(&bytes).map_err(no_text)?;
        if text.last().is_some_and(|last| !matches!(last, b'\n' | b'\r')) {
            // An editor left the last line open, or a kill cut it: don't continue it.
            lines.insert(0, b'\n');
        }
        match text {
            // In the file's own way of ending lines.
            Cow::Borrowed(text) if text.contains(&b'\n') || !text.contains(&b'\r') => {
                file.write_at(len, &lines)?;
                file.sync()
            }
            text => {
                let text = String::from_utf8_lossy(&text).replace("\r\n", "\n").replace('\r', "\n");
                write_atomic(&*self.disk, &self.path, &[text.as_bytes(), &lines].concat())
            }
        }
    }

    fn lock(&self) -> io::Result<LockGuard> {
        if let Some(dir) = self.path.parent() {
            self.disk.create_dir_all(dir)?;
        }
        self.disk.lock(&self.path.with_extension("lock"))
    }

    fn read(&mut self) -> io::Result<()> {
        let bytes = if_there(self.disk.read(&self.path))?.unwrap_or_default();
        self.seen = Seen::of(&bytes);
        self.before.extend(self.people.drain());
        self.liftable.clear();
        self.entries.clear();
        self.unreadable.clear();
        match format::text(&bytes) {
            Err(whole) => self.unreadable.push(whole),
            Ok(text) => {
                let contents = format::read(&text);
                self.unreadable = contents.unreadable;
                for (_, entry) in contents.entries {
                    let person = key(entry.phone);
                    if !entry.reason.starts_with(STOPPED_MARKETING) {
                        self.liftable.remove(&person);
                    } else if !self.people.contains(&person) {
                        self.liftable.insert(person);
                    }
                    if self.people.insert(person) {
                        self.entries.push(entry);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the file is another than the one that was read.
    fn has_changed(&mut self) -> io::Result<bool> {
        let Some(file) = if_there(self.disk.open_read(&self.path))? else {
            return Ok(self.seen != Seen::of(&[]));
        };
        let len = file.len()?;
        self.looks = self.looks.wrapping_add(1);
        if len == self.seen.len && (len <= SMALL || self.looks.is_multiple_of(LOOKS)) {
            return Ok(Seen::of(&self.disk.read(&self.path)?) != self.seen);
        }
        let mut tail = vec![0; TAIL.min(usize::try_from(len).unwrap_or(TAIL))];
        let read = file.read_at(len - tail.len() as u64, &mut tail)?;
        tail.truncate(read);
        Ok(len != self.seen.len || tail != self.seen.tail)
    }
}

impl Seen {
    fn of(bytes: &[u8]) -> Seen {
        let tail = bytes[bytes.len().saturating_sub(TAIL)..].to_vec();
        Seen { len: bytes.len() as u64, tail, sum: crc32fast::hash(bytes) }
    }
}

impl OptOuts for OptOutList {
    fn refresh(&mut self) -> Result<(), Problem> {
        let read = self.has_changed().and_then(|changed| if changed { self.read() } else { Ok(()) });
        let path = self.path.display();
        if let Err(error) = read {
            return Err(Problem::new(format!("the opt-out list {path} can't be read: {error}")));
        }
        let Some(Unreadable { line, why }) = self.unreadable.first() else { return Ok(()) };
        let place = line.map_or_else(String::new, |line| format!(" line {line}"));
        Err(Problem::new(format!("the opt-out list can't be read whole: {path}{place}: {why}")))
    }

    fn contains(&self, phone: Phone) -> bool {
        self.people.contains(&key(phone)) || self.before.contains(&key(phone))
    }

    fn add(&mut self, phone: Phone, reason: &str, at: Millis) -> io::Result<()> {
        self.add_all(&[(phone, reason.to_owned())], at).map(drop)
    }
}

/// By what people are compared.
type Key = PhoneIdentity;

fn key(phone: Phone) -> Key {
    phone.identity()
}

fn no_text(whole: Unreadable) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, whole.why)
}

fn line(phone: Phone, reason: &str, at: &str) -> io::Result<Vec<u8>> {
    // One line a person: what a reason breaks over lines is joined.
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([phone.digits().as_str(), reason.trim(), at])?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests;
