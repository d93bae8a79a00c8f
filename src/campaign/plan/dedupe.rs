//! Who has been planned: finds duplicates among millions in little memory.
//!
//! Invariants: a phone is compared by its identity, so it is never taken for another; a key is compared by a
//! 128-bit keyed hash drawn anew for each planning. Among 10,000,000 keys the odds of one false duplicate
//! (which would lose somebody) are about 1 in 10²⁵, and nobody can prepare one.
//!
//! About 23 bytes a person at 1,000,000 phones, 50 where there is a key column, too. Of whom that is too much, only
//! the [`Repeated`] are remembered.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// The people who are planned so far.
#[derive(Debug, Default)]
pub(super) struct Dedupe {
    hashers: [RandomState; 2],
    phones: Vec<u64>,
    rows: Vec<u32>,
    by_phone: HashTable<u32>,
    keys: Vec<[u64; 2]>,
    by_key: HashTable<u32>,
}

/// A person whom an earlier row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The same phone, in this row.
    Phone(u32),
    /// The same key, in this row.
    Key(u32),
}

impl Dedupe {
    /// Who was planned under this phone or this key. `key` is `None` where the phone is the key.
    pub fn find(&self, phone: u64, key: Option<&str>) -> Option<Known> {
        let same = |&n: &u32| self.phones[n as usize] == phone;
        if let Some(&n) = self.by_phone.find(self.hashers[0].hash_one(phone), same) {
            return Some(Known::Phone(self.rows[n as usize]));
        }
        self.find_key(key?)
    }

    /// Who was planned under this key, whatever the phone.
    pub fn find_key(&self, key: &str) -> Option<Known> {
        let hash = self.hash(key);
        let n = *self.by_key.find(hash[0], |&n| self.keys[n as usize] == hash)?;
        Some(Known::Key(self.rows[n as usize]))
    }

    /// Remembers a person. Either all calls bring a key, or none does.
    pub fn insert(&mut self, phone: u64, key: Option<&str>, row: u32) {
        // A table has at most 2³² rows: their numbers are `u32`.
        let Ok(n) = u32::try_from(self.rows.len()) else { return };
        self.phones.push(phone);
        self.rows.push(row);
        let (phones, hasher) = (&self.phones, &self.hashers[0]);
        self.by_phone.insert_unique(hasher.hash_one(phone), n, |&n| hasher.hash_one(phones[n as usize]));
        if let Some(key) = key {
            let hash = self.hash(key);
            self.keys.push(hash);
            let keys = &self.keys;
            self.by_key.insert_unique(hash[0], n, |&n| keys[n as usize][0]);
        }
    }

    fn hash(&self, key: &str) -> [u64; 2] {
        [self.hashers[0].hash_one(key), self.hashers[1].hash_one(key)]
    }
}

/// Keys that more than one row has, by a 64-bit hash: a false hit costs a bad row its key, or [`Dedupe`] the memory of
/// one who needn't be remembered.
#[derive(Debug)]
pub(super) struct Repeated {
    hasher: RandomState,
    hashes: Vec<u64>,
}

impl Repeated {
    /// Collects the hashes of all keys, and keeps those that repeat: 8 bytes a row while it collects.
    pub fn collect<E>(keys: impl FnOnce(&mut dyn FnMut(&str)) -> Result<(), E>) -> Result<Repeated, E> {
        let hasher = RandomState::new();
        let mut all = Vec::new();
        keys(&mut |key| all.push(hasher.hash_one(key)))?;
        all.sort_unstable();
        let mut hashes: Vec<u64> =
            all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        hashes.dedup();
        Ok(Repeated { hasher, hashes })
    }

    /// Whether more than one row has this key.
    pub fn contains(&self, key: &str) -> bool {
        self.hashes.binary_search(&self.hasher.hash_one(key)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_again_and_nobody_else() {
        let mut planned = Dedupe::default();
        for n in 0..20_000_u32 {
            assert_eq!(planned.find(u64::from(n), Some(&format!("k{n}"))), None);
            planned.insert(u64::from(n), Some(&format!("k{n}")), n + 2);
        }
        for n in 0..20_000_u32 {
            assert_eq!(planned.find(u64::from(n), None), Some(Known::Phone(n + 2)));
            assert_eq!(planned.find(1_000_000, Some(&format!("k{n}"))), Some(Known::Key(n + 2)));
        }
        assert_eq!(planned.find(20_000, Some("k20000")), None);
    }

    #[test]
    fn only_repeated_keys_are_kept() {
        let repeated = Repeated::collect::<()>(|each| {
            ["a", "b", "a", "c", "a", "c"].into_iter().for_each(each);
            Ok(())
        });
        let repeated = repeated.unwrap();
        assert!(repeated.contains("a") && repeated.contains("c"));
        assert!(!repeated.contains("b") && !repeated.contains("d"));
        assert_eq!(repeated.hashes.len(), 2);
    }
}
