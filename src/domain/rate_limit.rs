//! What a server tells of its limit in the headers of an answer.

use std::time::Duration;

/// A server's own word on how much it takes: `X-RateLimit-*` or the `RateLimit` fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests that one window takes.
    pub limit: Option<u64>,
    /// Requests that are left of the present window.
    pub remaining: u64,
    /// How long until the present window ends, counted from the answer.
    pub reset: Option<Duration>,
    /// How long a window lasts.
    pub window: Option<Duration>,
}
