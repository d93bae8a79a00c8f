//! What a server does to those who ask it, by share of requests or by spans of time.

use std::ops::Range;
use std::time::Duration;

/// A time since the world's beginning.
pub type Age = Duration;

/// Faults by share, drawn from the world's seed.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The message is accepted and the answer lost.
    pub lost_after: f64,
    /// The request is lost before anything happens.
    pub lost_before: f64,
    /// The client hears nothing; the message is worked off minutes later.
    pub hangs: f64,
    /// No connection.
    pub unconnected: f64,
    /// Refused with this code.
    pub refused: f64,
    pub code: u32,
    /// Accepted messages later reported as failed, with this code (131026 where it is 0).
    pub fail_news: f64,
    pub fail_code: u32,
    /// Conversations don't show it.
    pub hidden: f64,
    /// People of whom the server knows no conversation.
    pub strangers: f64,
    /// Conversations show it so much later, at most.
    pub lag: Duration,
    /// Rows on a conversation's page; all of them on one where it is 0.
    pub page: usize,
    /// A page behind the last one is the last one again, not an empty one.
    pub repeats: bool,
    /// Everybody's conversation shows an older message of ours, `old.…`.
    pub history: bool,
    /// Everybody's conversation shows others' messages: theirs, a colleague's, our text said back.
    pub chatter: bool,
    /// Answers about deliveries that tell of an earlier step than the last one did.
    pub stale: f64,
    /// Answers about deliveries that nobody can use: unknown words, errors, empty ones.
    pub odd: f64,
    /// Answers about deliveries whose time is far from true.
    pub odd_times: f64,
    /// Messages reported as failed after they were read.
    pub fails_late: f64,
    /// Messages that nobody ever reads.
    pub unread: f64,
    /// The server's clock is so many milliseconds ahead.
    pub skew: i64,
    /// No connection within these spans since the world's beginning.
    pub outages: Vec<Range<Age>>,
    /// Messages that arrive in these spans are never answered, and not accepted.
    pub silences: Vec<Range<Age>>,
    /// HTTP 429 with this Retry-After while the span lasts.
    pub throttles: Vec<(Range<Age>, u64)>,
    /// HTTP 503 with this Retry-After while the span lasts.
    pub maintenance: Vec<(Range<Age>, u64)>,
    /// What this number sends is refused with this code while the span lasts.
    pub blocked: Vec<(&'static str, Range<Age>, u32)>,
    /// Everybody is refused with this code while the span lasts.
    pub locks: Vec<(Range<Age>, u32)>,
}

impl Faults {
    /// Whether nobody can connect.
    pub fn is_down(&self, age: Age) -> bool {
        self.outages.iter().any(|span| span.contains(&age))
    }

    /// HTTP status and Retry-After of those who come too fast or in maintenance.
    pub fn asks_to_wait(&self, age: Age) -> Option<(u16, u64)> {
        let within = |spans: &[(Range<Age>, u64)]| {
            spans.iter().find(|(span, _)| span.contains(&age)).map(|(_, seconds)| *seconds)
        };
        within(&self.throttles)
            .map(|seconds| (429, seconds))
            .or_else(|| within(&self.maintenance).map(|seconds| (503, seconds)))
    }

    /// The code that all that this number sends is refused with.
    pub fn locked(&self, number: &str, age: Age) -> Option<u32> {
        let of_number = self.blocked.iter().filter(|(blocked, ..)| *blocked == number);
        let mut locks = of_number
            .map(|(_, span, code)| (span, code))
            .chain(self.locks.iter().map(|(span, code)| (span, code)));
        locks.find(|(span, _)| span.contains(&age)).map(|(_, code)| *code)
    }
}
