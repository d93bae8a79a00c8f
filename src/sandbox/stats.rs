//! What the sandbox tells of itself: `GET /sandbox/stats`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was accepted and seen. Acceptances are the accepted log's, subscribers and replies the book's, over all
/// processes; the rest is this process's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Messages accepted.
    pub accepted: u64,
    /// Of these, how many of each type: `text`, `media`, `buttons`, `flow`.
    pub by_type: BTreeMap<String, u64>,
    /// Messages accepted for each recipient (E.164 digits).
    pub recipients: BTreeMap<String, u64>,
    /// Those recipients for whom more than one was accepted.
    pub duplicates: BTreeMap<String, u64>,
    /// Requests to the API, of every kind.
    pub requests: u64,
    /// Requests that would send, whatever became of them.
    pub posts: u64,
    /// Questions for a delivery status.
    pub polls: u64,
    /// Questions for a conversation.
    pub lookups: u64,
    /// What was refused without a fault, by reason, and `code` for a fault's refusals.
    pub refused: BTreeMap<String, u64>,
    /// How often each fault faulted, by its text.
    pub faults: BTreeMap<String, u64>,
    /// The pace of each number.
    pub numbers: BTreeMap<String, NumberStats>,
    /// Requests to each endpoint of the API, by its path below `/api/v1`, whatever became of them (those
    /// without an account's token aside).
    #[serde(default)]
    pub calls: BTreeMap<String, u64>,
    /// Subscribers in the list.
    #[serde(default)]
    pub subscribers: u64,
    /// What people wrote or pressed.
    #[serde(default)]
    pub replies: u64,
    /// What was posted to workflows.
    #[serde(default)]
    pub hooks: HookStats,
}

/// What this process posted to workflows on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookStats {
    /// POSTs that the target took.
    pub taken: u64,
    /// Tries that it didn't take.
    pub refused: u64,
    /// POSTs that were given up after some tries.
    pub dropped: u64,
    /// News that were lost on purpose.
    pub lost: u64,
    /// News that were told late on purpose.
    pub late: u64,
    /// News that were told twice on purpose.
    pub twice: u64,
}

impl HookStats {
    /// Adds one POST that came to its end.
    pub(super) fn add(&mut self, taken: bool, refused: u64) {
        self.refused += refused;
        *(if taken { &mut self.taken } else { &mut self.dropped }) += 1;
    }
}

/// When the sends of one number arrived, faulted and refused ones included (a wrong token's aside).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberStats {
    /// How many.
    pub posts: u64,
    /// The most in any 1,000 ms, wherever they start.
    pub max_per_second: u64,
    /// How many in each second of wall time (Unix seconds).
    pub seconds: BTreeMap<u64, u64>,
}
