//! What belongs to a sending number, in `numbers/<id>/`: the lock that makes it one sender at a time, the
//! time of its last POST, a hold that the server asked for, and the rate that it was found to bear.
//!
//! - `lock`: held while there is something to send.
//! - `last`: milliseconds u64 · crc32 u32, little-endian: no POST of this number was let go later. Written
//!   before the POST, without a sync: a killed process leaves it in the page cache, and a power cut lasts
//!   longer than an interval. Who sends next waits an interval from there, and one from its own start: the wall
//!   clock may have been set ahead in between, so that only an interval longer than [`DISTRUST`] is counted by it.
//!   One that can't be read stands for a POST just now.
//! - `hold.json`: a hold that was asked for by the server, durable and sealed, so that a restart honours it.
//! - `learnt.json`: the rate below the ceiling that throttles taught, and the share that is throttled at any rate, for
//!   as long as they are likely to hold. A hint, written without a sync; what can't be read is passed over.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pacer::{Pacer, SLACK};
use crate::domain::ids::NumberId;
use crate::domain::policy::Lesson;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::sys::disk::{
    DiskFile, LockGuard, SharedDisk, create_durable_dir, if_there, publish, write_atomic,
};
use crate::sys::sealed::{seal, unseal};

/// Length of `last`.
const STAMP: usize = 12;
/// The wall clock isn't believed about a rest shorter than this.
const DISTRUST: Duration = Duration::from_secs(10);

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

/// What throttles taught.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Learnt {
    version: u32,
    /// POSTs a second; `None`: the ceiling is borne.
    rate: Option<f64>,
    /// The share that is throttled at any rate.
    #[serde(default)]
    chance: Option<f64>,
    at: Millis,
}

impl Learnt {
    const VERSION: u32 = 1;
    /// Later than this the number is tried at its ceiling again.
    const LASTS: Duration = Duration::from_secs(600);
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
        create_durable_dir(&*disk, &dir, 2).map_err(QueueError::disk("create", &dir))?;
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
            Some(Millis::ZERO) => Duration::ZERO,
            // The last sender may have been early by its slack.
            Some(last) => {
                let interval = interval(rate) + 2 * SLACK;
                interval.saturating_sub(now.since(last)).max(interval.min(DISTRUST))
            }
            None => {
                tracing::warn!(number = %self.id, "the record of this number's last message is unreadable; waiting one interval before the next");
                Duration::MAX
            }
        };
        let mut pacer = Pacer::new(rate, wait, self.learnt(now)?);
        if let Some(hold) = self.hold_at(now) {
            pacer.hold(tokio::time::Instant::now() + hold.until.since(now));
        }
        Ok(pacer)
    }

    /// Keeps what throttles taught, for whoever sends next.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_learnt(&self, Lesson { rate, chance }: Lesson, at: Millis) -> Result<(), QueueError> {
        let path = self.dir.join("learnt.json");
        let learnt = Learnt { version: Learnt::VERSION, rate, chance, at };
        let bytes = serde_json::to_vec(&learnt).unwrap_or_default();
        publish(&*self.disk, &path, &bytes).map_err(QueueError::disk("write", &path))
    }

    fn learnt(&self, now: Millis) -> Result<Lesson, QueueError> {
        let path = self.dir.join("learnt.json");
        let bytes = if_there(self.disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        let learnt = bytes.and_then(|bytes| serde_json::from_slice::<Learnt>(&bytes).ok());
        let fresh =
            |learnt: &Learnt| learnt.version == Learnt::VERSION && now.since(learnt.at) <= Learnt::LASTS;
        let Some(learnt) = learnt.filter(fresh) else { return Ok(Lesson::default()) };
        let sound = |value: &f64| value.is_finite() && *value > 0.0;
        Ok(Lesson { rate: learnt.rate.filter(sound), chance: learnt.chance.filter(sound) })
    }

    /// Notes that a POST is about to start, at this time.
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
        let bytes = if_there(self.disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        bytes.map(|bytes| unseal(&bytes).map_err(|error| damaged(&path, &error))).transpose()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;
    use crate::domain::rate::RateUnit;
    use crate::sys::disk::{Disk, RealDisk};
    use crate::sys::memory_disk::MemoryDisk;

    const NOW: Millis = Millis(1_795_341_600_000);

    fn number(disk: &MemoryDisk) -> Number {
        Number::open(Arc::new(disk.clone()), PathBuf::from("/n"), NumberId::new("N")).unwrap()
    }

    fn waits(number: &Number, rate: &str, now: Millis) -> Duration {
        number.pacer(rate.parse().unwrap(), now).unwrap().next() - Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_waits_an_interval_whatever_the_clock_says() {
        let disk = MemoryDisk::new();
        let fresh = number(&disk);
        assert_eq!(waits(&fresh, "10/s", NOW), Duration::ZERO, "a number that never sent goes at once");
        fresh.posting(NOW).unwrap();
        for now in [NOW, NOW + Duration::from_millis(99), NOW + Duration::from_secs(86_400), Millis(1)] {
            let wait = waits(&number(&disk), "10/s", now);
            assert!((100..=110).contains(&wait.as_millis()), "{now}: {wait:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_an_hour_only_the_last_seconds_are_not_believed() {
        let disk = MemoryDisk::new();
        number(&disk).posting(NOW).unwrap();
        let hour = Duration::from_secs(3_600);
        let wait = |after: u64| waits(&number(&disk), "1/h", NOW + Duration::from_secs(after)).as_secs();
        assert_eq!((wait(0), wait(600)), (hour.as_secs(), 3_000));
        assert_eq!((wait(3_599), wait(86_400)), (10, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_learnt_lasts_ten_minutes_and_damage_is_passed_over() {
        let disk = MemoryDisk::new();
        let number = number(&disk);
        let rate = |after: u64| {
            number.pacer("80/s".parse().unwrap(), NOW + Duration::from_secs(after)).unwrap().rate()
        };
        assert_eq!(rate(0), Some(80.0));
        number.keep_learnt(Lesson { rate: Some(9.7), chance: Some(0.01) }, NOW).unwrap();
        assert_eq!(number.learnt(NOW).unwrap().chance, Some(0.01));
        assert_eq!((rate(1), rate(600), rate(601)), (Some(9.7), Some(9.7), Some(80.0)));
        let path = Path::new("/n/learnt.json");
        for damaged in [
            &b""[..],
            b"\0\0\0\0",
            br#"{"version":1,"rate":-1,"at":1795341600000}"#,
            br#"{"version":2,"rate":9.7,"at":1795341600000}"#,
        ] {
            disk.edit(path, |bytes| *bytes = damaged.to_vec()).unwrap();
            assert_eq!(rate(1), Some(80.0), "{damaged:?}");
        }
        number.keep_learnt(Lesson::default(), NOW).unwrap();
        assert_eq!(rate(1), Some(80.0));
        assert!(disk.exists(path).unwrap());
    }

    fn open(dir: &Path) -> Result<Number, QueueError> {
        Number::open(RealDisk::shared(), dir.join("100"), NumberId::new("100"))
    }

    /// How long the first permit is waited for, at one in ten seconds.
    fn wait(dir: &Path, now: Millis) -> Duration {
        let pacer = open(dir).unwrap().pacer(Rate::Per { count: 6, unit: RateUnit::Minute }, now).unwrap();
        pacer.next().saturating_duration_since(Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn a_damaged_time_of_the_last_post_waits_and_never_grants() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(wait(dir.path(), NOW), Duration::ZERO, "nothing was ever sent");
        open(dir.path()).unwrap().posting(NOW).unwrap();
        let (turn, soon) = (Duration::from_secs(10), NOW + Duration::from_secs(1));
        let undamaged = wait(dir.path(), soon);
        assert!(undamaged >= turn - Duration::from_secs(1), "{undamaged:?}");
        assert!(wait(dir.path(), NOW + turn * 2) >= turn, "the clock may have been set ahead");
        let path = dir.path().join("100/last");
        let bytes = std::fs::read(&path).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &flipped).unwrap();
            assert!(wait(dir.path(), soon) >= undamaged, "bit {bit}");
        }
        for len in 0..bytes.len() {
            std::fs::write(&path, &bytes[..len]).unwrap();
            assert!(wait(dir.path(), soon) >= undamaged, "cut at {len}");
        }
        std::fs::write(&path, [0; 12]).unwrap();
        assert!(wait(dir.path(), soon) >= undamaged, "zeroed");
        std::fs::remove_file(&path).unwrap();
        assert!(wait(dir.path(), soon) >= undamaged, "removed");
    }

    #[test]
    fn a_damaged_hold_is_refused_by_name_and_never_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let hold = Hold { until: NOW + Duration::from_secs(600), since: NOW, why: "Retry-After".into() };
        open(dir.path()).unwrap().keep_hold(hold.clone()).unwrap();
        assert_eq!(open(dir.path()).unwrap().hold_at(NOW), Some(hold));
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
            let open = || Number::open(disk.clone(), "/data/numbers/n".into(), NumberId::new("n")).unwrap();
            let (since, until) = (Millis(1_000), Millis(31_000));
            open().keep_hold(Hold { until, since, why: "slower".into() }).unwrap();
            memory.power_cut(seed);
            assert!(memory.exists(Path::new("/data/numbers/n/hold.json")).unwrap(), "seed {seed}");
            assert_eq!(open().hold_at(Millis(5_000)).unwrap().until, until);
        }
    }
}
