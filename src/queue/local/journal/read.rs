//! Reading the journal: commit batch by commit batch, never past what was there when the reading began, never cutting.

use std::io;
use std::path::{Path, PathBuf};

use super::frame::{BatchHead, HEAD, MAGIC, MARKER, VERSION, file_head, job_of, read_entry, take_bytes};
use super::marker::CommitMarker;
use crate::domain::ids::JobId;
use crate::queue::api::{Entry, QueueError, Sequence};
use crate::queue::local::bytes::u32_at;
use crate::sys::disk::DiskFile;

/// A distance between two places in the sparse index.
const INDEX_STEP_BYTES: u64 = 256 << 10;
const READ_BYTES: usize = 1 << 20;

/// What to do about a damaged journal, in words.
pub const REMEDY: &str = "nothing is sent from a damaged journal, because it alone says who may have been \
     written to. Put the file back from a backup, with the files beside it; `sendcast verify` lists what is wrong";

/// Said of a commit batch that was on disk once and that the file doesn't reach.
pub(super) const CUT_OFF: &str = "the file ends before it, and it was on disk";

/// Where a commit batch begins and what it continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub offset: u64,
    /// Its number.
    pub batch: u64,
    /// Its first entry.
    pub sequence: Sequence,
}

impl Place {
    /// The first commit batch's.
    pub const START: Place = Place { offset: HEAD as u64, batch: 1, sequence: 1 };
}

/// What stands at the reader's place.
pub enum Step {
    /// A whole commit batch; its entries are at hand.
    Batch(BatchHead),
    /// The end, exactly.
    End,
    /// Bytes that aren't the next commit batch.
    Broken {
        /// In words.
        why: &'static str,
    },
}

/// Reads commit batches in turn.
pub struct Batches<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    /// Where the next commit batch is expected.
    pub place: Place,
    len: u64,
    /// Bytes from `start` on.
    window: Vec<u8>,
    start: u64,
    body: (usize, usize),
}

impl<'a> Batches<'a> {
    /// Reads from a place up to the file's present end.
    pub fn at(file: &'a dyn DiskFile, path: &'a Path, place: Place) -> Result<Batches<'a>, QueueError> {
        let len = file.len().map_err(QueueError::disk("read", path))?;
        Ok(Batches::within(file, path, place, len))
    }

    /// Reads from a place up to this byte.
    pub fn within(file: &'a dyn DiskFile, path: &'a Path, place: Place, end: u64) -> Batches<'a> {
        Batches { file, path, place, len: end, window: Vec::new(), start: place.offset, body: (0, 0) }
    }

    /// The length that the reading goes by.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Goes on to the next commit batch.
    pub fn step(&mut self) -> Result<Step, QueueError> {
        let Place { offset, batch, sequence } = self.place;
        if offset >= self.len {
            let why = "the file ends before it";
            return Ok(if offset == self.len { Step::End } else { Step::Broken { why } });
        }
        if self.len - offset < HEAD as u64 {
            return Ok(Step::Broken { why: "it is cut off" });
        }
        let Some(head) = BatchHead::parse(self.bytes(offset, HEAD)?) else {
            return Ok(Step::Broken { why: "no commit batch begins here" });
        };
        let whole = HEAD + head.len as usize;
        if self.len - offset < whole as u64 {
            return Ok(Step::Broken { why: "it is cut off" });
        }
        if !head.holds(self.bytes(offset, whole)?) {
            return Ok(Step::Broken { why: "it doesn't match its checksum" });
        }
        if head.batch != batch || head.first != sequence {
            return Ok(Step::Broken { why: "it is another commit batch" });
        }
        let at = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        self.body = (at + HEAD, at + whole);
        self.place = Place {
            offset: offset + whole as u64,
            batch: batch + 1,
            sequence: sequence + Sequence::from(head.count),
        };
        Ok(Step::Batch(head))
    }

    /// Calls `each` for the entries of the commit batch that the last step found, with their numbers.
    ///
    /// # Errors
    /// Where one can't be read, or what `each` said.
    pub fn each(
        &self,
        head: &BatchHead,
        offset: u64,
        each: impl FnMut(Sequence, Entry) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        self.each_of((head, offset), |_| true, each)
    }

    /// The same for those that are `wanted`, which is told whose job they are about. Others aren't read.
    ///
    /// # Errors
    /// The same.
    pub fn each_of(
        &self,
        (head, offset): (&BatchHead, u64),
        mut wanted: impl FnMut(Option<JobId>) -> bool,
        mut each: impl FnMut(Sequence, Entry) -> Result<(), QueueError>,
    ) -> Result<(), QueueError> {
        let unread = || damaged(self.path, head.batch, offset, "an entry can't be read");
        let mut body = &self.window[self.body.0..self.body.1];
        for n in 0..Sequence::from(head.count) {
            let bytes = take_bytes(&mut body).ok_or_else(unread)?;
            if wanted(job_of(bytes)) {
                each(head.first + n, read_entry(bytes).ok_or_else(unread)?)?;
            }
        }
        if !body.is_empty() {
            return Err(damaged(self.path, head.batch, offset, "it holds more than its entries"));
        }
        Ok(())
    }

    /// Whether a later whole commit batch stands anywhere behind a broken one. Then the broken one was on disk
    /// once, because a commit batch is written only when the one before it is.
    pub(super) fn later_batch_follows(&mut self) -> Result<bool, QueueError> {
        let broken = self.place;
        let mut at = broken.offset + 1;
        while at + (HEAD as u64) <= self.len {
            let span = usize::try_from(self.len - at).unwrap_or(usize::MAX).min(READ_BYTES);
            let found = {
                let bytes = self.bytes(at, span)?;
                bytes.windows(4).position(|four| four == MARKER)
            };
            let Some(found) = found else {
                at += (span.max(4) - 3) as u64;
                continue;
            };
            at += found as u64;
            if self.len - at < HEAD as u64 {
                break;
            }
            if let Some(head) = BatchHead::parse(self.bytes(at, HEAD)?) {
                let whole = HEAD + head.len as usize;
                let fits = self.len - at >= whole as u64 && head.batch > broken.batch;
                if fits && head.holds(self.bytes(at, whole)?) {
                    return Ok(true);
                }
            }
            at += 1;
        }
        Ok(false)
    }

    /// `len` bytes from `offset`, which must lie within the file.
    fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8], QueueError> {
        let have = self.start + self.window.len() as u64;
        if offset < self.start || offset + len as u64 > have {
            // Move the window: keep what is still wanted, read on.
            let keep = offset >= self.start && offset < have;
            if keep {
                self.window.drain(..usize::try_from(offset - self.start).unwrap_or(0));
            } else {
                self.window.clear();
            }
            self.start = offset;
            let wanted = len.max(READ_BYTES) as u64;
            let wanted = usize::try_from(wanted.min(self.len - offset)).unwrap_or(usize::MAX);
            let kept = self.window.len();
            self.window.resize(wanted.max(kept), 0);
            let (end, new) = (offset + kept as u64, &mut self.window[kept..]);
            let read = self.file.fill_from(end, new).map_err(QueueError::disk("read", self.path))?;
            if read < new.len() {
                let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                return Err(QueueError::disk("read", self.path)(error));
            }
        }
        let at = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(&self.window[at..at + len])
    }
}

/// What a whole reading of the journal found.
#[derive(Debug)]
pub struct Scan {
    /// Where the next commit batch goes.
    pub next: Place,
    /// The file's length; more than `next.offset` where a tail follows that was never released.
    pub len: u64,
    /// Some of the places that commit batches begin at, in order, the first among them.
    pub index: Vec<Place>,
    /// What is wrong behind the last whole commit batch; `None` where the file ends with it.
    pub broken: Option<&'static str>,
}

impl Scan {
    /// The last whole commit batch.
    pub fn last(&self) -> u64 {
        self.next.batch - 1
    }
}

/// Checks the head: it is this sendcast's format and this round's journal.
pub fn check_head(file: &dyn DiskFile, path: &Path, fingerprint: u32) -> Result<(), QueueError> {
    let broken = |what: &str| QueueError::Damaged {
        path: path.to_owned(),
        what: what.to_owned(),
        hint: REMEDY.to_owned(),
    };
    let mut head = [0; HEAD];
    if file.fill_from(0, &mut head).map_err(QueueError::disk("read", path))? < HEAD {
        return Err(broken("its head is cut off"));
    }
    if &head[..16] != MAGIC || u32_at(&head, 28) != crc32fast::hash(&head[..28]) {
        return Err(broken("its head, at byte 0, isn't a journal's"));
    }
    let version = u32_at(&head, 16);
    if version != VERSION {
        return Err(QueueError::OtherFormat { path: path.to_owned(), found: version, known: VERSION });
    }
    if head != file_head(fingerprint) {
        return Err(broken("it and manifest.json beside it aren't of the same round"));
    }
    Ok(())
}

/// Reads the whole journal and checks every commit batch.
///
/// # Errors
/// Damage at or below `marker` (a commit batch that was on disk when it was noted), or followed by a later commit
/// batch. What is broken above that was never released, as far as the commit marker knows: it is no error.
pub fn scan(file: &dyn DiskFile, path: &Path, marker: CommitMarker) -> Result<Scan, QueueError> {
    let mut batches = Batches::at(file, path, Place::START)?;
    let mut index = vec![Place::START];
    loop {
        let place = batches.place;
        match batches.step()? {
            Step::Batch(head) => {
                if head.batch == marker.batch && batches.place.offset != marker.end {
                    let why = "it ends elsewhere than when it was written";
                    return Err(damaged(path, head.batch, place.offset, why));
                }
                if index.last().is_some_and(|last| batches.place.offset - last.offset >= INDEX_STEP_BYTES) {
                    index.push(batches.place);
                }
            }
            Step::End if place.batch > marker.batch => {
                return Ok(Scan { next: place, len: batches.len(), index, broken: None });
            }
            Step::End => return Err(damaged(path, place.batch, place.offset, CUT_OFF)),
            Step::Broken { why } => {
                if place.batch <= marker.batch || batches.later_batch_follows()? {
                    return Err(damaged(path, place.batch, place.offset, why));
                }
                return Ok(Scan { next: place, len: batches.len(), index, broken: Some(why) });
            }
        }
    }
}

pub fn damaged(path: &Path, batch: u64, offset: u64, why: &str) -> QueueError {
    QueueError::Damaged {
        path: PathBuf::from(path),
        what: format!("commit batch {batch}, at byte {offset}: {why}"),
        hint: REMEDY.to_owned(),
    }
}

/// There is no journal where one must be.
pub fn missing(path: &Path) -> QueueError {
    damaged(path, 1, 0, "the file is missing")
}
