//! What the binary formats have in common: numbers within a record.

use crate::campaign::tables::error::TableErrorKind;

fn array<const N: usize>(record: &[u8], at: usize) -> Result<[u8; N], TableErrorKind> {
    let bytes = record.get(at..).and_then(|rest| rest.get(..N)).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(short)
}

pub(super) fn u8_at(record: &[u8], at: usize) -> Result<u8, TableErrorKind> {
    array::<1>(record, at).map(|[byte]| byte)
}

pub(super) fn u16_at(record: &[u8], at: usize) -> Result<u16, TableErrorKind> {
    array(record, at).map(u16::from_le_bytes)
}

pub(super) fn u32_at(record: &[u8], at: usize) -> Result<u32, TableErrorKind> {
    array(record, at).map(u32::from_le_bytes)
}

pub(super) fn f64_at(record: &[u8], at: usize) -> Result<f64, TableErrorKind> {
    array(record, at).map(f64::from_le_bytes)
}

/// A number in 30 bits: an integer or the upper half of a float, of hundredths or not.
pub(super) fn rk_at(record: &[u8], at: usize) -> Result<f64, TableErrorKind> {
    let rk = u32_at(record, at)?;
    let value =
        if rk & 2 == 0 { f64::from_bits(u64::from(rk & !3) << 32) } else { f64::from(rk.cast_signed() >> 2) };
    Ok(if rk & 1 == 0 { value } else { value / 100.0 })
}

/// UTF-16 of so many characters.
pub(super) fn utf16_at(record: &[u8], at: usize, chars: usize) -> Result<String, TableErrorKind> {
    let bytes = record.get(at..).and_then(|rest| rest.get(..chars.checked_mul(2)?)).ok_or_else(short)?;
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Ok(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
}

pub(super) fn short() -> TableErrorKind {
    TableErrorKind::Damaged("one of its records is cut off".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_unpacked() {
        let of = |rk: u32| rk_at(&rk.to_le_bytes(), 0).unwrap();
        assert_eq!(of(0x3ff0_0000), 1.0);
        assert_eq!(of((1234 << 2) | 2), 1234.0);
        assert_eq!(of((123_450 << 2) | 3), 1234.5);
        assert_eq!(of((-7_i32 << 2).cast_unsigned() | 2), -7.0);
        assert!(rk_at(&[1, 2, 3], 0).is_err());
        assert!(utf16_at(&[65, 0, 66], 0, usize::MAX).is_err());
    }
}
