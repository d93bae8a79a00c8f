//! The round's lock: one process writes. The system lets go of it when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::queue::api::QueueError;
use crate::sys::platform::private_options;

pub(super) const FILE: &str = "lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it, or says who is in the way.
    pub(super) fn take(dir: &Path) -> Result<Lock, QueueError> {
        let path = dir.join(FILE);
        let opened = private_options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(QueueError::disk("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(QueueError::Locked { path }),
            Err(TryLockError::Error(error)) => Err(QueueError::disk("lock", &path)(error)),
        }
    }
}
