//! What the journal adds up to: states, plans, wanted state, orders. A fold, used by the writer, by
//! readers and by rebuilding alike.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::journal::marker::CommitMarker;
use super::journal::read::{Batches, Place, Step, damaged};
use super::manifest::Manifest;
use super::plan::plans::Plans;
use super::states::block::{META, Meta, ORDERS, decode, encode, order_key};
use super::states::job_states::States;
use super::states::store::{BlockStore, MemoryStores, StoreError};
use crate::domain::ids::{JobId, OrderId};
use crate::domain::job::{InvalidTransition, Job};
use crate::domain::time::Millis;
use crate::queue::api::{DesiredState, Entry, QueueError, Sequence};
use crate::sys::disk::SharedDisk;

/// Changes after which the states are written out.
const CHECKPOINT_CHANGES: u32 = 4096;
/// Bytes of packed blocks that wait, after which the states are written out.
const CHECKPOINT_BYTES: usize = 8 << 20;

/// An entry of the journal that was just folded in, and what it did.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The job that it is about, before and after it.
    pub job: Option<(&'a Job, &'a Job)>,
}

pub(super) struct ReplayedState {
    dir: PathBuf,
    fingerprint: u32,
    pub(super) states: States,
    pub(super) plans: Plans,
    pub(super) wanted: DesiredState,
    pub(super) started_at: Option<Millis>,
    pub(super) orders: HashSet<OrderId>,
    /// Orders that the store doesn't hold yet.
    new_orders: Vec<OrderId>,
    /// The last entry folded in.
    pub(super) sequence: Sequence,
    /// The last commit batch that the store includes.
    pub(super) saved: u64,
    /// Whether a fold writes the states out on its way.
    writes: bool,
}

impl ReplayedState {
    /// Nothing yet, over an empty store.
    pub(super) fn new(
        disk: SharedDisk,
        dir: &Path,
        manifest: &Manifest,
        store: Box<dyn BlockStore>,
    ) -> ReplayedState {
        ReplayedState {
            dir: dir.to_owned(),
            fingerprint: manifest.fingerprint(),
            states: States::new(store),
            plans: Plans::new(disk, dir, manifest),
            wanted: DesiredState::default(),
            started_at: None,
            orders: HashSet::new(),
            new_orders: Vec::new(),
            sequence: 0,
            saved: 0,
            writes: true,
        }
    }

    /// Nothing yet, to be folded and read, and never written out: what changed stays in memory, packed.
    pub(super) fn in_memory(disk: SharedDisk, dir: &Path, manifest: &Manifest) -> ReplayedState {
        ReplayedState {
            writes: false,
            ..ReplayedState::new(disk, dir, manifest, Box::new(MemoryStores::default()))
        }
    }

    /// What a store says it includes; `None` where it is empty.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also where it is another round's.
    pub(super) fn meta(store: &mut dyn BlockStore, fingerprint: u32) -> Result<Option<Meta>, StoreError> {
        let Some(value) = store.get(META)? else { return Ok(None) };
        let meta: Meta = decode(&value)?;
        if meta.fingerprint == fingerprint {
            Ok(Some(meta))
        } else {
            Err(StoreError::Damaged("it belongs to another round or campaign".to_owned()))
        }
    }

    /// Takes up a store's states.
    pub(super) fn load(&mut self, meta: &Meta) -> Result<(), LoadError> {
        if let Some(no) = meta.plan {
            let plan = self.plans.adopt(no).map_err(LoadError::Queue)?;
            if plan.jobs != meta.jobs {
                let what = "the states know another number of jobs than the plan";
                return Err(LoadError::Store(StoreError::Damaged(what.to_owned())));
            }
            self.states.load(meta, &plan.skipped).map_err(LoadError::Store)?;
        }
        let orders = &mut self.orders;
        let mut each = |key: &[u8], _: &[u8]| {
            let id = std::str::from_utf8(&key[ORDERS.len()..]);
            let id = id.map_err(|_| StoreError::Damaged("an order's id isn't text".to_owned()))?;
            orders.insert(OrderId::new(id));
            Ok(())
        };
        self.states.store().scan(ORDERS, &mut each).map_err(LoadError::Store)?;
        if self.orders.len() != meta.orders as usize {
            return Err(LoadError::Store(StoreError::Damaged("orders are missing".to_owned())));
        }
        self.wanted = meta.wanted;
        self.started_at = meta.started_at;
        self.sequence = meta.sequence;
        self.saved = meta.batch;
        Ok(())
    }

    /// Folds in all commit batches from the reader's place on, up to what is broken, and writes the states out on
    /// the way, where there is a store for them.
    pub(super) fn fold(
        &mut self,
        batches: &mut Batches<'_>,
        path: &Path,
        until: u64,
    ) -> Result<(), QueueError> {
        self.fold_with(batches, path, until, &mut |_| {})
    }

    /// The same; `each` is told of every entry.
    pub(super) fn fold_with(
        &mut self,
        batches: &mut Batches<'_>,
        path: &Path,
        until: u64,
        each: &mut dyn FnMut(Folded<'_>),
    ) -> Result<(), QueueError> {
        loop {
            let place = batches.place;
            if place.batch > until {
                return Ok(());
            }
            let Step::Batch(head) = batches.step()? else { return Ok(()) };
            batches.each(&head, place.offset, |sequence, entry| {
                self.apply_with(&entry, each).map_err(|error| match error {
                    QueueError::Invalid(invalid) => invalid_entry(path, place, sequence, &invalid),
                    other => other,
                })?;
                self.sequence = sequence;
                Ok(())
            })?;
            if self.writes && self.is_due() {
                self.checkpoint(CommitMarker { batch: head.batch, end: batches.place.offset })?;
            }
        }
    }

    /// What an entry does.
    pub(super) fn apply(&mut self, entry: &Entry) -> Result<(), QueueError> {
        self.apply_with(entry, &mut |_| {})
    }

    fn apply_with(&mut self, entry: &Entry, each: &mut dyn FnMut(Folded<'_>)) -> Result<(), QueueError> {
        let Entry::Job { job, event } = entry else {
            self.apply_to_all(entry)?;
            each(Folded { entry, job: None });
            return Ok(());
        };
        let Some(present) = self.job(*job)? else {
            return Err(self.store_error(StoreError::Damaged(format!("there is no job {}", job.0))));
        };
        let changed = present.apply(event)?;
        each(Folded { entry, job: Some((present, &changed)) });
        self.states.replace(*job, changed).map(drop).map_err(|error| self.store_error(error))
    }

    /// What an entry does that is about no job.
    fn apply_to_all(&mut self, entry: &Entry) -> Result<(), QueueError> {
        match entry {
            Entry::Opened { at, .. } => {
                self.started_at.get_or_insert(*at);
            }
            Entry::Plan { no, jobs_before, jobs, .. } => {
                let plan = self.plans.adopt_as(*no, *jobs_before, *jobs)?;
                let extended = self.states.extend(*jobs, &plan.skipped);
                extended.map_err(|error| self.store_error(error))?;
            }
            Entry::Job { .. } => {}
            Entry::Wanted { wanted, .. } => self.wanted = *wanted,
            Entry::Order { id, .. } => {
                if self.orders.insert(id.clone()) {
                    self.new_orders.push(id.clone());
                }
            }
        }
        Ok(())
    }

    /// A job.
    pub(super) fn job(&mut self, id: JobId) -> Result<Option<&Job>, QueueError> {
        let dir = &self.dir;
        self.states.job(id).map_err(|error| store_error(dir, error))
    }

    /// Whether enough has changed to write the states out.
    pub(super) fn is_due(&self) -> bool {
        let (changes, bytes) = self.states.backlog();
        changes >= CHECKPOINT_CHANGES
            || bytes >= CHECKPOINT_BYTES
            || self.new_orders.len() >= CHECKPOINT_CHANGES as usize
    }

    /// Writes the states out. They must hold exactly what the journal holds on disk up to `synced`.
    pub(super) fn checkpoint(&mut self, synced: CommitMarker) -> Result<(), QueueError> {
        let mut meta = Meta {
            fingerprint: self.fingerprint,
            batch: synced.batch,
            end: synced.end,
            sequence: self.sequence,
            plan: self.plans.newest().map(|plan| plan.no),
            wanted: self.wanted,
            started_at: self.started_at,
            orders: u32::try_from(self.orders.len()).unwrap_or(u32::MAX),
            ..Meta::default()
        };
        let encode_order = |id: OrderId| Ok((order_key(id.as_str()), encode(&synced.batch)?));
        let writes = self.new_orders.drain(..).map(encode_order).collect::<Result<_, StoreError>>();
        let written = writes.and_then(|writes| self.states.checkpoint(&mut meta, writes));
        written.map_err(|error| self.store_error(error))?;
        self.saved = synced.batch;
        Ok(())
    }

    /// A store's error as the queue's. What is damaged is noted, to be rebuilt at the next opening.
    pub(super) fn store_error(&mut self, error: StoreError) -> QueueError {
        if matches!(error, StoreError::Damaged(_)) {
            self.states.store().condemn();
        }
        store_error(&self.dir, error)
    }

    /// The round's directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

/// The journal's entry with this number, which doesn't fit what came before it.
pub(super) fn invalid_entry(
    journal: &Path,
    batch: Place,
    sequence: Sequence,
    why: &InvalidTransition,
) -> QueueError {
    damaged(journal, batch.batch, batch.offset, &format!("entry {sequence}: {why}"))
}

/// Why a store couldn't be taken up.
pub(super) enum LoadError {
    /// The store: it can be rebuilt.
    Store(StoreError),
    /// Anything else.
    Queue(QueueError),
}

/// What errors of the states name.
pub(super) fn states_path(dir: &Path) -> PathBuf {
    dir.join("queue")
}

pub(super) fn store_error(dir: &Path, error: StoreError) -> QueueError {
    let path = states_path(dir);
    match error {
        StoreError::Io(source) => QueueError::Disk { doing: "use", path, source },
        StoreError::Damaged(what) => QueueError::Damaged {
            path,
            what,
            hint: "run it again: it is rebuilt from the plan and the journal".to_owned(),
        },
    }
}
