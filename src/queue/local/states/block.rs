//! Blocks of 256 jobs as they are stored, and what is known of a block without unpacking it.
//!
//! Blocks, because sled's cost is for each key, not for each byte.
//!
//! # Layout (version 2; integers little-endian; key numbers big-endian, so that keys rise)
//! ```text
//! value of any key  version u8 · crc32 u32 of the rest · rest
//! "b" block u32     block u32 · batch u64 · lz4(size u32 · postcard of the jobs)
//! "s" block u32     postcard of Stored: the block's number, commit batch and summary
//! "m"               postcard of Meta
//! "o" order id      postcard of the commit batch
//! ```
//! `batch` is the journal's last synced commit batch when the value was written; a block and its summary are
//! written in one batch and carry the same one.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::store::StoreError;
use crate::domain::hash::splitmix;
use crate::domain::ids::PlanNo;
use crate::domain::job::{Job, Reach, State};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::api::DesiredState;
use crate::queue::local::packed;

/// Jobs in a block.
pub const JOBS_PER_BLOCK: u32 = 256;
const VERSION: u8 = 2;

/// What the queue keeps count of, per job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub status: Status,
    /// Queued, due at once, and no intent yet: found by going through the plan.
    pub fresh: bool,
    /// Queued and not fresh: due at this time.
    pub waiting: Option<Millis>,
    pub retrying: bool,
    /// At least one attempt is in doubt.
    pub doubtful: bool,
    /// At least one accepted attempt with an id isn't final.
    pub undelivered: bool,
}

impl Facts {
    pub fn of(job: &Job) -> Facts {
        let (fresh, waiting) = match job.state {
            State::Queued { not_before } if not_before == Millis::ZERO && job.untouched() => (true, None),
            State::Queued { not_before } => (false, Some(not_before)),
            _ => (false, None),
        };
        Facts {
            status: job.status(),
            fresh,
            waiting,
            retrying: job.retrying(),
            doubtful: job.doubts().next().is_some(),
            undelivered: job.deliveries().any(|(_, d)| d.id.is_some() && !is_final(d)),
        }
    }
}

/// No further news matters: read, or failed.
pub(in crate::queue) fn is_final(delivery: &crate::domain::job::Delivery) -> bool {
    delivery.failed() || delivery.reach == Some(Reach::Read)
}

/// A block's facts, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// By status, in the order of [`Status::ALL`].
    pub counts: [u16; 10],
    pub waiting: u16,
    pub retrying: u16,
    pub doubtful: u16,
    pub undelivered: u16,
}

impl Summary {
    pub(super) fn add(&mut self, facts: &Facts) {
        self.change(facts, |n| *n += 1);
    }

    pub(super) fn take(&mut self, facts: &Facts) {
        self.change(facts, |n| *n = n.saturating_sub(1));
    }

    fn change(&mut self, facts: &Facts, by: impl Fn(&mut u16)) {
        by(&mut self.counts[facts.status as usize]);
        let parts = [
            (facts.waiting.is_some(), &mut self.waiting),
            (facts.retrying, &mut self.retrying),
            (facts.doubtful, &mut self.doubtful),
            (facts.undelivered, &mut self.undelivered),
        ];
        for (holds, n) in parts {
            if holds {
                by(n);
            }
        }
    }

    /// Jobs in one status.
    pub fn count(&self, status: Status) -> u16 {
        self.counts[status as usize]
    }
}

/// A summary as it is stored.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub block: u32,
    pub batch: u64,
    pub summary: Summary,
    /// Which jobs are fresh, a bit each; none where no job is.
    pub fresh: Option<[u8; 32]>,
}

/// What holds for all blocks together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Whose states these are.
    pub fingerprint: u32,
    /// The last commit batch of the journal that they include, and the byte after it.
    pub batch: u64,
    pub end: u64,
    /// The last entry they include.
    pub sequence: u64,
    pub jobs: u32,
    pub plan: Option<PlanNo>,
    pub wanted: DesiredState,
    pub started_at: Option<Millis>,
    /// Blocks and orders stored, and a sum over (block, batch): so that none can be missing or stale.
    pub blocks: u32,
    pub orders: u32,
    pub digest: u64,
}

/// A block's share of [`Meta::digest`].
pub(super) fn digest(block: u32, batch: u64) -> u64 {
    splitmix((u64::from(block) << 40).wrapping_add(batch))
}

pub const META: &[u8] = b"m";
pub(super) const SUMMARIES: &[u8] = b"s";
pub const ORDERS: &[u8] = b"o";

pub(super) fn block_key(block: u32) -> Vec<u8> {
    [b"b", &block.to_be_bytes()[..]].concat()
}

pub(super) fn summary_key(block: u32) -> Vec<u8> {
    [SUMMARIES, &block.to_be_bytes()[..]].concat()
}

pub fn order_key(id: &str) -> Vec<u8> {
    [ORDERS, id.as_bytes()].concat()
}

/// Jobs, packed.
pub(super) fn pack(jobs: &[Job]) -> Result<Vec<u8>, StoreError> {
    Ok(packed::pack(&postcard::to_stdvec(jobs).map_err(cant_encode)?))
}

/// Jobs, unpacked.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<Job>, StoreError> {
    let jobs = packed::unpack(packed).and_then(|bytes| postcard::from_bytes(&bytes).ok());
    jobs.ok_or_else(|| StoreError::Damaged("a block of the states can't be unpacked".to_owned()))
}

/// Packed jobs as they are stored.
pub(super) fn seal_block(block: u32, batch: u64, packed: &[u8]) -> Vec<u8> {
    seal(&[&block.to_le_bytes(), &batch.to_le_bytes(), packed])
}

/// The packed jobs of a stored block, which must be this one, of this commit batch.
pub(super) fn open_block(block: u32, batch: u64, value: &[u8]) -> Result<&[u8], StoreError> {
    let stamp = [&block.to_le_bytes()[..], &batch.to_le_bytes()[..]].concat();
    let packed = open(value).and_then(|rest| rest.strip_prefix(stamp.as_slice()));
    packed.ok_or_else(|| StoreError::Damaged(format!("block {block} of the states is damaged or stale")))
}

pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    Ok(seal(&[&postcard::to_stdvec(value).map_err(cant_encode)?]))
}

pub fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T, StoreError> {
    let rest = open(value).ok_or_else(|| StoreError::Damaged("a value doesn't match its checksum".into()))?;
    postcard::from_bytes(rest).map_err(|_| StoreError::Damaged("a value can't be read".to_owned()))
}

fn cant_encode(error: postcard::Error) -> StoreError {
    StoreError::Io(std::io::Error::other(error))
}

fn seal(parts: &[&[u8]]) -> Vec<u8> {
    let mut value = vec![VERSION, 0, 0, 0, 0];
    for part in parts {
        value.extend_from_slice(part);
    }
    let crc = crc32fast::hash(&value[5..]);
    value[1..5].copy_from_slice(&crc.to_le_bytes());
    value
}

/// What is inside; a value of another version counts as unreadable, and is rebuilt.
fn open(value: &[u8]) -> Option<&[u8]> {
    let (head, rest) = value.split_at_checked(5)?;
    (head[0] == VERSION && head[1..] == crc32fast::hash(rest).to_le_bytes()).then_some(rest)
}
