//! Answers counted over a span of time.

use std::time::Duration;

use crate::domain::time::Millis;

/// Answers to messages that left in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) since: Millis,
    /// When the last of them left.
    pub(super) until: Millis,
    pub(super) accepted: u32,
    pub(super) throttled: u32,
    /// When the last accepted one left, and how many were throttled since.
    pub(super) accepted_at: Millis,
    pub(super) in_a_row: u32,
    /// Rests within that count for nothing.
    pub(super) rested: Duration,
}

impl Tally {
    /// Nothing, from then on.
    pub(super) fn from(since: Millis) -> Tally {
        Tally { since, until: since, accepted_at: since, ..Tally::default() }
    }

    /// One more; what left before tells of another time.
    pub(super) fn add(&mut self, left: Millis, throttled: bool) {
        if left < self.since {
            return;
        }
        self.until = self.until.max(left);
        if throttled {
            self.throttled += 1;
            self.in_a_row += 1;
        } else {
            self.accepted += 1;
            (self.accepted_at, self.in_a_row) = (self.until, 0);
        }
    }

    pub(super) fn answers(&self) -> u32 {
        self.accepted + self.throttled
    }

    /// The throttled share.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.throttled) / f64::from(self.answers().max(1))
    }

    pub(super) fn lasted(&self) -> Duration {
        self.until.since(self.since).saturating_sub(self.rested)
    }

    /// Accepted a second.
    pub(super) fn goodput(&self) -> f64 {
        f64::from(self.accepted) / self.lasted().as_secs_f64().max(0.001)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodput_is_what_was_accepted_over_the_time_that_counts() {
        let mut tally = Tally::from(Millis(1_000));
        tally.add(Millis(999), false);
        assert_eq!(tally.answers(), 0, "that left before");
        for n in 1..=20 {
            tally.add(Millis(1_000 + n * 100), n % 4 == 0);
        }
        assert_eq!((tally.accepted, tally.throttled, tally.in_a_row), (15, 5, 1));
        assert!((tally.share() - 0.25).abs() < 1e-9);
        assert!((tally.goodput() - 7.5).abs() < 1e-9);
        tally.rested = Duration::from_secs(1);
        assert!((tally.goodput() - 15.0).abs() < 1e-9);
    }
}
