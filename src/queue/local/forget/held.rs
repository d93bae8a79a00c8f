//! A round that is held while somebody is forgotten in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::record::Forgotten;
use super::traces::{Traces, traces};
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::job::{Event, Job, State};
use crate::domain::phone::Phone;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::queue::api::{Entry, QueueError};
use crate::queue::local::journal::rewrite::rewrite as rewrite_journal;
use crate::queue::local::lock::Lock;
use crate::queue::local::manifest::{Manifest, plan_path};
use crate::queue::local::open::open_locked;
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::plan::rewrite::rewrite as rewrite_plan;
use crate::queue::local::queue::LocalQueue;
use crate::queue::local::replayed::store_error;
use crate::queue::local::storage::Storage;
use crate::sys::disk::{Disk, SharedDisk};

/// A round that nobody else works on.
#[derive(Debug)]
pub struct HeldRound {
    dir: PathBuf,
    storage: Storage,
    lock: Lock,
}

impl HeldRound {
    /// Takes the round's lock.
    ///
    /// # Errors
    /// [`QueueError::Locked`], the disk's.
    pub fn hold(disk: SharedDisk, dir: &Path) -> Result<HeldRound, QueueError> {
        HeldRound::hold_on(Storage::real(disk), dir)
    }

    /// The same on other storage.
    ///
    /// # Errors
    /// The same.
    pub fn hold_on(storage: Storage, dir: &Path) -> Result<HeldRound, QueueError> {
        let lock = Lock::take(&*storage.disk, dir)?;
        Ok(HeldRound { dir: dir.to_owned(), storage, lock })
    }

    /// The round's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the round holds of whoever has this number.
    ///
    /// # Errors
    /// As for [`traces`].
    pub fn traces(&self, phone: Phone) -> Result<Option<Traces>, QueueError> {
        traces(&self.storage.disk, &self.dir, phone)
    }

    /// Removes what a killed process left of a plan that it was making: it may hold anybody.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove_leftovers(&self) -> Result<(), QueueError> {
        let disk = &*self.storage.disk;
        for path in disk.list(&self.dir).map_err(QueueError::disk("list", &self.dir))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".staged") || name.ends_with(".tmp") {
                disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Notes that nothing of this person is left, in the round or beside it.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(&self, phone: Phone) -> Result<(), QueueError> {
        let disk = &*self.storage.disk;
        let Some(mut forgotten) = Forgotten::load(disk, &self.dir)? else { return Ok(()) };
        forgotten.finish(phone);
        forgotten.save(disk, &self.dir)
    }

    /// Forgets the person whose traces these are; they are what stood there under this lock. The round stays held.
    ///
    /// # Errors
    /// The disk's, or damage: done again, it finishes.
    pub async fn forget(
        self,
        phone: Phone,
        traces: &Traces,
        salt: [u8; 16],
        at: Millis,
    ) -> Result<HeldRound, QueueError> {
        let HeldRound { dir, storage, lock } = self;
        let disk = storage.disk.clone();
        let disk = &*disk;
        let mut forgotten = Forgotten::load(disk, &dir)?.unwrap_or_else(|| Forgotten::new(salt));
        forgotten.add(phone, &traces.known);
        forgotten.save(disk, &dir)?;

        let manifest = Manifest::read(disk, &dir)?;
        let mut queue = open_locked(storage, &dir, manifest, lock)?;
        settle(&mut queue, &traces.jobs, at).await?;
        let (storage, mut manifest, lock) = queue.close_held().await?;

        rewrite_plans(disk, &dir, &mut manifest, &traces.jobs, &forgotten)?;
        // Before the journal: they point into it.
        storage.stores.remove(&dir).map_err(|error| store_error(&dir, error))?;
        disk.sync_dir(&dir).map_err(QueueError::disk("sync", &dir))?;
        rewrite_journal(disk, &dir, manifest.fingerprint(), &mut |entry| match entry {
            Entry::Job { job, event } => traces.jobs.contains(job) && event.forget(),
            _ => false,
        })?;
        let queue = open_locked(storage, &dir, manifest, lock)?;
        let (storage, _, lock) = queue.close_held().await?;
        Ok(HeldRound { dir, storage, lock })
    }
}

/// Has the person's jobs never be sent again.
async fn settle(queue: &mut LocalQueue, jobs: &HashSet<JobId>, at: Millis) -> Result<(), QueueError> {
    let mut jobs: Vec<_> = jobs.iter().copied().collect();
    jobs.sort_unstable();
    for id in jobs {
        while let Some(event) = queue.replayed.job(id)?.and_then(|job| next(job, at)) {
            if queue.change(id, None, event)?.is_none() {
                break;
            }
        }
    }
    queue.flush().await
}

/// What is still to be done with a job: what waits is cancelled, and of all else that could be queued again it is noted
/// that its row is gone. `retry` and a resend pass over those.
fn next(job: &Job, at: Millis) -> Option<Event> {
    match job.state {
        // Whoever was sending it was killed: nobody else can hold it.
        State::Sending { attempt, .. } => {
            let problem = Problem::new("sendcast was interrupted while this was being sent");
            Some(Event::Doubted { attempt, at, problem })
        }
        State::Queued { .. } => Some(Event::Cancelled { by_removal: false }),
        State::Skipped | State::Cancelled { .. } => None,
        State::InDoubt | State::Reached(_) | State::Failed => (!job.removed).then_some(Event::Removed),
    }
}

/// Rewrites those plans that tell of the person.
fn rewrite_plans(
    disk: &dyn Disk,
    dir: &Path,
    manifest: &mut Manifest,
    jobs: &HashSet<JobId>,
    forgotten: &Forgotten,
) -> Result<(), QueueError> {
    let mut renames = Vec::new();
    for note in &mut manifest.plans {
        // What was begun and interrupted may be done, or not.
        if note.becomes.take().is_some() {
            note.sha256 = PlanFile::open(disk, dir, PlanNo(note.no))?.sha256()?;
        }
        let path = plan_path(dir, note.no);
        let written = rewrite_plan(disk, dir, PlanNo(note.no), &mut |job, row| {
            let theirs = jobs.contains(&job) && !row.is_forgotten();
            theirs.then(|| row.forget(row.key.as_deref().map(|key| forgotten.mark(key))))
        })?;
        if let Some((temporary, sha256)) = written {
            note.becomes = Some(sha256);
            renames.push((temporary, path));
        }
    }
    manifest.write(disk, dir)?;
    if renames.is_empty() {
        return Ok(());
    }
    for (from, to) in &renames {
        disk.rename(from, to).map_err(QueueError::disk("rename", from))?;
    }
    disk.sync_dir(dir).map_err(QueueError::disk("sync", dir))?;
    for note in &mut manifest.plans {
        if let Some(sha256) = note.becomes.take() {
            note.sha256 = sha256;
        }
    }
    manifest.write(disk, dir)
}
