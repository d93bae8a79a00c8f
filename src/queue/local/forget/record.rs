//! `forgotten.json`: by what the rows of forgotten people are known again.
//!
//! Numbers and keys are kept as SHA-256 over the round's own salt, 128 bits of it. A hash tells nobody's number unless all
//! numbers are tried with the salt beside it; without it an edited file that still has the person would write to them again.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::hex::hex;
use crate::domain::ids::JobId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::plan::PlannedRow;
use crate::domain::text::Cell;
use crate::queue::api::QueueError;
use crate::sys::disk::{Disk, if_there, write_atomic};
use crate::sys::sealed::{seal, unseal};

const FILE: &str = "forgotten.json";
const VERSION: u32 = 1;
/// Bytes of a hash that are kept.
const HASH_BYTES: usize = 16;
/// Fewer digits name nobody.
const MIN_DIGITS: usize = 7;
/// Of a cell that is no number so many digits are looked at.
const MAX_DIGITS_READ: usize = 256;

/// The people of a round who were forgotten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forgotten {
    version: u32,
    /// In hex.
    salt: String,
    people: Vec<One>,
    /// What all of them are known by, together.
    #[serde(skip)]
    all: All,
}

#[derive(Clone, Debug, Default)]
struct All {
    numbers: HashSet<String>,
    keys: HashSet<String>,
    /// By how many digits they have.
    national: BTreeMap<usize, HashSet<String>>,
}

/// One of them. All hashes are in hex.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct One {
    /// Of the number that was to be forgotten.
    person: String,
    /// Of all numbers that stood in their rows.
    numbers: HashSet<String>,
    /// Of the number as it is written at home, and how many digits that has: by it a row is known that names no number.
    national: (usize, String),
    /// Of what their rows were known by.
    keys: HashSet<String>,
    jobs: HashSet<u32>,
    /// All of it is done.
    done: bool,
}

/// What a person's rows in a round are known by.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub numbers: HashSet<PhoneIdentity>,
    pub keys: HashSet<String>,
    pub jobs: HashSet<JobId>,
}

impl Forgotten {
    /// Those of the round in `dir`; `None` where nobody was forgotten.
    ///
    /// # Errors
    /// The disk's; [`QueueError::Damaged`]: without it somebody may be written to who must not be.
    pub fn load(disk: &dyn Disk, dir: &Path) -> Result<Option<Forgotten>, QueueError> {
        let path = dir.join(FILE);
        let Some(bytes) = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))? else {
            return Ok(None);
        };
        let mut forgotten: Forgotten = unseal(&bytes)
            .map_err(|error| damaged(dir, &format!("it isn't what sendcast wrote ({error})")))?;
        match forgotten.version {
            VERSION => {
                (0..forgotten.people.len()).for_each(|at| forgotten.index(at));
                Ok(Some(forgotten))
            }
            found => Err(QueueError::OtherFormat { path, found, known: VERSION }),
        }
    }

    /// The checksum of what is kept of them, by which it is seen whether somebody was forgotten since; `None` where
    /// nobody ever was.
    ///
    /// # Errors
    /// The disk's.
    pub(in crate::queue::local) fn checksum(disk: &dyn Disk, dir: &Path) -> Result<Option<u32>, QueueError> {
        let path = dir.join(FILE);
        let bytes = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        Ok(bytes.map(|bytes| crc32fast::hash(&bytes)))
    }

    /// Whether anybody was forgotten in the round in `dir`, or is about to be.
    ///
    /// # Errors
    /// When the disk can't tell.
    pub(in crate::queue::local) fn is_there(disk: &dyn Disk, dir: &Path) -> Result<bool, QueueError> {
        let path = dir.join(FILE);
        disk.exists(&path).map_err(QueueError::disk("find", &path))
    }

    /// Nobody yet, with a salt of its own.
    pub(super) fn new(salt: [u8; HASH_BYTES]) -> Forgotten {
        Forgotten { version: VERSION, salt: hex(&salt), people: Vec::new(), all: All::default() }
    }

    /// Keeps it, durably.
    pub(super) fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), QueueError> {
        let path = dir.join(FILE);
        let bytes = seal(self).map_err(std::io::Error::other);
        bytes.and_then(|bytes| write_atomic(disk, &path, &bytes)).map_err(QueueError::disk("write", &path))
    }

    /// Takes somebody in, or more of them.
    pub(super) fn add(&mut self, phone: Phone, known: &Known) {
        let person = self.number(phone.identity());
        let numbers: Vec<_> = known.numbers.iter().map(|number| self.number(*number)).collect();
        let keys: Vec<_> = known.keys.iter().map(|key| self.key(key)).collect();
        let national = phone.national();
        let national = (national.len(), self.hash("national", &national));
        let at = self.people.iter().position(|one| one.person == person).unwrap_or_else(|| {
            let (numbers, keys, jobs) = (HashSet::from([person.clone()]), HashSet::new(), HashSet::new());
            self.people.push(One { person: person.clone(), numbers, national, keys, jobs, done: false });
            self.people.len() - 1
        });
        let one = &mut self.people[at];
        one.done = false;
        one.numbers.extend(numbers);
        one.keys.extend(keys);
        one.jobs.extend(known.jobs.iter().map(|job| job.0));
        self.index(at);
    }

    fn index(&mut self, at: usize) {
        let One { numbers, keys, national: (digits, national), .. } = &self.people[at];
        self.all.numbers.extend(numbers.iter().cloned());
        self.all.keys.extend(keys.iter().cloned());
        if *digits >= MIN_DIGITS {
            self.all.national.entry(*digits).or_default().insert(national.clone());
        }
    }

    /// The jobs of this person, where they were forgotten.
    #[must_use]
    pub fn jobs_of(&self, phone: Phone) -> Option<HashSet<JobId>> {
        let person = self.number(phone.identity());
        let one = self.people.iter().find(|one| one.person == person)?;
        Some(one.jobs.iter().copied().map(JobId).collect())
    }

    /// Whether nothing is left to be done of forgetting this person.
    #[must_use]
    pub fn is_done(&self, phone: Phone) -> bool {
        let person = self.number(phone.identity());
        self.people.iter().any(|one| one.person == person && one.done)
    }

    /// Notes that nothing is left to be done.
    pub(super) fn finish(&mut self, phone: Phone) {
        let person = self.number(phone.identity());
        self.people.iter_mut().filter(|one| one.person == person).for_each(|one| one.done = true);
    }

    /// Whether this number was one of somebody who was forgotten.
    #[must_use]
    pub fn has(&self, phone: Phone) -> bool {
        self.all.numbers.contains(&self.number(phone.identity()))
    }

    /// Whether a row means somebody who was forgotten: by its number, its key, or what stands where a number should.
    #[must_use]
    pub fn means(&self, row: &PlannedRow) -> bool {
        match row.phone {
            Some(phone) if self.has(phone) => return true,
            None if self.is_written_at_home(&row.to) => return true,
            _ => {}
        }
        row.key.as_deref().is_some_and(|key| self.all.keys.contains(&self.key(key)))
    }

    /// By what a row is known from here on that was known by this key.
    #[must_use]
    pub fn mark(&self, key: &str) -> Cell {
        // Its own mark: a row that was carried along is marked once.
        match key.strip_prefix(MARK).is_some_and(|rest| rest.len() == HASH_BYTES * 2) {
            true => key.into(),
            false => format!("{MARK}{}", self.key(key)).into(),
        }
    }

    fn is_written_at_home(&self, text: &str) -> bool {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        // There may be several numbers in one cell.
        self.all.national.iter().any(|(len, hashes)| {
            let ends = *len..=digits.len().min(MAX_DIGITS_READ);
            ends.into_iter().any(|end| hashes.contains(&self.hash("national", &digits[end - len..end])))
        })
    }

    fn number(&self, identity: PhoneIdentity) -> String {
        self.hash("number", &identity.digits())
    }

    fn key(&self, key: &str) -> String {
        self.hash("key", key)
    }

    fn hash(&self, what: &str, value: &str) -> String {
        let digest = Sha256::digest(format!("{}\n{what}\n{value}", self.salt).as_bytes());
        hex(&digest[..HASH_BYTES])
    }
}

/// What the keys of forgotten people begin with.
const MARK: &str = "forgotten:";

/// People were forgotten, and it isn't there.
pub(in crate::queue::local) fn missing(dir: &Path) -> QueueError {
    damaged(dir, "it is missing")
}

fn damaged(dir: &Path, what: &str) -> QueueError {
    QueueError::Damaged {
        path: dir.join(FILE),
        what: what.to_owned(),
        hint: "restore it from a backup: it alone knows which rows of an edited file are those of people who were \
               forgotten, and nothing is planned without it"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SenderNo;
    use crate::domain::message::Message;
    use crate::domain::plan::Fate;

    fn row(key: Option<&str>, to: &str, phone: Option<&str>) -> PlannedRow {
        PlannedRow {
            row: Some(2),
            key: key.map(Into::into),
            to: to.into(),
            phone: phone.and_then(Phone::from_digits),
            sender: SenderNo(0),
            variant: None,
            cells: vec!["Asha".into()],
            fate: Fate::Send(Message::Text { body: "Hi Asha".to_owned() }.into()),
        }
    }

    #[test]
    fn rows_are_known_by_number_key_or_spelling_and_nothing_is_told() {
        let phone = Phone::from_digits("5511987654321").unwrap();
        let mut forgotten = Forgotten::new([7; 16]);
        let known = Known {
            numbers: HashSet::from([Phone::from_digits("919876543210").unwrap().identity()]),
            keys: HashSet::from(["asha@example.com".to_owned()]),
            jobs: HashSet::from([JobId(4)]),
        };
        forgotten.add(phone, &known);
        forgotten.add(phone, &Known { jobs: HashSet::from([JobId(5)]), ..Known::default() });
        for (key, to, phone) in [
            (Some("x"), "5511987654321", Some("5511987654321")),
            (Some("x"), "551187654321", Some("551187654321")),
            (Some("x"), "919876543210", Some("919876543210")),
            (Some("asha@example.com"), "14155552671", Some("14155552671")),
            (None, "(11) 98765-4321", None),
            (None, "0 11 98765 4321", None),
            (None, "11 98765 4321 / 11 98765 0000", None),
        ] {
            assert!(forgotten.means(&row(key, to, phone)), "{to}");
        }
        for (key, to, phone) in
            [(Some("ben"), "14155552671", Some("14155552671")), (None, "98765-4322", None), (None, "", None)]
        {
            assert!(!forgotten.means(&row(key, to, phone)), "{to}");
        }
        assert_eq!(forgotten.jobs_of(phone), Some(HashSet::from([JobId(4), JobId(5)])));
        assert_eq!(forgotten.jobs_of(Phone::from_digits("14155552671").unwrap()), None);
        let mark = forgotten.mark("asha@example.com");
        assert_eq!(forgotten.mark(&mark), mark);
        let told = String::from_utf8(seal(&forgotten).unwrap()).unwrap() + &mark;
        for trace in ["987654321", "asha", "9876543210"] {
            assert!(!told.contains(trace), "{told}");
        }
    }

    #[test]
    fn damage_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let disk = crate::sys::disk::RealDisk;
        assert!(Forgotten::load(&disk, dir.path()).unwrap().is_none());
        Forgotten::new([1; 16]).save(&disk, dir.path()).unwrap();
        assert!(Forgotten::load(&disk, dir.path()).unwrap().is_some());
        let path = dir.path().join(FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let error = Forgotten::load(&disk, dir.path()).unwrap_err();
        assert!(matches!(error, QueueError::Damaged { path: named, .. } if named == path));
    }
}
