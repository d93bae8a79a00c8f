//! Reading a round back: every file, every checksum, the fold, and the states held against it.
//!
//! Changes nothing of plan, journal, commit marker and manifest. The states can be looked at only while no run holds
//! the round.

use std::path::Path;

use crate::domain::ids::PlanNo;
use crate::domain::status::{Counts, Status};
use crate::queue::api::{Identity, QueueError};
use crate::queue::local::journal::marker::{CommitMarker, FILE as MARKER_FILE};
use crate::queue::local::journal::read::{Batches, Place, check_head, scan};
use crate::queue::local::journal::write::FILE as JOURNAL;
use crate::queue::local::lock::Lock;
use crate::queue::local::manifest::Manifest;
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::replayed::{LoadError, ReplayedState, store_error};
use crate::queue::local::states::block::Meta;
use crate::queue::local::states::store::StoreError;
use crate::queue::local::storage::Storage;
use crate::sys::disk::{Disk, SharedDisk};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Whose round it is.
    pub identity: Identity,
    /// Whole commit batches in the journal.
    pub batches: u64,
    /// Entries in them.
    pub entries: u64,
    /// Bytes behind the last whole commit batch: being written just now, or broken off and never released.
    pub unfinished: u64,
    /// Adopted plans.
    pub plans: u32,
    /// What the journal adds up to.
    pub counts: Counts,
    /// The states beside it.
    pub states: StatesCheck,
    /// All that is wrong, in words: the file, what, where. Empty when nothing is.
    pub problems: Vec<String>,
    /// So many of them are damage of the states, which the next run finds and rebuilds from plan and journal.
    pub rebuildable: usize,
}

/// How the states compare with what the journal adds up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatesCheck {
    /// Job for job the same, as of the commit batch that they include.
    Agree {
        /// That commit batch.
        batch: u64,
    },
    /// A run holds the round: they couldn't be looked at.
    Held,
    /// There are none; the next run makes them.
    Absent,
    /// They differ, or are damaged: the next run rebuilds them.
    Differ,
    /// The journal can't be read to its end, so there is nothing to hold them against.
    Unread,
}

/// Verifies a round on the machine's own file system.
///
/// # Errors
/// Only where nothing can be said at all: the manifest or the journal can't be opened. All else is listed in
/// the report.
pub fn verify(disk: SharedDisk, dir: &Path) -> Result<VerifyReport, QueueError> {
    verify_on(&Storage::real(disk), dir)
}

/// [`verify`] on other storage.
///
/// # Errors
/// The same.
pub fn verify_on(storage: &Storage, dir: &Path) -> Result<VerifyReport, QueueError> {
    let disk = &*storage.disk;
    let manifest = Manifest::read(disk, dir)?;
    let print = manifest.fingerprint();
    let path = dir.join(JOURNAL);
    // With the lock nobody writes; without it, what is being written now is left out.
    let lock = Lock::take(&*storage.disk, dir);
    let held = match &lock {
        Ok(_) => false,
        Err(QueueError::Locked { .. }) => true,
        Err(_) => return Err(lock.err().unwrap_or(QueueError::Stopped)),
    };
    let mut report = VerifyReport {
        identity: manifest.identity.clone(),
        batches: 0,
        entries: 0,
        unfinished: 0,
        plans: 0,
        counts: Counts::default(),
        states: StatesCheck::Unread,
        problems: Vec::new(),
        rebuildable: 0,
    };
    let noted = CommitMarker::read(disk, &dir.join(MARKER_FILE))?;
    if !noted.is_whole() {
        let path = dir.join(MARKER_FILE);
        report.problems.push(format!(
            "{}: it is damaged; it alone knows how far the journal got since the states were written",
            path.display()
        ));
    }
    let file = disk.open_read(&path).map_err(QueueError::disk("open", &path))?;
    let scanned = check_head(&*file, &path, print).and_then(|()| scan(&*file, &path, noted.marker));
    let end = match scanned {
        Ok(scan) => {
            report.unfinished = scan.len - scan.next.offset;
            scan.last()
        }
        Err(error) => {
            report.problem(&error);
            0
        }
    };
    report.plans(disk, dir, &manifest);

    let mut store = None;
    if held {
        report.states = StatesCheck::Held;
    } else if storage.stores.exists(dir).map_err(|error| store_error(dir, error))? {
        store = report.stored(storage, dir, &manifest);
    } else {
        report.states = StatesCheck::Absent;
    }
    let mut replayed = ReplayedState::in_memory(storage.disk.clone(), dir, &manifest);
    let mut batches = Batches::at(&*file, &path, Place::START)?;
    let (until, compare) = match &store {
        Some((_, meta)) if meta.batch <= end => (meta.batch, true),
        Some((_, meta)) => {
            let (reached, path) = (meta.batch, path.display());
            report.problems.push(format!(
                "{path}: it ends at commit batch {end}, and the states include commit batch {reached}: it has lost entries"
            ));
            (end, false)
        }
        None => (end, false),
    };
    let mut folded = replayed.fold(&mut batches, &path, until);
    if let (Ok(()), true, Some((stored, meta))) = (&folded, compare, &mut store) {
        report.states = report.compare(&mut replayed, stored, meta);
        folded = replayed.fold(&mut batches, &path, end);
    }
    if let Err(error) = folded {
        report.problem(&error);
    }
    report.batches = batches.place.batch - 1;
    report.entries = replayed.sequence;
    report.counts = replayed.states.counts();
    report.add_up(&mut replayed)?;
    let adopted = replayed.plans.next().0 - 1;
    report.plans = adopted;
    let noted = manifest.plans.len() as u64;
    if noted > u64::from(adopted) {
        report
            .problems
            .push(format!("{}: it adopts {adopted} plans, the manifest lists {noted}", path.display()));
    }
    Ok(report)
}

impl VerifyReport {
    /// Whether all is well.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, error: &QueueError) {
        let hint = match error {
            QueueError::Damaged { hint, .. } => format!("; hint: {hint}"),
            _ => String::new(),
        };
        self.problems.push(format!("{error}{hint}"));
    }

    /// Reads every block of every plan that the manifest lists, and holds the files against their hashes.
    fn plans(&mut self, disk: &dyn Disk, dir: &Path, manifest: &Manifest) {
        for note in &manifest.plans {
            let read = PlanFile::open(disk, dir, PlanNo(note.no)).and_then(|plan| {
                let blocks = (0..plan.blocks()).try_for_each(|block| plan.read_block(block).map(drop));
                blocks.map(|()| plan)
            });
            match read.and_then(|plan| plan.sha256().map(|sum| (plan, sum))) {
                Ok((plan, sum)) => {
                    let found = (plan.rows, plan.jobs_before, plan.jobs);
                    if found != (note.rows, note.jobs_before, note.jobs) || !note.names(&sum) {
                        let path = plan.path().display();
                        self.problems.push(format!("{path}: it isn't the file that the manifest lists"));
                    }
                }
                Err(error) => self.problem(&error),
            }
        }
    }

    /// Opens the states and takes them up.
    fn stored(
        &mut self,
        storage: &Storage,
        dir: &Path,
        manifest: &Manifest,
    ) -> Option<(ReplayedState, Meta)> {
        let opened = storage.stores.open(dir).and_then(|mut store| {
            let meta = ReplayedState::meta(&mut *store, manifest.fingerprint())?;
            Ok((store, meta))
        });
        let loaded = match opened {
            Ok((_, None)) => {
                self.states = StatesCheck::Absent;
                return None;
            }
            Ok((store, Some(meta))) => {
                let mut replayed = ReplayedState::new(storage.disk.clone(), dir, manifest, store);
                replayed.load(&meta).map(|()| (replayed, meta))
            }
            Err(error) => Err(LoadError::Store(error)),
        };
        let error = match loaded {
            Ok(loaded) => return Some(loaded),
            Err(LoadError::Store(error)) => {
                self.rebuildable += usize::from(matches!(error, StoreError::Damaged(_)));
                store_error(dir, error)
            }
            Err(LoadError::Queue(error)) => error,
        };
        self.states = StatesCheck::Differ;
        self.problem(&error);
        None
    }

    /// Holds the stored states against a fold up to the same commit batch, job by job.
    fn compare(
        &mut self,
        folded: &mut ReplayedState,
        stored: &mut ReplayedState,
        meta: &Meta,
    ) -> StatesCheck {
        let mut differ = Vec::new();
        if folded.states.counts() != stored.states.counts()
            || folded.states.retrying() != stored.states.retrying()
        {
            differ.push("the counts".to_owned());
        }
        let orders = folded.orders == stored.orders;
        if !orders || (folded.wanted, folded.started_at) != (stored.wanted, stored.started_at) {
            differ.push("orders, or what is wanted".to_owned());
        }
        for block in 0..folded.states.blocks().min(stored.states.blocks()) {
            let (first, _) = folded.states.span(block);
            match compare_block(folded, stored, block) {
                Ok(None) => {}
                Ok(Some(at)) => differ.push(format!("job {}", first + at)),
                Err(error) => differ.push(format!("block {block} ({error})")),
            }
        }
        if differ.is_empty() {
            return StatesCheck::Agree { batch: meta.batch };
        }
        let (more, path) = (differ.len().saturating_sub(5), folded.dir().join("queue"));
        differ.truncate(5);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (path, batch, what) = (path.display(), meta.batch, differ.join(", "));
        self.problems.push(format!(
            "{path}: the states differ from the journal up to commit batch {batch}: {what}{more}; \
             hint: move the directory away, and the next run rebuilds it"
        ));
        StatesCheck::Differ
    }

    /// Counts the jobs one by one.
    fn add_up(&mut self, replayed: &mut ReplayedState) -> Result<(), QueueError> {
        let mut counted = Counts::default();
        replayed.walk(
            crate::domain::ids::JobId(0),
            |_, _| true,
            |_, job| {
                counted[job.status()] += 1;
                true
            },
        )?;
        let jobs = replayed.plans.newest().map_or(0, |plan| u64::from(plan.jobs));
        if counted != self.counts || counted.total() != jobs {
            let words: Vec<_> = Status::ALL.iter().map(|s| format!("{} {s}", counted[*s])).collect();
            self.problems.push(format!("{jobs} jobs are planned, and there are {}", words.join(", ")));
        }
        Ok(())
    }
}

/// The first job of a block that differs.
fn compare_block(
    a: &mut ReplayedState,
    b: &mut ReplayedState,
    block: u32,
) -> Result<Option<u32>, StoreError> {
    let (a, b) = (a.states.block(block)?, b.states.block(block)?);
    let differ = (0..).zip(a.iter().zip(b)).find(|(_, (a, b))| a != b).map(|(at, _)| at);
    let shorter = a.len().min(b.len());
    let cut = (a.len() != b.len()).then(|| u32::try_from(shorter).unwrap_or(u32::MAX));
    Ok(differ.or(cut))
}
