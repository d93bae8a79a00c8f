//! Message ids in the documented look, `wamid.HBgM…`: base64 of the recipient and a unique part.
//!
//! The layout is that of WhatsApp's own ids: `1C 18 <length> <phone> 15 02 00 11 18 <length> <hex> 00`. The
//! unique part carries the message's place in the accepted log, scrambled, and a hash over the accepted log's nonce: an id
//! is found again without an index, and an id of another accepted log is known to be foreign. Every third length
//! or so ends in `=`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::phone::Phone;

use crate::domain::hash::splitmix;

const PREFIX: &str = "wamid.";
/// Odd, so that multiplying by it is reversible.
const SCRAMBLE: u32 = 0x9e37_79b1;
/// `SCRAMBLE`'s inverse modulo 2^32.
const UNSCRAMBLE: u32 = inverse(SCRAMBLE);

const fn inverse(odd: u32) -> u32 {
    // Newton's iteration: each round doubles the bits that are right, from 3.
    let mut x = odd;
    let mut round = 0;
    while round < 4 {
        x = x.wrapping_mul(2u32.wrapping_sub(odd.wrapping_mul(x)));
        round += 1;
    }
    x
}

/// The id of the message at `place` of the accepted log with this nonce.
pub(super) fn write(nonce: u64, place: u32, phone: Phone) -> String {
    let (digits, len) = digits(phone);
    let digits = &digits[digits.len() - len..];
    let hash = splitmix(nonce ^ splitmix(u64::from(place) ^ phone.as_u64().rotate_left(20)));
    let mut unique = [0; 10];
    unique[..4].copy_from_slice(&place.wrapping_mul(SCRAMBLE).to_be_bytes());
    unique[4..].copy_from_slice(&hash.to_be_bytes()[..6]);
    // WhatsApp writes 18 hex digits or 20; with phones of 12 digits these end in `==` or in no `=`.
    let unique = if hash & 1 == 0 { &unique[..9] } else { &unique[..] };

    let mut raw = [0; 64];
    let mut used = 0;
    let mut put = |bytes: &[u8]| {
        raw[used..used + bytes.len()].copy_from_slice(bytes);
        used += bytes.len();
    };
    put(&[0x1c, 0x18, small(digits.len())]);
    put(digits);
    put(&[0x15, 0x02, 0x00, 0x11, 0x18, small(unique.len() * 2)]);
    for byte in unique {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        put(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    put(&[0]);

    let mut id = String::with_capacity(72);
    id.push_str(PREFIX);
    STANDARD.encode_string(&raw[..used], &mut id);
    id
}

/// The place an id speaks of, if it looks like one of ours. Only [`write`] with the same nonce and phone tells
/// whether it is.
pub(super) fn place(id: &str) -> Option<u32> {
    let raw = STANDARD.decode(id.strip_prefix(PREFIX)?).ok()?;
    let phone_len = usize::from(*raw.get(2)?);
    let unique = raw.get(3 + phone_len + 6..)?.get(..8)?;
    let scrambled = u32::from_str_radix(std::str::from_utf8(unique).ok()?, 16).ok()?;
    Some(scrambled.wrapping_mul(UNSCRAMBLE))
}

/// A phone's digits at the end of a buffer, and how many there are.
fn digits(phone: Phone) -> ([u8; 20], usize) {
    let (mut buffer, mut len, mut rest) = ([b'0'; 20], 0, phone.as_u64());
    while rest > 0 {
        len += 1;
        buffer[20 - len] = b'0' + small((rest % 10).try_into().unwrap_or(0));
        rest /= 10;
    }
    (buffer, len)
}

/// Lengths and digits here are far below 256.
fn small(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(digits: &str) -> Phone {
        Phone::from_digits(digits).expect("a phone")
    }

    #[test]
    fn an_id_looks_as_documented_and_leads_back() {
        let to = phone("919876543210");
        let mut endings = std::collections::BTreeSet::new();
        let mut ids = std::collections::HashSet::new();
        for at in (0..2000).chain([u32::MAX]) {
            let id = write(42, at, to);
            assert!(id.starts_with("wamid.HBgMOTE5ODc2NTQzMjEwFQIA"), "{id}");
            assert_eq!(place(&id), Some(at));
            endings.insert(id.bytes().rev().take_while(|b| *b == b'=').count());
            assert!(ids.insert(id), "ids are unique");
        }
        assert_eq!(endings.into_iter().collect::<Vec<_>>(), [0, 2]);
        assert_ne!(write(42, 1, to), write(43, 1, to), "another ledger, another id");
    }

    #[test]
    fn foreign_ids_lead_nowhere() {
        for id in ["", "wamid.", "wamid.HBgMOTE5ODc2NTQzMjEwFQIA", "wamid.!!!", "MESSAGE-ID", "wamid.HBj/"] {
            assert_eq!(place(id), None, "{id}");
        }
        for digits in ["1234567", "123456789012345", "4915112345678"] {
            assert_eq!(place(&write(1, 77, phone(digits))), Some(77));
        }
    }
}
