//! Writing a frozen plan, as a stream: memory doesn't grow with the rows.
//!
//! # Layout (version 1; integers little-endian)
//! ```text
//! head     magic "sendcast plan\0\0\0" · version u32 · plan number u32 · length u32 · crc32 u32 · PlanHead
//! blocks   each: length u32 · crc32 u32 · lz4(size u32 · 256 rows); the last may hold fewer
//! footer   Footer
//! trailer  footer's offset u64 · its length u32 · its crc32 u32 · "plan end"
//! ```
//! `PlanHead`, rows and `Footer` are postcard. A checksum covers what was stored, not what it unpacks to.
//!
//! Every plan holds exactly one row for each job of the round: first the audience's in its order, then
//! those who were removed after they had been sent to, then those that reports pass over (cancelled by
//! removal, skipped rows that vanished). So the newest plan alone tells every job's row and key.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::hex::hex;
use crate::domain::ids::{JobId, PlanNo, SenderNo};
use crate::domain::plan::{PlanHead, PlannedRow};
use crate::queue::api::QueueError;
use crate::queue::local::packed;
use crate::sys::disk::{Disk, DiskFile};

pub(super) const MAGIC: &[u8; 16] = b"sendcast plan\0\0\0";
pub(super) const END: &[u8; 8] = b"plan end";
pub(super) const VERSION: u32 = 3;
/// Rows in a block.
pub const ROWS_PER_BLOCK: u32 = 256;
pub(super) const HEAD_LEN: usize = 32;
pub(super) const TRAILER_LEN: usize = 24;
/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// What a plan knows of its rows without unpacking them.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Footer {
    /// Rows of the audience.
    pub rows: u32,
    /// Rows carried along that reports list after those.
    pub listed: u32,
    pub jobs_before: u32,
    /// Jobs of the round, and rows of this file.
    pub jobs: u32,
    /// The stored length of each block.
    pub blocks: Vec<u32>,
    pub senders: Senders,
    /// lz4 of each row's job (u32); none where row n, from 0, is job n.
    pub order: Option<Vec<u8>>,
    /// All jobs that started as skipped, in this plan or an earlier one, as gaps between them.
    pub skipped: Vec<u32>,
}

/// Which number sends each row.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Senders {
    /// One for all.
    One(SenderNo),
    /// lz4 of each row's (u16).
    Each(Vec<u8>),
}

/// What the rows of a finished plan add up to.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub rows: u32,
    pub listed: u32,
    pub jobs_before: u32,
    pub jobs: u32,
}

pub struct PlanWriter {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    offset: u64,
    buffer: Vec<u8>,
    hash: Sha256,
    block: Vec<u8>,
    in_block: u32,
    blocks: Vec<u32>,
    written: u32,
    sender: Option<SenderNo>,
    senders: Vec<SenderNo>,
    /// Empty as long as every row is the job of its own position.
    order: Vec<u32>,
}

impl PlanWriter {
    /// Starts a plan file. What an interrupted process left at its path is removed.
    pub fn create(
        disk: &dyn Disk,
        path: &Path,
        no: PlanNo,
        head: &PlanHead,
    ) -> Result<PlanWriter, QueueError> {
        if disk.exists(path).map_err(QueueError::disk("find", path))? {
            disk.remove_file(path).map_err(QueueError::disk("remove", path))?;
        }
        let file = disk.create_new(path).map_err(QueueError::disk("create", path))?;
        let mut writer = PlanWriter {
            file,
            path: path.to_owned(),
            offset: 0,
            buffer: Vec::new(),
            hash: Sha256::new(),
            block: Vec::new(),
            in_block: 0,
            blocks: Vec::new(),
            written: 0,
            sender: None,
            senders: Vec::new(),
            order: Vec::new(),
        };
        let body = writer.encode(head)?;
        let length = writer.length(body.len())?;
        writer.buffer.extend_from_slice(MAGIC);
        writer.buffer.extend_from_slice(&VERSION.to_le_bytes());
        writer.buffer.extend_from_slice(&no.0.to_le_bytes());
        writer.buffer.extend_from_slice(&length.to_le_bytes());
        writer.buffer.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        writer.buffer.extend_from_slice(&body);
        Ok(writer)
    }

    /// The next row, and whose job it is.
    pub fn push(&mut self, row: &PlannedRow, job: JobId) -> Result<(), QueueError> {
        let block = std::mem::take(&mut self.block);
        self.block = postcard::to_extend(row, block).map_err(|error| self.cant_encode(error))?;
        self.note_sender(row.sender);
        if self.order.is_empty() && job.0 != self.written {
            self.order = (0..self.written).collect();
        }
        if job.0 != self.written || !self.order.is_empty() {
            self.order.push(job.0);
        }
        self.written += 1;
        self.in_block += 1;
        if self.in_block == ROWS_PER_BLOCK {
            self.end_block()?;
        }
        Ok(())
    }

    /// Writes the footer and makes the file durable. Yields its SHA-256 in hex.
    pub fn finish(mut self, extent: Extent, skipped: &[u32]) -> Result<String, QueueError> {
        if self.in_block > 0 {
            self.end_block()?;
        }
        let pack = |bytes: Vec<u8>| packed::pack(&bytes);
        let senders = if self.senders.is_empty() {
            Senders::One(self.sender.unwrap_or(SenderNo(0)))
        } else {
            Senders::Each(pack(self.senders.iter().flat_map(|s| s.0.to_le_bytes()).collect()))
        };
        let order = (!self.order.is_empty())
            .then(|| pack(self.order.iter().flat_map(|job| job.to_le_bytes()).collect()));
        let mut last = 0;
        let gaps = skipped.iter().map(|&job| job - std::mem::replace(&mut last, job)).collect();
        let Extent { rows, listed, jobs_before, jobs } = extent;
        let blocks = std::mem::take(&mut self.blocks);
        let footer = Footer { rows, listed, jobs_before, jobs, blocks, senders, order, skipped: gaps };
        let footer = self.encode(&footer)?;
        let at = self.offset + self.buffer.len() as u64;
        let length = self.length(footer.len())?;
        let crc = crc32fast::hash(&footer);
        self.buffer.extend_from_slice(&footer);
        self.buffer.extend_from_slice(&at.to_le_bytes());
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.buffer.extend_from_slice(END);
        self.drain()?;
        self.file.sync().map_err(QueueError::disk("sync", &self.path))?;
        Ok(hex(&self.hash.finalize()))
    }

    fn note_sender(&mut self, sender: SenderNo) {
        match self.sender {
            None => self.sender = Some(sender),
            Some(one) if self.senders.is_empty() && one != sender => {
                self.senders = vec![one; self.written as usize];
            }
            _ => {}
        }
        if !self.senders.is_empty() {
            self.senders.push(sender);
        }
    }

    fn end_block(&mut self) -> Result<(), QueueError> {
        let packed = packed::pack(&self.block);
        let length = self.length(packed.len())?;
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.extend_from_slice(&crc32fast::hash(&packed).to_le_bytes());
        self.buffer.extend_from_slice(&packed);
        self.blocks.push(length);
        self.block.clear();
        self.in_block = 0;
        if self.buffer.len() >= BUFFER_BYTES { self.drain() } else { Ok(()) }
    }

    fn drain(&mut self) -> Result<(), QueueError> {
        self.file.write_at(self.offset, &self.buffer).map_err(QueueError::disk("write", &self.path))?;
        self.hash.update(&self.buffer);
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, QueueError> {
        postcard::to_stdvec(value).map_err(|error| self.cant_encode(error))
    }

    fn cant_encode(&self, error: postcard::Error) -> QueueError {
        QueueError::disk("encode", &self.path)(std::io::Error::other(error))
    }

    fn length(&self, len: usize) -> Result<u32, QueueError> {
        u32::try_from(len)
            .map_err(|_| QueueError::disk("encode", &self.path)(std::io::Error::other("over 4 GB")))
    }
}
