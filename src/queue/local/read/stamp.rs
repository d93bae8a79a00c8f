//! How far a round has got, told without reading it: by the commit marker and the lengths of its files.
//!
//! It holds what was known of a round at its last end against the round as it lies there. Damage within the journal or
//! within a plan's blocks isn't seen by it; a manifest, a journal's head, or a plan's head or footer that can't be read is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::ids::PlanNo;
use crate::queue::api::QueueError;
use crate::queue::local::journal::marker::{CommitMarker, FILE as MARKER_FILE};
use crate::queue::local::journal::read::{check_head, missing};
use crate::queue::local::journal::write::FILE as JOURNAL;
use crate::queue::local::manifest::Manifest;
use crate::queue::local::plan::read::PlanFile;
use crate::sys::disk::{Disk, if_there};

/// How far a round has got. Two that are equal are of the same journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The journal's last commit batch.
    batch: u64,
    /// The journal's length in bytes.
    journal: u64,
    /// How many plans were adopted.
    plans: u32,
}

impl Stamp {
    /// That of the round in `dir`; `None` where it can't be told without reading the journal: a commit batch is under way
    /// or was broken off.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::OtherFormat`], the disk's (`NotFound` where there is no round).
    pub fn of(disk: &dyn Disk, dir: &Path) -> Result<Option<Stamp>, QueueError> {
        let manifest = Manifest::read(disk, dir)?;
        // The marker first: it may lag behind the journal, and never leads it.
        let noted = CommitMarker::read(disk, &dir.join(MARKER_FILE))?;
        let path = dir.join(JOURNAL);
        let opened = if_there(disk.open_read(&path)).map_err(QueueError::disk("open", &path))?;
        let file = opened.ok_or_else(|| missing(&path))?;
        check_head(&*file, &path, manifest.fingerprint())?;
        let journal = file.len().map_err(QueueError::disk("read", &path))?;
        for note in &manifest.plans {
            PlanFile::open(disk, dir, PlanNo(note.no))?;
        }
        let plans = u32::try_from(manifest.plans.len()).unwrap_or(u32::MAX);
        let is_whole = noted.is_whole() && noted.marker.end == journal && plans > 0;
        Ok(is_whole.then_some(Stamp { batch: noted.marker.batch, journal, plans }))
    }
}
