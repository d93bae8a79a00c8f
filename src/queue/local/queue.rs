//! The local queue: one process, one directory.

use std::path::{Path, PathBuf};

use super::journal::write::Journal;
use super::lock::Lock;
use super::manifest::{Manifest, PlanNote, plan_name, plan_path};
use super::message_ids::IdIndex;
use super::removal::Removal;
use super::replayed::{ReplayedState, states_path, store_error};
use super::stage::Stage;
use super::states::due::Due;
use super::storage::Storage;
use crate::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OrderId, OwnerId, SenderNo};
use crate::domain::job::{Event, Job, State};
use crate::domain::plan::{PlanDiff, PlanHead, PlannedRow};
use crate::domain::problem::Problem;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::api::{
    Applied, Batch, Candidate, Change, ClaimRequest, DesiredState, Doubt, Entry, Identity, Intent, Lease,
    PutOff, PutOffFor, Queue, QueueError, RowVisitor, StageError, Staged, Undelivered,
};
use crate::queue::edit;
use crate::queue::listed::Listed;

/// Bytes of entries that are collected before they are written without being asked for.
const MAX_PENDING_BYTES: usize = 1 << 20;

/// The queue of one round, in one directory, of one process.
pub struct LocalQueue {
    pub(super) storage: Storage,
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) replayed: ReplayedState,
    pub(super) journal: Journal,
    pub(super) due: Due,
    ids: IdIndex,
    pub(super) stages: u64,
    stopped: bool,
    /// Last: what it guards has been let go by then.
    lock: Lock,
}

impl std::fmt::Debug for LocalQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = self.replayed.states.counts();
        f.debug_struct("LocalQueue").field("dir", &self.dir).field("counts", &counts).finish_non_exhaustive()
    }
}

impl LocalQueue {
    pub(super) fn assemble(
        storage: Storage,
        manifest: Manifest,
        replayed: ReplayedState,
        journal: Journal,
        due: Due,
        lock: Lock,
    ) -> LocalQueue {
        let dir = replayed.dir().to_owned();
        let ids = IdIndex::default();
        LocalQueue { storage, dir, manifest, replayed, journal, due, ids, stages: 0, stopped: false, lock }
    }

    /// The round's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Has the round known by another name, path or server from here on: durable when it returns. What it was known by
    /// stays listed. The round's number stays as it is.
    ///
    /// # Errors
    /// The disk's: the round is known as before then, or as asked.
    pub fn readdress(&mut self, identity: &Identity) -> Result<(), QueueError> {
        self.guard()?;
        let identity = Identity { round: self.manifest.identity.round, ..identity.clone() };
        if self.manifest.identity == identity {
            return Ok(());
        }
        let mut manifest = self.manifest.clone();
        manifest.was.push(std::mem::replace(&mut manifest.identity, identity));
        let written = manifest.write(&*self.storage.disk, &self.dir);
        self.keep(written)?;
        self.manifest = manifest;
        Ok(())
    }

    /// Lets go of the states and removes the round, which is nobody else's until it is gone.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(self) -> Result<(), QueueError> {
        let LocalQueue { storage, dir, replayed, journal, lock, .. } = self;
        let closed = replayed.states.into_store().close();
        closed.map_err(|error| store_error(&dir, error))?;
        drop(journal);
        Removal::of(dir, lock).carry_out(&*storage.disk)
    }

    /// Makes everything durable and lets go of the states; the lock stays taken.
    pub(super) async fn close_held(mut self) -> Result<(Storage, Manifest, Lock), QueueError> {
        self.make_durable().await?;
        let LocalQueue { storage, dir, manifest, replayed, lock, .. } = self;
        let closed = replayed.states.into_store().close();
        closed.map_err(|error| store_error(&dir, error))?;
        Ok((storage, manifest, lock))
    }

    pub(super) fn guard(&self) -> Result<(), QueueError> {
        if self.stopped { Err(QueueError::Stopped) } else { Ok(()) }
    }

    /// After an error nothing more is released.
    pub(super) fn keep<T>(&mut self, result: Result<T, QueueError>) -> Result<T, QueueError> {
        self.stopped |= result.is_err();
        self.note_damage(result)
    }

    /// States that turn out to be damaged are rebuilt at the next opening.
    fn note_damage<T>(&mut self, result: Result<T, QueueError>) -> Result<T, QueueError> {
        if let Err(QueueError::Damaged { path, .. }) = &result
            && *path == states_path(&self.dir)
        {
            self.replayed.states.store().condemn();
        }
        result
    }

    /// Applies an event and collects it for the journal; `None` where the state doesn't admit it.
    pub(super) fn change(
        &mut self,
        id: JobId,
        expect: Option<u32>,
        event: Event,
    ) -> Result<Option<(Status, Status)>, QueueError> {
        let Some(job) = self.replayed.job(id)? else { return Ok(None) };
        if expect.is_some_and(|revision| revision != job.revision) {
            return Ok(None);
        }
        let Ok(changed) = job.apply(&event) else { return Ok(None) };
        self.ids.note(id, &changed);
        let replaced = self.replayed.states.replace(id, changed);
        let (before, after) = replaced.map_err(|error| self.replayed.store_error(error))?;
        if let Some(plan) = self.replayed.plans.newest() {
            self.due.moved(plan, id, &before, &after);
        }
        self.log(&Entry::Job { job: id, event })?;
        Ok(Some((before.status, after.status)))
    }

    fn log(&mut self, entry: &Entry) -> Result<(), QueueError> {
        self.journal.push(entry)?;
        self.replayed.sequence += 1;
        Ok(())
    }

    /// Puts all that was collected on disk, then, from time to time, the states into their store.
    pub(super) async fn flush(&mut self) -> Result<(), QueueError> {
        self.journal.flush().await?;
        if self.replayed.is_due() {
            self.replayed.checkpoint(self.journal.last())?;
        }
        Ok(())
    }

    pub(super) async fn try_adopt(&mut self, stage: Stage, at: Millis) -> Result<(), QueueError> {
        // By itself in its commit batch: adopted with all that follows from it, or not at all.
        self.flush().await?;
        let disk = self.storage.disk.clone();
        let path = plan_path(&self.dir, stage.no.0);
        disk.rename(&stage.path, &path).map_err(QueueError::disk("rename", &stage.path))?;
        disk.sync_dir(&self.dir).map_err(QueueError::disk("sync", &self.dir))?;
        let (no, jobs_before, jobs) = (stage.no, stage.jobs_before, stage.jobs);
        let entry = Entry::Plan { no, jobs_before, jobs, at };
        self.replayed.apply(&entry)?;
        self.log(&entry)?;
        for (job, verdict) in &stage.verdicts {
            let event = self.replayed.job(*job)?.and_then(|job| edit::event(job, verdict));
            if let Some(event) = event {
                let entry = Entry::Job { job: *job, event };
                self.replayed.apply(&entry)?;
                self.log(&entry)?;
            }
        }
        self.journal.flush().await?;
        let rows = self.replayed.plans.newest().map_or(0, |plan| plan.rows);
        let (file, sha256) = (plan_name(no.0), stage.sha256);
        self.manifest.plans.push(PlanNote { no: no.0, file, rows, jobs_before, jobs, sha256, becomes: None });
        self.manifest.write(&*disk, &self.dir)?;
        if let Some(plan) = self.replayed.plans.newest() {
            let built = Due::build(&mut self.replayed.states, plan);
            self.due = built.map_err(|error| self.replayed.store_error(error))?;
        }
        self.replayed.checkpoint(self.journal.last())
    }

    async fn try_take(&mut self, owner: OwnerId, at: Millis) -> Result<u64, QueueError> {
        let entry = Entry::Opened { owner, at };
        self.replayed.apply(&entry)?;
        self.log(&entry)?;
        let mut left = Vec::new();
        self.replayed.walk(
            JobId(0),
            |states, block| states.summary(block).count(Status::Sending) > 0,
            |id, job| {
                if let State::Sending { attempt, .. } = job.state {
                    left.push((id, attempt));
                }
                true
            },
        )?;
        let problem = Problem::new("sendcast was interrupted while this was being sent");
        let mut doubted = 0;
        for (id, attempt) in left {
            let event = Event::Doubted { attempt, at, problem: problem.clone() };
            doubted += u64::from(self.change(id, None, event)?.is_some());
        }
        self.flush().await?;
        Ok(doubted)
    }

    async fn try_record(&mut self, batch: Batch, at: Millis) -> Result<Vec<Applied>, QueueError> {
        let Batch { order, wanted, changes } = batch;
        if order.as_ref().is_some_and(|id| self.replayed.orders.contains(id)) {
            return Ok(vec![Applied::No; changes.len()]);
        }
        let wanted = wanted.filter(|wanted| *wanted != self.replayed.wanted);
        let order = order.map(|id| Entry::Order { id, at });
        for entry in order.into_iter().chain(wanted.map(|wanted| Entry::Wanted { wanted, at })) {
            self.replayed.apply(&entry)?;
            self.log(&entry)?;
        }
        let mut applied = Vec::with_capacity(changes.len());
        for Change { job, expect, event } in changes {
            // An intent comes from `claim` and from nowhere else.
            let moved = match event {
                Event::Claimed { .. } => None,
                event => self.change(job, expect, event)?,
            };
            applied.push(moved.map_or(Applied::No, |(from, to)| Applied::Yes { from, to }));
        }
        if self.journal.pending_bytes() >= MAX_PENDING_BYTES {
            self.flush().await?;
        }
        Ok(applied)
    }

    async fn make_durable(&mut self) -> Result<(), QueueError> {
        self.journal.flush().await?;
        if self.replayed.saved < self.journal.last().batch {
            self.replayed.checkpoint(self.journal.last())?;
        }
        Ok(())
    }

    async fn try_close(mut self) -> Result<(), QueueError> {
        self.make_durable().await?;
        let closed = self.replayed.states.into_store().close();
        closed.map_err(|error| store_error(&self.dir, error))
    }
}

impl Queue for LocalQueue {
    type Stage = Stage;

    fn identity(&self) -> &Identity {
        &self.manifest.identity
    }

    fn head(&self) -> Option<&PlanHead> {
        self.replayed.plans.newest().map(|plan| &plan.head)
    }

    fn stage<E>(
        &mut self,
        head: PlanHead,
        rows: &mut dyn Iterator<Item = Result<PlannedRow, E>>,
    ) -> Result<Staged<Stage>, StageError<E>> {
        self.guard().map_err(StageError::Queue)?;
        self.stages += 1;
        let disk = self.storage.disk.clone();
        match self.replayed.stage(&*disk, self.stages, &head, rows) {
            Ok((diff, state)) => Ok(Staged { diff, state }),
            Err(StageError::Queue(error)) => {
                // Another number is the caller's mistake, not the disk's.
                self.stopped |= !matches!(error, QueueError::Foreign { .. });
                self.note_damage(Err(error)).map_err(StageError::Queue)
            }
            Err(error) => Err(error),
        }
    }

    async fn adopt(&mut self, staged: Staged<Stage>, at: Millis) -> Result<PlanDiff, QueueError> {
        self.guard()?;
        if staged.state.ticket != self.stages || staged.state.no != self.replayed.plans.next() {
            let error = std::io::Error::other("another plan was staged since");
            return Err(QueueError::disk("adopt", &staged.state.path)(error));
        }
        let adopted = self.try_adopt(staged.state, at).await;
        self.keep(adopted)?;
        Ok(staged.diff)
    }

    async fn take(&mut self, owner: OwnerId, at: Millis) -> Result<u64, QueueError> {
        self.guard()?;
        let taken = self.try_take(owner, at).await;
        self.keep(taken)
    }

    async fn claim(
        &mut self,
        wants: &[ClaimRequest],
        lease: Lease,
        at: Millis,
        admit: &mut dyn FnMut(Candidate) -> bool,
    ) -> Result<Vec<Intent>, QueueError> {
        self.guard()?;
        let claimed = self.try_claim(wants, lease, at, admit).await;
        self.keep(claimed)
    }

    async fn record(&mut self, batch: Batch, at: Millis) -> Result<Vec<Applied>, QueueError> {
        self.guard()?;
        let applied = self.try_record(batch, at).await;
        self.keep(applied)
    }

    async fn sync(&mut self) -> Result<(), QueueError> {
        self.guard()?;
        let flushed = self.flush().await;
        self.keep(flushed)
    }

    fn put_off(&mut self, group: PutOffFor, until: Millis, jobs: &[JobId]) -> Result<(), QueueError> {
        self.guard()?;
        let put_off = self.try_put_off(group, until, jobs);
        self.keep(put_off)
    }

    fn all_put_off(&self) -> Vec<PutOff> {
        self.due.all_put_off()
    }

    fn next_due(&self, sender: SenderNo, untouched: bool) -> Option<Millis> {
        self.due.next(sender, untouched)
    }

    fn queued_of(&self, sender: SenderNo) -> u64 {
        self.due.queued(sender)
    }

    async fn reassign(&mut self, from: &[NumberId], to: &NumberId, at: Millis) -> Result<u64, QueueError> {
        self.guard()?;
        let reassigned = self.try_reassign(from, to, at).await;
        self.keep(reassigned)
    }

    fn due_after(&self, at: Millis) -> Vec<JobId> {
        self.due.after(at)
    }

    fn job(&mut self, id: JobId) -> Result<Option<Job>, QueueError> {
        self.guard()?;
        let job = self.replayed.job(id).map(|job| job.cloned());
        self.keep(job)
    }

    fn listed(&mut self, id: JobId) -> Result<Option<Listed<'static>>, QueueError> {
        self.guard()?;
        let listed = self.replayed.listed(id);
        self.keep(listed)
    }

    fn in_doubt(&mut self) -> Result<Vec<Doubt>, QueueError> {
        self.guard()?;
        let doubts = self.replayed.open_attempts(false);
        self.keep(doubts)
    }

    fn undelivered(&mut self, from: JobId, limit: usize) -> Result<Vec<Undelivered>, QueueError> {
        self.guard()?;
        let found = self.replayed.undelivered(from, limit);
        self.keep(found)
    }

    fn in_status(
        &mut self,
        status: Status,
        from: JobId,
        limit: usize,
    ) -> Result<Vec<(JobId, Job)>, QueueError> {
        self.guard()?;
        let found = self.replayed.in_status(status, from, limit);
        self.keep(found)
    }

    fn by_message_id(&mut self, id: &MessageId) -> Result<Option<(JobId, AttemptNo)>, QueueError> {
        self.guard()?;
        let found = self.ids.find(&mut self.replayed, id);
        self.keep(found)
    }

    fn scan(&mut self, each: &mut RowVisitor<'_>) -> Result<(), QueueError> {
        self.guard()?;
        // An error may be the caller's own: it doesn't stop the queue.
        let scanned = self.replayed.scan(each);
        self.note_damage(scanned)
    }

    fn order_applied(&self, id: &OrderId) -> bool {
        self.replayed.orders.contains(id)
    }

    fn wanted(&self) -> DesiredState {
        self.replayed.wanted
    }

    fn started_at(&self) -> Option<Millis> {
        self.replayed.started_at
    }

    fn counts(&self) -> Counts {
        self.replayed.states.counts()
    }

    fn retrying(&self) -> u64 {
        self.replayed.states.retrying()
    }

    async fn close(self) -> Result<(), QueueError> {
        self.guard()?;
        self.try_close().await
    }
}
