//! Stops of which nobody knows (yet) whose they are: the person has a business-scoped id and no number. They are kept in
//! a file of their own beside the inbox until somebody is found, and told of until then.
//!
//! ```text
//! accounts/<origin>/hooks/unattributed-stops.ndjson    a JSON object a line
//! ```
//!
//! Invariants: what [`Unattributed::note`] returned for is on disk; one stop is there once; a line that can't be read is
//! kept and counted.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::ids::MessageId;
use crate::domain::time::Millis;
use crate::sys::disk::{LockGuard, SharedDisk, if_there, write_atomic};

/// A stop of somebody whose number isn't known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOfUnknown {
    /// When it was received.
    pub at: Millis,
    /// How it was said: `wrote "STOP" (webhook)`.
    pub how: String,
    /// The message of ours that it answers: whoever that went to is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// The person's id with the business, or the number of the subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The id of the message that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
}

/// The file of them.
#[derive(Clone, Debug)]
pub struct Unattributed {
    disk: SharedDisk,
    path: PathBuf,
}

impl Unattributed {
    /// The one of the inbox in this directory ([`inbox_dir`](super::inbox_dir)).
    #[must_use]
    pub fn of_inbox(disk: SharedDisk, dir: &Path) -> Unattributed {
        Unattributed { disk, path: dir.join("unattributed-stops.ndjson") }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Those that wait, and how many lines can't be read.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&self) -> io::Result<(Vec<StopOfUnknown>, u64)> {
        let bytes = if_there(self.disk.read(&self.path))?.unwrap_or_default();
        let (mut stops, mut damaged) = (Vec::new(), 0);
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            match serde_json::from_slice(line) {
                Ok(stop) => stops.push(stop),
                Err(_) => damaged += 1,
            }
        }
        Ok((stops, damaged))
    }

    /// How many wait.
    ///
    /// # Errors
    /// The disk's.
    pub fn count(&self) -> io::Result<u64> {
        self.read().map(|(stops, damaged)| stops.len() as u64 + damaged)
    }

    /// Keeps more of them, durably.
    ///
    /// # Errors
    /// The disk's: none counts as kept then.
    pub fn note(&self, more: &[StopOfUnknown]) -> io::Result<()> {
        self.change(|known| {
            for stop in more {
                let told = |one: &StopOfUnknown| match (&one.id, &stop.id) {
                    (Some(one), Some(other)) => one == other,
                    _ => one == stop,
                };
                if !known.iter().any(told) {
                    known.push(stop.clone());
                }
            }
        })
    }

    /// Takes out those whose person was found, durably.
    ///
    /// # Errors
    /// The disk's; all of them are there then.
    pub fn settle(&self, found: &[StopOfUnknown]) -> io::Result<()> {
        self.change(|known| known.retain(|stop| !found.contains(stop)))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<StopOfUnknown>)) -> io::Result<()> {
        let _guard: LockGuard = self.disk.lock(&self.path.with_extension("lock"))?;
        let (mut stops, damaged) = self.read()?;
        change(&mut stops);
        let mut bytes = Vec::new();
        for stop in &stops {
            serde_json::to_writer(&mut bytes, stop).map_err(io::Error::other)?;
            bytes.push(b'\n');
        }
        if damaged > 0 {
            let old = self.disk.read(&self.path)?;
            let bad = old.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            for line in bad.filter(|line| serde_json::from_slice::<StopOfUnknown>(line).is_err()) {
                bytes.extend_from_slice(line);
                bytes.push(b'\n');
            }
        }
        write_atomic(&*self.disk, &self.path, &bytes)
    }
}
