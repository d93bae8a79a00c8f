//! A record as a line: `crc32 json\n`, the checksum in eight hex digits over the JSON.

use serde::{Deserialize, Serialize};

use super::event::Hook;
use crate::domain::time::Millis;

/// One event, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was received.
    #[serde(rename = "at")]
    pub received: Millis,
    /// What was told.
    #[serde(flatten)]
    pub hook: Hook,
}

/// A line's bytes, with its end.
pub(super) fn encode(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(record)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// What a line (without its end) says; `None` where it is damaged, or was made blank by an erasure.
pub(super) fn decode(line: &[u8]) -> Option<Record> {
    let (sum, json) = line.split_at_checked(9)?;
    if sum != format!("{:08x} ", crc32fast::hash(json)).as_bytes() {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// Whether a line holds nothing: whoever it told of was erased.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| *byte == b' ')
}
