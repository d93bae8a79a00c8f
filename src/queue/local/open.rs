//! Creating and opening a round: what is checked, what is cut, what is rebuilt.
//!
//! What a crash can leave behind, and what becomes of it:
//!
//! | left behind | at the next opening |
//! |---|---|
//! | no manifest, an empty journal | `create` begins anew |
//! | `*.staged`, `*.tmp` | removed |
//! | a plan file that the journal doesn't name | removed: it was never adopted |
//! | a plan that the journal names and the manifest doesn't | put into the manifest |
//! | a broken last commit batch in the journal, above all that is known to be on disk | cut |
//! | states behind the journal | its tail is applied |
//! | a plan that was being rewritten, and the manifest names both hashes | either is taken |
//! | states damaged, stale in part or another round's | moved aside and rebuilt from plan and journal |
//! | states ahead of the journal: it lost commit batches that were on disk | refused |
//! | a damaged commit marker, and states that don't reach the journal's end | refused: it may have lost commit batches |
//! | no manifest, and anything that a round makes after it | refused |

use std::io;
use std::path::Path;

use super::journal::marker::{self, CommitMarker};
use super::journal::read::{Place, REMEDY, damaged};
use super::journal::write::{Examined, Journal};
use super::lock::Lock;
use super::manifest::{
    FILE as MANIFEST, Manifest, PlanNote, VERSION, check_identity, fingerprint, plan_name,
};
use super::queue::LocalQueue;
use super::replayed::{LoadError, ReplayedState, states_path, store_error};
use super::states::due::Due;
use super::states::store::{BlockStore, StoreError};
use super::storage::Storage;
use crate::domain::ids::PlanNo;
use crate::queue::api::{Identity, QueueError};
use crate::sys::disk::{Disk, SharedDisk};

impl LocalQueue {
    /// Whether a round was created in this directory.
    ///
    /// # Errors
    /// When the disk can't tell.
    pub fn exists(disk: &dyn Disk, dir: &Path) -> Result<bool, QueueError> {
        let path = dir.join(MANIFEST);
        disk.exists(&path).map_err(QueueError::disk("find", &path))
    }

    /// Whether this directory holds nothing but what a kill left of a round's making: no manifest, and no
    /// journal that holds entries. [`LocalQueue::create`] begins anew there.
    ///
    /// # Errors
    /// When the disk can't tell.
    pub fn is_blank(disk: &dyn Disk, dir: &Path) -> Result<bool, QueueError> {
        Ok(!LocalQueue::exists(disk, dir)? && !Journal::holds_entries(disk, dir)?)
    }

    /// How long a round's journal is, by which it is seen whether anything happened; `None` where there is none.
    ///
    /// # Errors
    /// When the disk can't tell.
    pub fn journal_len(disk: &dyn Disk, dir: &Path) -> Result<Option<u64>, QueueError> {
        Journal::len_of(disk, dir)
    }

    /// Whose round this is, by its manifest alone.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::OtherFormat`], the disk's (`NotFound` where there is no round).
    pub fn identity_of(disk: &dyn Disk, dir: &Path) -> Result<Identity, QueueError> {
        Manifest::read(disk, dir).map(|manifest| manifest.identity)
    }

    /// What a round is known by, and what it was known by before, newest first.
    ///
    /// # Errors
    /// As for [`LocalQueue::identity_of`].
    pub fn identities_of(disk: &dyn Disk, dir: &Path) -> Result<Vec<Identity>, QueueError> {
        let Manifest { identity, was, .. } = Manifest::read(disk, dir)?;
        Ok(std::iter::once(identity).chain(was.into_iter().rev()).collect())
    }

    /// Creates a round in `dir`, below `data_dir`: durable, with every directory on the way, when it returns.
    ///
    /// # Errors
    /// The disk's; [`QueueError::Locked`]; where there is a round already, or a journal that has lost its
    /// manifest.
    pub fn create(
        disk: SharedDisk,
        dir: &Path,
        data_dir: &Path,
        identity: Identity,
    ) -> Result<LocalQueue, QueueError> {
        LocalQueue::create_on(Storage::real(disk), dir, data_dir, identity)
    }

    /// [`LocalQueue::create`] on other storage.
    ///
    /// # Errors
    /// The same.
    pub fn create_on(
        storage: Storage,
        dir: &Path,
        data_dir: &Path,
        identity: Identity,
    ) -> Result<LocalQueue, QueueError> {
        let disk = &*storage.disk;
        disk.create_dir_all(dir).map_err(QueueError::disk("create", dir))?;
        let lock = Lock::take(&*storage.disk, dir)?;
        if LocalQueue::exists(disk, dir)? {
            let error = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(QueueError::disk("create", &dir.join(MANIFEST))(error));
        }
        if let Some(file) = remains(&storage, dir)? {
            return Err(QueueError::Damaged {
                path: dir.join(MANIFEST),
                what: format!("it is missing, and {file} beside it is of a round that was begun"),
                hint: REMEDY.to_owned(),
            });
        }
        Journal::create(disk, dir, fingerprint(&identity))?;
        sync_dirs(disk, dir, data_dir)?;
        // Last: what has a manifest has all the rest.
        let manifest = Manifest { version: VERSION, identity, was: Vec::new(), plans: Vec::new() };
        manifest.write(disk, dir)?;
        open_locked(storage, dir, manifest, lock)
    }

    /// Opens a round and takes its lock; with `expected`, only if it is that one's.
    ///
    /// # Errors
    /// [`QueueError::Locked`], [`QueueError::Foreign`], [`QueueError::Damaged`] (nothing was changed),
    /// [`QueueError::OtherFormat`], the disk's.
    pub fn open(disk: SharedDisk, dir: &Path, expected: Option<&Identity>) -> Result<LocalQueue, QueueError> {
        LocalQueue::open_on(Storage::real(disk), dir, expected)
    }

    /// [`LocalQueue::open`] on other storage.
    ///
    /// # Errors
    /// The same.
    pub fn open_on(
        storage: Storage,
        dir: &Path,
        expected: Option<&Identity>,
    ) -> Result<LocalQueue, QueueError> {
        let manifest = Manifest::read(&*storage.disk, dir)?;
        if let Some(expected) = expected {
            check_identity(&manifest.identity, expected)?;
        }
        let lock = Lock::take(&*storage.disk, dir)?;
        // Again, now that nobody else can write it.
        let manifest = Manifest::read(&*storage.disk, dir)?;
        open_locked(storage, dir, manifest, lock)
    }
}

/// Opens a round whose lock is held.
pub(super) fn open_locked(
    storage: Storage,
    dir: &Path,
    mut manifest: Manifest,
    lock: Lock,
) -> Result<LocalQueue, QueueError> {
    let disk = &*storage.disk;
    // A kill may have come between a name and its sync: what is built on from here must outlast a power cut.
    disk.sync_dir(dir).map_err(QueueError::disk("sync", dir))?;
    // First all is read, and refused where it is damaged. Only then is anything changed beside the states.
    let examined = Examined::read(disk, dir, manifest.fingerprint())?;
    let (replayed, due) = take_up(&storage, dir, &manifest, &examined)?;
    let journal = examined.open(disk, storage.inline)?;
    note_plans(disk, dir, &mut manifest, &replayed)?;
    tidy(disk, dir, replayed.plans.next())?;
    Ok(LocalQueue::assemble(storage, manifest, replayed, journal, due, lock))
}

/// The states, up to the journal's end, and what is due: from their store, or rebuilt.
fn take_up(
    storage: &Storage,
    dir: &Path,
    manifest: &Manifest,
    examined: &Examined,
) -> Result<(ReplayedState, Due), QueueError> {
    let stored = match storage.stores.open(dir) {
        Ok(store) => from_store(storage, dir, manifest, examined, store).and_then(|mut replayed| {
            let due = what_is_due(&mut replayed).map_err(LoadError::Store)?;
            Ok((replayed, due))
        }),
        Err(error) => examined.reaches(0).map_err(LoadError::Queue).and(Err(LoadError::Store(error))),
    };
    let why = match stored {
        Ok(taken) => return Ok(taken),
        Err(LoadError::Store(StoreError::Damaged(why))) => why,
        Err(LoadError::Store(error)) => return Err(store_error(dir, error)),
        Err(LoadError::Queue(error)) => return Err(error),
    };
    // They are moved aside once it is known that others can be made of plan and journal.
    from_start(ReplayedState::in_memory(storage.disk.clone(), dir, manifest), manifest, examined)?;
    let to = storage.stores.set_aside(dir).map_err(|error| store_error(dir, error))?;
    tracing::warn!(%why, %to, "the queue's cached states were damaged; they were moved aside and rebuilt from the journal");
    let store = storage.stores.open(dir).map_err(|error| store_error(dir, error))?;
    let empty = ReplayedState::new(storage.disk.clone(), dir, manifest, store);
    let mut replayed = from_start(empty, manifest, examined)?;
    let due = what_is_due(&mut replayed).map_err(|error| replayed.store_error(error))?;
    Ok((replayed, due))
}

fn what_is_due(replayed: &mut ReplayedState) -> Result<Due, StoreError> {
    match replayed.plans.newest() {
        Some(plan) => Due::build(&mut replayed.states, plan),
        None => Ok(Due::default()),
    }
}

/// Takes up what a store holds, and the journal's entries since.
fn from_store(
    storage: &Storage,
    dir: &Path,
    manifest: &Manifest,
    examined: &Examined,
    mut store: Box<dyn BlockStore>,
) -> Result<ReplayedState, LoadError> {
    let meta = ReplayedState::meta(&mut *store, manifest.fingerprint());
    let known = meta.as_ref().ok().and_then(Option::as_ref).map_or(0, |meta| meta.batch);
    examined.reaches(known).map_err(LoadError::Queue)?;
    let mut replayed = ReplayedState::new(storage.disk.clone(), dir, manifest, store);
    let Some(meta) = meta.map_err(LoadError::Store)? else {
        return from_start(replayed, manifest, examined).map_err(LoadError::Queue);
    };
    replayed.load(&meta)?;
    let place = Place { offset: meta.end, batch: meta.batch + 1, sequence: meta.sequence + 1 };
    let mut tail = examined.batches(place).map_err(LoadError::Queue)?;
    match replayed.fold(&mut tail, examined.path(), examined.last().batch) {
        // They can't be read, or what the journal says doesn't follow from them. Rebuilt, it does, or the journal
        // is to blame.
        Err(QueueError::Damaged { path, what, .. })
            if path == examined.path() || path == states_path(dir) =>
        {
            return Err(LoadError::Store(StoreError::Damaged(what)));
        }
        folded => folded.map_err(LoadError::Queue)?,
    }
    if replayed.sequence != examined.sequence() {
        let what = "they don't lead up to the journal's end".to_owned();
        return Err(LoadError::Store(StoreError::Damaged(what)));
    }
    complete(manifest, &replayed, examined).map_err(LoadError::Queue)?;
    Ok(replayed)
}

/// Rebuilds all of it, into an empty state.
fn from_start(
    mut replayed: ReplayedState,
    manifest: &Manifest,
    examined: &Examined,
) -> Result<ReplayedState, QueueError> {
    let mut batches = examined.batches(Place::START)?;
    replayed.fold(&mut batches, examined.path(), examined.last().batch)?;
    complete(manifest, &replayed, examined)?;
    Ok(replayed)
}

/// Whether the replayed state is all that journal and manifest tell of.
fn complete(manifest: &Manifest, replayed: &ReplayedState, examined: &Examined) -> Result<(), QueueError> {
    let last = examined.last();
    if replayed.sequence != examined.sequence() {
        return Err(damaged(examined.path(), last.batch, last.end, "its entries don't add up"));
    }
    let (adopted, noted) = (replayed.plans.next().0 - 1, manifest.plans.len());
    if noted > adopted as usize {
        let why = format!("it adopts {adopted} plans up to there, and {MANIFEST} lists {noted}");
        return Err(damaged(examined.path(), last.batch, last.end, &why));
    }
    Ok(())
}

/// What shows that a round was begun here: a round has a manifest before it has any of these.
fn remains(storage: &Storage, dir: &Path) -> Result<Option<String>, QueueError> {
    let disk = &*storage.disk;
    if Journal::holds_entries(disk, dir)? {
        return Ok(Some("the journal".to_owned()));
    }
    if CommitMarker::read(disk, &dir.join(marker::FILE))?.marker.batch > 0 {
        return Ok(Some("the commit marker".to_owned()));
    }
    if storage.stores.exists(dir).map_err(|error| store_error(dir, error))? {
        return Ok(Some("queue".to_owned()));
    }
    let files = disk.list(dir).map_err(QueueError::disk("list", dir))?;
    let names = files.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy());
    Ok(names.into_iter().find(|name| name.ends_with(".plan")).map(std::borrow::Cow::into_owned))
}

/// Adds the plans to the manifest that a crash kept out.
fn note_plans(
    disk: &dyn Disk,
    dir: &Path,
    manifest: &mut Manifest,
    replayed: &ReplayedState,
) -> Result<(), QueueError> {
    let adopted = replayed.plans.next().0 - 1;
    let noted = u32::try_from(manifest.plans.len()).unwrap_or(u32::MAX);
    if noted == adopted {
        return Ok(());
    }
    for no in noted + 1..=adopted {
        let plan = super::plan::read::PlanFile::open(disk, dir, PlanNo(no))?;
        let sha256 = plan.sha256()?;
        let (rows, jobs_before, jobs) = (plan.rows, plan.jobs_before, plan.jobs);
        manifest.plans.push(PlanNote {
            no,
            file: plan_name(no),
            rows,
            jobs_before,
            jobs,
            sha256,
            becomes: None,
        });
    }
    manifest.write(disk, dir)
}

/// Removes what a crash left behind: staged plans, temporary files, plans that were never adopted.
fn tidy(disk: &dyn Disk, dir: &Path, next: PlanNo) -> Result<(), QueueError> {
    for path in disk.list(dir).map_err(QueueError::disk("list", dir))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".staged") || name.ends_with(".tmp") || *name == *plan_name(next.0) {
            disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes the entries of `dir` and of every directory above it durable: those above `data_dir` may be new as well,
/// on a fresh machine. Where one of those isn't ours to open, or knows no syncing, it is left as it is.
fn sync_dirs(disk: &dyn Disk, dir: &Path, data_dir: &Path) -> Result<(), QueueError> {
    for at in dir.ancestors().filter(|at| !at.as_os_str().is_empty()) {
        match disk.sync_dir(at) {
            Err(error) if at.starts_with(data_dir) || !is_not_ours(&error) => {
                return Err(QueueError::disk("sync", at)(error));
            }
            Err(error) => tracing::debug!(path = %at.display(), %error, "a directory stays as it is"),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn is_not_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | InvalidInput | Unsupported)
}
