//! lz4 with the unpacked size in front, as plans and states are stored.

use super::bytes::u32_at;

/// A byte of lz4 stands for so many at most.
const MAX_LZ4_RATIO: usize = 255;

/// Packs bytes.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    lz4_flex::compress_prepend_size(bytes)
}

/// Unpacks bytes; `None` where they aren't what was packed. A size that they can't have is seen before
/// anything is allocated for it.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (size, rest) = (packed.get(..4)?, packed.get(4..)?);
    if u32_at(size, 0) as usize > rest.len().saturating_mul(MAX_LZ4_RATIO) {
        return None;
    }
    lz4_flex::decompress_size_prepended(packed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_however_well_it_packs() {
        for len in [0, 1, 70, 10_000, 1_000_000] {
            let bytes = vec![7; len];
            assert_eq!(unpack(&pack(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn a_size_that_cant_be_is_refused_unallocated() {
        let mut packed = pack(&[7; 100]);
        packed[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpack(&packed), None);
        assert_eq!(unpack(&[1, 0]), None);
    }
}
