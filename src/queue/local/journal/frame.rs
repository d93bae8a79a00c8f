//! The journal's bytes.
//!
//! # Layout (version 1; integers little-endian)
//! ```text
//! head    magic "sendcast journal" · version u32 · identity's fingerprint u32 · 0 u32 · crc32 u32
//! batches each: "grp1" · body's length u32 · batch number u64 · first entry's sequence u64 ·
//!               entries u32 · crc32 u32 of all the rest · body
//! body    each entry: length (LEB128) · postcard of Entry
//! ```
//! Commit batches are numbered from 1, entries from 1 through all commit batches. A commit batch is the unit of writing, of
//! checking and of losing: it is there as a whole or not at all.

use serde::Deserialize;

use crate::domain::ids::JobId;
use crate::queue::api::{Entry, Sequence};

use crate::queue::local::bytes::{u32_at, u64_at};

pub(super) const MAGIC: &[u8; 16] = b"sendcast journal";
pub(super) const VERSION: u32 = 2;
/// Length of the file's head, and of a commit batch's.
pub(super) const HEAD: usize = 32;
pub(super) const MARKER: &[u8; 4] = b"grp1";

/// The file's head.
pub(super) fn file_head(fingerprint: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..16].copy_from_slice(MAGIC);
    head[16..20].copy_from_slice(&VERSION.to_le_bytes());
    head[20..24].copy_from_slice(&fingerprint.to_le_bytes());
    let crc = crc32fast::hash(&head[..28]);
    head[28..].copy_from_slice(&crc.to_le_bytes());
    head
}

/// What a commit batch's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHead {
    pub len: u32,
    pub batch: u64,
    pub first: Sequence,
    pub count: u32,
    crc: u32,
}

impl BatchHead {
    /// Reads a head; `None` where the marker isn't there.
    pub(super) fn parse(bytes: &[u8]) -> Option<BatchHead> {
        if bytes.len() < HEAD || &bytes[..4] != MARKER {
            return None;
        }
        Some(BatchHead {
            len: u32_at(bytes, 4),
            batch: u64_at(bytes, 8),
            first: u64_at(bytes, 16),
            count: u32_at(bytes, 24),
            crc: u32_at(bytes, 28),
        })
    }

    /// Whether the checksum fits: `bytes` is the head and its body.
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        bytes.len() == HEAD + self.len as usize && checksum(bytes) == self.crc
    }
}

fn checksum(batch: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&batch[..28]);
    hasher.update(&batch[HEAD..]);
    hasher.finalize()
}

/// A commit batch being collected: room for its head, then entries.
#[derive(Debug)]
pub(super) struct BatchBuffer {
    bytes: Vec<u8>,
    count: u32,
}

impl BatchBuffer {
    pub(super) fn new() -> BatchBuffer {
        BatchBuffer { bytes: vec![0; HEAD], count: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), postcard::Error> {
        let at = self.bytes.len();
        // One byte of length does for nearly every entry; longer ones shift up.
        self.bytes.push(0);
        self.bytes = postcard::to_extend(entry, std::mem::take(&mut self.bytes))?;
        let mut len = self.bytes.len() - at - 1;
        let mut prefix = Vec::new();
        loop {
            let low = u8::try_from(len & 0x7f).unwrap_or(0);
            len >>= 7;
            if len == 0 {
                prefix.push(low);
                break;
            }
            prefix.push(low | 0x80);
        }
        self.bytes.splice(at..=at, prefix);
        self.count += 1;
        Ok(())
    }

    /// Completes the head and yields the commit batch's bytes. `None` where it has outgrown its length field.
    pub(super) fn finish(mut self, batch: u64, first: Sequence) -> Option<Vec<u8>> {
        let len = u32::try_from(self.bytes.len() - HEAD).ok()?;
        self.bytes[..4].copy_from_slice(MARKER);
        self.bytes[4..8].copy_from_slice(&len.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&batch.to_le_bytes());
        self.bytes[16..24].copy_from_slice(&first.to_le_bytes());
        self.bytes[24..28].copy_from_slice(&self.count.to_le_bytes());
        let crc = checksum(&self.bytes);
        self.bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        Some(self.bytes)
    }
}

/// Takes the next entry's bytes off a body; `None` where it doesn't hold as many.
pub(super) fn take_bytes<'b>(body: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (mut len, mut shift) = (0usize, 0);
    loop {
        let (&byte, rest) = body.split_first()?;
        *body = rest;
        len |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > 28 {
            return None;
        }
    }
    if len > body.len() {
        return None;
    }
    let (bytes, rest) = body.split_at(len);
    *body = rest;
    Some(bytes)
}

/// The entry that these bytes are; `None` where they aren't one.
pub(super) fn read_entry(bytes: &[u8]) -> Option<Entry> {
    match postcard::take_from_bytes(bytes) {
        Ok((entry, [])) => Some(entry),
        _ => None,
    }
}

/// Whose job an entry is about, without reading the rest of it; `None` where it is about none, or isn't an entry.
pub(super) fn job_of(bytes: &[u8]) -> Option<JobId> {
    /// The beginning of an [`Entry`].
    #[derive(Deserialize)]
    enum Beginning {
        Opened,
        Plan,
        Job { job: JobId },
    }
    match postcard::take_from_bytes(bytes) {
        Ok((Beginning::Job { job }, _)) => Some(job),
        Ok((Beginning::Opened | Beginning::Plan, _)) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AttemptNo, JobId, MessageId, OwnerId, PlanNo, SenderNo};
    use crate::domain::job::Event;
    use crate::domain::problem::Problem;
    use crate::domain::time::Millis;

    fn entries() -> Vec<Entry> {
        let at = Millis(1_790_000_000_000);
        let (job, attempt) = (JobId(300), AttemptNo(1));
        let claimed = Event::Claimed {
            attempt,
            sender: SenderNo(2),
            plan: PlanNo(1),
            owner: OwnerId(7),
            lease_until: Millis(1_790_000_060_000),
            at,
        };
        vec![
            Entry::Opened { owner: OwnerId(7), at },
            Entry::Plan { no: PlanNo(1), jobs_before: 0, jobs: 1000, at },
            Entry::Job { job, event: claimed },
            Entry::Job { job, event: Event::Accepted { attempt, id: Some(MessageId::new("wamid.A=")), at } },
            Entry::Job { job, event: Event::Doubted { attempt, at, problem: Problem::new("x".repeat(200)) } },
        ]
    }

    #[test]
    fn entries_come_back_as_they_were() {
        let mut buffer = BatchBuffer::new();
        for entry in entries() {
            buffer.push(&entry).unwrap();
        }
        let bytes = buffer.finish(1, 1).unwrap();
        let head = BatchHead::parse(&bytes).unwrap();
        assert!(head.holds(&bytes));
        assert_eq!((head.batch, head.first, head.count), (1, 1, 5));
        let mut body = &bytes[HEAD..];
        let bytes: Vec<_> = (0..5).map(|_| take_bytes(&mut body).unwrap()).collect();
        let back: Vec<_> = bytes.iter().map(|bytes| read_entry(bytes).unwrap()).collect();
        assert_eq!(back, entries());
        assert!(body.is_empty() && take_bytes(&mut body).is_none());
        let about: Vec<_> = bytes.iter().map(|bytes| job_of(bytes)).collect();
        assert_eq!(about, [None, None, Some(JobId(300)), Some(JobId(300)), Some(JobId(300))]);
    }

    #[test]
    fn every_flipped_bit_shows() {
        let mut buffer = BatchBuffer::new();
        buffer.push(&entries()[2]).unwrap();
        let bytes = buffer.finish(9, 100).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(BatchHead::parse(&flipped).is_none_or(|head| !head.holds(&flipped)), "bit {bit}");
        }
    }
}
