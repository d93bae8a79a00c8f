//! Messages that are left to send, counted by what decides how long that takes and what it costs.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

use crate::domain::format::shares;
use crate::domain::ids::SenderNo;
use crate::domain::phone::{Country, Phone, ZoneSet};
use crate::domain::plan::PlannedRow;
use crate::domain::status::Status;
use crate::queue::{QueueError, RowVisitor};

/// How many messages are left to send.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    /// All of them.
    pub messages: u64,
    /// By the sender's position in the plan's head.
    pub by_sender: Vec<u64>,
    /// By the zones that people may be in; `None` where one clock counts for all.
    by_zones: Option<BTreeMap<ZoneSet, u64>>,
    /// By the country of the number; `None` where nobody asks for it. The key `None`: numbers of no country.
    pub by_country: Option<BTreeMap<Option<Country>, u64>>,
}

impl Pending {
    /// None yet. `by_recipient`: the schedule goes by each recipient's own clock; `priced`: what it costs is asked for.
    #[must_use]
    pub fn none(by_recipient: bool, priced: bool) -> Pending {
        Pending {
            by_zones: by_recipient.then(BTreeMap::new),
            by_country: priced.then(BTreeMap::new),
            ..Pending::default()
        }
    }

    /// One more.
    pub fn add(&mut self, sender: SenderNo, phone: Option<Phone>) {
        self.messages += 1;
        let sender = usize::from(sender.0);
        if self.by_sender.len() <= sender {
            self.by_sender.resize(sender + 1, 0);
        }
        self.by_sender[sender] += 1;
        let Some(phone) = phone else { return };
        if let Some(by_zones) = &mut self.by_zones {
            *by_zones.entry(phone.zones()).or_default() += 1;
        }
        if let Some(by_country) = &mut self.by_country {
            *by_country.entry(phone.country()).or_default() += 1;
        }
    }

    /// Adds those of a round's list that are queued.
    ///
    /// # Errors
    /// What `scan` says.
    pub fn with_queued(
        mut self,
        scan: impl FnOnce(&mut RowVisitor<'_>) -> Result<(), QueueError>,
    ) -> Result<Pending, QueueError> {
        scan(&mut |listed| {
            if listed.job.status() == Status::Queued {
                self.add(listed.row.sender, listed.row.phone);
            }
            Ok(())
        })?;
        Ok(self)
    }

    /// What a part of so many messages is, drawn by chance: as is expected of it.
    #[must_use]
    pub fn part(&self, messages: u64) -> Pending {
        fn of<K: Ord + Copy>(all: &BTreeMap<K, u64>, messages: u64) -> BTreeMap<K, u64> {
            let counts: Vec<u64> = all.values().copied().collect();
            all.keys().copied().zip(shares(&counts, messages)).collect()
        }
        Pending {
            messages,
            by_sender: shares(&self.by_sender, messages),
            by_zones: self.by_zones.as_ref().map(|all| of(all, messages)),
            by_country: self.by_country.as_ref().map(|all| of(all, messages)),
        }
    }

    /// People who are alike in the schedule.
    #[must_use]
    pub fn people(&self) -> Vec<(ZoneSet, u64)> {
        let everybody = || vec![(ZoneSet::UNKNOWN, self.messages)];
        self.by_zones.as_ref().map_or_else(everybody, |by| by.iter().map(|(zones, n)| (*zones, *n)).collect())
    }
}

/// Whom a round has sent to or tried to: planning them again sends nothing.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// Of each key its hash: a campaign of a million has a million of them.
    keys: HashSet<u64>,
    hashing: RandomState,
}

impl Tried {
    /// Goes through a round's list.
    ///
    /// # Errors
    /// What `scan` says.
    pub fn of(scan: impl FnOnce(&mut RowVisitor<'_>) -> Result<(), QueueError>) -> Result<Tried, QueueError> {
        let mut tried = Tried::default();
        scan(&mut |listed| {
            let untried = matches!(listed.job.status(), Status::Queued | Status::Skipped | Status::Cancelled);
            if let (false, Some(key)) = (untried, &listed.row.key) {
                tried.keys.insert(tried.hashing.hash_one(key));
            }
            Ok(())
        })?;
        Ok(tried)
    }

    /// Whether this row's person is one of them.
    #[must_use]
    pub fn has(&self, row: &PlannedRow) -> bool {
        !self.keys.is_empty()
            && row.key.as_ref().is_some_and(|key| self.keys.contains(&self.hashing.hash_one(key)))
    }
}
