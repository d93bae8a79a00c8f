//! JSON files with a checksum: an object whose last member covers every byte before it, so that no flipped
//! digit is taken for what was said. It finds decay, and edits by hand; not forgery.
//!
//! ```text
//! {
//!   …,
//!   "checksum": "1a2b3c4d"
//! }
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

const END: &[u8] = b"\n}";
const BEFORE: &[u8] = b",\n  \"checksum\": \"";
const AFTER: &[u8] = b"\"\n}\n";
const DIGITS: usize = 8;

/// Why a file isn't what was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Some of its bytes have changed.
    #[error("it doesn't match its checksum")]
    Broken,
    /// It is as it was written, and says something else than was asked for.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A value's bytes, with their checksum. The value must be one of JSON's objects, with a member at least.
///
/// # Errors
/// Where it can't be written as JSON.
pub fn seal<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.truncate(bytes.strip_suffix(END).unwrap_or(&bytes).len());
    let checksum = format!("{:08x}", crc32fast::hash(&bytes));
    for part in [BEFORE, checksum.as_bytes(), AFTER] {
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

/// The value that was sealed.
///
/// # Errors
/// Where a byte has changed, or it is another sort of value.
pub fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SealError> {
    let rest = bytes.strip_suffix(AFTER).ok_or(SealError::Broken)?;
    let (rest, digits) = rest.split_at_checked(rest.len().saturating_sub(DIGITS)).ok_or(SealError::Broken)?;
    let content = rest.strip_suffix(BEFORE).ok_or(SealError::Broken)?;
    if digits != format!("{:08x}", crc32fast::hash(content)).as_bytes() {
        return Err(SealError::Broken);
    }
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct Value {
        until: u64,
        inner: Option<Box<Value>>,
    }

    #[test]
    fn what_was_sealed_comes_back_and_is_json() {
        let value = Value { until: 7, inner: Some(Box::new(Value { until: 1, inner: None })) };
        let bytes = seal(&value).unwrap();
        assert_eq!(unseal::<Value>(&bytes).unwrap(), value);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["inner"]["until"], 1);
        assert_eq!(json["checksum"].as_str().unwrap().len(), 8);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let bytes = seal(&Value { until: 1_790_000_000_000, inner: None }).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal::<Value>(&flipped).is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(unseal::<Value>(&bytes[..len]).is_err(), "cut at {len}");
        }
        assert!(unseal::<Value>(br#"{"until": 1, "inner": null}"#).is_err(), "by hand");
    }
}
