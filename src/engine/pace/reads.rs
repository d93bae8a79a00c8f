//! What polls and other reads may take of the account's budget: what sending leaves of it.
//!
//! Invariants: a throttled read slows reads down and says nothing of sending; a throttled send rests the reads as well,
//! for they would be throttled too, and would take what is given back before a message does.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::policy::Adaptive;
use crate::domain::time::Millis;
use crate::sendwo::{ApiError, ApiErrorKind};

/// While there is something to send, reads go at this share of its rate.
const WHILE_SENDING: f64 = 0.1;
/// Reads a second where no rate is set: while sending, and afterwards.
const UNLIMITED: (f64, f64) = (50.0, 1000.0);

/// The pace of everything that is asked and isn't a message.
#[derive(Debug)]
pub struct ReadBudget {
    adaptive: Adaptive,
    /// The adaptive rate's clock begins here.
    origin: Instant,
    hold_until: Instant,
}

impl ReadBudget {
    /// As much as sending leaves, until the server says otherwise.
    #[must_use]
    pub fn new() -> ReadBudget {
        let now = Instant::now();
        ReadBudget { adaptive: Adaptive::new(f64::INFINITY), origin: now, hold_until: now }
    }

    /// Reads a second. `rate` is the numbers' rate together, `None` without a limit.
    #[must_use]
    pub fn rate(&self, rate: Option<f64>, sending: bool) -> f64 {
        let left = match (rate, sending) {
            (Some(rate), true) => rate * WHILE_SENDING,
            (Some(rate), false) => rate,
            (None, true) => UNLIMITED.0,
            (None, false) => UNLIMITED.1,
        };
        left.min(self.adaptive.rate())
    }

    /// Until when nothing is to be read, where that lies ahead.
    #[must_use]
    pub fn held_until(&self) -> Option<Instant> {
        (self.hold_until > Instant::now()).then_some(self.hold_until)
    }

    /// Nothing is read for so long.
    pub fn hold(&mut self, pause: Duration) {
        self.hold_until = self.hold_until.max(Instant::now() + pause);
    }

    /// What was asked at `asked_at` was answered.
    pub fn answered<R>(&mut self, asked_at: Instant, answer: &Result<R, ApiError>) {
        let (left, now) = (self.at(asked_at), self.at(Instant::now()));
        let pause = match answer.as_ref().map_err(|error| error.kind) {
            Err(ApiErrorKind::Throttled { retry_after }) => {
                self.hold(retry_after.unwrap_or(Duration::ZERO));
                self.adaptive.throttled(left, now, retry_after)
            }
            Ok(_) | Err(ApiErrorKind::Refused) => self.adaptive.accepted(left, now),
            Err(_) => return,
        };
        self.hold(pause);
    }

    fn at(&self, moment: Instant) -> Millis {
        Millis(1) + moment.saturating_duration_since(self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled(retry_after: Option<Duration>) -> Result<(), ApiError> {
        let kind = ApiErrorKind::Throttled { retry_after };
        Err(ApiError::new(kind, "e"))
    }

    #[tokio::test(start_paused = true)]
    async fn reads_take_a_tenth_while_there_is_something_to_send() {
        let reads = ReadBudget::new();
        assert_eq!(reads.rate(Some(20.0), true), 2.0);
        assert_eq!(reads.rate(Some(20.0), false), 20.0);
        assert_eq!((reads.rate(None, true), reads.rate(None, false)), UNLIMITED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_read_rests_the_reads_and_where_many_are_they_slow_down() {
        let mut reads = ReadBudget::new();
        let rest = Duration::from_secs(7);
        reads.answered(Instant::now(), &throttled(Some(rest)));
        assert_eq!(reads.held_until(), Some(Instant::now() + rest));
        tokio::time::advance(rest).await;
        assert_eq!(reads.held_until(), None);
        // Ten a second are taken, of twenty.
        for n in 0..200 {
            tokio::time::advance(Duration::from_millis(50)).await;
            let answer = if n % 2 == 0 { Ok(()) } else { throttled(None) };
            reads.answered(Instant::now(), &answer);
        }
        let rate = reads.rate(Some(20.0), false);
        assert!(rate < 11.0, "{rate}");
    }
}
