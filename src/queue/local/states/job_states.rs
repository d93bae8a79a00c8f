//! The states of all jobs, in blocks; few are unpacked at a time.
//!
//! Invariants:
//!
//! - Counts, summaries and the set of fresh jobs agree with the jobs after every call.
//! - A block that changed stays in memory (unpacked, or packed again) until [`States::checkpoint`] writes
//!   all of them in one atomic write, with the commit batch they reach. So the store is always of one moment. Without a
//!   checkpoint, as readers do, all of them stay there, packed.
//! - What a block was packed to is kept while it is open and unchanged: to look at it doesn't pack it again.
//! - A block that never changed is not stored: it follows from the plan.

use std::collections::HashMap;

use super::block::{
    Facts, JOBS_PER_BLOCK, META, Meta, SUMMARIES, Stored, Summary, block_key, decode, digest, encode,
    open_block, pack, seal_block, summary_key, unpack,
};
use super::store::{BlockStore, StoreError, WriteBatch};
use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::status::{Counts, Status};
use crate::queue::local::bits::Bits;

/// Unpacked blocks that are kept; fewer than 256.
const MAX_OPEN_BLOCKS: usize = 64;

#[derive(Debug)]
struct Open {
    block: u32,
    jobs: Vec<Job>,
    /// It holds changes that are neither packed nor stored.
    changed: bool,
    used: u64,
}

#[derive(Debug)]
pub struct States {
    store: Box<dyn BlockStore>,
    jobs: u32,
    /// Jobs that the plan starts as skipped.
    skipped: Bits,
    open: Vec<Open>,
    /// By block: 0, or its place among the open ones, from 1.
    places: Vec<u8>,
    /// Changed blocks that had to make room, packed.
    packed: HashMap<u32, Vec<u8>>,
    packed_bytes: usize,
    summaries: Vec<Summary>,
    /// The commit batch each stored block was written at; 0 where it isn't stored.
    batches: Vec<u64>,
    fresh: Bits,
    counts: Counts,
    retrying: u64,
    tick: u64,
    changes: u32,
}

impl States {
    /// None yet.
    pub fn new(store: Box<dyn BlockStore>) -> States {
        States {
            store,
            jobs: 0,
            skipped: Bits::default(),
            open: Vec::with_capacity(MAX_OPEN_BLOCKS),
            places: Vec::new(),
            packed: HashMap::new(),
            packed_bytes: 0,
            summaries: Vec::new(),
            batches: Vec::new(),
            fresh: Bits::default(),
            counts: Counts::default(),
            retrying: 0,
            tick: 0,
            changes: 0,
        }
    }

    /// Takes up what the store holds: the first `meta.jobs` jobs, of which the plan says who starts as
    /// skipped. Reads summaries only.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a block is missing, stale or from another time than the rest.
    pub fn load(&mut self, meta: &Meta, skipped: &Bits) -> Result<(), StoreError> {
        let blocks = meta.jobs.div_ceil(JOBS_PER_BLOCK) as usize;
        let mut stored: Vec<Stored> = Vec::new();
        self.store.scan(SUMMARIES, &mut |key, value| {
            let one: Stored = decode(value)?;
            let fits = key == summary_key(one.block) && (one.block as usize) < blocks && one.batch > 0;
            if !fits {
                return Err(StoreError::Damaged(format!("the summary of block {} is astray", one.block)));
            }
            stored.push(one);
            Ok(())
        })?;
        let sum = stored.iter().fold(0u64, |sum, s| sum.wrapping_add(digest(s.block, s.batch)));
        if stored.len() != meta.blocks as usize || sum != meta.digest {
            return Err(StoreError::Damaged("blocks are missing or stale".to_owned()));
        }
        self.extend(meta.jobs, skipped)?;
        for Stored { block, batch, summary, fresh } in stored {
            let (from, to) = self.span(block);
            if summary.counts.iter().map(|&n| u32::from(n)).sum::<u32>() != to - from {
                return Err(StoreError::Damaged(format!("block {block} doesn't add up")));
            }
            for job in from..to {
                let bit = (job - from) as usize;
                self.fresh.set(job, fresh.is_some_and(|bits| bits[bit / 8] >> (bit % 8) & 1 == 1));
            }
            self.summaries[block as usize] = summary;
            self.batches[block as usize] = batch;
        }
        self.counts = Counts::default();
        self.retrying = 0;
        for summary in &self.summaries {
            for status in Status::ALL {
                self.counts[status] += u64::from(summary.count(status));
            }
            self.retrying += u64::from(summary.retrying);
        }
        Ok(())
    }

    /// Adds jobs up to `jobs` in all, as the plan says.
    pub fn extend(&mut self, jobs: u32, skipped: &Bits) -> Result<(), StoreError> {
        let mut from = self.jobs;
        while from < jobs {
            let block = from / JOBS_PER_BLOCK;
            let to = jobs.min((block + 1) * JOBS_PER_BLOCK);
            let known = self.summaries.len() > block as usize;
            if !known {
                self.summaries.push(Summary::default());
                self.batches.push(0);
                self.places.push(0);
            } else if self.batches[block as usize] > 0 || self.packed.contains_key(&block) {
                self.fetch(block)?;
            }
            if let Some(open) = opened(&mut self.open, &self.places, block) {
                open.jobs.extend((from..to).map(|job| initial(skipped, job)));
                self.changed(block);
            }
            for job in from..to {
                let skip = skipped.has(job);
                self.fresh.set(job, !skip);
                let status = if skip { Status::Skipped } else { Status::Queued };
                self.summaries[block as usize].counts[status as usize] += 1;
                self.counts[status] += 1;
            }
            from = to;
            self.jobs = to;
        }
        self.skipped = skipped.clone();
        Ok(())
    }

    /// How many jobs there are.
    pub fn jobs(&self) -> u32 {
        self.jobs
    }

    /// How many blocks.
    pub fn blocks(&self) -> u32 {
        self.jobs.div_ceil(JOBS_PER_BLOCK)
    }

    /// The jobs of a block, from the first to before the last.
    pub fn span(&self, block: u32) -> (u32, u32) {
        (block * JOBS_PER_BLOCK, self.jobs.min((block + 1) * JOBS_PER_BLOCK))
    }

    /// What is known of a block.
    pub fn summary(&self, block: u32) -> &Summary {
        &self.summaries[block as usize]
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn retrying(&self) -> u64 {
        self.retrying
    }

    /// The jobs that are queued, due at once and without any intent so far.
    pub fn fresh(&self) -> &Bits {
        &self.fresh
    }

    /// A job, if there is one of this number.
    pub fn job(&mut self, id: JobId) -> Result<Option<&Job>, StoreError> {
        if id.0 >= self.jobs {
            return Ok(None);
        }
        let open = self.fetch(id.0 / JOBS_PER_BLOCK)?;
        Ok(open.jobs.get((id.0 % JOBS_PER_BLOCK) as usize))
    }

    /// A block's jobs, in order.
    pub fn block(&mut self, block: u32) -> Result<&[Job], StoreError> {
        Ok(&self.fetch(block)?.jobs)
    }

    /// Puts a changed job in the place of the present one. Says what was known of it before and is now.
    pub fn replace(&mut self, id: JobId, job: Job) -> Result<(Facts, Facts), StoreError> {
        let block = id.0 / JOBS_PER_BLOCK;
        let open = self.fetch(block)?;
        let Some(slot) = open.jobs.get_mut((id.0 % JOBS_PER_BLOCK) as usize) else {
            return Err(StoreError::Damaged(format!("there is no job {}", id.0)));
        };
        let (before, after) = (Facts::of(slot), Facts::of(&job));
        *slot = job;
        self.changed(block);
        self.changes = self.changes.saturating_add(1);
        if before != after {
            let summary = &mut self.summaries[block as usize];
            summary.take(&before);
            summary.add(&after);
            if before.status != after.status {
                self.counts.shift(before.status, after.status);
            }
            self.fresh.set(id.0, after.fresh);
            self.retrying = self.retrying + u64::from(after.retrying) - u64::from(before.retrying);
        }
        Ok((before, after))
    }

    /// Changes since the last checkpoint, and bytes of blocks that wait for the next.
    pub fn backlog(&self) -> (u32, usize) {
        (self.changes, self.packed_bytes)
    }

    /// Writes all changed blocks and `meta` in one batch, with what the caller adds. `meta` names the last
    /// *synced* commit batch; the states must hold nothing beyond it.
    pub fn checkpoint(&mut self, meta: &mut Meta, mut writes: WriteBatch) -> Result<(), StoreError> {
        let batch = meta.batch.max(1);
        for open in self.open.iter_mut().filter(|open| open.changed) {
            self.packed.insert(open.block, pack(&open.jobs)?);
            open.changed = false;
        }
        let mut changed: Vec<(u32, Vec<u8>)> = self.packed.drain().collect();
        self.packed_bytes = 0;
        changed.sort_unstable_by_key(|(block, _)| *block);
        for (block, packed) in changed {
            let (from, to) = self.span(block);
            let mut bits = [0u8; 32];
            for job in (from..to).filter(|&job| self.fresh.has(job)) {
                let bit = (job - from) as usize;
                bits[bit / 8] |= 1 << (bit % 8);
            }
            let summary = self.summaries[block as usize].clone();
            let fresh = (bits != [0; 32]).then_some(bits);
            writes.push((block_key(block), seal_block(block, batch, &packed)));
            writes.push((summary_key(block), encode(&Stored { block, batch, summary, fresh })?));
            self.batches[block as usize] = batch;
        }
        let stored = (0..).zip(&self.batches).filter(|(_, batch)| **batch > 0);
        (meta.blocks, meta.digest) = stored
            .fold((0, 0u64), |(n, sum), (block, batch)| (n + 1, sum.wrapping_add(digest(block, *batch))));
        meta.jobs = self.jobs;
        writes.push((META.to_vec(), encode(meta)?));
        self.store.apply(writes)?;
        self.changes = 0;
        Ok(())
    }

    /// The store itself.
    pub fn store(&mut self) -> &mut dyn BlockStore {
        &mut *self.store
    }

    /// Lets go of the store.
    pub fn into_store(self) -> Box<dyn BlockStore> {
        self.store
    }

    fn fetch(&mut self, block: u32) -> Result<&mut Open, StoreError> {
        self.tick += 1;
        if self.places.get(block as usize).is_none_or(|place| *place == 0)
            && let Err(error) = self.bring(block)
        {
            if matches!(error, StoreError::Damaged(_)) {
                self.store.condemn();
            }
            return Err(error);
        }
        match opened(&mut self.open, &self.places, block) {
            Some(open) => {
                open.used = self.tick;
                Ok(open)
            }
            None => Err(StoreError::Damaged(format!("block {block} is missing"))),
        }
    }

    /// Notes that an open block isn't what it was packed to, or stored as, any more.
    fn changed(&mut self, block: u32) {
        if let Some(open) = opened(&mut self.open, &self.places, block)
            && !std::mem::replace(&mut open.changed, true)
            && let Some(packed) = self.packed.remove(&block)
        {
            self.packed_bytes -= packed.len();
        }
    }

    /// Unpacks a block.
    fn bring(&mut self, block: u32) -> Result<(), StoreError> {
        let (from, to) = self.span(block);
        let batch = self.batches[block as usize];
        let jobs = if let Some(packed) = self.packed.get(&block) {
            unpack(packed)?
        } else if batch > 0 {
            let value = self.store.get(&block_key(block))?;
            let value = value.ok_or_else(|| StoreError::Damaged(format!("block {block} is missing")))?;
            let jobs = unpack(open_block(block, batch, &value)?)?;
            self.hold_against_summary(block, &jobs)?;
            jobs
        } else {
            (from..to).map(|job| initial(&self.skipped, job)).collect()
        };
        if jobs.len() != (to - from) as usize {
            return Err(StoreError::Damaged(format!("block {block} has {} jobs", jobs.len())));
        }
        self.make_room()?;
        self.open.push(Open { block, jobs, changed: false, used: self.tick });
        self.places[block as usize] = u8::try_from(self.open.len()).unwrap_or(0);
        Ok(())
    }

    /// A block and its summary were written together: what is counted by the one is in the other.
    fn hold_against_summary(&self, block: u32, jobs: &[Job]) -> Result<(), StoreError> {
        let mut summary = Summary::default();
        let mut fresh = true;
        for (id, job) in (block * JOBS_PER_BLOCK..).zip(jobs) {
            let facts = Facts::of(job);
            summary.add(&facts);
            fresh &= facts.fresh == self.fresh.has(id);
        }
        if fresh && summary == self.summaries[block as usize] {
            return Ok(());
        }
        Err(StoreError::Damaged(format!("block {block} isn't what its summary says")))
    }

    fn make_room(&mut self) -> Result<(), StoreError> {
        while self.open.len() >= MAX_OPEN_BLOCKS {
            let oldest = (0..self.open.len()).min_by_key(|at| self.open[*at].used);
            let Some(at) = oldest else { break };
            let open = &self.open[at];
            if open.changed {
                let packed = pack(&open.jobs)?;
                self.packed_bytes += packed.len();
                self.packed.insert(open.block, packed);
            }
            let gone = self.open.swap_remove(at);
            let place = std::mem::take(&mut self.places[gone.block as usize]);
            if let Some(moved) = self.open.get(at) {
                self.places[moved.block as usize] = place;
            }
        }
        Ok(())
    }
}

/// The block, where it is open.
fn opened<'a>(open: &'a mut [Open], places: &[u8], block: u32) -> Option<&'a mut Open> {
    let place = usize::from(*places.get(block as usize)?);
    open.get_mut(place.checked_sub(1)?)
}

/// A job as the plan starts it.
pub fn initial(skipped: &Bits, job: u32) -> Job {
    if skipped.has(job) { Job::skipped() } else { Job::queued() }
}
