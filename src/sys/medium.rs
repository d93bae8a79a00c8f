//! What lies on the medium under a [`MemoryDisk`](super::memory_disk::MemoryDisk), and what is still on its way
//! there: names, bytes, and the changes since the last sync.

use std::collections::BTreeMap;
use std::path::PathBuf;

const SECTOR: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File(usize),
    Dir,
}

/// One atomic change of a directory: names that go, and names that come.
#[derive(Clone, Debug)]
pub(super) struct NameChange {
    pub(super) gone: Option<PathBuf>,
    pub(super) come: Option<(PathBuf, Entry)>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) now: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) pending: Vec<Write>,
}

#[derive(Clone, Debug)]
pub(super) enum Write {
    Bytes(usize, Vec<u8>),
    Len(usize),
}

impl NameChange {
    pub(super) fn apply(&self, names: &mut BTreeMap<PathBuf, Entry>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((path, entry)) = &self.come {
            names.insert(path.clone(), *entry);
        }
    }
}

impl Write {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Write::Bytes(at, new) => {
                if bytes.len() < at + new.len() {
                    bytes.resize(at + new.len(), 0);
                }
                bytes[*at..at + new.len()].copy_from_slice(new);
            }
            Write::Len(len) => bytes.resize(*len, 0),
        }
    }

    /// A part of it, cut at a sector's border.
    pub(super) fn torn(self, chance: &mut fastrand::Rng) -> Write {
        match self {
            Write::Bytes(at, bytes) => {
                let sectors = (at + bytes.len()).div_ceil(SECTOR) - at / SECTOR;
                let border = |n: usize| ((at / SECTOR + n) * SECTOR).saturating_sub(at).min(bytes.len());
                let (a, b) = (chance.usize(0..=sectors), chance.usize(0..=sectors));
                let (from, to) = (border(a.min(b)), border(a.max(b)));
                Write::Bytes(at + from, bytes[from..to].to_vec())
            }
            whole @ Write::Len(_) => whole,
        }
    }
}
