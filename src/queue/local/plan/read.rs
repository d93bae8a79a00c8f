//! Reading frozen plans: any job's row, in any of them.
//!
//! Of an open plan only the footer's columns are in memory (nothing a row where one number sends and no
//! edit has changed the order, else up to 10 bytes a row) and a few unpacked blocks.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::rows::{self, Blocks, RowRef};
use super::write::{END, Footer, HEAD_LEN, MAGIC, ROWS_PER_BLOCK, Senders, TRAILER_LEN, VERSION};
use crate::domain::hex::hex;
use crate::domain::ids::{JobId, PlanNo, SenderNo};
use crate::domain::plan::{PlanHead, PlannedRow};
use crate::queue::api::QueueError;
use crate::queue::local::bits::Bits;
use crate::queue::local::bytes::{u32_at, u64_at};
use crate::queue::local::manifest::plan_path;
use crate::queue::local::packed;
use crate::sys::disk::{Disk, DiskFile};

enum SenderColumn {
    One(SenderNo),
    /// By row.
    Each(Vec<u16>),
}

/// An open plan file.
pub struct PlanFile {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    pub no: PlanNo,
    pub head: PlanHead,
    pub rows: u32,
    pub listed: u32,
    pub jobs_before: u32,
    pub jobs: u32,
    /// All jobs that started as skipped.
    pub skipped: Bits,
    /// Where each block starts, and where the last one ends.
    offsets: Vec<u64>,
    senders: SenderColumn,
    /// Row to job and job to row, where they differ.
    order: Option<(Vec<u32>, Vec<u32>)>,
    rows_kept: Blocks,
}

impl PlanFile {
    /// Opens the plan with this number and checks all but its blocks, each of which is checked when read.
    pub fn open(disk: &dyn Disk, dir: &Path, no: PlanNo) -> Result<PlanFile, QueueError> {
        let path = plan_path(dir, no.0);
        PlanFile::open_at(disk, &path, no)
    }

    pub(super) fn open_at(disk: &dyn Disk, path: &Path, no: PlanNo) -> Result<PlanFile, QueueError> {
        let file = disk.open_read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(path, "the file is missing"),
            _ => QueueError::disk("open", path)(error),
        })?;
        let len = file.len().map_err(QueueError::disk("read", path))?;
        let raw = Raw { path, file: &*file };
        let head = raw.bytes(0, HEAD_LEN as u64, len)?;
        if &head[..16] != MAGIC {
            return Err(damaged(path, "it doesn't begin like a plan"));
        }
        let version = u32_at(&head, 16);
        if version != VERSION {
            return Err(QueueError::OtherFormat { path: path.to_owned(), found: version, known: VERSION });
        }
        if u32_at(&head, 20) != no.0 {
            return Err(damaged(path, &format!("it is plan {}, not plan {}", u32_at(&head, 20), no.0)));
        }
        let head_end = HEAD_LEN as u64 + u64::from(u32_at(&head, 24));
        let body = raw.checked(HEAD_LEN as u64, head_end, len, u32_at(&head, 28), "its head")?;
        let head: PlanHead =
            postcard::from_bytes(&body).map_err(|_| damaged(path, "its head can't be read"))?;
        let trailer_at = len.saturating_sub(TRAILER_LEN as u64);
        let trailer = raw.bytes(trailer_at, len, len)?;
        if trailer.len() != TRAILER_LEN || &trailer[16..24] != END {
            return Err(damaged(path, "its end is missing"));
        }
        let (at, length) = (u64_at(&trailer, 0), u32_at(&trailer, 8));
        let end = at.saturating_add(u64::from(length));
        let footer = raw.checked(at, end, trailer_at, u32_at(&trailer, 12), "its footer")?;
        let footer: Footer =
            postcard::from_bytes(&footer).map_err(|_| damaged(path, "its footer can't be read"))?;
        let Columns { offsets, senders, order, skipped } =
            columns(&footer, head_end, at).ok_or_else(|| damaged(path, "its footer contradicts itself"))?;
        let Footer { rows, listed, jobs_before, jobs, .. } = footer;
        let path = path.to_owned();
        Ok(PlanFile {
            path,
            file,
            no,
            head,
            rows,
            listed,
            jobs_before,
            jobs,
            skipped,
            offsets,
            senders,
            order,
            rows_kept: Blocks::default(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose row it is.
    pub fn job_of(&self, row: u32) -> JobId {
        JobId(self.order.as_ref().map_or(row, |(jobs, _)| jobs[row as usize]))
    }

    /// Where a job's row stands in the file, from 0.
    pub fn row_of(&self, job: JobId) -> u32 {
        self.order.as_ref().map_or(job.0, |(_, rows)| rows[job.0 as usize])
    }

    /// Which number sends the job.
    pub fn sender_of(&self, job: JobId) -> SenderNo {
        match &self.senders {
            SenderColumn::One(sender) => *sender,
            SenderColumn::Each(senders) => SenderNo(senders[self.row_of(job) as usize]),
        }
    }

    /// The one number that sends all of them, where it is one.
    pub fn only_sender(&self) -> Option<SenderNo> {
        match self.senders {
            SenderColumn::One(sender) => Some(sender),
            SenderColumn::Each(_) => None,
        }
    }

    /// Whether row n is job n.
    pub fn in_job_order(&self) -> bool {
        self.order.is_none()
    }

    /// A job's row.
    pub(super) fn row(&mut self, job: JobId) -> Result<RowRef, QueueError> {
        let row = self.place_of(job)?;
        let (no, at) = (row / ROWS_PER_BLOCK, (row % ROWS_PER_BLOCK) as usize);
        let mut kept = std::mem::take(&mut self.rows_kept);
        let found = kept.row(no, at, || self.read_block(no));
        self.rows_kept = kept;
        found?.ok_or_else(|| damaged(&self.path, &format!("block {no} lacks row {at}")))
    }

    /// Where a job's row stands in the file, which must have it.
    pub fn place_of(&self, job: JobId) -> Result<u32, QueueError> {
        if job.0 >= self.jobs {
            return Err(damaged(&self.path, &format!("it lacks job {}", job.0)));
        }
        Ok(self.row_of(job))
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> u32 {
        self.jobs.div_ceil(ROWS_PER_BLOCK)
    }

    /// The file's SHA-256, in hex.
    pub fn sha256(&self) -> Result<String, QueueError> {
        let mut hash = Sha256::new();
        let mut chunk = vec![0; 1 << 16];
        let mut at = 0;
        loop {
            match self.file.read_at(at, &mut chunk).map_err(QueueError::disk("read", &self.path))? {
                0 => return Ok(hex(&hash.finalize())),
                n => {
                    hash.update(&chunk[..n]);
                    at += n as u64;
                }
            }
        }
    }

    /// Every row with its job, in the file's order. One block is in memory at a time.
    pub fn all_rows(&self) -> impl Iterator<Item = Result<(JobId, PlannedRow), QueueError>> {
        (0..self.blocks()).flat_map(|block| {
            let (rows, error) = match self.read_block(block) {
                Ok(rows) => (rows, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            let placed = (block * ROWS_PER_BLOCK..).zip(rows);
            placed.map(|(at, row)| Ok((self.job_of(at), row))).chain(error)
        })
    }

    /// Reads and unpacks a block, past those that are kept.
    pub fn read_block(&self, no: u32) -> Result<Vec<PlannedRow>, QueueError> {
        let bad = |what: &str| damaged(&self.path, &format!("block {no}: {what}"));
        let (from, to) = (self.offsets[no as usize], self.offsets[no as usize + 1]);
        let raw = Raw { path: &self.path, file: &*self.file };
        let head = raw.bytes(from, from + 8, to)?;
        if from + 8 + u64::from(u32_at(&head, 0)) != to {
            return Err(bad("its length is wrong"));
        }
        let packed = raw.checked(from + 8, to, to, u32_at(&head, 4), &format!("block {no}"))?;
        rows::unpack(&packed, (self.jobs - no * ROWS_PER_BLOCK).min(ROWS_PER_BLOCK)).map_err(bad)
    }
}

struct Columns {
    offsets: Vec<u64>,
    senders: SenderColumn,
    order: Option<(Vec<u32>, Vec<u32>)>,
    skipped: Bits,
}

/// Unpacks the footer's columns; `None` where they don't fit each other.
fn columns(footer: &Footer, first: u64, end: u64) -> Option<Columns> {
    let jobs = footer.jobs as usize;
    let carried = footer.rows.checked_add(footer.listed)?;
    if footer.blocks.len() != footer.jobs.div_ceil(ROWS_PER_BLOCK) as usize
        || carried > footer.jobs
        || footer.jobs_before > footer.jobs
    {
        return None;
    }
    let mut at = first;
    let mut offsets = vec![at];
    for length in &footer.blocks {
        at = at.checked_add(8 + u64::from(*length))?;
        offsets.push(at);
    }
    if at != end {
        return None;
    }
    let senders = match &footer.senders {
        Senders::One(sender) => SenderColumn::One(*sender),
        Senders::Each(packed) => {
            let bytes = packed::unpack(packed).filter(|bytes| bytes.len() == jobs * 2)?;
            SenderColumn::Each(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect())
        }
    };
    let order = match &footer.order {
        None => None,
        Some(packed) => {
            let bytes = packed::unpack(packed).filter(|bytes| bytes.len() == jobs * 4)?;
            let row_jobs: Vec<u32> = bytes.chunks_exact(4).map(|b| u32_at(b, 0)).collect();
            let mut job_rows = vec![u32::MAX; jobs];
            for (row, job) in (0..).zip(&row_jobs) {
                let slot = job_rows.get_mut(*job as usize)?;
                if std::mem::replace(slot, row) != u32::MAX {
                    return None;
                }
            }
            Some((row_jobs, job_rows))
        }
    };
    let mut skipped = Bits::default();
    let mut job = 0u32;
    for gap in &footer.skipped {
        job = job.checked_add(*gap)?;
        if job >= footer.jobs {
            return None;
        }
        skipped.set(job, true);
    }
    Some(Columns { offsets, senders, order, skipped })
}

struct Raw<'a> {
    path: &'a Path,
    file: &'a dyn DiskFile,
}

impl Raw<'_> {
    /// Bytes `from..to`, which must lie before `end`.
    fn bytes(&self, from: u64, to: u64, end: u64) -> Result<Vec<u8>, QueueError> {
        let cut_off = || damaged(self.path, &format!("it is cut off at byte {end}"));
        if from > to || to > end {
            return Err(cut_off());
        }
        let mut bytes = vec![0; usize::try_from(to - from).map_err(|_| cut_off())?];
        let read = self.file.fill_from(from, &mut bytes).map_err(QueueError::disk("read", self.path))?;
        if read == bytes.len() { Ok(bytes) } else { Err(cut_off()) }
    }

    fn checked(&self, from: u64, to: u64, end: u64, crc: u32, what: &str) -> Result<Vec<u8>, QueueError> {
        let bytes = self.bytes(from, to, end)?;
        if crc32fast::hash(&bytes) == crc {
            Ok(bytes)
        } else {
            Err(damaged(self.path, &format!("{what}, at byte {from}, doesn't match its checksum")))
        }
    }
}

pub(super) fn damaged(path: &Path, what: &str) -> QueueError {
    QueueError::Damaged {
        path: path.to_owned(),
        what: what.to_owned(),
        hint: "restore the file from a backup: it says who is sent what, and nothing is sent without it"
            .to_owned(),
    }
}
