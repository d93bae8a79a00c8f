//! What belongs to a sending number, in `numbers/<id>/`: the lock that makes it one sender at a time, the
//! time of its last POST, and a hold that the server asked for.
//!
//! - `lock`: held while there is something to send.
//! - `last`: milliseconds u64 · crc32 u32, little-endian: no POST of this number has started later. Written
//!   before the POST, without a sync: a killed process leaves it in the page cache, and a power cut lasts
//!   longer than an interval. One that can't be read stands for a POST just now.
//! - `hold.json`: a hold that was asked for by the server, durable and sealed, so that a restart honours it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pacer::{Pacer, SLACK};
use crate::domain::ids::NumberId;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::sys::disk::{DiskFile, LockGuard, SharedDisk, write_atomic};
use crate::sys::sealed::{seal, unseal};

/// Length of `last`.
const STAMP: usize = 12;

/// A hold that outlives the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Nothing is POSTed before this.
    pub until: Millis,
    /// Since when; with `until` it bounds the hold when the clock jumps.
    pub since: Millis,
    /// Why, for people.
    pub why: String,
}

/// One number's directory, open.
#[derive(Debug)]
pub struct Number {
    id: NumberId,
    dir: PathBuf,
    disk: SharedDisk,
    last: Box<dyn DiskFile>,
    lock: Option<LockGuard>,
    hold: Option<Hold>,
}

impl Number {
    /// Opens (and creates, durably) the number's directory. Takes no lock yet.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(disk: SharedDisk, dir: PathBuf, id: NumberId) -> Result<Number, QueueError> {
        let first = !disk.exists(&dir).map_err(QueueError::disk("find", &dir))?;
        disk.create_dir_all(&dir).map_err(QueueError::disk("create", &dir))?;
        let path = dir.join("last");
        let last = disk.open_or_create(&path).map_err(QueueError::disk("open", &path))?;
        if first {
            last.write_at(0, &stamp(Millis::ZERO)).map_err(QueueError::disk("write", &path))?;
        }
        let mut number = Number { id, dir, disk, last, lock: None, hold: None };
        number.hold = number.stored_hold()?;
        Ok(number)
    }

    /// The number.
    #[must_use]
    pub fn id(&self) -> &NumberId {
        &self.id
    }

    /// Tries to become its only sender; `true` when it is (already or now).
    ///
    /// # Errors
    /// The disk's.
    pub fn try_lock(&mut self) -> Result<bool, QueueError> {
        if self.lock.is_none() {
            let path = self.dir.join("lock");
            self.lock = self.disk.try_lock(&path).map_err(QueueError::disk("lock", &path))?;
            if self.lock.is_some() {
                self.hold = self.stored_hold()?;
            }
        }
        Ok(self.lock.is_some())
    }

    /// Lets other campaigns send from it.
    pub fn unlock(&mut self) {
        self.lock = None;
    }

    /// A pace that goes on where the last sender left it.
    ///
    /// # Errors
    /// The disk's.
    pub fn pacer(&self, rate: Rate, now: Millis) -> Result<Pacer, QueueError> {
        let wait = match self.last_post()? {
            // A time in the future (the clock was set back) waits one interval at most; the pacer sees to it.
            Some(last) if last > now => Duration::MAX,
            // The last sender may have been early by its slack, and its POST later than its note.
            Some(last) => (interval(rate) + 2 * SLACK).saturating_sub(now.since(last)),
            None => {
                tracing::warn!(number = %self.id, "the time of the last message can't be read: waiting one turn");
                Duration::MAX
            }
        };
        let mut pacer = Pacer::new(rate, wait);
        if let Some(hold) = self.hold_at(now) {
            pacer.hold(tokio::time::Instant::now() + hold.until.since(now));
        }
        Ok(pacer)
    }

    /// Notes that a POST is about to start.
    ///
    /// # Errors
    /// The disk's.
    pub fn posting(&self, at: Millis) -> Result<(), QueueError> {
        let path = self.dir.join("last");
        self.last.write_at(0, &stamp(at)).map_err(QueueError::disk("write", &path))
    }

    /// Keeps a hold for whoever sends next.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_hold(&mut self, hold: Hold) -> Result<(), QueueError> {
        let path = self.hold_path();
        let bytes = seal(&hold).map_err(io::Error::other);
        let written = bytes.and_then(|bytes| write_atomic(&*self.disk, &path, &bytes));
        written.map_err(QueueError::disk("write", &path))?;
        self.hold = Some(hold);
        Ok(())
    }

    /// The hold in force. One that lies further ahead than it was long is cut: the clock was set back.
    #[must_use]
    pub fn hold_at(&self, now: Millis) -> Option<Hold> {
        let hold = self.hold.as_ref()?;
        let length = hold.until.since(hold.since);
        let until = hold.until.min(now + length);
        (until > now).then(|| Hold { until, ..hold.clone() })
    }

    fn hold_path(&self) -> PathBuf {
        self.dir.join("hold.json")
    }

    fn stored_hold(&self) -> Result<Option<Hold>, QueueError> {
        let path = self.hold_path();
        match self.disk.read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(QueueError::disk("read", &path)(error)),
            Ok(bytes) => unseal(&bytes).map(Some).map_err(|error| damaged(&path, &error)),
        }
    }

    fn last_post(&self) -> Result<Option<Millis>, QueueError> {
        let path = self.dir.join("last");
        let mut bytes = [0; STAMP];
        let read = self.last.read_at(0, &mut bytes).map_err(QueueError::disk("read", &path))?;
        let mut at = [0; 8];
        at.copy_from_slice(&bytes[..8]);
        let at = Millis(u64::from_le_bytes(at));
        Ok((read == STAMP && bytes == stamp(at)).then_some(at))
    }
}

fn stamp(at: Millis) -> [u8; STAMP] {
    let mut bytes = [0; STAMP];
    bytes[..8].copy_from_slice(&at.0.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn interval(rate: Rate) -> Duration {
    rate.per_second().map_or(Duration::ZERO, |r| Duration::from_secs_f64(1.0 / r))
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> QueueError {
    QueueError::Damaged {
        path: path.to_owned(),
        what: error.to_string(),
        hint: "wait as long as the server may have asked for (an hour is plenty), then remove this file: \
               it only holds that pause"
            .into(),
    }
}
