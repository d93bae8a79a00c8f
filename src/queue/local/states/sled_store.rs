//! The block store on sled 0.34, with its traps closed. No other file calls sled.
//!
//! - One tree: a batch over one tree is atomic.
//! - A damaged sled panics as often as it errs: every call, and letting go of it, runs inside
//!   [`panics::guarded`].
//! - A kill while opening leaves `snap.*.generating`, which bars the next open: removed first.
//! - A handle's threads outlive it for a moment, and with them its file lock: opening is patient.
//! - Its own flushing is off: it isn't an fsync, and the journal beside it is what is durable.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::sys::panics;

use super::store::{BlockStore, KeyVisitor, StoreError, Stores, WriteBatch};

/// Its directory within the round's.
const DIR: &str = "queue";
/// Its page cache, in bytes.
const CACHE_BYTES: u64 = 32 << 20;
/// How long an earlier handle of this process is waited for.
const MAX_LOCK_WAIT: Duration = Duration::from_secs(5);
/// A file that says: rebuild me.
const CONDEMNED: &str = "condemned";

/// sled on the machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SledStores;

struct SledStore {
    /// `None` once it was let go.
    db: Option<sled::Db>,
    dir: PathBuf,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl SledStore {
    fn with<T>(&self, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StoreError> {
        match &self.db {
            Some(db) => guarded(|| call(db)),
            None => Err(StoreError::Damaged("it was let go".to_owned())),
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // Letting go writes what is left, and may panic over it like any call.
        let db = self.db.take();
        let let_go = guarded(|| {
            drop(db);
            Ok(())
        });
        if let Err(error) = let_go {
            tracing::debug!(%error, "while letting go of the queue's states");
        }
    }
}

impl Stores for SledStores {
    fn open(&self, dir: &Path) -> Result<Box<dyn BlockStore>, StoreError> {
        let dir = dir.join(DIR);
        if dir.join(CONDEMNED).try_exists()? {
            return Err(StoreError::Damaged("it was found damaged the last time".to_owned()));
        }
        crate::sys::platform::create_private_dir_all(&dir)?;
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                fs::remove_file(&path)?;
            }
        }
        let config = sled::Config::new()
            .path(&dir)
            .cache_capacity(CACHE_BYTES)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None)
            .print_profile_on_drop(false);
        let started = Instant::now();
        let db = loop {
            match guarded(|| config.open()) {
                // The round's lock is ours, so it is a handle of this process whose threads aren't done yet.
                Err(StoreError::Io(error)) if is_lock(&error) && started.elapsed() < MAX_LOCK_WAIT => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                opened => break opened?,
            }
        };
        Ok(Box::new(SledStore { db: Some(db), dir }))
    }

    fn exists(&self, dir: &Path) -> Result<bool, StoreError> {
        Ok(dir.join(DIR).try_exists()?)
    }

    fn set_aside(&self, dir: &Path) -> Result<String, StoreError> {
        let from = dir.join(DIR);
        let mut n = 1;
        let to = loop {
            let to = dir.join(format!("{DIR}.damaged-{n}"));
            if !to.try_exists()? {
                break to;
            }
            n += 1;
        };
        fs::rename(&from, &to)?;
        Ok(to.display().to_string())
    }

    fn remove(&self, dir: &Path) -> Result<(), StoreError> {
        wait_for_threads(&dir.join(DIR))?;
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if *name == *DIR || name.starts_with(&format!("{DIR}.damaged-")) {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }
}

impl BlockStore for SledStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&mut self, prefix: &[u8], each: &mut KeyVisitor<'_>) -> Result<(), StoreError> {
        let mut entries = self.with(|db| Ok(db.scan_prefix(prefix)))?;
        while let Some((key, value)) = guarded(|| entries.next().transpose())? {
            each(&key, &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, writes: WriteBatch) -> Result<(), StoreError> {
        let mut atomic = sled::Batch::default();
        for (key, value) in writes {
            atomic.insert(key, value);
        }
        self.with(|db| db.apply_batch(atomic))
    }

    fn condemn(&mut self) {
        if let Err(error) = fs::write(self.dir.join(CONDEMNED), b"") {
            tracing::warn!(%error, "could not record that the queue's cached states are damaged");
        }
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        self.with(|db| db.flush().map(drop))
    }
}

/// Waits until the threads of an earlier handle of this process are done: they would write into what is made next in the same
/// place. The last of them lets go of the lock on sled's file.
fn wait_for_threads(dir: &Path) -> Result<(), StoreError> {
    let opened = fs::File::options().read(true).write(true).open(dir.join("db"));
    let Some(file) = crate::sys::disk::if_there(opened)? else { return Ok(()) };
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::WouldBlock) if started.elapsed() < MAX_LOCK_WAIT => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(StoreError::Io(error.into())),
        }
    }
}

fn is_lock(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Runs a call of sled's; its panics and its talk of corruption become [`StoreError::Damaged`].
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match panics::guarded(call) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) => match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                Err(StoreError::Damaged(error.to_string()))
            }
            // sled hands on the system's error as its debug text.
            kind if error.to_string().starts_with("Os {") => Err(StoreError::Io(kind.into())),
            _ => Err(StoreError::Io(error)),
        },
        Ok(Err(error)) => Err(StoreError::Damaged(error.to_string())),
        Err(_) => Err(StoreError::Damaged("sled panicked over its files".to_owned())),
    }
}
