//! Any bytes as the stored states of a round.
//!
//! Input: a mode, then changes: a letter, which value, and what the letter takes. What must hold:
//!
//! - `r` (values as they are, checksums untouched): decay, loss, mix-ups and values from another time. The states
//!   are only a cache: after at most three openings the queue has exactly the journal's jobs, and nothing else was
//!   shown on the way.
//! - `s` (sealed again, so that what is inside gets decoded): never a panic. What `verify` calls agreeing is the
//!   journal's, job for job, and what goes on from there keeps **D**.

use super::input::Input;
use super::round::{self, Base, Map, Shelf};

/// Version, then the checksum of the rest.
const SEAL: usize = 5;
/// A block's number and group stand before its packed jobs.
const STAMP: usize = 12;

pub fn check(input: &[u8]) {
    let mut input = Input(input);
    let sealed = input.byte() == b's';
    round::with(|base| {
        let mut map = base.states[0].clone();
        while !input.is_empty() {
            change(base, &mut map, sealed, &mut input);
        }
        let shelf = Shelf::of(map);
        if sealed { forged(base, &shelf) } else { decayed(base, &shelf) }
    });
}

fn change(base: &Base, map: &mut Map, sealed: bool, input: &mut Input<'_>) {
    let what = input.byte();
    let n = usize::from(input.byte());
    let keys: Vec<Vec<u8>> = map.keys().cloned().collect();
    let Some(key) = keys.get(n % keys.len().max(1)) else { return };
    let packed = sealed && key.starts_with(b"b");
    let mut inner = map[key].clone();
    if sealed {
        inner.drain(..SEAL.min(inner.len()));
    }
    let mut stamp = Vec::new();
    if packed {
        let jobs = inner.split_off(STAMP.min(inner.len()));
        stamp = inner;
        inner = lz4_flex::decompress_size_prepended(&jobs).unwrap_or_default();
    }
    match what {
        b'd' => return drop(map.remove(key)),
        // As it was earlier, or was not.
        b'o' => match base.states[1].get(key) {
            Some(older) => return drop(map.insert(key.clone(), older.clone())),
            None => return drop(map.remove(key)),
        },
        b'x' => {
            let other = usize::from(input.byte()) % keys.len();
            let value = map[&keys[other]].clone();
            return drop(map.insert(key.clone(), value));
        }
        b'c' => inner.truncate(usize::from(input.word())),
        b'=' => inner = input.piece().to_vec(),
        b'+' => inner.extend_from_slice(input.piece()),
        b't' if packed => {
            stamp = input.piece().to_vec();
        }
        b'i' => {
            let at = usize::from(input.word()) % (inner.len() + 1);
            let piece = input.piece();
            inner.splice(at..at, piece.iter().copied());
        }
        _ => {
            let at = usize::from(input.word());
            let by = input.byte();
            if let Some(byte) = inner.get_mut(at) {
                *byte = by;
            }
        }
    }
    if packed {
        inner = [stamp, lz4_flex::compress_prepend_size(&inner)].concat();
    }
    if sealed {
        let crc = crc32fast::hash(&inner);
        inner = [&[1][..], &crc.to_le_bytes(), &inner].concat();
    }
    map.insert(key.clone(), inner);
}

fn decayed(base: &Base, shelf: &Shelf) {
    let disk = Base::disk(&base.files);
    for _ in 0..3 {
        let mut queue = round::open(&disk, shelf).expect("states are only a cache");
        // Damage in a block shows when it is read, and is mended at the next opening.
        let Ok(jobs) = round::jobs(&mut queue) else { continue };
        assert_eq!(jobs, base.seen.jobs, "states that aren't the journal's were taken for it");
        round::go_on(&disk, shelf, queue, &base.seen).expect("a sound round");
        return;
    }
    panic!("the states aren't mended");
}

fn forged(base: &Base, shelf: &Shelf) {
    let disk = Base::disk(&base.files);
    let agrees = round::agrees(&disk, shelf);
    let Ok(mut queue) = round::open(&disk, shelf) else {
        assert!(!agrees, "what agrees can be opened");
        return;
    };
    let jobs = round::jobs(&mut queue);
    if agrees {
        assert_eq!(jobs.ok().as_ref(), Some(&base.seen.jobs), "verify took others for the journal's");
        round::go_on(&disk, shelf, queue, &base.seen).expect("a sound round");
    } else {
        let _ = round::resume(queue);
    }
}
