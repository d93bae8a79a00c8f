//! The log of what was accepted, as one JSON line a message, in the order of acceptance.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;

use super::lines::{Kind, Lines, Place};

pub(super) const KIND: Kind = Kind { file: "sandbox-ledger.jsonl", key: "sandbox_ledger", version: 1 };

/// An accepted message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record<'a> {
    pub(super) at: Millis,
    pub(super) from: Cow<'a, str>,
    pub(super) to: Phone,
    /// Meta's code when it is to fail after it was sent; 0 otherwise.
    pub(super) code: u32,
    pub(super) unread: bool,
    pub(super) message: Cow<'a, Message>,
}

/// An open accepted log.
#[derive(Debug)]
pub(super) struct AcceptedLog(Lines);

impl AcceptedLog {
    /// Opens the accepted log in `dir`, or one in memory, and hands each record to `take` in order. A new one gets
    /// `fresh_nonce`.
    pub(super) fn open(
        dir: Option<&Path>,
        fresh_nonce: u64,
        mut take: impl FnMut(Record<'static>, Place),
    ) -> io::Result<AcceptedLog> {
        Lines::open(dir, KIND, fresh_nonce, |line, place| {
            take(serde_json::from_slice(line)?, place);
            Ok(())
        })
        .map(AcceptedLog)
    }

    /// What makes this accepted log's ids its own.
    pub(super) fn nonce(&self) -> u64 {
        self.0.nonce()
    }

    /// Appends one record; when this returns, a kill of the process doesn't lose it.
    pub(super) fn append(&mut self, record: &Record<'_>) -> io::Result<Place> {
        self.0.append(record)
    }

    /// Reads a record back.
    pub(super) fn read(&self, place: Place) -> io::Result<Record<'static>> {
        serde_json::from_slice(&self.0.read(place)?).map_err(io::Error::other)
    }

    /// Forgets everything and starts anew with another nonce.
    pub(super) fn clear(&mut self, nonce: u64) -> io::Result<()> {
        self.0.clear(nonce)
    }
}
