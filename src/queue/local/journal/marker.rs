//! The commit marker, the file `mark`: the number of the last commit batch known to be on disk, and where it ends.
//!
//! Written after each sync of the journal, without a sync of its own: after a crash it may lag, never lead.
//! Two slots take turns (even and odd commit batches), each with a checksum and in a sector of its own, so that a
//! torn write leaves the other. Slot: `"mark"` · 0 u32 · batch u64 · end u64 · crc32 u32.
//!
//! Invariant: both slots are written (as commit batch 0), and on disk, before the round exists. So a slot that can't be
//! read was damaged, or torn by a kill while it was written.

use std::path::Path;

use crate::queue::api::QueueError;
use crate::queue::local::bytes::{u32_at, u64_at};
use crate::sys::disk::{Disk, if_there};

pub const FILE: &str = "mark";
const SLOT_BYTES: usize = 28;
const SLOT_DISTANCE_BYTES: usize = 512;

/// What to do about a commit marker that was damaged, in words.
pub(super) const REMEDY: &str = "nothing is sent, because it can't be told whether the journal has lost its end, and \
     with it who was written to. Put the file back from a backup: an older one will do; `sendcast report` \
     shows what the journal knows";

/// The last commit batch known to be on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitMarker {
    /// Its number; 0 for none.
    pub batch: u64,
    /// The byte after it.
    pub end: u64,
}

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredMarker {
    /// The higher of the slots that can be read; zero where none can.
    pub marker: CommitMarker,
    /// So many of the slots can't be read.
    pub lost: usize,
}

impl StoredMarker {
    /// Whether both slots can be read.
    pub fn is_whole(self) -> bool {
        self.lost == 0
    }

    /// Whether a journal that ends with commit batch `last` holds all that was ever noted. The slots take turns, and each
    /// is written once its commit batch is on disk: the one that can't be read named the batch after `marker` at most.
    pub(super) fn holds_all(self, last: u64) -> bool {
        match self.lost {
            0 => true,
            1 => last > self.marker.batch,
            _ => false,
        }
    }
}

impl CommitMarker {
    /// Its slot's place, and the bytes to put there.
    pub(super) fn slot(self) -> (u64, [u8; SLOT_BYTES]) {
        let mut slot = [0; SLOT_BYTES];
        slot[..4].copy_from_slice(b"mark");
        slot[8..16].copy_from_slice(&self.batch.to_le_bytes());
        slot[16..24].copy_from_slice(&self.end.to_le_bytes());
        let crc = crc32fast::hash(&slot[..24]);
        slot[24..].copy_from_slice(&crc.to_le_bytes());
        (self.batch % 2 * SLOT_DISTANCE_BYTES as u64, slot)
    }

    /// A whole file that says this.
    pub(super) fn file(self) -> Vec<u8> {
        let mut bytes = vec![0; SLOT_DISTANCE_BYTES + SLOT_BYTES];
        let nothing = CommitMarker::default().slot().1;
        for (at, slot) in [
            (0, nothing),
            (SLOT_DISTANCE_BYTES, nothing),
            (usize::from(self.batch % 2 == 1) * SLOT_DISTANCE_BYTES, self.slot().1),
        ] {
            bytes[at..at + SLOT_BYTES].copy_from_slice(&slot);
        }
        bytes
    }

    /// Reads the file; one that is missing says nothing.
    pub fn read(disk: &dyn Disk, path: &Path) -> Result<StoredMarker, QueueError> {
        let mut bytes = vec![0; SLOT_DISTANCE_BYTES + SLOT_BYTES];
        if let Some(file) = if_there(disk.open_read(path)).map_err(QueueError::disk("open", path))? {
            file.fill_from(0, &mut bytes).map_err(QueueError::disk("read", path))?;
        }
        let slots = [0, SLOT_DISTANCE_BYTES].map(|at| {
            let slot = &bytes[at..at + SLOT_BYTES];
            let whole = &slot[..4] == b"mark" && u32_at(slot, 24) == crc32fast::hash(&slot[..24]);
            let marker = CommitMarker { batch: u64_at(slot, 8), end: u64_at(slot, 16) };
            (whole && (marker.batch == 0 || marker.slot().0 == at as u64)).then_some(marker)
        });
        let marker = slots.iter().flatten().max().copied().unwrap_or_default();
        Ok(StoredMarker { marker, lost: slots.iter().filter(|slot| slot.is_none()).count() })
    }
}
