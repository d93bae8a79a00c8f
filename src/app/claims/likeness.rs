//! A sample of whom a campaign writes to and with what, by which the same messages to the same people are known again in
//! a file of another name.
//!
//! Of all people those are kept whose number hashes lowest, so that the samples of two campaigns can be compared: whoever
//! is in both campaigns and below the lower of both bars is in both samples. Lists of up to [`MAX_PEOPLE`] people are kept whole.
//!
//! Invariant: it lies in the campaign's directory, beside the plan which holds the numbers themselves, and goes with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::app::AppError;
use crate::app::options::saved_options;
use crate::domain::hash::splitmix;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::sys::disk::{Disk, if_there, write_atomic};
use crate::sys::sealed::{seal, unseal};

const FILE: &str = "likeness.json";
/// People in a sample at most.
const MAX_PEOPLE: usize = 1024;
/// Fewer people who are in a longer list, too, are no campaign that was extended: a trial among colleagues is one of three.
const MIN_SHARED_PEOPLE: f64 = 20.0;

/// A sample of a campaign's people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likeness {
    /// A person's hash, and the hash of what they are sent.
    people: BTreeMap<u64, u64>,
    /// How many there are in all.
    count: u64,
}

/// How much a campaign is like an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// Most of its people are the earlier one's, or most of the earlier one's are among its people.
    pub people: bool,
    /// And most of those are sent the same message.
    pub messages: bool,
}

impl Likeness {
    /// Takes a person in.
    pub fn add(&mut self, phone: Phone, message: &Message) {
        self.count += 1;
        let person = splitmix(phone.identity().as_u64());
        if self.is_full() && self.bar() < person {
            return;
        }
        self.people.insert(person, hash(message));
        self.cut();
    }

    /// Takes a person out: their hash is no secret. How many there are in all stays. `false` where they weren't in it.
    pub fn forget(&mut self, phone: Phone) -> bool {
        self.people.remove(&splitmix(phone.identity().as_u64())).is_some()
    }

    /// With those of an earlier plan: who was removed from the file may have been written to before.
    #[must_use]
    pub fn after(mut self, earlier: &Likeness) -> Likeness {
        self.count = self.count.max(earlier.count);
        for (person, message) in &earlier.people {
            self.people.entry(*person).or_insert(*message);
        }
        self.cut();
        self
    }

    fn is_full(&self) -> bool {
        self.people.len() >= MAX_PEOPLE
    }

    /// Nobody above it is in the sample.
    fn bar(&self) -> u64 {
        match self.people.last_key_value() {
            Some((last, _)) if self.is_full() => *last,
            _ => u64::MAX,
        }
    }

    fn cut(&mut self) {
        while self.people.len() > MAX_PEOPLE {
            self.people.pop_last();
        }
    }

    /// How much it is like an earlier one.
    #[must_use]
    pub fn overlap(&self, earlier: &Likeness) -> Overlap {
        let bar = self.bar().min(earlier.bar());
        let (mut own, mut both, mut alike) = (0_u32, 0_u32, 0_u32);
        for (person, message) in self.people.range(..=bar) {
            own += 1;
            if let Some(was) = earlier.people.get(person) {
                both += 1;
                alike += u32::from(was == message);
            }
        }
        let theirs = u32::try_from(earlier.people.range(..=bar).count()).unwrap_or(u32::MAX);
        if both == 0 {
            return Overlap::default();
        }
        // A sample of a long list stands for more people than it holds.
        let scale = self.count as f64 / f64::from(own.max(1));
        let extended = both * 2 >= theirs && f64::from(both) * scale >= MIN_SHARED_PEOPLE;
        Overlap { people: both * 2 >= own || extended, messages: alike * 2 >= both }
    }

    /// The sample of the campaign in `dir`; an empty one where there is none, or none that can be read.
    ///
    /// # Errors
    /// The disk's.
    pub fn load(disk: &dyn Disk, dir: &Path) -> Result<Likeness, AppError> {
        let path = dir.join(FILE);
        let bytes = if_there(disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
        Ok(bytes.and_then(|bytes| unseal(&bytes).ok()).unwrap_or_default())
    }

    /// Keeps it in `dir`, which is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), AppError> {
        let path = dir.join(FILE);
        let _guard = saved_options::lock(disk, dir)?;
        let bytes = seal(self).map_err(std::io::Error::other);
        bytes
            .and_then(|bytes| write_atomic(disk, &path, &bytes))
            .map_err(|error| AppError::disk("write", &path, &error))
    }
}

fn hash(message: &Message) -> u64 {
    // What can't be encoded is like nothing: planning would fail over it.
    let bytes = postcard::to_stdvec(message).unwrap_or_default();
    let low = crc32fast::hash(&bytes);
    let mut high = crc32fast::Hasher::new_with_initial(low ^ 0xA5A5_A5A5);
    high.update(&bytes);
    splitmix(u64::from(high.finalize()) << 32 | u64::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(people: std::ops::Range<u64>, text: &str) -> Likeness {
        let mut likeness = Likeness::default();
        for person in people {
            let phone = Phone::from_value(919_000_000_000 + person).unwrap();
            likeness.add(phone, &Message::Text { body: format!("Hi {person}: {text}") });
        }
        likeness
    }

    fn both(people: bool, messages: bool) -> Overlap {
        Overlap { people, messages }
    }

    #[test]
    fn the_same_people_and_messages_are_known_again() {
        let old = of(0..1_000, "May");
        for (new, overlap) in [
            (of(0..1_000, "May"), both(true, true)),
            (of(0..1_000, "June"), both(true, false)),
            (of(10..1_010, "May"), both(true, true)),
            (of(500..1_500, "May"), both(true, true)),
            (of(600..1_600, "May"), both(false, true)),
            (of(0..10_000, "May"), both(true, true)),
            (of(0..10, "May"), both(true, true)),
            (of(2_000..3_000, "May"), both(false, false)),
        ] {
            assert_eq!(new.overlap(&old), overlap, "{} people", new.count);
        }
        assert!(!of(0..10_000, "May").overlap(&of(0..3, "May")).people, "a trial among colleagues");
        assert!(of(0..4, "May").overlap(&of(0..3, "May")).people);
        assert_eq!(of(0..5, "May").overlap(&Likeness::default()), Overlap::default());
    }

    #[test]
    fn samples_of_long_lists_can_be_compared() {
        let old = of(0..50_000, "May");
        assert_eq!(old.people.len(), MAX_PEOPLE);
        assert_eq!(of(0..50_000, "May").overlap(&old), both(true, true));
        assert_eq!(of(20_000..70_000, "May").overlap(&old), both(true, true));
        assert!(!of(40_000..90_000, "May").overlap(&old).people);
        assert!(!of(60_000..90_000, "May").overlap(&old).people);
    }

    #[test]
    fn who_was_removed_stays_in_it() {
        let merged = of(0..10, "June").after(&of(5..20, "May"));
        assert_eq!((merged.people.len(), merged.count), (20, 15));
        assert_eq!(of(0..10, "June").overlap(&merged), both(true, true));
        let mut without = merged.clone();
        let phone = Phone::from_value(919_000_000_007).unwrap();
        assert!(without.forget(phone) && !without.forget(phone));
        assert_eq!((without.people.len(), without.count), (19, 15));
        let dir = tempfile::tempdir().unwrap();
        let disk = crate::sys::disk::RealDisk;
        merged.save(&disk, dir.path()).unwrap();
        assert_eq!(Likeness::load(&disk, dir.path()).unwrap(), merged);
    }
}
