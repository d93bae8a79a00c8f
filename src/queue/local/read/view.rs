//! Looking in from outside: a fold of plan and journal, without the lock, without sled, while a writer may
//! be at work.
//!
//! It reads what is whole and leaves the rest alone: an unfinished commit batch at the journal's end is not there
//! yet. States are held packed, in blocks; 1,000,000 jobs with ids take some 60 MB, fresh ones nothing.

use std::path::{Path, PathBuf};

use super::snapshot::{JournalSnapshot, reread};
use crate::domain::ids::{JobId, MessageId, PlanNo};
use crate::domain::job::Job;
use crate::domain::phone::Phone;
use crate::domain::plan::PlanHead;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::api::{DesiredState, Doubt, Entry, Identity, QueueError, RowVisitor, Sequence};
use crate::queue::listed::Listed;
use crate::queue::local::forget::Forgotten;
use crate::queue::local::journal::read::{Batches, Place, Step, damaged};
use crate::queue::local::journal::write::Journal;
use crate::queue::local::replayed::{Folded, ReplayedState};
use crate::sys::disk::{Disk, DiskFile, SharedDisk};

/// A round as it was when it was looked at.
pub struct View {
    dir: PathBuf,
    journal: PathBuf,
    file: Box<dyn DiskFile>,
    identity: Identity,
    replayed: ReplayedState,
    next: Place,
    /// Who was forgotten when it was opened, in a number.
    forgotten: Option<u32>,
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
        View::open_with(disk, dir, || (), |(), _| {}).map(|(view, ())| view)
    }

    /// The same; `each` is told of every entry, and keeps what it makes of them in what `begin` made. A round that is
    /// rewritten meanwhile is begun with again.
    ///
    /// # Errors
    /// As for [`View::open`].
    pub fn open_with<T>(
        disk: SharedDisk,
        dir: &Path,
        begin: impl Fn() -> T,
        each: impl Fn(&mut T, Folded<'_>),
    ) -> Result<(View, T), QueueError> {
        reread(&*disk, dir, || {
            let mut made = begin();
            let view = View::read(disk.clone(), dir, &mut |folded| each(&mut made, folded))?;
            Ok((view, made))
        })
    }

    fn read(disk: SharedDisk, dir: &Path, each: &mut dyn FnMut(Folded<'_>)) -> Result<View, QueueError> {
        // Before what it tells of is read: who is forgotten later is noticed later.
        let forgotten = Forgotten::checksum(&*disk, dir)?;
        let snapshot = JournalSnapshot::at(&*disk, dir)?;
        let mut replayed = ReplayedState::in_memory(disk, dir, &snapshot.manifest);
        let mut batches = Batches::at(&*snapshot.file, &snapshot.journal, Place::START)?;
        replayed.fold_with(&mut batches, &snapshot.journal, snapshot.scan.last(), each)?;
        let next = batches.place;
        if next != snapshot.scan.next {
            return Err(snapshot.damaged(next, "it can't be read twice"));
        }
        snapshot.holds_all(&replayed.plans)?;
        let JournalSnapshot { manifest, journal, file, .. } = snapshot;
        let identity = manifest.identity;
        Ok(View { dir: dir.to_owned(), journal, file, identity, replayed, next, forgotten })
    }

    /// Folds in what has been written since. Yields how many entries that was.
    ///
    /// # Errors
    /// As for [`View::open`].
    pub fn refresh(&mut self) -> Result<u64, QueueError> {
        self.refresh_with(&mut |_| {})
    }

    /// The same; `each` is told of every entry.
    ///
    /// # Errors
    /// As for [`View::open`].
    pub fn refresh_with(&mut self, each: &mut dyn FnMut(Folded<'_>)) -> Result<u64, QueueError> {
        let before = self.replayed.sequence;
        let mut batches = Batches::at(&*self.file, &self.journal, self.next)?;
        self.replayed.fold_with(&mut batches, &self.journal, u64::MAX, each)?;
        self.next = batches.place;
        Ok(self.replayed.sequence - before)
    }

    /// Whether its files aren't the round's any more, so that it has to be opened anew: somebody was forgotten since, or
    /// the round was erased and begun again.
    ///
    /// # Errors
    /// The disk's.
    pub fn is_outdated(&self, disk: &dyn Disk) -> Result<bool, QueueError> {
        let len = Journal::len_of(disk, &self.dir)?;
        let shorter = len.is_none_or(|len| len < self.next.offset);
        Ok(shorter || Forgotten::checksum(disk, &self.dir)? != self.forgotten)
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

    /// The plans that were in force before.
    #[must_use]
    pub fn earlier_heads(&self) -> Vec<(PlanNo, &PlanHead)> {
        let mut heads: Vec<_> =
            self.replayed.plans.older.all_opened().map(|plan| (plan.no, &plan.head)).collect();
        heads.sort_unstable_by_key(|(no, _)| *no);
        heads
    }

    /// How many plans were adopted.
    #[must_use]
    pub fn plans(&self) -> u32 {
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

    /// The last jobs before `before` in one status, at most `limit`, in their order.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn in_status_before(
        &mut self,
        status: Status,
        before: JobId,
        limit: usize,
    ) -> Result<Vec<JobId>, QueueError> {
        self.replayed.in_status_before(status, before, limit)
    }

    /// Whether a job may be in this status, without looking at the job; `false` where it isn't for sure.
    #[must_use]
    pub fn may_be(&self, id: JobId, status: Status) -> bool {
        self.replayed.may_be(id, status)
    }

    /// Calls `each` for every job whose row has a number, with the number that was written to, or is to be. It may be
    /// called twice for a job; then the last counts.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn phones(&mut self, each: &mut dyn FnMut(JobId, Phone)) -> Result<(), QueueError> {
        self.replayed.phones(each)
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
        self.entries_of(None, each)
    }

    /// The same, for those that are about this job, where one is named. The whole journal is gone through; others aren't
    /// decoded.
    ///
    /// # Errors
    /// The same.
    pub fn entries_of(
        &self,
        job: Option<JobId>,
        each: &mut dyn FnMut(Sequence, Entry) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        let mut batches = Batches::at(&*self.file, &self.journal, Place::START)?;
        while batches.place.batch < self.next.batch {
            let place = batches.place;
            match batches.step()? {
                Step::Batch(head) => {
                    let wanted = |about: Option<JobId>| job.is_none() || job == about;
                    batches.each_of((&head, place.offset), wanted, &mut *each)?;
                }
                Step::End => break,
                Step::Broken { why } => return Err(damaged(&self.journal, place.batch, place.offset, why)),
            }
        }
        Ok(())
    }
}
