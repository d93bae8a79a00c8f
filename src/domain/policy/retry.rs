//! When a message that was not accepted is tried again.

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
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryBudget {
    next_slot: Millis,
}

impl RetryBudget {
    /// The share of sends that may be retries.
    pub const SHARE: f64 = 0.1;
    /// However slow the sending is, one retry goes every so often.
    pub const LONGEST_GAP: Duration = Duration::from_secs(5);

    /// Reserves the first free slot at or after `wanted`, at most `cap` later than that.
    /// `per_second` is the rate of sending at the moment.
    pub fn reserve(&mut self, wanted: Millis, per_second: f64, cap: Duration) -> Millis {
        let gap = if per_second > 0.0 {
            Duration::from_secs_f64((1.0 / (per_second * Self::SHARE)).min(Self::LONGEST_GAP.as_secs_f64()))
        } else {
            Self::LONGEST_GAP
        };
        let slot = self.next_slot.max(wanted).min(wanted + cap);
        self.next_slot = slot.max(self.next_slot) + gap;
        slot
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
        let slots: Vec<_> = (0..4).map(|_| budget.reserve(start, 20.0, cap).0 - start.0).collect();
        assert_eq!(slots, [0, 500, 1000, 1500], "a tenth of 20/s");
        let mut idle = RetryBudget::default();
        let slots: Vec<_> = (0..3).map(|_| idle.reserve(start, 0.0, cap).0 - start.0).collect();
        assert_eq!(slots, [0, 5000, 10_000]);
        let far = (0..10_000).map(|_| idle.reserve(start, 0.0, cap)).max().unwrap();
        assert!(far <= start + cap);
    }
}
