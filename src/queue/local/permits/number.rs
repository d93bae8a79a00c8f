//! What belongs to a sending number, in `numbers/<id>/`: whose turn it is, the time of its last POST, a hold that the
//! server asked for, and the rate that it was found to bear.
//!
//! - `lock`: held by the run whose turn it is. `line/`: who else wants one (see `line`).
//! - `last`: milliseconds u64 · crc32 u32, little-endian: no POST of this number was let go later. Written
//!   before the POST, without a sync: a killed process leaves it in the page cache, and a power cut lasts
//!   longer than an interval. One that can't be read stands for a POST just now.
//! - `hold.json`: a hold that was asked for by the server, durable and sealed, so that a restart honours it. Written
//!   under `hold.lock`, also by a run whose turn is over.
//! - `learnt.json`: the rate below the ceiling that throttles taught, and the share that is throttled at any rate, for
//!   as long as they are likely to hold. A hint, written without a sync; what can't be read is passed over.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::line::Line;
use crate::domain::ids::{NumberId, OwnerId};
use crate::domain::policy::Lesson;
use crate::domain::priority::Priority;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::queue::permits::{Hold, LESSON_LASTS, LastPost, OpenPermits, Party, Permits};
use crate::sys::disk::{
    Disk, DiskFile, LockGuard, SharedDisk, create_durable_dir, if_there, publish, write_atomic,
};
use crate::sys::home::Home;
use crate::sys::sealed::{seal, unseal};

/// Length of `last`.
const STAMP: usize = 12;
/// A turn is used for so long, where others are in line.
const TURN: Duration = Duration::from_secs(1);
/// The line isn't looked at more often than this for a turn that goes on.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Whose turn it is takes it within this time, or is passed over.
const GRACE: Duration = Duration::from_millis(250);

/// What throttles taught.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Learnt {
    version: u32,
    /// POSTs a second; `None`: the ceiling is sustained.
    rate: Option<f64>,
    /// The share that is throttled at any rate.
    #[serde(default)]
    chance: Option<f64>,
    at: Millis,
}

impl Learnt {
    const VERSION: u32 = 1;
}

/// Opens the permits of a run of `campaign` in this data directory.
#[must_use]
pub fn open_permits(
    disk: SharedDisk,
    home: Home,
    owner: OwnerId,
    campaign: String,
    priority: Priority,
) -> OpenPermits {
    Box::new(move |id| {
        let party = Party { campaign: campaign.clone(), priority };
        let permits = LocalPermits::open(disk.clone(), home.number(id), id.clone(), owner, party)?;
        Ok(Box::new(permits))
    })
}

/// One number's directory, open.
#[derive(Debug)]
pub struct LocalPermits {
    id: NumberId,
    dir: PathBuf,
    disk: SharedDisk,
    last: Box<dyn DiskFile>,
    line: Line,
    turn: Option<Turn>,
    /// Since when the turn is free and wasn't taken.
    neglected_since: Option<Instant>,
    hold: Option<Hold>,
}

/// The right to send from the number.
struct Turn {
    _lock: LockGuard,
    /// Since when others wait for its end, or it began.
    since: Instant,
    /// When the line was last looked at.
    looked: Instant,
    posted: bool,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("since", &self.since).finish_non_exhaustive()
    }
}

impl LocalPermits {
    /// Opens (and creates, durably) the number's directory. Takes no lock yet.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        disk: SharedDisk,
        dir: PathBuf,
        id: NumberId,
        owner: OwnerId,
        party: Party,
    ) -> Result<LocalPermits, QueueError> {
        let first = !disk.exists(&dir).map_err(QueueError::disk("find", &dir))?;
        create_durable_dir(&*disk, &dir, 2).map_err(QueueError::disk("create", &dir))?;
        let path = dir.join("last");
        let last = disk.open_or_create(&path).map_err(QueueError::disk("open", &path))?;
        if first {
            last.write_at(0, &stamp(Millis::ZERO)).map_err(QueueError::disk("write", &path))?;
        }
        let line = Line::new(disk.clone(), dir.join("line"), owner, party);
        let mut permits =
            LocalPermits { id, dir, disk, last, line, turn: None, neglected_since: None, hold: None };
        permits.hold = permits.stored_hold()?;
        Ok(permits)
    }

    fn stored_hold(&self) -> Result<Option<Hold>, QueueError> {
        kept_hold(&*self.disk, &self.dir)
    }

    fn hold_path(&self) -> PathBuf {
        hold_path(&self.dir)
    }
}

fn hold_path(dir: &Path) -> PathBuf {
    dir.join("hold.json")
}

/// The hold that is kept for the number of this directory, for somebody who only looks; it may be over.
///
/// # Errors
/// The disk's, and where it is damaged.
pub fn kept_hold(disk: &dyn Disk, dir: &Path) -> Result<Option<Hold>, QueueError> {
    let path = hold_path(dir);
    let bytes = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))?;
    bytes.map(|bytes| unseal(&bytes).map_err(|error| damaged(path, &error))).transpose()
}

/// What throttles taught of the number of this directory, as far as that is likely to hold still.
///
/// # Errors
/// The disk's.
pub fn kept_lesson(disk: &dyn Disk, dir: &Path, now: Millis) -> Result<Option<Lesson>, QueueError> {
    let path = dir.join("learnt.json");
    let bytes = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))?;
    let learnt = bytes.and_then(|bytes| serde_json::from_slice::<Learnt>(&bytes).ok());
    let fresh = |learnt: &Learnt| learnt.version == Learnt::VERSION && now.since(learnt.at) <= LESSON_LASTS;
    let sound = |value: &f64| value.is_finite() && *value > 0.0;
    let lesson =
        |learnt: Learnt| Lesson { rate: learnt.rate.filter(sound), chance: learnt.chance.filter(sound) };
    Ok(learnt.filter(fresh).map(lesson))
}

impl Permits for LocalPermits {
    fn number(&self) -> &NumberId {
        &self.id
    }

    fn try_turn(&mut self, at: Instant) -> Result<bool, QueueError> {
        if self.turn.is_some() {
            return Ok(true);
        }
        self.line.join()?;
        let path = self.dir.join("lock");
        let Some(lock) = self.disk.try_lock(&path).map_err(QueueError::disk("lock", &path))? else {
            self.neglected_since = None;
            return Ok(false);
        };
        self.line.look()?;
        // Who is before this run may be stopped: each is waited for, but not for ever.
        let grace = GRACE * u32::try_from(self.line.ahead(Duration::ZERO)).unwrap_or(u32::MAX);
        if at - *self.neglected_since.get_or_insert(at) < grace {
            return Ok(false);
        }
        self.neglected_since = None;
        self.hold = self.stored_hold()?;
        self.turn = Some(Turn { _lock: lock, since: at, looked: at, posted: false });
        Ok(true)
    }

    fn is_used_up(&self, at: Instant) -> bool {
        let used = |turn: &Turn| turn.posted && at - turn.since >= TURN && at - turn.looked >= LOOK_EVERY;
        !self.line.rivals().is_empty() && self.turn.as_ref().is_some_and(used)
    }

    fn share(&mut self, at: Instant) -> Result<bool, QueueError> {
        if !self.line.is_in() {
            return Ok(false);
        }
        self.line.look()?;
        let Some(turn) = &mut self.turn else { return Ok(false) };
        turn.looked = at;
        if self.line.rivals().is_empty() {
            turn.since = at;
            return Ok(false);
        }
        let (used, posted) = (at - turn.since, turn.posted);
        // Whose turn is over may have been asked to hold since.
        self.hold = self.stored_hold()?;
        if !posted || used < TURN || self.line.ahead(used) == 0 {
            return Ok(false);
        }
        self.line.pay_for(used)?;
        self.turn = None;
        Ok(true)
    }

    fn leave(&mut self) {
        let used = match &self.turn {
            Some(turn) if !self.line.rivals().is_empty() => turn.since.elapsed(),
            _ => Duration::ZERO,
        };
        self.line.leave(used);
        self.turn = None;
    }

    fn others(&self) -> Vec<&Party> {
        self.line.rivals().iter().map(|rival| &rival.party).collect()
    }

    fn last_post(&self) -> Result<LastPost, QueueError> {
        let path = self.dir.join("last");
        let mut bytes = [0; STAMP];
        let read = self.last.read_at(0, &mut bytes).map_err(QueueError::disk("read", &path))?;
        let mut at = [0; 8];
        at.copy_from_slice(&bytes[..8]);
        let at = Millis(u64::from_le_bytes(at));
        Ok(match at {
            _ if read != STAMP || bytes != stamp(at) => LastPost::Unknown,
            Millis::ZERO => LastPost::Never,
            at => LastPost::At(at),
        })
    }

    fn note_post(&mut self, at: Millis) -> Result<(), QueueError> {
        if let Some(turn) = &mut self.turn {
            turn.posted = true;
        }
        let path = self.dir.join("last");
        self.last.write_at(0, &stamp(at)).map_err(QueueError::disk("write", &path))
    }

    fn hold(&self, now: Millis) -> Option<Hold> {
        self.hold.as_ref()?.in_force(now)
    }

    fn keep_hold(&mut self, hold: Hold) -> Result<(), QueueError> {
        let lock = self.dir.join("hold.lock");
        let _guard = self.disk.lock(&lock).map_err(QueueError::disk("lock", &lock))?;
        self.hold = self.stored_hold()?;
        if self.hold(hold.since).is_some_and(|kept| kept.until >= hold.until) {
            return Ok(());
        }
        let path = self.hold_path();
        let bytes = seal(&hold).map_err(io::Error::other);
        let written = bytes.and_then(|bytes| write_atomic(&*self.disk, &path, &bytes));
        written.map_err(QueueError::disk("write", &path))?;
        self.hold = Some(hold);
        Ok(())
    }

    fn lesson(&self, now: Millis) -> Result<Option<Lesson>, QueueError> {
        kept_lesson(&*self.disk, &self.dir, now)
    }

    fn keep_lesson(&self, Lesson { rate, chance }: Lesson, at: Millis) -> Result<(), QueueError> {
        let path = self.dir.join("learnt.json");
        let learnt = Learnt { version: Learnt::VERSION, rate, chance, at };
        let bytes = serde_json::to_vec(&learnt).unwrap_or_default();
        publish(&*self.disk, &path, &bytes).map_err(QueueError::disk("write", &path))
    }
}

fn stamp(at: Millis) -> [u8; STAMP] {
    let mut bytes = [0; STAMP];
    bytes[..8].copy_from_slice(&at.0.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn damaged(path: PathBuf, error: &dyn std::fmt::Display) -> QueueError {
    QueueError::Damaged {
        path,
        what: error.to_string(),
        hint: "wait as long as the server may have asked for (an hour is plenty), then remove this file: \
               it only holds that pause"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sys::disk::RealDisk;
    use crate::sys::memory_disk::MemoryDisk;

    const NOW: Millis = Millis(1_795_341_600_000);

    fn open_on(disk: SharedDisk, dir: &Path) -> Result<LocalPermits, QueueError> {
        let party = Party { campaign: "diwali".to_owned(), priority: Priority::Normal };
        LocalPermits::open(disk, dir.to_owned(), NumberId::new("100"), OwnerId(1), party)
    }

    fn open(dir: &Path) -> Result<LocalPermits, QueueError> {
        open_on(RealDisk::shared(), &dir.join("100"))
    }

    #[test]
    fn a_damaged_time_of_the_last_post_is_known_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let last = || open(dir.path()).unwrap().last_post().unwrap();
        assert_eq!(last(), LastPost::Never);
        open(dir.path()).unwrap().note_post(NOW).unwrap();
        assert_eq!(last(), LastPost::At(NOW));
        let path = dir.path().join("100/last");
        let bytes = std::fs::read(&path).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &flipped).unwrap();
            assert_eq!(last(), LastPost::Unknown, "bit {bit}");
        }
        for len in 0..bytes.len() {
            std::fs::write(&path, &bytes[..len]).unwrap();
            assert_eq!(last(), LastPost::Unknown, "cut at {len}");
        }
        std::fs::write(&path, [0; 12]).unwrap();
        assert_eq!(last(), LastPost::Unknown, "zeroed");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(last(), LastPost::Unknown, "removed");
    }

    #[test]
    fn a_damaged_hold_is_refused_by_name_and_never_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let hold = Hold { until: NOW + Duration::from_secs(600), since: NOW, why: "Retry-After".into() };
        open(dir.path()).unwrap().keep_hold(hold.clone()).unwrap();
        assert_eq!(open(dir.path()).unwrap().hold(NOW), Some(hold));
        let path = dir.path().join("100/hold.json");
        let bytes = std::fs::read(&path).unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let error = open(dir.path()).unwrap_err();
            assert!(matches!(error, QueueError::Damaged { path: named, .. } if named == path));
        };
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            refused(&flipped);
        }
        (0..bytes.len()).for_each(|len| refused(&bytes[..len]));
    }

    #[test]
    fn a_hold_outlives_a_power_cut() {
        for seed in 0..32 {
            let memory = MemoryDisk::new();
            create_durable_dir(&memory, Path::new("/data"), 1).unwrap();
            let disk: SharedDisk = Arc::new(memory.clone());
            let open = || open_on(disk.clone(), Path::new("/data/numbers/n")).unwrap();
            let (since, until) = (Millis(1_000), Millis(31_000));
            open().keep_hold(Hold { until, since, why: "slower".into() }).unwrap();
            memory.power_cut(seed);
            assert!(memory.exists(Path::new("/data/numbers/n/hold.json")).unwrap(), "seed {seed}");
            assert_eq!(open().hold(Millis(5_000)).unwrap().until, until);
        }
    }
}
