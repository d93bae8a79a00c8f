//! Who stands in line for a number: `numbers/<id>/line/`, two files for each run.
//!
//! - `<owner>.lock`: held for as long as the run is in line. One that can be taken is a dead run's, and is removed.
//! - `<owner>.json`: the campaign, its priority, and what it has paid: the time of its turns, the dearer the lower its
//!   priority. Replaced as a whole, without a sync: it means nothing after a restart.
//!
//! Invariant: a newcomer has paid as much as the one who has paid least.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::OwnerId;
use crate::domain::priority::Priority;
use crate::queue::QueueError;
use crate::queue::permits::Party;
use crate::sys::disk::{LockGuard, SharedDisk, if_there, publish};

const VERSION: u32 = 1;

/// What a run writes of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    version: u32,
    campaign: String,
    priority: Priority,
    paid_ms: u64,
}

/// Another run in line, and who of two is next.
#[derive(Clone, Debug)]
pub(super) struct Rival {
    pub party: Party,
    rank: Rank,
}

/// The least is next.
type Rank = (Duration, u64);

/// The line of one number, as one run sees it.
pub(super) struct Line {
    disk: SharedDisk,
    dir: PathBuf,
    owner: OwnerId,
    party: Party,
    paid: Duration,
    place: Option<LockGuard>,
    rivals: Vec<Rival>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("owner", &self.owner).field("paid", &self.paid).finish_non_exhaustive()
    }
}

impl Line {
    /// Nobody's place yet.
    pub fn new(disk: SharedDisk, dir: PathBuf, owner: OwnerId, party: Party) -> Line {
        Line { disk, dir, owner, party, paid: Duration::ZERO, place: None, rivals: Vec::new() }
    }

    /// Whether this run stands in it.
    pub fn is_in(&self) -> bool {
        self.place.is_some()
    }

    /// Who else did when it was last looked at.
    pub fn rivals(&self) -> &[Rival] {
        &self.rivals
    }

    /// Stands in line.
    pub fn join(&mut self) -> Result<(), QueueError> {
        if self.is_in() {
            return Ok(());
        }
        self.disk.create_dir_all(&self.dir).map_err(QueueError::disk("create", &self.dir))?;
        let lock = self.path(self.owner.0, "lock");
        let place = self.disk.lock(&lock).map_err(QueueError::disk("lock", &lock))?;
        self.place = Some(place);
        self.look()?;
        let least = self.rivals.iter().map(|rival| rival.rank.0).min();
        self.pay(self.paid.max(least.unwrap_or_default()))
    }

    /// Looks who else is in it; clears away who died.
    pub fn look(&mut self) -> Result<(), QueueError> {
        let files = self.disk.list(&self.dir).map_err(QueueError::disk("list", &self.dir))?;
        let mut owners: Vec<u64> = files.iter().filter_map(|path| owner(path)).collect();
        owners.sort_unstable();
        owners.dedup();
        let mut rivals = Vec::new();
        for owner in owners.into_iter().filter(|owner| *owner != self.owner.0) {
            let lock = self.path(owner, "lock");
            if let Some(_dead) = self.disk.try_lock(&lock).map_err(QueueError::disk("lock", &lock))? {
                self.clear(owner).map_err(QueueError::disk("remove", &lock))?;
                continue;
            }
            let entry = self.path(owner, "json");
            let bytes = if_there(self.disk.read(&entry)).map_err(QueueError::disk("read", &entry))?;
            // Without an entry it has only just come; one that can't be read is rewritten at its next turn.
            let entry = bytes.and_then(|bytes| serde_json::from_slice::<Entry>(&bytes).ok());
            if let Some(Entry { campaign, priority, paid_ms, .. }) = entry {
                let party = Party { campaign, priority };
                rivals.push(Rival { party, rank: (Duration::from_millis(paid_ms), owner) });
            }
        }
        self.rivals = rivals;
        Ok(())
    }

    /// How many are before this run, were `turn` paid for.
    pub fn ahead(&self, turn: Duration) -> usize {
        let rank = (self.paid + self.party.priority.cost(turn), self.owner.0);
        self.rivals.iter().filter(|rival| rival.rank < rank).count()
    }

    /// Pays for a turn.
    pub fn pay_for(&mut self, turn: Duration) -> Result<(), QueueError> {
        self.pay(self.paid + self.party.priority.cost(turn))
    }

    /// Leaves it; `turn` is paid for when it comes back.
    pub fn leave(&mut self, turn: Duration) {
        self.paid += self.party.priority.cost(turn);
        self.rivals.clear();
        if self.place.is_some()
            && let Err(error) = self.clear(self.owner.0)
        {
            // The lock tells the others that nobody stands there.
            tracing::debug!(%error, "could not remove a place in a number's line");
        }
        self.place = None;
    }

    fn pay(&mut self, paid: Duration) -> Result<(), QueueError> {
        self.paid = paid;
        let entry = Entry {
            version: VERSION,
            campaign: self.party.campaign.clone(),
            priority: self.party.priority,
            paid_ms: u64::try_from(paid.as_millis()).unwrap_or(u64::MAX),
        };
        let path = self.path(self.owner.0, "json");
        let bytes = serde_json::to_vec(&entry).map_err(io::Error::other);
        let written = bytes.and_then(|bytes| publish(&*self.disk, &path, &bytes));
        written.map_err(QueueError::disk("write", &path))
    }

    fn clear(&self, owner: u64) -> io::Result<()> {
        for ending in ["json", "lock"] {
            if_there(self.disk.remove_file(&self.path(owner, ending)))?;
        }
        Ok(())
    }

    fn path(&self, owner: u64, ending: &str) -> PathBuf {
        self.dir.join(format!("{owner:016x}.{ending}"))
    }
}

/// Who stands in line for the number of this directory, for somebody who only looks.
///
/// # Errors
/// The disk's.
pub fn in_line(disk: &SharedDisk, number: &Path) -> Result<Vec<Party>, QueueError> {
    // An owner of its own, which never joins.
    let (owner, party) = (OwnerId(0), Party { campaign: String::new(), priority: Priority::default() });
    let mut line = Line::new(disk.clone(), number.join("line"), owner, party);
    line.look()?;
    Ok(line.rivals.iter().map(|rival| rival.party.clone()).collect())
}

impl Drop for Line {
    fn drop(&mut self) {
        self.leave(Duration::ZERO);
    }
}

/// Whose file this is.
fn owner(path: &Path) -> Option<u64> {
    let (name, _ending) = path.file_name()?.to_str()?.split_once('.')?;
    u64::from_str_radix(name, 16).ok()
}
