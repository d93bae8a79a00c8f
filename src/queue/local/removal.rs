//! Removing a round.
//!
//! Invariants:
//!
//! - Nobody works on it meanwhile: its lock is held until nothing else is left, and a lock whose file was
//!   removed is nobody's (see [`Disk::try_lock`]).
//! - A crash half way leaves what is refused, found and removed again: the manifest goes after everything
//!   that it speaks for.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::{FILE as LOCK, Lock};
use super::manifest::FILE as MANIFEST;
use crate::queue::api::QueueError;
use crate::sys::disk::{Disk, if_there};

/// A round that is held, to be removed.
#[derive(Debug)]
pub struct Removal {
    dir: PathBuf,
    lock: Lock,
}

impl Removal {
    /// Takes the round's lock. What a kill left of a round's making, or of its removal, can be taken as well.
    ///
    /// # Errors
    /// [`QueueError::Locked`], the disk's.
    pub fn hold(disk: &dyn Disk, dir: &Path) -> Result<Removal, QueueError> {
        Ok(Removal { dir: dir.to_owned(), lock: Lock::take(disk, dir)? })
    }

    pub(super) fn of(dir: PathBuf, lock: Lock) -> Removal {
        Removal { dir, lock }
    }

    /// Removes it.
    ///
    /// # Errors
    /// The disk's: what is left is still a round that can be held and removed.
    pub fn carry_out(self, disk: &dyn Disk) -> Result<(), QueueError> {
        let Removal { dir, lock } = self;
        let kept = [MANIFEST, LOCK].map(|name| dir.join(name));
        for path in disk.list(&dir).map_err(QueueError::disk("list", &dir))? {
            if !kept.contains(&path) {
                disk.remove_all(&path).map_err(QueueError::disk("remove", &path))?;
            }
        }
        for path in kept {
            if_there(disk.remove_file(&path)).map_err(QueueError::disk("remove", &path))?;
        }
        drop(lock);
        remove_if_empty(disk, &dir)
    }
}

/// Removes a directory, unless somebody has begun anew in it, or removed it first.
///
/// # Errors
/// The disk's.
pub fn remove_if_empty(disk: &dyn Disk, dir: &Path) -> Result<(), QueueError> {
    match disk.remove_dir(dir) {
        Err(error) if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {
            Ok(())
        }
        removed => removed.map_err(QueueError::disk("remove", dir)),
    }
}
