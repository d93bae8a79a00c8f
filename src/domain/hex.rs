//! Bytes in lower hexadecimal digits, two each: how digests and random names are written.

use std::fmt::Write as _;

/// The digits of these bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String doesn't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a text is exactly so many of these digits.
#[must_use]
pub fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_digits_are_hex() {
        assert_eq!(hex(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
        assert!(is_hex("000fa5ff", 8) && is_hex("", 0));
        for wrong in ["000fa5f", "000fa5fff", "000FA5FF", "000fa5fg", "000fa5f\u{e9}"] {
            assert!(!is_hex(wrong, 8), "{wrong}");
        }
    }
}
