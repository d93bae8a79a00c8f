//! The journal: the authority on what may have been POSTed. One writer; readers are in `journal_read`.
//!
//! Invariants:
//!
//! - One commit batch at a time: commit batch n+1 is written only once n is on disk. So whatever is broken behind the
//!   last whole commit batch was never released.
//! - [`Journal::flush`] returns `Ok` only when everything pushed before is on disk.
//! - After an error nothing more is written, and [`Journal::flush`] never succeeds again.
//! - The commit marker follows each sync; it may lag, never lead.
//!
//! Writing and syncing happen on tokio's blocking pool: the run's one thread goes on meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::frame::{BatchBuffer, HEAD, file_head};
use super::marker::{self, CommitMarker, StoredMarker};
use super::read::{Batches, CUT_OFF, Place, Scan, check_head, damaged, missing, scan};
use crate::queue::api::{Entry, QueueError, Sequence};
use crate::sys::disk::{Disk, DiskFile, if_there, write_atomic};

pub const FILE: &str = "journal";

type Written = Result<(), (&'static str, bool, io::Error)>;

#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    marker_path: PathBuf,
    marker: Arc<dyn DiskFile>,
    /// Where the next commit batch goes. All before it is on disk.
    next: Place,
    /// Collected, not yet written.
    pending: BatchBuffer,
    /// On its way to the disk, and what comes after it.
    in_flight: Option<(JoinHandle<Written>, Place)>,
    inline: bool,
    failed: bool,
}

/// A journal that was read to its end, and not touched.
#[derive(Debug)]
pub struct Examined {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    noted: StoredMarker,
    scan: Scan,
}

impl Examined {
    /// Checks the whole journal against its commit marker.
    pub fn read(disk: &dyn Disk, dir: &Path, fingerprint: u32) -> Result<Examined, QueueError> {
        let path = dir.join(FILE);
        let noted = CommitMarker::read(disk, &dir.join(marker::FILE))?;
        let opened = if_there(disk.open(&path)).map_err(QueueError::disk("open", &path))?;
        let file: Arc<dyn DiskFile> = Arc::from(opened.ok_or_else(|| missing(&path))?);
        check_head(&*file, &path, fingerprint)?;
        let scan = scan(&*file, &path, noted.marker)?;
        // What was read may sit in the page cache only: a killed writer's last commit batch.
        file.sync().map_err(QueueError::disk("sync", &path))?;
        Ok(Examined { path, file, noted, scan })
    }

    /// Holds it against the last commit batch that the states are known to include. Where the commit marker was damaged and
    /// can't tell, only states that include all of it show that it has lost nothing.
    pub fn reaches(&self, known: u64) -> Result<(), QueueError> {
        let Scan { next, broken, .. } = &self.scan;
        if known > self.scan.last() {
            return Err(damaged(&self.path, next.batch, next.offset, broken.unwrap_or(CUT_OFF)));
        }
        if self.noted.holds_all(self.scan.last()) || (known == self.scan.last() && broken.is_none()) {
            return Ok(());
        }
        Err(QueueError::Damaged {
            path: self.path.with_file_name(marker::FILE),
            what: format!("it knows of commit batch {}, and isn't whole", self.noted.marker.batch),
            hint: marker::REMEDY.to_owned(),
        })
    }

    /// The last entry.
    pub fn sequence(&self) -> Sequence {
        self.scan.next.sequence - 1
    }

    /// The last commit batch, and the byte after it.
    pub fn last(&self) -> CommitMarker {
        CommitMarker { batch: self.scan.last(), end: self.scan.next.offset }
    }

    /// A reader from a place on.
    pub fn batches(&self, place: Place) -> Result<Batches<'_>, QueueError> {
        Batches::at(&*self.file, &self.path, place)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for writing: cuts a tail that was never released, and brings the commit marker up to date.
    pub fn open(self, disk: &dyn Disk, inline: bool) -> Result<Journal, QueueError> {
        let last = self.last();
        let Examined { path, file, noted, scan: Scan { next, len, .. } } = self;
        if len > next.offset {
            let bytes = len - next.offset;
            tracing::warn!(
                batch = next.batch,
                bytes,
                "the last write of an earlier run was interrupted; its unfinished part was removed, and nothing of it had been sent"
            );
            file.set_len(next.offset).map_err(QueueError::disk("cut", &path))?;
            file.sync().map_err(QueueError::disk("sync", &path))?;
        }
        let marker_path = path.with_file_name(marker::FILE);
        if !noted.is_whole() {
            tracing::warn!(path = %marker_path.display(), "the commit marker was damaged; it was rewritten from the journal");
            let written = write_atomic(disk, &marker_path, &last.file());
            written.map_err(QueueError::disk("write", &marker_path))?;
        }
        let marker: Arc<dyn DiskFile> =
            Arc::from(disk.open(&marker_path).map_err(QueueError::disk("open", &marker_path))?);
        if last > noted.marker {
            let (at, slot) = last.slot();
            marker.write_at(at, &slot).map_err(QueueError::disk("write", &marker_path))?;
        }
        Ok(Journal {
            path,
            file,
            marker_path,
            marker,
            next,
            pending: BatchBuffer::new(),
            in_flight: None,
            inline,
            failed: false,
        })
    }
}

impl Journal {
    /// Makes an empty journal and its commit marker, durable but for their directory entries.
    pub fn create(disk: &dyn Disk, dir: &Path, fingerprint: u32) -> Result<(), QueueError> {
        let marker = CommitMarker::default().file();
        for (name, bytes) in [(FILE, &file_head(fingerprint)[..]), (marker::FILE, &marker)] {
            let path = dir.join(name);
            if disk.exists(&path).map_err(QueueError::disk("find", &path))? {
                disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
            }
            let file = disk.create_new(&path).map_err(QueueError::disk("create", &path))?;
            file.write_at(0, bytes).map_err(QueueError::disk("write", &path))?;
            file.sync().map_err(QueueError::disk("sync", &path))?;
        }
        Ok(())
    }

    /// How long a round's journal is; `None` where there is none.
    pub fn len_of(disk: &dyn Disk, dir: &Path) -> Result<Option<u64>, QueueError> {
        let path = dir.join(FILE);
        let opened = if_there(disk.open_read(&path)).map_err(QueueError::disk("open", &path))?;
        opened.map(|file| file.len().map_err(QueueError::disk("read", &path))).transpose()
    }

    /// Whether a journal is there that holds more than its head.
    pub fn holds_entries(disk: &dyn Disk, dir: &Path) -> Result<bool, QueueError> {
        Ok(Journal::len_of(disk, dir)?.is_some_and(|len| len > HEAD as u64))
    }

    /// Collects an entry for the next commit batch.
    pub fn push(&mut self, entry: &Entry) -> Result<(), QueueError> {
        let pushed = self.pending.push(entry);
        pushed.map_err(io::Error::other).map_err(QueueError::disk("encode an entry for", &self.path))
    }

    /// Bytes collected.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// The last commit batch on disk.
    pub fn last(&self) -> CommitMarker {
        CommitMarker { batch: self.next.batch - 1, end: self.next.offset }
    }

    /// Puts all that was collected on disk, as one commit batch. A future that is dropped half way loses nothing:
    /// the next flush waits for what is under way first.
    pub async fn flush(&mut self) -> Result<(), QueueError> {
        self.settle().await?;
        let Some((job, next)) = self.begin()? else { return Ok(()) };
        if self.inline || tokio::runtime::Handle::try_current().is_err() {
            let written = job();
            return self.end(written, next);
        }
        self.in_flight = Some((tokio::task::spawn_blocking(job), next));
        self.settle().await
    }

    async fn settle(&mut self) -> Result<(), QueueError> {
        if self.failed {
            return Err(QueueError::Stopped);
        }
        let Some((handle, next)) = &mut self.in_flight else { return Ok(()) };
        let (joined, next) = (handle.await, *next);
        self.in_flight = None;
        let lost = |error| Err(("write", false, io::Error::other(error)));
        self.end(joined.unwrap_or_else(lost), next)
    }

    /// Takes what was collected: the work to be done, and the place after it.
    fn begin(&mut self) -> Result<Option<(impl FnOnce() -> Written + use<>, Place)>, QueueError> {
        if self.pending.is_empty() {
            return Ok(None);
        }
        let at = self.next;
        let buffer = std::mem::replace(&mut self.pending, BatchBuffer::new());
        let sequence = at.sequence + Sequence::from(buffer.count());
        let Some(bytes) = buffer.finish(at.batch, at.sequence) else {
            self.failed = true;
            return Err(QueueError::disk("write", &self.path)(io::Error::other("a commit batch over 4 GB")));
        };
        let next = Place { offset: at.offset + bytes.len() as u64, batch: at.batch + 1, sequence };
        let (slot_at, slot) = CommitMarker { batch: at.batch, end: next.offset }.slot();
        let (file, marker) = (self.file.clone(), self.marker.clone());
        let job = move || {
            file.write_at(at.offset, &bytes).map_err(|error| ("write", false, error))?;
            file.sync().map_err(|error| ("sync", false, error))?;
            marker.write_at(slot_at, &slot).map_err(|error| ("write", true, error))
        };
        Ok(Some((job, next)))
    }

    fn end(&mut self, written: Written, next: Place) -> Result<(), QueueError> {
        match written {
            Ok(()) => {
                self.next = next;
                Ok(())
            }
            Err((doing, of_marker, error)) => {
                self.failed = true;
                let path = if of_marker { &self.marker_path } else { &self.path };
                Err(QueueError::disk(doing, path)(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::OwnerId;
    use crate::domain::time::Millis;
    use crate::sys::memory_disk::{Fault, MemoryDisk};

    /// A write or a sync that failed may have left anything: what follows on the same handle could lie behind a hole.
    #[tokio::test]
    async fn nothing_follows_a_group_that_may_not_be_on_disk() {
        let dir = Path::new("/data/round");
        // Of a flush's three operations: the write, its sync, the commit marker.
        for nth in 0..3 {
            let disk = MemoryDisk::new();
            disk.create_dir_all(dir).unwrap();
            Journal::create(&disk, dir, 7).unwrap();
            let mut journal = Examined::read(&disk, dir, 7).unwrap().open(&disk, true).unwrap();
            let entry = Entry::Opened { owner: OwnerId(1), at: Millis(1) };
            disk.set_fault(Some((nth, Fault::Fail(io::ErrorKind::StorageFull))));
            journal.push(&entry).unwrap();
            assert!(matches!(journal.flush().await, Err(QueueError::Disk { .. })), "operation {nth}");
            disk.set_fault(None);
            let before = disk.read(&dir.join(FILE)).unwrap();
            journal.push(&entry).unwrap();
            assert!(matches!(journal.flush().await, Err(QueueError::Stopped)), "operation {nth}");
            assert_eq!(disk.read(&dir.join(FILE)).unwrap(), before);
        }
    }
}
