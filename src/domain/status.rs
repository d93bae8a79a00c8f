//! The ten words a job's state is told in, and their counts.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// A job's state as users read it. Lists keep this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for its first or next attempt.
    Queued,
    /// An intent is on disk and no outcome yet.
    Sending,
    /// The API answered that it took the message.
    Accepted,
    /// WhatsApp sent it.
    Sent,
    /// It reached the phone.
    Delivered,
    /// It was read.
    Read,
    /// Refused for good, or reported as undeliverable.
    Failed,
    /// Nobody knows whether an attempt was accepted.
    InDoubt,
    /// Never queued: a bad row, a duplicate, or opted out.
    Skipped,
    /// Taken back by the operator or by an edit of the file, before it was sent.
    Cancelled,
}

impl Status {
    /// All of them, in the order of every list.
    pub const ALL: [Status; 10] = [
        Status::Queued,
        Status::Sending,
        Status::Accepted,
        Status::Sent,
        Status::Delivered,
        Status::Read,
        Status::Failed,
        Status::InDoubt,
        Status::Skipped,
        Status::Cancelled,
    ];

    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Sending => "sending",
            Status::Accepted => "accepted",
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Failed => "failed",
            Status::InDoubt => "in_doubt",
            Status::Skipped => "skipped",
            Status::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Status {
    type Err = String;
    fn from_str(s: &str) -> Result<Status, String> {
        Status::ALL.into_iter().find(|status| status.word() == s).ok_or_else(|| {
            let words: Vec<_> = Status::ALL.iter().map(|s| s.word()).collect();
            format!("no status is called `{s}`; there are {}", words.join(", "))
        })
    }
}

/// How many jobs stand in each status. Adds up to the total, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "std::collections::HashMap<Status, u64>")]
pub struct Counts([u64; 10]);

impl Counts {
    /// The sum of all ten.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Accepted or further: known to have been taken by the API and not failed.
    #[must_use]
    pub fn reached(&self) -> u64 {
        use Status::{Accepted, Delivered, Read, Sent};
        [Accepted, Sent, Delivered, Read].into_iter().map(|s| self[s]).sum()
    }

    /// Known to be on a phone: delivered or read.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self[Status::Delivered] + self[Status::Read]
    }

    /// A message to them was tried: all but those queued, skipped and cancelled.
    #[must_use]
    pub fn written_to(&self) -> u64 {
        self.reached() + self[Status::Sending] + self[Status::Failed] + self[Status::InDoubt]
    }

    /// Each status with its count, in the order of [`Status::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Status, u64)> + '_ {
        Status::ALL.into_iter().map(|s| (s, self[s]))
    }

    /// Moves one job from one status to another.
    pub fn shift(&mut self, from: Status, to: Status) {
        debug_assert!(self[from] > 0, "no job is {from}");
        self[from] = self[from].saturating_sub(1);
        self[to] += 1;
    }
}

impl Index<Status> for Counts {
    type Output = u64;
    fn index(&self, s: Status) -> &u64 {
        &self.0[s as usize]
    }
}

impl IndexMut<Status> for Counts {
    fn index_mut(&mut self, s: Status) -> &mut u64 {
        &mut self.0[s as usize]
    }
}

impl From<std::collections::HashMap<Status, u64>> for Counts {
    fn from(map: std::collections::HashMap<Status, u64>) -> Counts {
        let mut counts = Counts::default();
        for (status, n) in map {
            counts[status] = n;
        }
        counts
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(10))?;
        for (status, n) in self.iter() {
            map.serialize_entry(status.word(), &n)?;
        }
        map.end()
    }
}
