//! Handing on what webhooks told to the campaigns that nobody is running; those that are read the inbox themselves.
//!
//! A campaign is opened only where something came for it: its messages' ids and its people are known by their hashes, 8 bytes
//! each.
//! Campaigns that began more than [`MAX_NEWS_AGE`] ago are left alone: no news comes for their messages any more.
//! Its lock is held for moments; `run` waits for whoever holds it without sending.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::campaign_dir::all_rounds;
use crate::domain::ids::MessageId;
use crate::domain::phone::Phone;
use crate::engine::offline::{Folded, record_webhooks};
use crate::engine::optout::OptOutList;
use crate::queue::{LocalQueue, Queue, QueueError, View};
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::disk::{Disk, SharedDisk};
use crate::sys::home::Home;
use crate::webhooks::{Cursor, Hook, Inbox, Record, inbox_dir};

/// Delivery news comes for 30 days at most.
const MAX_NEWS_AGE: Duration = Duration::from_secs(35 * 24 * 3600);

/// What one campaign was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// The campaign's name.
    pub campaign: String,
    /// What changed, or why nothing can.
    pub result: Result<Folded, String>,
}

/// Who hands on.
#[derive(Debug)]
pub struct Feeder {
    disk: SharedDisk,
    home: Home,
    clock: SystemClock,
    origin: String,
    inbox: Inbox,
    cursor: Cursor,
    hashing: RandomState,
    rounds: HashMap<PathBuf, Round>,
}

/// One round, as it was read last.
#[derive(Debug, Default)]
struct Round {
    journal: u64,
    /// Sorted hashes of its messages' ids.
    ids: Vec<u64>,
    /// Sorted hashes of whom it wrote to.
    people: Vec<u64>,
    /// Another account's.
    foreign: bool,
    /// It has begun, and not so long ago that no news comes.
    concerned: bool,
    /// It was held when something came for it, or hasn't been looked at since the start: look again.
    pending: bool,
    /// The error that was told last.
    told: Option<String>,
}

impl Feeder {
    /// For the account that this server's origin stands for.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(disk: SharedDisk, home: Home, clock: SystemClock, origin: String) -> io::Result<Feeder> {
        let inbox = Inbox::new(disk.clone(), inbox_dir(&home.account(&origin)));
        let cursor = inbox.end()?;
        let (hashing, rounds) = (RandomState::new(), HashMap::new());
        Ok(Feeder { disk, home, clock, origin, inbox, cursor, hashing, rounds })
    }

    /// Hands on what has come since the last time. The first time, every campaign gets what came while nobody listened
    /// to it. Where a campaign can't take it, that is told, and it is tried again.
    ///
    /// # Errors
    /// The disk's, where the inbox or the list of campaigns can't be read.
    pub async fn feed(&mut self) -> Result<Vec<Fed>, QueueError> {
        let inbox = inbox_dir(&self.home.account(&self.origin));
        let mut records = Vec::new();
        loop {
            let page = self.inbox.read(&mut self.cursor).map_err(QueueError::disk("read", &inbox))?;
            if page.is_empty() {
                break;
            }
            records.extend(page.into_iter().map(|(_, record)| record));
        }
        let mut fed = Vec::new();
        for dir in all_rounds(&*self.disk, &self.home)? {
            let campaign = name(&*self.disk, &dir);
            match self.feed_round(&dir, &records).await {
                Ok(Some(folded)) => fed.push(Fed { campaign, result: Ok(folded) }),
                Ok(None) => {}
                // Erased meanwhile.
                Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    self.rounds.remove(&dir);
                }
                Err(error) => {
                    let round = self.rounds.entry(dir).or_default();
                    round.pending = true;
                    let error = error.to_string();
                    if round.told.as_ref() != Some(&error) {
                        round.told = Some(error.clone());
                        fed.push(Fed { campaign, result: Err(error) });
                    }
                }
            }
        }
        Ok(fed)
    }

    async fn feed_round(&mut self, dir: &Path, records: &[Record]) -> Result<Option<Folded>, QueueError> {
        if !LocalQueue::exists(&*self.disk, dir)? {
            return Ok(None);
        }
        if !self.rounds.contains_key(dir) {
            let pending = LocalQueue::identity_of(&*self.disk, dir)?.origin == self.origin;
            self.rounds.insert(dir.to_owned(), Round { pending, foreign: !pending, ..Round::default() });
        }
        let Some(round) = self.rounds.get_mut(dir) else { return Ok(None) };
        if round.foreign || (records.is_empty() && !round.pending) {
            return Ok(None);
        }
        let Some(len) = LocalQueue::journal_len(&*self.disk, dir)? else { return Ok(None) };
        let mut queue = None;
        if len != round.journal {
            // Whoever runs it reads the inbox itself. Held from here on, its journal doesn't grow.
            queue = match LocalQueue::open(self.disk.clone(), dir, None) {
                Ok(queue) => Some(queue),
                Err(QueueError::Locked { .. }) => {
                    round.pending = true;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            *round = index(View::open(self.disk.clone(), dir)?, &self.clock, &self.hashing)?;
            round.journal = len;
            round.pending = true;
        }
        let sent = |id: &MessageId| round.ids.binary_search(&self.hashing.hash_one(id)).is_ok();
        let wrote_to = |phone: Option<Phone>| {
            phone.is_some_and(|phone| {
                round.people.binary_search(&self.hashing.hash_one(phone.identity())).is_ok()
            })
        };
        let told = |record: &Record| match &record.hook {
            Hook::Delivery(delivery) => sent(&delivery.id),
            Hook::Reply(reply) => match &reply.answers {
                Some(id) => sent(id),
                None => wrote_to(reply.from),
            },
            Hook::Marketing(told) => told.code.is_none() && wrote_to(told.from),
        };
        if !round.concerned || !(round.pending || records.iter().any(told)) {
            round.pending &= round.concerned;
            return match queue {
                Some(queue) => queue.close().await.map(|()| None),
                None => Ok(None),
            };
        }
        let queue = match queue {
            Some(queue) => queue,
            None => match LocalQueue::open(self.disk.clone(), dir, None) {
                Ok(queue) => queue,
                Err(QueueError::Locked { .. }) => {
                    round.pending = true;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            },
        };
        round.pending = false;
        let folded = self.fold(queue, dir).await?;
        if let Some(round) = self.rounds.get_mut(dir)
            && let Some(len) = LocalQueue::journal_len(&*self.disk, dir)?
        {
            // What was noted changes no ids.
            round.journal = len;
        }
        Ok(Some(folded))
    }

    async fn fold(&self, mut queue: LocalQueue, dir: &Path) -> Result<Folded, QueueError> {
        let path = self.home.optouts();
        let list = OptOutList::open(self.disk.clone(), &path);
        let mut list = list.map_err(QueueError::disk("read", &path))?;
        let account = self.home.account(&self.origin);
        let folded = record_webhooks(&mut queue, self.disk.clone(), &account, dir, &mut list).await?;
        queue.close().await?;
        Ok(folded)
    }
}

/// What there is to know of a round.
fn index(mut view: View, clock: &SystemClock, hashing: &RandomState) -> Result<Round, QueueError> {
    if view.started_at().is_none_or(|began| began + MAX_NEWS_AGE <= clock.now()) {
        return Ok(Round::default());
    }
    let (mut ids, mut people) = (Vec::new(), Vec::new());
    view.message_ids(&mut |id| ids.push(hashing.hash_one(id)))?;
    view.scan(&mut |listed| {
        let phone = listed.phone().filter(|_| !listed.job.attempts.is_empty());
        people.extend(phone.map(|phone| hashing.hash_one(phone.identity())));
        Ok(())
    })?;
    ids.sort_unstable();
    people.sort_unstable();
    people.dedup();
    Ok(Round { ids, people, concerned: true, ..Round::default() })
}

/// The campaign that a round is one of; where that can't be read, its directory's name.
fn name(disk: &dyn Disk, dir: &Path) -> String {
    if let Ok(identity) = LocalQueue::identity_of(disk, dir) {
        return identity.campaign;
    }
    let campaign = dir.parent().and_then(Path::file_name).unwrap_or_default();
    campaign.to_string_lossy().into_owned()
}
