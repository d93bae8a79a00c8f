//! A look at a round from outside: what of its journal is whole, and the way to it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::ids::JobId;
use crate::queue::api::{Entry, QueueError, Sequence};
use crate::queue::local::forget::Forgotten;
use crate::queue::local::journal::marker::{CommitMarker, FILE as MARKER_FILE};
use crate::queue::local::journal::read::{Batches, Place, Scan, Step, check_head, damaged, missing, scan};
use crate::queue::local::journal::write::FILE as JOURNAL;
use crate::queue::local::manifest::Manifest;
use crate::queue::local::plan::plans::Plans;
use crate::sys::disk::{Disk, DiskFile, if_there};

/// Manifest and journal of a round, as they were when it was looked at.
pub(super) struct JournalSnapshot {
    pub manifest: Manifest,
    pub journal: PathBuf,
    pub file: Box<dyn DiskFile>,
    pub scan: Scan,
}

/// So often a round is read again that looks damaged while it is rewritten, and after so long.
const MAX_REREADS: u32 = 5;
const REREAD_AFTER: Duration = Duration::from_millis(40);

/// Reads a round. Where somebody was forgotten in it, plans and journal may be rewritten at this moment: what was read of
/// old and new files doesn't fit together then, and does when it is read again.
///
/// # Errors
/// What `read` says.
pub(super) fn reread<T>(
    disk: &dyn Disk,
    dir: &Path,
    mut read: impl FnMut() -> Result<T, QueueError>,
) -> Result<T, QueueError> {
    let mut left = MAX_REREADS;
    loop {
        match read() {
            Err(QueueError::Damaged { .. }) if left > 0 && Forgotten::is_there(disk, dir)? => {
                left -= 1;
                std::thread::sleep(REREAD_AFTER);
            }
            read => return read,
        }
    }
}

impl JournalSnapshot {
    /// Looks at the round in `dir`.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::OtherFormat`], the disk's (`NotFound` where there is no round).
    pub fn at(disk: &dyn Disk, dir: &Path) -> Result<JournalSnapshot, QueueError> {
        let manifest = Manifest::read(disk, dir)?;
        let journal = dir.join(JOURNAL);
        // The commit marker first: what it names must be found, what comes after it may be under way.
        let noted = CommitMarker::read(disk, &dir.join(MARKER_FILE))?;
        if !noted.is_whole() {
            let path = dir.join(MARKER_FILE);
            tracing::warn!(path = %path.display(), "the commit marker is damaged; the newest changes may be missing here");
        }
        let opened = if_there(disk.open_read(&journal)).map_err(QueueError::disk("open", &journal))?;
        let file = opened.ok_or_else(|| missing(&journal))?;
        check_head(&*file, &journal, manifest.fingerprint())?;
        let scan = scan(&*file, &journal, noted.marker)?;
        Ok(JournalSnapshot { manifest, journal, file, scan })
    }

    /// Holds the plans that the journal adopted against those that the manifest lists.
    ///
    /// # Errors
    /// Where one of these wasn't adopted.
    pub fn holds_all(&self, plans: &Plans) -> Result<(), QueueError> {
        if self.manifest.plans.len() >= plans.next().0 as usize {
            return Err(self.damaged(self.scan.next, "the manifest lists plans that it lacks"));
        }
        Ok(())
    }

    /// The journal, damaged at this place.
    pub fn damaged(&self, place: Place, why: &str) -> QueueError {
        damaged(&self.journal, place.batch, place.offset, why)
    }

    /// How many stretches the journal has: whole commit batches, some hundred kilobytes each.
    pub fn stretches(&self) -> u32 {
        u32::try_from(self.scan.index.len()).unwrap_or(u32::MAX)
    }

    /// One of them.
    pub fn stretch(&self, n: u32) -> Range<Place> {
        let n = n as usize;
        let end = self.scan.index.get(n + 1).copied().unwrap_or(self.scan.next);
        self.scan.index[n]..end
    }

    /// Calls `each` for the entries of a stretch that are `wanted`, which is told whose job they are about; with the
    /// place of their commit batch and their number. Others aren't read.
    ///
    /// # Errors
    /// The disk's, damage, or what `each` said.
    pub fn entries(
        &self,
        stretch: Range<Place>,
        mut wanted: impl FnMut(Option<JobId>) -> bool,
        mut each: impl FnMut(Place, Sequence, Entry) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        let Range { start, end } = stretch;
        let mut batches = Batches::within(&*self.file, &self.journal, start, end.offset);
        while batches.place.batch < end.batch {
            let place = batches.place;
            let Step::Batch(head) = batches.step()? else {
                return Err(self.damaged(place, "it can't be read twice"));
            };
            batches.each_of((&head, place.offset), &mut wanted, |sequence, entry| {
                each(place, sequence, entry)
            })?;
        }
        Ok(())
    }
}
