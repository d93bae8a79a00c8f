//! When a message that was not accepted is tried again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::codes;
use crate::domain::time::Millis;

/// How long somebody is left alone who has had enough marketing messages.
pub const MARKETING_REST: Duration = Duration::from_secs(24 * 3600);

/// Full jitter: a uniform draw from zero to `min(cap, base·2^n)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts in all, the first one among them.
    pub attempts: u32,
    /// The first delay's upper end.
    pub base: Duration,
    /// No delay is longer, and no stored `not_before` is honoured further into the future than this.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy { attempts: 5, base: Duration::from_secs(5), cap: Duration::from_secs(300) }
    }
}

impl RetryPolicy {
    /// The delay after the `used`-th attempt (from 1), drawn by `chance` in `0.0..1.0`.
    #[must_use]
    pub fn delay(&self, used: u32, chance: f64) -> Duration {
        self.ceiling(used).mul_f64(chance.clamp(0.0, 1.0))
    }

    /// The upper end of the delay after the `used`-th attempt.
    #[must_use]
    pub fn ceiling(&self, used: u32) -> Duration {
        let doublings = used.saturating_sub(1).min(20);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The longest that a queued message may have to wait, by the code that it was last refused with.
    #[must_use]
    pub fn longest_wait(&self, code: Option<u32>) -> Duration {
        match code {
            Some(codes::MARKETING_CAP) => MARKETING_REST,
            Some(codes::RECIPIENT_PACE) => RetryPolicy::recipient_hold(u32::MAX),
            // The delay, and the budget's, each at most the cap.
            _ => self.cap.saturating_mul(2),
        }
    }

    /// How long a recipient rests after Meta's 131056: 4^n seconds, n counted from 1 (Meta's advice).
    #[must_use]
    pub fn recipient_hold(used: u32) -> Duration {
        Duration::from_secs(4u64.saturating_pow(used.clamp(1, 6)))
    }
}

/// Retries take at most a tenth of the sends, so that a struggling server isn't held down by them. The
/// budget delays retries and never forbids them: at least one goes every five seconds.
#[derive(Clone, Debug, Default)]
pub struct RetryBudget {
    /// Spans of time that are spoken for, by their beginning; each ends before the next begins. A retry that
    /// waits for long leaves the time before it to others.
    taken: BTreeMap<Millis, Millis>,
}

impl RetryBudget {
    /// The share of sends that may be retries.
    pub const SHARE: f64 = 0.1;
    /// However slow the sending is, one retry goes every so often.
    pub const LONGEST_GAP: Duration = Duration::from_secs(5);

    /// Reserves the first free slot at or after `wanted`, at most `cap` later than that.
    /// `per_second` is the rate of sending at the moment.
    pub fn reserve(&mut self, now: Millis, wanted: Millis, per_second: f64, cap: Duration) -> Millis {
        let gap = if per_second > 0.0 {
            Duration::from_secs_f64((1.0 / (per_second * Self::SHARE)).min(Self::LONGEST_GAP.as_secs_f64()))
        } else {
            Self::LONGEST_GAP
        };
        while let Some(span) = self.taken.first_entry().filter(|span| *span.get() <= now) {
            span.remove();
        }
        let slot = self.first_free(wanted, gap);
        if slot > wanted + cap {
            return wanted + cap;
        }
        self.take(slot, slot + gap);
        slot
    }

    /// The first moment from `wanted` on with a gap before the next that is spoken for.
    fn first_free(&self, wanted: Millis, gap: Duration) -> Millis {
        let before = self.taken.range(..=wanted).next_back().map_or(wanted, |(_, end)| *end);
        let mut slot = wanted.max(before);
        for (start, end) in self.taken.range(wanted..) {
            if *start >= slot + gap {
                break;
            }
            slot = slot.max(*end);
        }
        slot
    }

    /// Takes a span, as one with what it touches.
    fn take(&mut self, mut start: Millis, mut end: Millis) {
        if let Some((from, to)) = self.taken.range(..=start).next_back().map(|(from, to)| (*from, *to))
            && to >= start
        {
            self.taken.remove(&from);
            start = from;
        }
        if let Some(to) = self.taken.remove(&end) {
            end = to;
        }
        self.taken.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let tops: Vec<_> = (1..=8).map(|n| policy.ceiling(n).as_secs()).collect();
        assert_eq!(tops, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(policy.delay(2, 0.5), Duration::from_secs(5));
        assert_eq!(policy.delay(u32::MAX, 1.0), policy.cap);
    }

    #[test]
    fn no_rule_makes_anybody_wait_for_longer() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.longest_wait(Some(131_016)).as_secs(), 600);
        assert_eq!(policy.longest_wait(None).as_secs(), 600);
        assert_eq!(policy.longest_wait(Some(codes::RECIPIENT_PACE)).as_secs(), 4096);
        assert_eq!(policy.longest_wait(Some(codes::MARKETING_CAP)), MARKETING_REST);
    }

    #[test]
    fn the_budget_spaces_retries_and_never_forbids_them() {
        let mut budget = RetryBudget::default();
        let cap = Duration::from_secs(300);
        let start = Millis(1_000_000);
        let slots: Vec<_> = (0..4).map(|_| budget.reserve(start, start, 20.0, cap).0 - start.0).collect();
        assert_eq!(slots, [0, 500, 1000, 1500], "a tenth of 20/s");
        let mut idle = RetryBudget::default();
        let slots: Vec<_> = (0..3).map(|_| idle.reserve(start, start, 0.0, cap).0 - start.0).collect();
        assert_eq!(slots, [0, 5000, 10_000]);
        let far = (0..10_000).map(|_| idle.reserve(start, start, 0.0, cap)).max().unwrap();
        assert!(far <= start + cap);
    }
    #[test]
    fn one_that_waits_for_long_keeps_nobody_waiting() {
        let mut budget = RetryBudget::default();
        let (cap, start) = (Duration::from_secs(300), Millis(1_000_000));
        let mut at =
            |wanted: u64| budget.reserve(start, start + Duration::from_millis(wanted), 20.0, cap).0 - start.0;
        assert_eq!(at(40_000), 40_000);
        assert_eq!(at(1_000), 1_000, "the time before it is free");
        assert_eq!(at(1_200), 1_500);
        assert_eq!(at(39_800), 40_500, "too near to the one at 40 s");
        assert_eq!(at(900), 2_000);
        assert_eq!(at(0), 0);
    }

    #[test]
    fn slots_never_overlap_within_the_cap() {
        // Drawn by hand: the domain knows no chance.
        let mut seed = 1u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut budget = RetryBudget::default();
        let (cap, mut now, gap) = (Duration::from_secs(300), Millis(1_000_000), Duration::from_millis(500));
        let mut slots = Vec::new();
        for _ in 0..2_000 {
            let wanted = now + Duration::from_millis(draw(20_000));
            let slot = budget.reserve(now, wanted, 20.0, cap);
            assert!(slot >= wanted && slot <= wanted + cap);
            slots.push(slot);
            now = now + Duration::from_millis(draw(1_000));
        }
        slots.sort();
        assert!(slots.windows(2).all(|pair| pair[1].since(pair[0]) >= gap));
        assert!(budget.taken.len() < 100, "what is over is forgotten");
    }
}
