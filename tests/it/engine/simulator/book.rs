//! What the journal says, read by somebody else than the queue: the bytes from their documented layout, and
//! of the jobs no more than L, D and X need.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use sendcast::domain::ids::{JobId, OrderId};
use sendcast::domain::job::{Event, News, Reach, ResendBy};
use sendcast::queue::{DesiredState, Entry};
use sendcast::sys::memory_disk::MemoryDisk;

/// The length of the file's head, and of a commit batch's.
const HEAD: usize = 32;

/// An attempt, by its job and its number.
pub type Name = (u32, u32);

/// What the journal says of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There is an intent, and nothing else.
    Open,
    /// Known not to have been accepted.
    Clean,
    /// Nobody knows.
    Doubt,
    /// Known to have been accepted; how far it got, and whether it failed.
    Accepted { reach: Reach, failed: bool },
}

impl Fate {
    fn arrived(&self) -> bool {
        match self {
            Fate::Accepted { reach, failed } => !failed || *reach >= Reach::Delivered,
            _ => false,
        }
    }

    fn may_be_accepted(&self) -> bool {
        *self != Fate::Clean
    }
}

/// What the journal says of a job.
#[derive(Clone, Debug)]
pub struct Page {
    pub attempts: BTreeMap<u32, Fate>,
    /// An attempt in doubt waits to be sent again.
    queued: bool,
    /// So many of its attempts may be accepted: one, and one more by each order.
    pub allowed: usize,
    /// How often it was sent again for being unseen.
    pub resent_unseen: u32,
    /// The operator said that a doubt was sent.
    pub operators_word: bool,
}

impl Default for Page {
    fn default() -> Page {
        Page { attempts: BTreeMap::new(), queued: false, allowed: 1, resent_unseen: 0, operators_word: false }
    }
}

impl Page {
    pub fn is_sending(&self) -> bool {
        self.attempts.values().any(|fate| *fate == Fate::Open)
    }

    fn doubts(&self) -> usize {
        self.attempts.values().filter(|fate| **fate == Fate::Doubt).count()
    }

    pub fn is_in_doubt(&self) -> bool {
        let arrived = self.attempts.values().any(Fate::arrived);
        !self.queued && !arrived && !self.is_sending() && self.doubts() > 0
    }

    /// Attempts that were, or may have been, accepted.
    pub fn possibly_accepted(&self) -> usize {
        self.attempts.values().filter(|fate| fate.may_be_accepted()).count()
    }

    fn back_to_the_queue(&mut self) {
        self.queued = !self.attempts.values().any(Fate::arrived);
    }

    /// Follows an event. The queue says which ones are admitted; this only says what they mean.
    fn follow(&mut self, event: &Event) {
        match event {
            Event::Claimed { attempt, .. } => {
                self.queued = false;
                self.attempts.insert(attempt.0, Fate::Open);
            }
            Event::Withdrawn { attempt, .. } | Event::NotAccepted { attempt, .. } => {
                self.attempts.insert(attempt.0, Fate::Clean);
                self.back_to_the_queue();
            }
            Event::Refused { attempt, .. } => {
                self.attempts.insert(attempt.0, Fate::Clean);
            }
            Event::Doubted { attempt, .. } => {
                self.attempts.insert(attempt.0, Fate::Doubt);
            }
            Event::Accepted { attempt, .. } | Event::Found { attempt, .. } => {
                self.operators_word |= matches!(event, Event::Found { id: None, .. });
                self.attempts.insert(attempt.0, Fate::Accepted { reach: Reach::Accepted, failed: false });
                self.queued = false;
            }
            Event::FoundFailed { attempt, .. } => {
                self.attempts.insert(attempt.0, Fate::Accepted { reach: Reach::Accepted, failed: true });
                self.queued = false;
            }
            Event::News { attempt, news, .. } => {
                if let Some(Fate::Accepted { reach, failed }) = self.attempts.get_mut(&attempt.0) {
                    match news {
                        News::Reached(told) => *reach = (*reach).max(*told),
                        News::Failed(_) => *failed = true,
                    }
                }
                self.queued &= !self.attempts.get(&attempt.0).is_some_and(Fate::arrived);
            }
            Event::Resend { .. } | Event::Retry { .. } => {
                self.resent_unseen += u32::from(matches!(event, Event::Resend { by: ResendBy::Unseen }));
                self.allowed = self.possibly_accepted() + 1;
                self.queued = true;
            }
            Event::Cancelled { .. } | Event::Skipped { .. } => self.queued = false,
            Event::Returned => self.queued |= self.doubts() == 0,
            _ => {}
        }
    }
}

/// The journal, as far as it was read.
pub struct Book {
    disk: MemoryDisk,
    path: PathBuf,
    offset: usize,
    group: u64,
    pages: HashMap<u32, Page>,
    pub sending: u64,
    pub in_doubt: u64,
    pub wanted: DesiredState,
    pub plans: u32,
    /// The order whose changes are being told.
    order: Option<OrderId>,
}

impl Book {
    pub fn new(disk: MemoryDisk, path: PathBuf) -> Book {
        Book {
            disk,
            path,
            offset: HEAD,
            group: 1,
            pages: HashMap::new(),
            sending: 0,
            in_doubt: 0,
            wanted: DesiredState::Running,
            plans: 0,
            order: None,
        }
    }

    pub fn page(&self, job: JobId) -> Option<&Page> {
        self.pages.get(&job.0)
    }

    /// All attempts in doubt, in order.
    pub fn doubts(&self) -> Vec<Name> {
        let mut doubts: Vec<Name> = Vec::new();
        for (job, page) in &self.pages {
            let of_job = page.attempts.iter().filter(|(_, fate)| **fate == Fate::Doubt);
            doubts.extend(of_job.map(|(no, _)| (*job, *no)));
        }
        doubts.sort_unstable();
        doubts
    }

    /// Reads on: whole commit batches, and of the bytes only those that no power cut can take away. Calls `each` for
    /// every event of a job, after it was followed, with the order that it carries out.
    pub fn read_on(&mut self, mut each: impl FnMut(JobId, &Event, &Page, Option<&OrderId>)) {
        let Some(bytes) = self.disk.durable(&self.path, self.offset) else { return };
        let mut rest = &bytes[..];
        while let Some((entries, len)) = group(rest, self.group) {
            self.group += 1;
            self.offset += len;
            rest = &rest[len..];
            for entry in entries {
                self.follow(entry, &mut each);
            }
        }
    }

    fn follow(&mut self, entry: Entry, each: &mut impl FnMut(JobId, &Event, &Page, Option<&OrderId>)) {
        match entry {
            Entry::Job { job, event } => {
                let page = self.pages.entry(job.0).or_default();
                self.sending -= u64::from(page.is_sending());
                self.in_doubt -= u64::from(page.is_in_doubt());
                page.follow(&event);
                self.sending += u64::from(page.is_sending());
                self.in_doubt += u64::from(page.is_in_doubt());
                let ordered = matches!(
                    event,
                    Event::Retry { .. } | Event::Resend { .. } | Event::Found { id: None, .. }
                );
                each(job, &event, page, self.order.as_ref().filter(|_| ordered));
            }
            Entry::Order { id, .. } => self.order = Some(id),
            Entry::Wanted { wanted, .. } => self.wanted = wanted,
            Entry::Plan { no, .. } => self.plans = no.0,
            Entry::Opened { .. } => self.order = None,
        }
    }
}

/// The commit batch at the beginning of `bytes`, if it is whole and the one that is expected, and its length.
fn group(bytes: &[u8], expected: u64) -> Option<(Vec<Entry>, usize)> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let number = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    let len = HEAD + word(4)? as usize;
    if bytes.get(..4)? != b"grp1" || number != expected || bytes.len() < len {
        return None;
    }
    let mut sum = crc32fast::Hasher::new();
    sum.update(&bytes[..28]);
    sum.update(&bytes[HEAD..len]);
    if sum.finalize() != word(28)? {
        return None;
    }
    let mut body = &bytes[HEAD..len];
    let mut entries = Vec::new();
    for _ in 0..word(24)? {
        let (size, rest): (u32, &[u8]) = postcard::take_from_bytes(body).ok()?;
        let (entry, rest) = rest.split_at(size as usize);
        entries.push(postcard::from_bytes(entry).unwrap());
        body = rest;
    }
    Some((entries, len))
}
