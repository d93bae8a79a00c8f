//! `mark`: the number of the last group known to be on disk, and where it ends.
//!
//! Written after each sync of the journal, without a sync of its own: after a crash it may lag, never lead.
//! Two slots take turns (even and odd groups), each with a checksum and in a sector of its own, so that a
//! torn write leaves the other. Slot: `"mark"` · 0 u32 · group u64 · end u64 · crc32 u32.

use std::io;
use std::path::Path;

use super::plan_read::{long, word};
use crate::queue::api::QueueError;
use crate::sys::disk::Disk;

pub(super) const FILE: &str = "mark";
const SLOT: usize = 28;
const STEP: u64 = 512;

/// The last group known to be on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// Its number; 0 for none.
    pub group: u64,
    /// The byte after it.
    pub end: u64,
}

impl Mark {
    /// Its slot's place, and the bytes to put there.
    pub(super) fn slot(self) -> (u64, [u8; SLOT]) {
        let mut slot = [0; SLOT];
        slot[..4].copy_from_slice(b"mark");
        slot[8..16].copy_from_slice(&self.group.to_le_bytes());
        slot[16..24].copy_from_slice(&self.end.to_le_bytes());
        let crc = crc32fast::hash(&slot[..24]);
        slot[24..].copy_from_slice(&crc.to_le_bytes());
        (self.group % 2 * STEP, slot)
    }

    /// The higher of the two slots; zero where neither can be read, or there is no file.
    pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<Mark, QueueError> {
        let bytes = match disk.read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Mark::default()),
            read => read.map_err(QueueError::disk("read", path))?,
        };
        let slots = [0, usize::try_from(STEP).unwrap_or(SLOT)];
        let valid = slots.into_iter().filter_map(|at| {
            let slot = bytes.get(at..at + SLOT)?;
            let whole = &slot[..4] == b"mark" && word(slot, 24) == crc32fast::hash(&slot[..24]);
            whole.then(|| Mark { group: long(slot, 8), end: long(slot, 16) })
        });
        Ok(valid.max().unwrap_or_default())
    }
}
