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
//! | a broken last group in the journal, above all that is known to be on disk | cut |
//! | states behind the journal | its tail is applied |
//! | states damaged, stale in part or another round's | moved aside and rebuilt from plan and journal |
//! | states ahead of the journal: it lost groups that were on disk | refused |

use std::path::Path;

use super::due::Due;
use super::journal::{self, Journal};
use super::journal_read::{Place, REMEDY, damaged};
use super::ledger::{Ledger, LoadError, store_error};
use super::lock::Lock;
use super::manifest::{
    FILE as MANIFEST, Manifest, PlanNote, VERSION, check_identity, fingerprint, plan_name,
};
use super::plan_write::hex;
use super::queue::LocalQueue;
use super::sled_store::SledStores;
use super::store::{BlockStore, StoreError, Stores};
use crate::domain::ids::PlanNo;
use crate::queue::api::{Identity, QueueError};
use crate::sys::disk::{Disk, SharedDisk};

use sha2::{Digest, Sha256};

/// What a round stands on.
#[derive(Debug)]
pub struct Ground {
    /// The disk under plan, journal, mark and manifest.
    pub disk: SharedDisk,
    /// Where the states are kept.
    pub stores: Box<dyn Stores>,
    /// Syncs on the caller's thread. Otherwise each group goes through tokio's blocking pool.
    pub inline: bool,
}

impl Ground {
    /// This disk, with states in sled and the lock on the machine's file system.
    #[must_use]
    pub fn real(disk: SharedDisk) -> Ground {
        Ground { disk, stores: Box::new(SledStores), inline: false }
    }
}

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

    /// Whose round this is, by its manifest alone.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::TooNew`], the disk's (`NotFound` where there is no round).
    pub fn identity_of(disk: &dyn Disk, dir: &Path) -> Result<Identity, QueueError> {
        Manifest::read(disk, dir).map(|manifest| manifest.identity)
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
        LocalQueue::create_on(Ground::real(disk), dir, data_dir, identity)
    }

    /// [`LocalQueue::create`] on other ground.
    ///
    /// # Errors
    /// The same.
    pub fn create_on(
        ground: Ground,
        dir: &Path,
        data_dir: &Path,
        identity: Identity,
    ) -> Result<LocalQueue, QueueError> {
        let disk = &*ground.disk;
        disk.create_dir_all(dir).map_err(QueueError::disk("create", dir))?;
        let lock = Lock::take(&*ground.disk, dir)?;
        if LocalQueue::exists(disk, dir)? {
            let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(QueueError::disk("create", &dir.join(MANIFEST))(error));
        }
        if Journal::holds_entries(disk, dir)? {
            return Err(QueueError::Damaged {
                path: dir.join(MANIFEST),
                what: "it is missing, and the journal beside it holds entries".to_owned(),
                hint: REMEDY.to_owned(),
            });
        }
        Journal::create(disk, dir, fingerprint(&identity))?;
        sync_dirs(disk, dir, data_dir)?;
        // Last: what has a manifest has all the rest.
        let manifest = Manifest { version: VERSION, identity, plans: Vec::new() };
        manifest.write(disk, dir)?;
        open_locked(ground, dir, manifest, lock)
    }

    /// Opens a round and takes its lock; with `expected`, only if it is that one's.
    ///
    /// # Errors
    /// [`QueueError::Locked`], [`QueueError::Foreign`], [`QueueError::Damaged`] (nothing was changed),
    /// [`QueueError::TooNew`], the disk's.
    pub fn open(disk: SharedDisk, dir: &Path, expected: Option<&Identity>) -> Result<LocalQueue, QueueError> {
        LocalQueue::open_on(Ground::real(disk), dir, expected)
    }

    /// [`LocalQueue::open`] on other ground.
    ///
    /// # Errors
    /// The same.
    pub fn open_on(
        ground: Ground,
        dir: &Path,
        expected: Option<&Identity>,
    ) -> Result<LocalQueue, QueueError> {
        let manifest = Manifest::read(&*ground.disk, dir)?;
        if let Some(expected) = expected {
            check_identity(&manifest.identity, expected)?;
        }
        let lock = Lock::take(&*ground.disk, dir)?;
        // Again, now that nobody else can write it.
        let manifest = Manifest::read(&*ground.disk, dir)?;
        open_locked(ground, dir, manifest, lock)
    }
}

fn open_locked(
    ground: Ground,
    dir: &Path,
    mut manifest: Manifest,
    lock: Lock,
) -> Result<LocalQueue, QueueError> {
    let disk = &*ground.disk;
    // A kill may have come between a name and its sync: what is built on from here must outlast a power cut.
    disk.sync_dir(dir).map_err(QueueError::disk("sync", dir))?;
    let print = fingerprint(&manifest.identity);
    let mut store = open_store(&*ground.stores, dir)?;
    let meta = match Ledger::meta(&mut *store, print) {
        Ok(meta) => meta,
        Err(error) => {
            store = replace_store(&*ground.stores, dir, store, error)?;
            None
        }
    };
    let known = meta.as_ref().map_or(0, |meta| meta.group);
    let journal = Journal::open(disk, dir, print, known, ground.inline)?;
    let mut ledger = Ledger::new(ground.disk.clone(), dir, print, store);
    if let Some(meta) = meta {
        let place = Place { offset: meta.end, group: meta.group + 1, sequence: meta.sequence + 1 };
        let loaded = ledger.load(&meta).and_then(|()| {
            let mut tail = journal.groups(place).map_err(LoadError::Queue)?;
            let folded = ledger.fold(&mut tail, journal.path(), u64::MAX);
            folded.map_err(|error| match error {
                QueueError::Damaged { .. } => LoadError::Store(StoreError::Damaged(error.to_string())),
                error => LoadError::Queue(error),
            })
        });
        let complete = ledger.sequence == journal.sequence();
        let error = match loaded {
            Ok(()) if complete => None,
            Ok(()) => Some(StoreError::Damaged("they don't lead up to the journal's end".to_owned())),
            Err(LoadError::Store(error)) => Some(error),
            Err(LoadError::Queue(error)) => return Err(error),
        };
        if let Some(error) = error {
            let store = replace_store(&*ground.stores, dir, ledger.states.into_store(), error)?;
            ledger = Ledger::new(ground.disk.clone(), dir, print, store);
        }
    }
    if ledger.sequence == 0 {
        let mut groups = journal.groups(Place::START)?;
        ledger.fold(&mut groups, journal.path(), u64::MAX)?;
    }
    if ledger.sequence != journal.sequence() {
        let last = journal.last();
        return Err(damaged(journal.path(), last.group, last.end, "its entries don't add up"));
    }
    note_plans(disk, dir, &mut manifest, &ledger)?;
    tidy(disk, dir, ledger.next_plan())?;
    let due = match ledger.plans.newest() {
        Some(plan) => Due::build(&mut ledger.states, plan).map_err(|error| ledger.store_error(error))?,
        None => Due::default(),
    };
    Ok(LocalQueue::assemble(ground, manifest, ledger, journal, due, lock))
}

fn open_store(stores: &dyn Stores, dir: &Path) -> Result<Box<dyn BlockStore>, QueueError> {
    match stores.open(dir) {
        Err(error @ StoreError::Damaged(_)) => set_aside(stores, dir, &error),
        opened => opened.map_err(|error| store_error(dir, error)),
    }
}

fn replace_store(
    stores: &dyn Stores,
    dir: &Path,
    store: Box<dyn BlockStore>,
    error: StoreError,
) -> Result<Box<dyn BlockStore>, QueueError> {
    drop(store);
    match error {
        StoreError::Damaged(_) => set_aside(stores, dir, &error),
        error @ StoreError::Io(_) => Err(store_error(dir, error)),
    }
}

fn set_aside(stores: &dyn Stores, dir: &Path, why: &StoreError) -> Result<Box<dyn BlockStore>, QueueError> {
    let to = stores.set_aside(dir).map_err(|error| store_error(dir, error))?;
    tracing::warn!(%why, %to, "the queue's states were damaged: moved aside, and rebuilt from the journal");
    stores.open(dir).map_err(|error| store_error(dir, error))
}

/// Holds the manifest's plans against the journal's, and adds what a crash kept out.
fn note_plans(
    disk: &dyn Disk,
    dir: &Path,
    manifest: &mut Manifest,
    ledger: &Ledger,
) -> Result<(), QueueError> {
    let adopted = ledger.next_plan().0 - 1;
    let noted = u32::try_from(manifest.plans.len()).unwrap_or(u32::MAX);
    if noted > adopted {
        return Err(QueueError::Damaged {
            path: dir.join(journal::FILE),
            what: format!("it adopts {adopted} plans, and {MANIFEST} lists {noted}"),
            hint: REMEDY.to_owned(),
        });
    }
    if noted == adopted {
        return Ok(());
    }
    for no in noted + 1..=adopted {
        let plan = super::plan_read::PlanFile::open(disk, dir, PlanNo(no))?;
        let sha256 = sha256(disk, plan.path())?;
        let (rows, jobs_before, jobs) = (plan.rows, plan.jobs_before, plan.jobs);
        manifest.plans.push(PlanNote { no, file: plan_name(no), rows, jobs_before, jobs, sha256 });
    }
    manifest.write(disk, dir)
}

/// The SHA-256 of a file, in hex.
pub(super) fn sha256(disk: &dyn Disk, path: &Path) -> Result<String, QueueError> {
    let file = disk.open_read(path).map_err(QueueError::disk("open", path))?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    let mut at = 0;
    loop {
        match file.read_at(at, &mut chunk).map_err(QueueError::disk("read", path))? {
            0 => return Ok(hex(&hash.finalize())),
            n => {
                hash.update(&chunk[..n]);
                at += n as u64;
            }
        }
    }
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

/// Makes the entries of `dir` and of every directory up to and including `data_dir` durable. Those above it
/// may be new as well, on a fresh machine, or not ours to open: there it is tried.
fn sync_dirs(disk: &dyn Disk, dir: &Path, data_dir: &Path) -> Result<(), QueueError> {
    for at in dir.ancestors().filter(|at| !at.as_os_str().is_empty()) {
        match disk.sync_dir(at).map_err(QueueError::disk("sync", at)) {
            Err(error) if at.starts_with(data_dir) => return Err(error),
            Err(error) => tracing::debug!(%error, "a directory above the data directory stays as it is"),
            Ok(()) => {}
        }
    }
    Ok(())
}
