//! The rolling 24-hour window of unique recipients, per account: WhatsApp counts how many different people a business
//! reaches, whichever campaign or number it was.
//!
//! `accounts/<origin>/people-<day>` is a list of records, `milliseconds u64 · salted hash u64 · crc32 u32`,
//! appended before the POST under the account's lock, so that several processes may append in turn. A file a
//! UTC day: the window spans two, older ones are removed. The salt keeps phone numbers from being read out.
//! `people-<day>.count` (`u64 · crc32 u32`) says how many they are at least; it is written after them.
//!
//! An account is known by its server's origin: of two accounts on one server in one data directory each uses up the other's
//! places, which errs on the safe side. Every run appends, so that `daily` knows of campaigns without one.
//!
//! Invariant: damage frees no places. A record that can't be read, or isn't there any more, counts as one
//! more person, written to as late that day as can be.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::sys::disk::{DiskFile, LockGuard, SharedDisk, if_there, write_atomic};

const RECORD: usize = 20;
const COUNT: usize = 12;
const DAY: u64 = 24 * 3600 * 1000;
/// The window that Meta counts in.
pub const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// How many different people an account has written to in the window, and when the first of these places is free again; `None`
/// where it has written to nobody. `dir` is the account's directory, and stays as it is.
///
/// # Errors
/// The disk's.
pub fn quota_taken(
    disk: &SharedDisk,
    dir: PathBuf,
    now: Millis,
) -> Result<Option<(Millis, u64)>, QueueError> {
    if !disk.exists(&dir.join("salt")).map_err(QueueError::disk("find", &dir))? {
        return Ok(None);
    }
    let quota = RecipientQuota::open(disk.clone(), dir, true, 0, now)?;
    Ok(quota.next_free().map(|free| (free, quota.count())))
}

/// One account's list.
#[derive(Debug)]
pub struct RecipientQuota {
    disk: SharedDisk,
    dir: PathBuf,
    salt: Vec<u8>,
    /// Whether the window is kept in memory: only where a limit is set.
    counting: bool,
    /// How far each day's file was read.
    read_to: HashMap<u64, u64>,
    /// How many records each day's file lacks.
    lacking: HashMap<u64, u64>,
    today: Option<Today>,
    /// In order of time; an entry that `latest` has outdated is skipped.
    window: VecDeque<(Millis, u64)>,
    latest: HashMap<u64, Millis>,
}

/// The day's files, open.
#[derive(Debug)]
struct Today {
    day: u64,
    people: Box<dyn DiskFile>,
    count: Box<dyn DiskFile>,
}

impl RecipientQuota {
    /// Opens (and creates) the account's list. `counting` keeps the window in memory, for a limit.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        disk: SharedDisk,
        dir: PathBuf,
        counting: bool,
        fresh_salt: u64,
        now: Millis,
    ) -> Result<RecipientQuota, QueueError> {
        disk.create_dir_all(&dir).map_err(QueueError::disk("create", &dir))?;
        let mut people = RecipientQuota {
            disk,
            dir,
            salt: Vec::new(),
            counting,
            read_to: HashMap::new(),
            lacking: HashMap::new(),
            today: None,
            window: VecDeque::new(),
            latest: HashMap::new(),
        };
        let _guard = people.lock()?;
        let salt_path = people.dir.join("salt");
        if !people.disk.exists(&salt_path).map_err(QueueError::disk("find", &salt_path))? {
            write_atomic(&*people.disk, &salt_path, &fresh_salt.to_le_bytes())
                .map_err(QueueError::disk("write", &salt_path))?;
        }
        people.salt = people.disk.read(&salt_path).map_err(QueueError::disk("read", &salt_path))?;
        people.remove_old_days(now)?;
        people.refresh(now)?;
        Ok(people)
    }

    /// Keeps other processes from writing to somebody new while this one decides; hold it from
    /// [`RecipientQuota::refresh`] to [`RecipientQuota::add`].
    ///
    /// # Errors
    /// The disk's.
    pub fn lock(&self) -> Result<LockGuard, QueueError> {
        let path = self.dir.join("lock");
        self.disk.lock(&path).map_err(QueueError::disk("lock", &path))
    }

    /// Reads what others appended, and forgets what is older than a day.
    ///
    /// # Errors
    /// The disk's.
    pub fn refresh(&mut self, now: Millis) -> Result<(), QueueError> {
        if !self.counting {
            return Ok(());
        }
        let today = now.0 / DAY;
        // The day after: another process's clock, or midnight just passed there.
        for day in [today.saturating_sub(1), today, today + 1] {
            self.read_day(day, now)?;
        }
        while let Some((at, person)) = self.window.front().copied() {
            let outdated = self.latest.get(&person) != Some(&at);
            if !outdated && at + WINDOW > now {
                break;
            }
            self.window.pop_front();
            if !outdated {
                self.latest.remove(&person);
            }
        }
        Ok(())
    }

    /// How many different people were written to in the window, as of the last refresh.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.latest.len() as u64
    }

    /// Whether this person is one of them: writing again takes no place.
    #[must_use]
    pub fn contains(&self, phone: Phone) -> bool {
        self.latest.contains_key(&self.hash(phone))
    }

    /// When the next person leaves the window.
    #[must_use]
    pub fn next_free(&self) -> Option<Millis> {
        self.window.front().map(|(at, _)| *at + WINDOW)
    }

    /// Notes people who are about to be written to. A person counts from the last message. Call it under
    /// the lock; on disk (not synced) when it returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, phones: impl Iterator<Item = Phone>, now: Millis) -> Result<(), QueueError> {
        let mut bytes = Vec::new();
        for phone in phones {
            bytes.extend_from_slice(&record(now, self.hash(phone)));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let day = now.0 / DAY;
        let (path, count_path) = (self.day_path(day), self.count_path(day));
        let today = match self.today.take().filter(|today| today.day == day) {
            Some(today) => self.today.insert(today),
            None => {
                let people = self.disk.open_or_create(&path).map_err(QueueError::disk("open", &path))?;
                let count = self.disk.open_or_create(&count_path);
                let count = count.map_err(QueueError::disk("open", &count_path))?;
                self.today.insert(Today { day, people, count })
            }
        };
        let len = today.people.len().map_err(QueueError::disk("measure", &path))?;
        // A record torn by a kill is written over.
        let end = len - len % RECORD as u64;
        today.people.write_at(end, &bytes).map_err(QueueError::disk("write", &path))?;
        let mut noted = [0; COUNT];
        today.count.fill_from(0, &mut noted).map_err(QueueError::disk("read", &count_path))?;
        let records = count_in(&noted).max(end / RECORD as u64) + (bytes.len() / RECORD) as u64;
        today.count.write_at(0, &counted(records)).map_err(QueueError::disk("write", &count_path))?;
        self.refresh(now)
    }

    fn day_path(&self, day: u64) -> PathBuf {
        self.dir.join(format!("people-{day}"))
    }

    fn read_day(&mut self, day: u64, now: Millis) -> Result<(), QueueError> {
        let path = self.day_path(day);
        // First: the records it counts were written before it.
        let noted = self.noted(day)?;
        let opened = if_there(self.disk.open_read(&path)).map_err(QueueError::disk("open", &path))?;
        let Some(file) = opened else {
            self.lack(day, noted, now);
            return Ok(());
        };
        let mut from = self.read_to.get(&day).copied().unwrap_or(0);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read_at(from, &mut buffer).map_err(QueueError::disk("read", &path))?;
            let whole = read - read % RECORD;
            if whole == 0 {
                break;
            }
            for (n, bytes) in (from / RECORD as u64..).zip(buffer[..whole].chunks_exact(RECORD)) {
                let (at, person) = (Millis(word(bytes, 0)), word(bytes, 8));
                if bytes == record(at, person) {
                    // A time in the future (the clock was set back) counts from now.
                    self.seen(person, at.min(now), now);
                } else {
                    tracing::warn!(path = %path.display(), record = n, "an entry of the daily quota is unreadable; it counts as one recipient");
                    self.somebody(day, n, now);
                }
            }
            from += whole as u64;
        }
        self.read_to.insert(day, from);
        self.lack(day, noted.saturating_sub(from / RECORD as u64), now);
        Ok(())
    }

    fn seen(&mut self, person: u64, at: Millis, now: Millis) {
        if at + WINDOW > now {
            self.latest.insert(person, at);
            self.window.push_back((at, person));
        }
    }

    /// A day's file lacks so many records.
    fn lack(&mut self, day: u64, records: u64, now: Millis) {
        let known = self.lacking.get(&day).copied().unwrap_or(0);
        if records > known {
            tracing::warn!(
                day,
                records,
                "entries of this day's quota are missing; each still counts as one recipient"
            );
            self.lacking.insert(day, records);
        }
        for n in known..records {
            self.somebody(day, u64::MAX - n, now);
        }
    }

    /// Somebody who isn't known was written to that day.
    fn somebody(&mut self, day: u64, n: u64, now: Millis) {
        let name = Sha256::new().chain_update(day.to_le_bytes()).chain_update(n.to_le_bytes());
        let latest = Millis((day + 1).saturating_mul(DAY) - 1);
        self.seen(word(&name.finalize(), 0), latest.min(now), now);
    }

    fn count_path(&self, day: u64) -> PathBuf {
        self.dir.join(format!("people-{day}.count"))
    }

    /// How many records the day's file has at least; 0 where that can't be read.
    fn noted(&self, day: u64) -> Result<u64, QueueError> {
        let path = self.count_path(day);
        let bytes = if_there(self.disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        Ok(bytes.map_or(0, |bytes| count_in(&bytes)))
    }

    fn remove_old_days(&self, now: Millis) -> Result<(), QueueError> {
        let oldest = (now.0 / DAY).saturating_sub(1);
        for path in self.disk.list(&self.dir).map_err(QueueError::disk("list", &self.dir))? {
            let name = path.file_name().and_then(|n| n.to_str());
            let day = name.and_then(|n| n.strip_prefix("people-"));
            let day = day.map(|day| day.strip_suffix(".count").unwrap_or(day));
            let day = day.and_then(|day| day.parse::<u64>().ok());
            if day.is_some_and(|day| day < oldest) {
                self.disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
            }
        }
        Ok(())
    }

    fn hash(&self, phone: Phone) -> u64 {
        let salted =
            Sha256::new().chain_update(&self.salt).chain_update(phone.identity().as_u64().to_le_bytes());
        word(&salted.finalize(), 0)
    }
}

fn record(at: Millis, person: u64) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    bytes[..8].copy_from_slice(&at.0.to_le_bytes());
    bytes[8..16].copy_from_slice(&person.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn counted(records: u64) -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    bytes[..8].copy_from_slice(&records.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// What a count says; 0 where it can't be read.
fn count_in(bytes: &[u8]) -> u64 {
    let count = bytes.get(..8).map_or(0, |bytes| word(bytes, 0));
    if bytes.get(..COUNT) == Some(&counted(count)[..]) { count } else { 0 }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::RealDisk;

    fn phone(n: u64) -> Phone {
        Phone::from_digits(&(919_876_500_000 + n).to_string()).unwrap()
    }

    #[test]
    fn people_are_counted_once_and_leave_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let start = Millis(DAY * 20_000 + DAY / 2);
        let open =
            |now| RecipientQuota::open(RealDisk::shared(), dir.path().join("a"), true, 7, now).unwrap();
        let mut people = open(start);
        people.add((0..10).map(phone), start).unwrap();
        people.add((5..15).map(phone), start + Duration::from_secs(3600)).unwrap();
        assert_eq!(people.count(), 15);
        assert_eq!(people.next_free(), Some(start + WINDOW));

        let mut other = open(start + WINDOW);
        assert_eq!(other.count(), 10, "five were last written to an hour later, five more only then");
        assert!(!other.contains(phone(0)) && other.contains(phone(5)));
        other.add(std::iter::once(phone(99)), start + WINDOW).unwrap();
        people.refresh(start + WINDOW).unwrap();
        assert!(people.contains(phone(99)), "one process sees what another wrote");
        assert_eq!(open(start + WINDOW * 3).count(), 0);
    }
    #[test]
    fn damage_frees_no_places() {
        let start = Millis(DAY * 20_000 + DAY / 2);
        let damages: [fn(&mut Vec<u8>); 6] = [
            |bytes| bytes[25] ^= 1,
            |bytes| bytes[3] ^= 0x40,
            |bytes| bytes[..70].fill(0),
            |bytes| bytes.truncate(47),
            |bytes| bytes.clear(),
            |bytes| bytes.extend_from_slice(&[7; 33]),
        ];
        for (n, damage) in damages.into_iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let open =
                |now| RecipientQuota::open(RealDisk::shared(), dir.path().join("a"), true, 7, now).unwrap();
            open(start).add((0..10).map(phone), start).unwrap();
            let path = dir.path().join("a/people-20000");
            let mut bytes = std::fs::read(&path).unwrap();
            damage(&mut bytes);
            std::fs::write(&path, &bytes).unwrap();
            let later = start + Duration::from_secs(60);
            let mut people = open(later);
            let before = people.count();
            assert!((10..=11).contains(&before), "damage {n}: {before}");
            people.add((20..23).map(phone), later).unwrap();
            assert_eq!(people.count(), before + 3, "damage {n}");
            assert_eq!(open(later).count(), before + 3, "damage {n}");
            std::fs::remove_file(&path).unwrap();
            assert!(open(later).count() >= 13, "damage {n}, then removed");
            assert_eq!(open(start + WINDOW * 3).count(), 0, "damage {n}");
        }
    }
}
