//! Looking in from outside: a fold of plan and journal, without the lock, without sled, while a writer may
//! be at work.
//!
//! It reads what is whole and leaves the rest alone: an unfinished commit batch at the journal's end is not there
//! yet. States are held packed, in blocks; 1,000,000 jobs with ids take some 60 MB, fresh ones nothing.

use std::path::{Path, PathBuf};

use super::snapshot::{JournalSnapshot, reread};
use crate::domain::ids::{JobId, MessageId};
use crate::domain::job::Job;
use crate::domain::plan::PlanHead;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::api::{DesiredState, Doubt, Entry, Identity, QueueError, RowVisitor, Sequence};
use crate::queue::listed::Listed;
use crate::queue::local::journal::read::{Batches, Place, Step, damaged};
use crate::queue::local::replayed::ReplayedState;
use crate::sys::disk::{DiskFile, SharedDisk};

/// A round as it was when it was looked at.
pub struct View {
    dir: PathBuf,
    journal: PathBuf,
    file: Box<dyn DiskFile>,
    identity: Identity,
    replayed: ReplayedState,
    next: Place,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("dir", &self.dir).field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl View {
    /// Reads a round, up to the last whole commit batch of its journal.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::OtherFormat`], the disk's (`NotFound` where there is no round).
    pub fn open(disk: SharedDisk, dir: &Path) -> Result<View, QueueError> {
        reread(&*disk, dir, || View::read(disk.clone(), dir))
    }

    fn read(disk: SharedDisk, dir: &Path) -> Result<View, QueueError> {
        let snapshot = JournalSnapshot::at(&*disk, dir)?;
        let mut replayed = ReplayedState::in_memory(disk, dir, &snapshot.manifest);
        let mut batches = Batches::at(&*snapshot.file, &snapshot.journal, Place::START)?;
        replayed.fold(&mut batches, &snapshot.journal, snapshot.scan.last())?;
        let next = batches.place;
        if next != snapshot.scan.next {
            return Err(snapshot.damaged(next, "it can't be read twice"));
        }
        snapshot.holds_all(&replayed.plans)?;
        let JournalSnapshot { manifest, journal, file, .. } = snapshot;
        Ok(View { dir: dir.to_owned(), journal, file, identity: manifest.identity, replayed, next })
    }

    /// Folds in what has been written since. Yields how many entries that was.
    ///
    /// # Errors
    /// As for [`View::open`].
    pub fn refresh(&mut self) -> Result<u64, QueueError> {
        let before = self.replayed.sequence;
        let mut batches = Batches::at(&*self.file, &self.journal, self.next)?;
        self.replayed.fold(&mut batches, &self.journal, u64::MAX)?;
        self.next = batches.place;
        Ok(self.replayed.sequence - before)
    }

    /// Whose round it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the newest plan's rows have in common; `None` before the first plan.
    #[must_use]
    pub fn head(&self) -> Option<&PlanHead> {
        self.replayed.plans.newest().map(|plan| &plan.head)
    }

    /// How many plans were adopted.
    pub(in crate::queue::local) fn plans(&self) -> u32 {
        self.replayed.plans.next().0 - 1
    }

    /// What the operator wants.
    #[must_use]
    pub fn wanted(&self) -> DesiredState {
        self.replayed.wanted
    }

    /// When the first run took the queue.
    #[must_use]
    pub fn started_at(&self) -> Option<Millis> {
        self.replayed.started_at
    }

    /// The number of jobs in each status.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.replayed.states.counts()
    }

    /// Queued jobs that have used at least one attempt.
    #[must_use]
    pub fn retrying(&self) -> u64 {
        self.replayed.states.retrying()
    }

    /// The last entry folded in.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.replayed.sequence
    }

    /// A job.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn job(&mut self, id: JobId) -> Result<Option<Job>, QueueError> {
        self.replayed.job(id).map(|job| job.cloned())
    }

    /// A job with its row.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn listed(&mut self, id: JobId) -> Result<Option<Listed<'static>>, QueueError> {
        self.replayed.listed(id)
    }

    /// Calls `each` for every line of the report, as [`Queue::scan`](crate::queue::Queue::scan) does.
    ///
    /// # Errors
    /// The disk's, damage, or what `each` said.
    pub fn scan(&mut self, each: &mut RowVisitor<'_>) -> Result<(), QueueError> {
        self.replayed.scan(each)
    }

    /// All attempts in doubt, by job.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn in_doubt(&mut self) -> Result<Vec<Doubt>, QueueError> {
        self.replayed.open_attempts(false)
    }

    /// All attempts that may have been accepted and aren't known to be: those in doubt, and those in flight, whose
    /// doubt would begin with their intent.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn open_attempts(&mut self) -> Result<Vec<Doubt>, QueueError> {
        self.replayed.open_attempts(true)
    }

    /// Jobs in one status, from job `from` on, at most `limit`.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn in_status(
        &mut self,
        status: Status,
        from: JobId,
        limit: usize,
    ) -> Result<Vec<(JobId, Job)>, QueueError> {
        self.replayed.in_status(status, from, limit)
    }

    /// Calls `each` for the id of every message that the round knows to have been accepted.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn message_ids(&mut self, each: &mut dyn FnMut(&MessageId)) -> Result<(), QueueError> {
        self.replayed.walk(
            JobId(0),
            |_, _| true,
            |_, job| {
                job.deliveries().filter_map(|(_, delivery)| delivery.id.as_ref()).for_each(&mut *each);
                true
            },
        )
    }

    /// When something happened in the round last, by the times in its journal; `None` where nothing did.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn last_activity(&self) -> Result<Option<Millis>, QueueError> {
        let mut last = None;
        self.entries(&mut |_, entry| {
            last = last.max(entry.at());
            Ok(())
        })?;
        Ok(last)
    }

    /// Calls `each` for every entry of the journal, up to the last that was folded in.
    ///
    /// # Errors
    /// The disk's, damage, or what `each` said.
    pub fn entries(
        &self,
        each: &mut dyn FnMut(Sequence, Entry) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        let mut batches = Batches::at(&*self.file, &self.journal, Place::START)?;
        while batches.place.batch < self.next.batch {
            let place = batches.place;
            match batches.step()? {
                Step::Batch(head) => batches.each(&head, place.offset, &mut *each)?,
                Step::End => break,
                Step::Broken { why } => return Err(damaged(&self.journal, place.batch, place.offset, why)),
            }
        }
        Ok(())
    }
}
