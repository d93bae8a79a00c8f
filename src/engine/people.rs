//! The moving 24 hours of unique people, per account: WhatsApp counts how many different people a business
//! reaches, whichever campaign or number it was.
//!
//! `accounts/<origin>/people-<day>` is a list of 16-byte records, `(milliseconds, salted hash)`, appended
//! before the POST under the account's lock, so that several processes may append in turn. A file a UTC
//! day: the window spans two, older ones are removed. The salt keeps phone numbers from being read out.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::sys::disk::{DiskFile, LockGuard, SharedDisk, write_atomic};

const RECORD: usize = 16;
const DAY: u64 = 24 * 3600 * 1000;
/// The window that Meta counts in.
pub const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// One account's list.
#[derive(Debug)]
pub struct People {
    disk: SharedDisk,
    dir: PathBuf,
    salt: Vec<u8>,
    /// Whether the window is kept in memory: only where a limit is set.
    counting: bool,
    /// How far each day's file was read.
    read_to: HashMap<u64, u64>,
    today: Option<(u64, Box<dyn DiskFile>)>,
    /// In order of time; an entry that `latest` has outdated is skipped.
    window: VecDeque<(Millis, u64)>,
    latest: HashMap<u64, Millis>,
}

impl People {
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
    ) -> Result<People, QueueError> {
        disk.create_dir_all(&dir).map_err(QueueError::disk("create", &dir))?;
        let mut people = People {
            disk,
            dir,
            salt: Vec::new(),
            counting,
            read_to: HashMap::new(),
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
    /// [`People::refresh`] to [`People::add`].
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
            bytes.extend_from_slice(&now.0.to_le_bytes());
            bytes.extend_from_slice(&self.hash(phone).to_le_bytes());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let day = now.0 / DAY;
        let path = self.day_path(day);
        if self.today.as_ref().is_none_or(|(open, _)| *open != day) {
            let opened = self.disk.open_or_create(&path).map_err(QueueError::disk("open", &path))?;
            self.today = Some((day, opened));
        }
        if let Some((_, file)) = &self.today {
            let len = file.len().map_err(QueueError::disk("measure", &path))?;
            // A record torn by a kill is written over.
            let end = len - len % RECORD as u64;
            file.write_at(end, &bytes).map_err(QueueError::disk("write", &path))?;
        }
        self.refresh(now)
    }

    fn day_path(&self, day: u64) -> PathBuf {
        self.dir.join(format!("people-{day}"))
    }

    fn read_day(&mut self, day: u64, now: Millis) -> Result<(), QueueError> {
        let path = self.day_path(day);
        let file = match self.disk.open_read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(QueueError::disk("open", &path))?,
        };
        let mut from = self.read_to.get(&day).copied().unwrap_or(0);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read_at(from, &mut buffer).map_err(QueueError::disk("read", &path))?;
            let whole = read - read % RECORD;
            if whole == 0 {
                break;
            }
            for record in buffer[..whole].chunks_exact(RECORD) {
                // A time in the future (the clock was set back) counts from now.
                let at = Millis(word(record, 0)).min(now);
                if at + WINDOW > now {
                    let person = word(record, 8);
                    self.latest.insert(person, at);
                    self.window.push_back((at, person));
                }
            }
            from += whole as u64;
        }
        self.read_to.insert(day, from);
        Ok(())
    }

    fn remove_old_days(&self, now: Millis) -> Result<(), QueueError> {
        let oldest = (now.0 / DAY).saturating_sub(1);
        for path in self.disk.list(&self.dir).map_err(QueueError::disk("list", &self.dir))? {
            let name = path.file_name().and_then(|n| n.to_str());
            let day = name.and_then(|n| n.strip_prefix("people-")).and_then(|d| d.parse::<u64>().ok());
            if day.is_some_and(|day| day < oldest) {
                self.disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
            }
        }
        Ok(())
    }

    fn hash(&self, phone: Phone) -> u64 {
        let salted = Sha256::new().chain_update(&self.salt).chain_update(phone.as_u64().to_le_bytes());
        word(&salted.finalize(), 0)
    }
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
        let open = |now| People::open(RealDisk::shared(), dir.path().join("a"), true, 7, now).unwrap();
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
}
