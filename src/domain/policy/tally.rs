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
    /// Rests that the server asked for, and how long they were together.
    pub(super) rests: u32,
    pub(super) rested: Duration,
    /// When the throttle before the first rest left, and how many had been accepted by then.
    rest_from: Option<(Millis, u32)>,
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

    /// Rests, or throttles where none led to a rest.
    pub(super) fn episodes(&self) -> u32 {
        if self.rests > 0 { self.rests } else { self.throttled }
    }

    /// The throttled share.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.throttled) / f64::from(self.answers().max(1))
    }

    pub(super) fn lasted(&self) -> Duration {
        self.until.since(self.since)
    }

    /// The share of the time that went by in rests.
    pub(super) fn lost(&self) -> f64 {
        self.rested.as_secs_f64() / self.lasted().as_secs_f64().max(0.001)
    }

    /// Accepted a second, rests apart.
    pub(super) fn goodput(&self) -> f64 {
        f64::from(self.accepted) / self.active().as_secs_f64().max(0.001)
    }

    /// The time that wasn't rested.
    pub(super) fn active(&self) -> Duration {
        self.lasted().saturating_sub(self.rested)
    }

    /// The server asked for a rest with a throttle of what left then.
    pub(super) fn rest(&mut self, left: Millis, asked: Duration) {
        if left < self.since {
            return;
        }
        self.rests += 1;
        self.rested += asked;
        self.rest_from.get_or_insert((left, self.accepted));
    }

    /// Accepted a second since the first rest began, rests included.
    pub(super) fn through(&self) -> f64 {
        match self.rest_from {
            Some((from, before)) => {
                f64::from(self.accepted - before) / self.until.since(from).as_secs_f64().max(0.001)
            }
            None => self.goodput(),
        }
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
    }

    /// Ten go through, one is throttled and asks for a second's rest, and so on.
    #[test]
    fn rests_count_for_what_went_through_and_not_for_the_goodput() {
        let mut tally = Tally::from(Millis(1_000));
        let mut at = Millis(1_000);
        for _ in 0..3 {
            for n in 0..11 {
                tally.add(at, n == 10);
                at = at + Duration::from_millis(100);
            }
            tally.rest(at - Duration::from_millis(100), Duration::from_secs(1));
            at = at + Duration::from_secs(1);
        }
        tally.rest(Millis(999), Duration::from_secs(1));
        tally.add(at, false);
        assert_eq!((tally.rests, tally.episodes(), tally.accepted), (3, 3, 31));
        assert!((tally.goodput() - 31.0 / 3.3).abs() < 1e-9, "{}", tally.goodput());
        assert!((tally.through() - 21.0 / 5.3).abs() < 1e-9, "{}", tally.through());
        assert!((tally.lost() - 3.0 / 6.3).abs() < 1e-9, "{}", tally.lost());
    }
}
