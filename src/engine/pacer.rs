//! Who may POST now: one pace for each number.
//!
//! Invariants (**P**):
//!
//! - Permits are emitted at 0.995 of the rate, so that a jittery arrival doesn't break the server's second.
//! - Burst is 1: a permit not taken is lost. What a late timer cost is not: up to [`SLACK`] of earned time
//!   carries over, so that any second holds at most `0.995 · rate · (1 s + SLACK) + 1`.
//! - A pacer starts with one permit at the most, and grants that only when an interval has passed since the
//!   number's last POST, whichever process made it.
//! - One waiter per number: the dispatcher. It asks, and sleeps until what [`Pacer::next`] says.

use std::num::NonZeroU32;
use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::domain::policy::Adaptive;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;

/// The share of the rate that is emitted.
const EMITTED: f64 = 0.995;
/// How much earned time carries over. Timers fire to the millisecond, and a wake-up may come late by some:
/// with a plain burst of 1 that costs 4 % at 80 a second and 13 % at 1,000 (measured).
pub(super) const SLACK: Duration = Duration::from_millis(4);
/// Governor counts in cells; a permit is so many of them, for the slack to be a part of a permit.
const CELLS: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// Governor's clock over tokio's, so that paused time paces too.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

/// A reading of [`TokioClock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading(Instant);

impl GovernorClock for TokioClock {
    type Instant = Reading;
    fn now(&self) -> Reading {
        Reading(Instant::now())
    }
}

impl Reference for Reading {
    fn duration_since(&self, earlier: Reading) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }
    fn saturating_sub(&self, duration: Nanos) -> Reading {
        Reading(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl Add<Nanos> for Reading {
    type Output = Reading;
    fn add(self, duration: Nanos) -> Reading {
        Reading(self.0 + Duration::from(duration))
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Reading>>;

/// One number's pace.
#[derive(Debug)]
pub struct Pacer {
    ceiling: Rate,
    adaptive: Option<Adaptive>,
    limiter: Option<Limiter>,
    /// Nothing before this moment: a hold, or the first interval.
    not_before: Instant,
    /// When the next permit is earned, as the limiter said when it last refused.
    next: Instant,
}

impl Pacer {
    /// A pace that grants nothing for the first `wait` (at most one interval of the rate), then one permit.
    #[must_use]
    pub fn new(ceiling: Rate, wait: Duration) -> Pacer {
        let now = Instant::now();
        let adaptive = ceiling.per_second().map(Adaptive::new);
        let mut pacer = Pacer { ceiling, adaptive, limiter: None, not_before: now, next: now };
        pacer.not_before = now + wait.min(pacer.interval() + 2 * SLACK);
        pacer.limiter = pacer.fresh_limiter(true);
        pacer
    }

    /// The pause between two POSTs; zero without a limit.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.adaptive.map_or(Duration::ZERO, |a| Duration::from_secs_f64(1.0 / (a.rate() * EMITTED)))
    }

    /// POSTs a second at the moment; `None` without a limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.adaptive.map(|a| a.rate())
    }

    /// Takes up to `want` permits.
    pub fn take(&mut self, want: usize, wall: Millis) -> usize {
        let now = Instant::now();
        if self.adaptive.as_mut().is_some_and(|a| a.tick(wall)) {
            self.rebuild();
        }
        if now < self.not_before {
            return 0;
        }
        let Some(limiter) = &self.limiter else { return want };
        for granted in 0..want {
            match limiter.check_n(CELLS) {
                Ok(Ok(())) => {}
                Ok(Err(refused)) => {
                    self.next = refused.earliest_possible().0;
                    return granted;
                }
                // The bucket holds at least one permit.
                Err(_) => return granted,
            }
        }
        want
    }

    /// When the next permit can be had.
    #[must_use]
    pub fn next(&self) -> Instant {
        self.next.max(self.not_before)
    }

    /// Nothing before `until`.
    pub fn hold(&mut self, until: Instant) {
        self.not_before = self.not_before.max(until);
    }

    /// The server throttled: wait `pause`, then go on more slowly. Returns whether the rate changed.
    pub fn throttled(&mut self, pause: Duration, wall: Millis) -> bool {
        self.hold(Instant::now() + pause);
        let ceiling = self.ceiling;
        // Without a limit of our own the first throttle teaches one.
        let adaptive =
            self.adaptive.get_or_insert_with(|| Adaptive::new(ceiling.per_second().unwrap_or(80.0)));
        // The window can't clear before the hold ends.
        let changed = adaptive.throttled(wall + pause);
        if changed {
            self.rebuild();
        }
        changed
    }

    /// A new rate begins with an empty limiter: changing it grants nothing.
    fn rebuild(&mut self) {
        self.limiter = self.fresh_limiter(false);
        self.next = Instant::now() + self.interval();
    }

    fn fresh_limiter(&self, first_at_once: bool) -> Option<Limiter> {
        let rate = self.adaptive?.rate() * EMITTED;
        let cells = rate * f64::from(CELLS.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let slack = (cells * SLACK.as_secs_f64()) as u32;
        let burst = CELLS.saturating_add(slack);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / cells))?.allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
        let kept = if first_at_once { CELLS.get() } else { 0 };
        if let Some(spent) = NonZeroU32::new(burst.get() - kept) {
            // A full bucket: this can't be refused.
            let _ = limiter.check_n(spent);
        }
        Some(limiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wall times at which permits were granted over `span` of virtual time.
    async fn grants(pacer: &mut Pacer, span: Duration) -> Vec<Duration> {
        let start = Instant::now();
        let mut at = Vec::new();
        while start.elapsed() < span {
            let wall = Millis(1_000_000) + start.elapsed();
            at.extend(std::iter::repeat_n(start.elapsed(), pacer.take(1000, wall)));
            tokio::time::sleep_until(pacer.next().max(Instant::now() + Duration::from_micros(1))).await;
        }
        at
    }

    fn busiest_second(grants: &[Duration]) -> usize {
        let end = |from: Duration| grants.partition_point(|at| *at < from + Duration::from_secs(1));
        grants.iter().enumerate().map(|(begin, from)| end(*from) - begin).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_the_rate() {
        for (rate, limit) in [("80/s", 80), ("20/s", 20), ("1000/s", 1005), ("10/m", 1)] {
            let rate: Rate = rate.parse().unwrap();
            let span = Duration::from_secs(if rate.per_second() < Some(1.0) { 1200 } else { 20 });
            let mut pacer = Pacer::new(rate, Duration::from_secs(3600));
            let grants = grants(&mut pacer, span).await;
            assert!(busiest_second(&grants) <= limit, "{rate}: {}", busiest_second(&grants));
            let expected = rate.per_second().unwrap() * span.as_secs_f64();
            let share = f64::from(u32::try_from(grants.len()).unwrap()) / expected;
            assert!(share >= 0.99, "{rate}: only {share}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_grants_nothing() {
        let rate: Rate = "10/m".parse().unwrap();
        let mut pacer = Pacer::new(rate, Duration::from_secs(60));
        assert_eq!(pacer.take(10, Millis(0)), 0);
        let first = grants(&mut pacer, Duration::from_secs(60)).await[0];
        assert!(first >= Duration::from_secs(6), "one interval at least: {first:?}");
        let mut rested = Pacer::new(rate, Duration::ZERO);
        assert_eq!(rested.take(10, Millis(0)), 1, "a rested number goes at once, with one");
        let mut fast = Pacer::new("2000/s".parse().unwrap(), Duration::ZERO);
        assert_eq!(fast.take(10, Millis(0)), 1, "a group has to be earned too");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_is_hard() {
        let mut pacer = Pacer::new("80/s".parse().unwrap(), Duration::ZERO);
        assert!(pacer.throttled(Duration::from_secs(10), Millis(1_000_000)));
        let first = grants(&mut pacer, Duration::from_secs(11)).await[0];
        assert!(first >= Duration::from_secs(10));
        assert!(pacer.rate().unwrap() < 80.0);
    }
}
