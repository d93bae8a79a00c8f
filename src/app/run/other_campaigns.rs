//! The other ledgers of the data directory, as a campaign in doubt has to know them.
//!
//! A ledger is read again when its journal has grown: nothing happens without it. One that is being written is read at
//! most for a twentieth of the time.
//!
//! They are read after the conversation was. A message that may be one of theirs in flight or in doubt settles nothing, and
//! while they are written faster than they can be read, the doubt is asked for again.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::campaign_dir::all_rounds;
use crate::domain::ids::MessageId;
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::OtherCampaigns;
use crate::queue::{LocalQueue, QueueError, View};
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;

/// No ledger is read again within so long…
const MIN_REREAD_INTERVAL: Duration = Duration::from_secs(2);
/// …or so many times as long as reading took.
const REREAD_SHARE: u32 = 20;

/// Every ledger but one's own.
pub struct OtherLedgers {
    disk: SharedDisk,
    home: Home,
    own: PathBuf,
    ledgers: HashMap<PathBuf, Other>,
    /// Of each id its hash: a campaign of a million has a million of them.
    ids: HashSet<u64>,
    hashing: RandomState,
    not_before: Option<Instant>,
    /// One can't be read, so that nobody knows what is theirs.
    damaged: bool,
}

/// One of them, as it was read last.
struct Other {
    journal: u64,
    /// Kept from the second reading on: it is being written.
    view: Option<View>,
    open: Vec<(Phone, Millis, Arc<Payload>)>,
    /// Every message of it has its outcome.
    ended: bool,
}

impl OtherLedgers {
    /// Those beside the round `own`. Reads nothing yet.
    #[must_use]
    pub fn new(disk: SharedDisk, home: Home, own: PathBuf) -> OtherLedgers {
        OtherLedgers {
            disk,
            home,
            own,
            ledgers: HashMap::new(),
            ids: HashSet::new(),
            hashing: RandomState::new(),
            not_before: None,
            damaged: false,
        }
    }

    fn rounds(&self) -> Result<Vec<PathBuf>, QueueError> {
        let singles = self.home.singles();
        let mut rounds = self.disk.list(&singles).map_err(QueueError::disk("read", &singles))?;
        rounds.extend(all_rounds(&*self.disk, &self.home)?);
        rounds.retain(|round| *round != self.own);
        Ok(rounds)
    }

    /// Rounds whose journal isn't as long as when it was read, and how long it is.
    fn changed(&self) -> Result<Vec<(PathBuf, u64)>, QueueError> {
        let singles = self.home.singles();
        // There may be thousands, and one that has its outcome stays as it is.
        let ended = |round: &PathBuf| {
            round.starts_with(&singles) && self.ledgers.get(round).is_some_and(|other| other.ended)
        };
        let mut changed = Vec::new();
        for round in self.rounds()?.into_iter().filter(|round| !ended(round)) {
            if !LocalQueue::exists(&*self.disk, &round)? {
                continue;
            }
            let Some(len) = LocalQueue::journal_len(&*self.disk, &round)? else { continue };
            if self.ledgers.get(&round).is_none_or(|other| other.journal != len) {
                changed.push((round, len));
            }
        }
        Ok(changed)
    }

    fn read(&mut self, round: PathBuf, journal: u64) -> Result<(), QueueError> {
        let again = self.ledgers.contains_key(&round);
        let kept = self.ledgers.remove(&round).and_then(|other| other.view);
        let view = match kept {
            Some(mut view) => view.refresh().map(|_| view),
            None => View::open(self.disk.clone(), &round),
        };
        let mut view = match view {
            // Erased meanwhile.
            Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
            // No reason to end a run: what may be theirs stays in doubt.
            Err(error @ (QueueError::Damaged { .. } | QueueError::OtherFormat { .. })) => {
                tracing::warn!(%error, "could not read another campaign's journal");
                self.damaged = true;
                self.ledgers.insert(round, Other { journal, view: None, open: Vec::new(), ended: false });
                return Ok(());
            }
            view => view?,
        };
        let (ids, hashing) = (&mut self.ids, &self.hashing);
        view.message_ids(&mut |id| {
            ids.insert(hashing.hash_one(id));
        })?;
        let open: Vec<_> = view.open_attempts()?.into_iter().map(|d| (d.phone, d.at, d.payload)).collect();
        let ended = open.is_empty() && view.counts().total() > 0 && view.counts()[Status::Queued] == 0;
        self.ledgers.insert(round, Other { journal, view: again.then_some(view), open, ended });
        Ok(())
    }
}

impl OtherCampaigns for OtherLedgers {
    fn refresh(&mut self) -> Result<bool, QueueError> {
        let changed = self.changed()?;
        if changed.is_empty() {
            return Ok(!self.damaged);
        }
        let began = Instant::now();
        if self.not_before.is_some_and(|at| began < at) {
            return Ok(false);
        }
        for (round, journal) in changed {
            self.read(round, journal)?;
        }
        let ended = Instant::now();
        self.not_before = Some(ended + MIN_REREAD_INTERVAL.max((ended - began) * REREAD_SHARE));
        Ok(!self.damaged)
    }

    fn knows(&self, id: &MessageId) -> bool {
        self.ids.contains(&self.hashing.hash_one(id))
    }

    fn open_attempts(&self, phone: Phone) -> Vec<(Millis, Arc<Payload>)> {
        let all = self.ledgers.values().flat_map(|other| &other.open);
        all.filter(|(whose, ..)| whose.identity() == phone.identity())
            .map(|(_, at, says)| (*at, Arc::clone(says)))
            .collect()
    }
}
