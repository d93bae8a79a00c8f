//! Whose stop it is where the webhook names no number: whoever the message went to that it answers. It is looked for in
//! every ledger of the data directory, single messages included, also while another process writes them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::campaign_dir::all_rounds;
use crate::domain::ids::MessageId;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::engine::optout::OptOutList;
use crate::queue::{LocalQueue, QueueError, View};
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::webhooks::{StopOfUnknown, Unattributed, inbox_dir};

/// A message may be answered before its id is in its ledger: it is looked for again, ever less often.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const LAST_RETRY: Duration = Duration::from_secs(600);

/// One that is older is looked for once more when a listener starts: its message would be known by now.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Where an account's stops of unknown people are kept.
#[must_use]
pub fn unattributed(disk: &SharedDisk, home: &Home, origin: &str) -> Unattributed {
    Unattributed::of_inbox(disk.clone(), &inbox_dir(&home.account(origin)))
}

/// Who looks for them.
#[derive(Debug)]
pub struct Attribution {
    disk: SharedDisk,
    home: Home,
    file: Unattributed,
    /// Looked for in vain, when to look again, and after how long the next time.
    last: Vec<StopOfUnknown>,
    next: Millis,
    wait: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    /// People who are on the opt-out list by it.
    pub found: u64,
    /// Stops that still wait.
    pub waiting: u64,
}

impl Attribution {
    /// For the account that this server's origin stands for.
    #[must_use]
    pub fn new(disk: SharedDisk, home: Home, origin: &str) -> Attribution {
        let file = unattributed(&disk, &home, origin);
        Attribution { disk, home, file, last: Vec::new(), next: Millis::ZERO, wait: FIRST_RETRY }
    }

    /// Looks for whoever is meant and puts them on the opt-out list.
    ///
    /// # Errors
    /// The disk's.
    pub fn attribute(&mut self, now: Millis) -> Result<Attributed, QueueError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| QueueError::disk("read", &path)(error)
        };
        let path = self.file.path().to_owned();
        let (stops, damaged) = self.file.read().map_err(failed(&path))?;
        if stops.is_empty() {
            return Ok(Attributed { found: 0, waiting: damaged });
        }
        let waiting = stops.len() as u64 + damaged;
        let old = stops.iter().all(|stop| stop.at + GIVE_UP_AFTER < now);
        if stops == self.last && (old || now < self.next) {
            return Ok(Attributed { found: 0, waiting });
        }
        self.wait = if stops == self.last { LAST_RETRY.min(self.wait * 2) } else { FIRST_RETRY };
        let found = self.find(&stops)?;
        if !found.is_empty() {
            let list = self.home.optouts();
            let people: Vec<_> = found.iter().map(|(stop, phone)| (*phone, stop.how.clone())).collect();
            OptOutList::open(self.disk.clone(), &list)
                .and_then(|mut list| list.add_all(&people, now))
                .map_err(QueueError::disk("add to", &list))?;
            let settled: Vec<_> = found.iter().map(|(stop, _)| stop.clone()).collect();
            self.file.settle(&settled).map_err(failed(&path))?;
        }
        let (left, damaged) = self.file.read().map_err(failed(&path))?;
        let waiting = left.len() as u64 + damaged;
        self.last = left;
        self.next = now + self.wait;
        Ok(Attributed { found: found.len() as u64, waiting })
    }

    fn find(&self, stops: &[StopOfUnknown]) -> Result<Vec<(StopOfUnknown, Phone)>, QueueError> {
        let mut open: Vec<_> = stops.iter().filter(|stop| stop.answers.is_some()).collect();
        let mut found = Vec::new();
        for round in self.rounds()? {
            if open.is_empty() {
                break;
            }
            let mut look = |id: &MessageId, phone: Phone| {
                open.retain(|stop| {
                    let is_it = stop.answers.as_ref() == Some(id);
                    if is_it {
                        found.push(((*stop).clone(), phone));
                    }
                    !is_it
                });
            };
            match self.read(&round, &mut look) {
                // Erased meanwhile.
                Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(%error, "could not search a campaign for who asked to stop"),
                Ok(()) => {}
            }
        }
        Ok(found)
    }

    fn read(&self, round: &Path, look: &mut dyn FnMut(&MessageId, Phone)) -> Result<(), QueueError> {
        if !LocalQueue::exists(&*self.disk, round)? {
            return Ok(());
        }
        View::open(self.disk.clone(), round)?.scan(&mut |listed| {
            if let Some(phone) = listed.phone() {
                listed.job.deliveries().filter_map(|(_, one)| one.id.as_ref()).for_each(|id| look(id, phone));
            }
            Ok(())
        })
    }

    /// Every round, the newest campaigns' last; single messages, too.
    fn rounds(&self) -> Result<Vec<PathBuf>, QueueError> {
        let singles = self.home.singles();
        let mut rounds = self.disk.list(&singles).map_err(QueueError::disk("read", &singles))?;
        rounds.extend(all_rounds(&*self.disk, &self.home)?);
        Ok(rounds)
    }
}
