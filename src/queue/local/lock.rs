//! The round's lock: one process writes. The system lets go of it when the process ends, however it ends.

use std::path::Path;

use crate::queue::api::QueueError;
use crate::sys::disk::{Disk, LockGuard};

pub(super) const FILE: &str = "lock";

/// Held as long as it lives.
pub(super) struct Lock(#[expect(dead_code, reason = "held, never looked at")] LockGuard);

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock")
    }
}

impl Lock {
    /// Takes it, or says who is in the way.
    pub(super) fn take(disk: &dyn Disk, dir: &Path) -> Result<Lock, QueueError> {
        let path = dir.join(FILE);
        match disk.try_lock(&path).map_err(QueueError::disk("lock", &path))? {
            Some(guard) => Ok(Lock(guard)),
            None => Err(QueueError::Locked { path }),
        }
    }
}
