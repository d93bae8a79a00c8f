//! Who may POST now: one pace for each number.
//!
//! Invariants (**P**):
//!
//! - Permits are emitted at 0.995 of the rate, so that a jittery arrival doesn't break the server's second.
//! - Burst is 1: a permit not taken is lost. What a late timer cost is not: up to [`SLACK`] of earned time
//!   carries over, so that any second holds at most `0.995 · rate · (1 s + SLACK) + 1`. The end of a hold is no late
//!   timer: a server that keeps a bucket of one would throttle the second message after each.
//! - A pacer starts with one permit at the most, and grants that only when an interval has passed since the
//!   number's last POST, whichever process made it.
//! - One waiter per number: the run loop. It asks, and sleeps until what [`Pacer::next`] says.

use std::num::NonZeroU32;
use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::domain::policy::{Adaptive, Lesson};
use crate::domain::rate::Rate;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;

/// The share of the rate that is emitted.
const EMITTED: f64 = 0.995;
/// How much earned time carries over. Timers fire to the millisecond, and a wake-up may come late by some:
/// with a plain burst of 1 that costs 4 % at 80 a second and 13 % at 1,000 (measured).
pub const SLACK: Duration = Duration::from_millis(4);
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

/// Where the adaptive rate's clock begins.
const START: Millis = Millis(1);

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Reading>>;

/// One number's pace.
#[derive(Debug)]
pub struct Pacer {
    /// POSTs a second at most; infinite where nothing limits it.
    ceiling: f64,
    adaptive: Adaptive,
    /// The adaptive rate's clock begins here: waiting is on the monotonic clock, whatever the wall's does.
    origin: Instant,
    /// Since when that clock stands still.
    paused: Option<Instant>,
    limiter: Option<Limiter>,
    /// Nothing before this moment: a hold, or the first interval.
    not_before: Instant,
    /// Since the last permit there was a hold.
    held: bool,
    /// When the next permit is earned, as the limiter said when it last refused.
    next: Instant,
    /// When the last permit was granted: what is earned since then survives a change of the rate.
    granted: Option<Instant>,
}

impl Pacer {
    /// A change of the rate by less than this share isn't worth a new limiter.
    const NEGLIGIBLE: f64 = 0.005;

    /// A pace that grants nothing for the first `wait` (at most one interval of the rate), then one permit.
    /// It begins with what was learnt lately.
    #[must_use]
    pub fn new(ceiling: Rate, wait: Duration, lesson: Lesson) -> Pacer {
        let now = Instant::now();
        let ceiling = ceiling.per_second().unwrap_or(f64::INFINITY);
        let adaptive = Adaptive::resumed(ceiling, lesson, START);
        let mut pacer = Pacer {
            ceiling,
            adaptive,
            origin: now,
            paused: None,
            limiter: None,
            not_before: now,
            held: false,
            next: now,
            granted: None,
        };
        pacer.begin(wait);
        pacer
    }

    /// Others send from here on. What they do teaches it nothing: its clock stands still.
    pub fn pause(&mut self) {
        self.paused.get_or_insert(Instant::now());
    }

    /// For how long others have been sending.
    #[must_use]
    pub fn paused_for(&self) -> Duration {
        self.paused.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Goes on, with what others learnt meanwhile, if anything. Until [`Pacer::begin`] the old permits hold.
    pub fn resume(&mut self, lesson: Option<Lesson>) {
        if let Some(paused) = self.paused.take() {
            self.origin += paused.elapsed();
        }
        if let Some(lesson) = lesson {
            self.adaptive = Adaptive::resumed(self.ceiling, lesson, self.at(Instant::now()));
        }
    }

    /// Grants nothing for the first `wait` (at most one interval of the rate), then one permit.
    pub fn begin(&mut self, wait: Duration) {
        let now = Instant::now();
        self.hold(now + wait.min(self.interval() + 2 * SLACK));
        self.limiter = self.fresh_limiter(CELLS.get());
        (self.next, self.granted) = (now, None);
    }

    /// The pause between two POSTs; zero without a limit.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.rate().map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / (rate * EMITTED)))
    }

    /// POSTs a second at the moment; `None` without a limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        Some(self.adaptive.rate()).filter(|rate| rate.is_finite())
    }

    /// What the next run is to begin with.
    #[must_use]
    pub fn lesson(&self) -> Lesson {
        self.adaptive.lesson(self.at(Instant::now()))
    }

    /// Takes up to `want` permits.
    pub fn take(&mut self, want: usize) -> usize {
        let now = Instant::now();
        if now < self.not_before {
            return 0;
        }
        if std::mem::take(&mut self.held) && self.granted.is_some() {
            self.rebuild();
        }
        let Some(limiter) = &self.limiter else { return want };
        for granted in 0..want {
            match limiter.check_n(CELLS) {
                Ok(Ok(())) => self.granted = Some(now),
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

    /// Nothing goes before this moment: a hold, or the first interval.
    #[must_use]
    pub fn held_until(&self) -> Instant {
        self.not_before
    }

    /// Nothing before `until`.
    pub fn hold(&mut self, until: Instant) {
        if until > self.not_before.max(Instant::now()) {
            (self.not_before, self.held) = (until, true);
        }
    }

    /// A message that left at `left` was answered, and not throttled.
    pub fn accepted(&mut self, left: Instant) {
        self.adapt(left, |adaptive, left, now| adaptive.accepted(left, now));
    }

    /// A message that left at `left` was throttled; `asked` is the server's Retry-After.
    pub fn throttled(&mut self, left: Instant, asked: Option<Duration>) {
        self.adapt(left, |adaptive, left, now| adaptive.throttled(left, now, asked));
        self.hold(Instant::now() + asked.unwrap_or(Duration::ZERO));
    }

    /// The server told of its limit with the answer to a message that left at `left`. Returns how long the number
    /// waits: nothing remains of it.
    pub fn told(&mut self, left: Instant, word: RateLimit) -> Duration {
        self.adapt(left, |adaptive, left, now| adaptive.told(word, left, now))
    }

    /// Lets the rate adapt, and holds for as long as that asks for.
    fn adapt(
        &mut self,
        left: Instant,
        change: impl FnOnce(&mut Adaptive, Millis, Millis) -> Duration,
    ) -> Duration {
        let now = Instant::now();
        let before = self.adaptive.rate();
        let (left, at) = (self.at(left), self.at(now));
        let pause = change(&mut self.adaptive, left, at);
        self.hold(now + pause);
        let after = self.adaptive.rate();
        // What remains, spread over the rest, differs a little with each answer.
        if after.is_infinite() != before.is_infinite() || (after - before).abs() > before * Self::NEGLIGIBLE {
            self.rebuild();
        }
        pause
    }

    /// On the adaptive rate's clock.
    fn at(&self, moment: Instant) -> Millis {
        let moment = self.paused.map_or(moment, |paused| paused.min(moment));
        START + moment.saturating_duration_since(self.origin)
    }

    /// A new rate begins with what was earned at it since the last permit, one permit at the most: changing it
    /// grants nothing.
    fn rebuild(&mut self) {
        let now = Instant::now();
        let Some(rate) = self.rate() else {
            self.limiter = None;
            return;
        };
        let since = self.granted.map_or(Duration::ZERO, |granted| now - granted);
        let cells = since.as_secs_f64() * rate * EMITTED * f64::from(CELLS.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let earned = (cells as u32).min(CELLS.get());
        self.limiter = self.fresh_limiter(earned);
        self.next = now + self.interval().mul_f64(1.0 - f64::from(earned) / f64::from(CELLS.get()));
    }

    /// A limiter that has so many cells to begin with.
    fn fresh_limiter(&self, kept: u32) -> Option<Limiter> {
        let cells = self.rate()? * EMITTED * f64::from(CELLS.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let slack = (cells * SLACK.as_secs_f64()) as u32;
        let burst = CELLS.saturating_add(slack);
        let quota = Quota::with_period(Duration::from_secs_f64(1.0 / cells))?.allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
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

    /// When permits were granted over `span` of virtual time.
    async fn grants(pacer: &mut Pacer, span: Duration) -> Vec<Duration> {
        let start = Instant::now();
        let mut at = Vec::new();
        while start.elapsed() < span {
            at.extend(std::iter::repeat_n(start.elapsed(), pacer.take(1000)));
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
            let mut pacer = Pacer::new(rate, Duration::from_secs(3600), Lesson::default());
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
        let mut pacer = Pacer::new(rate, Duration::from_secs(60), Lesson::default());
        assert_eq!(pacer.take(10), 0);
        let first = grants(&mut pacer, Duration::from_secs(60)).await[0];
        assert!(first >= Duration::from_secs(6), "one interval at least: {first:?}");
        let mut rested = Pacer::new(rate, Duration::ZERO, Lesson::default());
        assert_eq!(rested.take(10), 1, "a rested number goes at once, with one");
        let mut fast = Pacer::new("2000/s".parse().unwrap(), Duration::ZERO, Lesson::default());
        assert_eq!(fast.take(10), 1, "a group has to be earned too");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_is_hard() {
        let mut pacer = Pacer::new("80/s".parse().unwrap(), Duration::ZERO, Lesson::default());
        assert_eq!(pacer.take(1), 1);
        let asked = Duration::from_secs(10);
        pacer.throttled(Instant::now(), Some(asked));
        let first = grants(&mut pacer, Duration::from_secs(11)).await[0];
        assert!(first >= Duration::from_secs(10));
        assert_eq!(pacer.rate(), Some(80.0), "a rest is no verdict on the rate");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_hold_is_no_late_timer() {
        let mut pacer = Pacer::new("80/s".parse().unwrap(), Duration::ZERO, Lesson::default());
        assert_eq!(pacer.take(1), 1);
        pacer.hold(Instant::now() + Duration::from_secs(1));
        let after = grants(&mut pacer, Duration::from_secs(2)).await;
        assert_eq!(after[0], Duration::from_secs(1));
        let gaps = after.windows(2).take(5).map(|pair| pair[1] - pair[0]);
        assert!(gaps.min() >= Some(Duration::from_millis(12)), "{after:?}");
        assert!(after[1] - after[0] >= Duration::from_secs_f64(1.0 / 80.0), "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn changing_the_rate_grants_nothing_and_costs_next_to_nothing() {
        let mut pacer = Pacer::new("10/s".parse().unwrap(), Duration::ZERO, Lesson::default());
        let begun = Instant::now();
        let mut granted = 0;
        while begun.elapsed() < Duration::from_secs(20) {
            granted += pacer.take(10);
            tokio::time::sleep(Duration::from_millis(1)).await;
            // Twenty changes between two permits.
            if begun.elapsed().as_millis().is_multiple_of(5) {
                pacer.rebuild();
            }
        }
        assert!((195..=199).contains(&granted), "{granted}");
    }
}
