//! The block store on sled 0.34, with its traps closed.
//!
//! - One tree: a batch over one tree is atomic.
//! - A damaged sled panics as often as it errs: every call runs inside `catch_unwind`.
//! - A kill while opening leaves `snap.*.generating`, which bars the next open: removed first.
//! - A handle's threads outlive it for a moment, and with them its file lock: opening is patient.
//! - Its own flushing is off: it isn't an fsync, and the journal beside it is what is durable.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::store::{BlockStore, Puts, StoreError, Stores, Visit};

/// Its directory within the round's.
const DIR: &str = "queue";
/// Its page cache, in bytes.
const CACHE: u64 = 32 << 20;
/// How long an earlier handle of this process is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// A file that says: rebuild me.
const CONDEMNED: &str = "condemned";

/// sled on the machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SledStores;

#[derive(Debug)]
struct SledStore {
    /// There until it is dropped.
    db: Option<sled::Db>,
    dir: PathBuf,
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
            .cache_capacity(CACHE)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None)
            .print_profile_on_drop(false);
        let started = Instant::now();
        let db = loop {
            match guarded(|| config.open()) {
                // The round's lock is ours, so it is a handle of this process whose threads aren't done yet.
                Err(StoreError::Io(error)) if is_lock(&error) && started.elapsed() < PATIENCE => {
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
}

impl SledStore {
    fn db(&self) -> sled::Result<&sled::Db> {
        self.db.as_ref().ok_or_else(|| sled::Error::Unsupported("it is closed".to_owned()))
    }
}

impl BlockStore for SledStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| Ok(self.db()?.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&mut self, prefix: &[u8], each: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut entries = guarded(|| Ok(self.db()?.scan_prefix(prefix)))?;
        while let Some((key, value)) = guarded(|| entries.next().transpose())? {
            each(&key, &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, puts: Puts) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in puts {
            batch.insert(key, value);
        }
        guarded(|| self.db()?.apply_batch(batch))
    }

    fn condemn(&mut self) {
        if let Err(error) = fs::write(self.dir.join(CONDEMNED), b"") {
            tracing::warn!(%error, "can't note that the queue's states are damaged");
        }
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        guarded(|| self.db()?.flush().map(|_| ()))
    }
}

impl Drop for SledStore {
    /// sled writes out what it holds when its last handle goes, and panics where it can't.
    fn drop(&mut self) {
        if let Some(db) = self.db.take()
            && let Err(error) = guarded(move || {
                drop(db);
                Ok(())
            })
        {
            tracing::debug!(%error, "the queue's states weren't written out");
        }
    }
}

fn is_lock(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Runs a call of sled's; its panics and its talk of corruption become [`StoreError::Damaged`].
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
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
