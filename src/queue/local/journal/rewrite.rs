//! Rewriting the journal with other entries: the same commit batches with the
//! same numbers, so that all that is known of it by number still holds.
//!
//! Invariants:
//!
//! - Nobody writes it meanwhile: the caller holds the round.
//! - Under its name stands the old journal or the new one, whole and on disk. The commit marker, which knows where a batch
//!   ends, says nothing while it could be either: it may lag, and the next opening brings it up to date.
//! - States that point into the old one are gone before.

use std::io;
use std::path::Path;

use super::frame::{BatchBuffer, file_head};
use super::marker::{self, CommitMarker};
use super::read::{Place, Step};
use super::write::{Examined, FILE};
use crate::queue::api::{Entry, QueueError};
use crate::sys::disk::{Disk, DiskFile, write_atomic};

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// Rewrites it, where `change` changes an entry: it says whether it did.
///
/// # Errors
/// The disk's, or damage.
pub fn rewrite(
    disk: &dyn Disk,
    dir: &Path,
    fingerprint: u32,
    change: &mut dyn FnMut(&mut Entry) -> bool,
) -> Result<(), QueueError> {
    let examined = Examined::read(disk, dir, fingerprint)?;
    let mut changed = false;
    each_batch(&examined, |_, _, entries| {
        changed |= entries.iter_mut().map(&mut *change).fold(false, |any, one| any | one);
        Ok(())
    })?;
    if !changed {
        return Ok(());
    }
    let (path, temporary) = (dir.join(FILE), dir.join("journal.tmp"));
    if disk.exists(&temporary).map_err(QueueError::disk("find", &temporary))? {
        disk.remove_file(&temporary).map_err(QueueError::disk("remove", &temporary))?;
    }
    let file = disk.create_new(&temporary).map_err(QueueError::disk("create", &temporary))?;
    let mut copy = Copy { file: &*file, at: 0, buffer: file_head(fingerprint).to_vec() };
    each_batch(&examined, |batch, first, entries| {
        let mut body = BatchBuffer::new();
        for entry in entries {
            change(entry);
            body.push(entry)
                .map_err(io::Error::other)
                .map_err(QueueError::disk("encode an entry for", &temporary))?;
        }
        let too_long = || io::Error::other("a commit batch over 4 GB");
        let bytes = body.finish(batch, first).ok_or_else(too_long);
        bytes.and_then(|bytes| copy.push(&bytes)).map_err(QueueError::disk("write", &temporary))
    })?;
    let end = copy.drain().map_err(QueueError::disk("write", &temporary))?;
    file.sync().map_err(QueueError::disk("sync", &temporary))?;
    drop(file);

    let marker_path = dir.join(marker::FILE);
    let mark = |marker: CommitMarker| {
        write_atomic(disk, &marker_path, &marker.file()).map_err(QueueError::disk("write", &marker_path))
    };
    mark(CommitMarker::default())?;
    disk.rename(&temporary, &path).map_err(QueueError::disk("rename", &temporary))?;
    disk.sync_dir(dir).map_err(QueueError::disk("sync", dir))?;
    mark(CommitMarker { batch: examined.last().batch, end })
}

/// The file that is written.
struct Copy<'a> {
    file: &'a dyn DiskFile,
    at: u64,
    buffer: Vec<u8>,
}

impl Copy<'_> {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES { self.drain().map(drop) } else { Ok(()) }
    }

    /// Writes what was collected; says where the file ends.
    fn drain(&mut self) -> io::Result<u64> {
        self.file.write_at(self.at, &self.buffer)?;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(self.at)
    }
}

/// Calls `each` for every whole commit batch: its number, its first entry's, and its entries.
fn each_batch(
    examined: &Examined,
    mut each: impl FnMut(u64, u64, &mut Vec<Entry>) -> Result<(), QueueError>,
) -> Result<(), QueueError> {
    let mut batches = examined.batches(Place::START)?;
    let last = examined.last().batch;
    while batches.place.batch <= last {
        let place = batches.place;
        let Step::Batch(head) = batches.step()? else {
            return Err(super::read::damaged(
                examined.path(),
                place.batch,
                place.offset,
                "it can't be read twice",
            ));
        };
        let mut entries = Vec::new();
        batches.each(&head, place.offset, |_, entry| {
            entries.push(entry);
            Ok(())
        })?;
        each(head.batch, head.first, &mut entries)?;
    }
    Ok(())
}
