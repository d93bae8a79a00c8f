//! What belongs to a sending number, in `numbers/<id>/`: the lock that makes it one sender at a time, the
//! time of its last POST, and a hold that the server asked for.
//!
//! - `lock`: held while there is something to send.
//! - `last`: eight bytes, milliseconds, little-endian: no POST of this number has started later. Written
//!   before the POST, without a sync: a killed process leaves it in the page cache, and a power cut lasts
//!   longer than an interval.
//! - `hold.json`: a hold that was asked for by the server, durable, so that a restart honours it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pacer::{Pacer, SLACK};
use crate::domain::ids::NumberId;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::sys::disk::{DiskFile, LockGuard, SharedDisk, create_durable_dir, write_atomic};

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
        create_durable_dir(&*disk, &dir, 2).map_err(QueueError::disk("create", &dir))?;
        let path = dir.join("last");
        let opened = if disk.exists(&path) { disk.open(&path) } else { disk.create_new(&path) };
        let last = opened.map_err(QueueError::disk("open", &path))?;
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
            None => Duration::ZERO,
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
        self.last.write_at(0, &at.0.to_le_bytes()).map_err(QueueError::disk("write", &path))
    }

    /// Keeps a hold for whoever sends next.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_hold(&mut self, hold: Hold) -> Result<(), QueueError> {
        let path = self.hold_path();
        let bytes = serde_json::to_vec(&hold).unwrap_or_default();
        write_atomic(&*self.disk, &path, &bytes).map_err(QueueError::disk("write", &path))?;
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
        if !self.disk.exists(&path) {
            return Ok(None);
        }
        let bytes = self.disk.read(&path).map_err(QueueError::disk("read", &path))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(&path, &error))
    }

    fn last_post(&self) -> Result<Option<Millis>, QueueError> {
        let path = self.dir.join("last");
        let mut bytes = [0; 8];
        let read = self.last.read_at(0, &mut bytes).map_err(QueueError::disk("read", &path))?;
        Ok((read == 8).then(|| Millis(u64::from_le_bytes(bytes))))
    }
}

fn interval(rate: Rate) -> Duration {
    rate.per_second().map_or(Duration::ZERO, |r| Duration::from_secs_f64(1.0 / r))
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> QueueError {
    QueueError::Damaged {
        path: path.to_owned(),
        what: error.to_string(),
        hint: "remove this file: it only holds a pause that the server asked for".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sys::disk::Disk;
    use crate::sys::memory_disk::MemoryDisk;

    #[test]
    fn a_hold_outlives_a_power_cut() {
        for seed in 0..32 {
            let memory = MemoryDisk::new();
            create_durable_dir(&memory, Path::new("/data"), 1).unwrap();
            let disk: SharedDisk = Arc::new(memory.clone());
            let open = || Number::open(disk.clone(), "/data/numbers/n".into(), NumberId::new("n")).unwrap();
            let (since, until) = (Millis(1_000), Millis(31_000));
            open().keep_hold(Hold { until, since, why: "slower".into() }).unwrap();
            memory.power_cut(seed);
            assert!(memory.exists(Path::new("/data/numbers/n/hold.json")), "seed {seed}");
            assert_eq!(open().hold_at(Millis(5_000)).unwrap().until, until);
        }
    }
}
