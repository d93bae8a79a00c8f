//! When a rate may be tried a step higher, and how far.
//!
//! A step too far costs throttles, so steps have a budget: what is answered earns a little, throttles spend it. Where a
//! throttle also costs a rest, the next step is as much rarer.

use std::time::Duration;

use crate::domain::time::Millis;

/// The steps up of one rate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Steps {
    /// No step before this.
    at: Millis,
    /// How many throttles a step may cost.
    credit: f64,
    earned_at: Millis,
    failed_at: Option<Millis>,
    /// How far the next one goes, as a share.
    pub(super) next: f64,
}

impl Steps {
    /// The first step; it doubles while it holds.
    pub(super) const FIRST: f64 = 0.03;
    /// Where the server's window is long the first may be: what goes through early is missing later, and lost it isn't.
    pub(super) const FIRST_LONG: f64 = 1.0;
    const LEAST_LONG: f64 = 0.12;
    /// Between a step that failed, or a cut, and the next step: so long, so many windows, so many times its rest.
    const PAUSE: Duration = Duration::from_secs(8);
    const WINDOWS: u32 = 4;
    const RESTS: u32 = 25;
    /// What an answer earns, and a second at least.
    const EARNED: f64 = 0.013;
    const EARNED_A_SECOND: f64 = 0.012;
    const MOST_CREDIT: f64 = 3.0;
    /// What a limit that fell may leave owed; and what a step of ours may.
    const DEBT: f64 = -1.0;
    const OWN_DEBT: f64 = -10.0;
    /// What is throttled so soon after a step that failed is its doing.
    const OWN: Duration = Duration::from_secs(4);

    /// The first is due at once.
    pub(super) fn new() -> Steps {
        let at = Millis::ZERO;
        Steps { at, credit: Self::MOST_CREDIT, earned_at: at, failed_at: None, next: Self::FIRST }
    }

    /// The clock begins.
    pub(super) fn begin(&mut self, now: Millis) {
        self.earned_at = now;
    }

    /// Something was accepted.
    pub(super) fn earn(&mut self, now: Millis) {
        let idle = now.since(self.earned_at).as_secs_f64() * Self::EARNED_A_SECOND;
        self.earned_at = now;
        self.credit = (self.credit + Self::EARNED.max(idle)).min(Self::MOST_CREDIT);
    }

    /// The rate was cut after so many throttles.
    pub(super) fn cut(&mut self, throttled: u32, now: Millis) {
        let own = self.failed_at.is_some_and(|at| now.since(at) < Self::OWN);
        let least = if own { Self::OWN_DEBT } else { Self::DEBT };
        self.credit = (self.credit - f64::from(throttled)).max(least.min(self.credit));
        self.at = self.at.max(now + Self::PAUSE);
    }

    /// A question whether it goes on at all was throttled.
    pub(super) fn spend(&mut self) {
        self.credit = (self.credit - 1.0).max(Self::DEBT.min(self.credit));
    }

    /// A step of this size failed: after so many throttles, and for so long nothing may leave.
    pub(super) fn failed(
        &mut self,
        step: f64,
        throttled: u32,
        rest: Duration,
        window: Duration,
        long: bool,
        now: Millis,
    ) {
        self.credit = (self.credit - f64::from(throttled)).max(Self::OWN_DEBT);
        self.at = now + Self::PAUSE.max(Self::WINDOWS * window).max(Self::RESTS * rest);
        self.failed_at = Some(now);
        if step <= self.next {
            self.next = (self.next / 2.0).max(if long { Self::LEAST_LONG } else { Self::FIRST });
        }
    }

    /// Whatever it was that was throttled, the rate isn't why: go on.
    pub(super) fn free(&mut self, now: Millis) {
        self.credit = self.credit.max(1.0);
        self.at = now;
    }

    /// Whether one is due.
    pub(super) fn due(&self, now: Millis) -> bool {
        now >= self.at && self.credit >= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(2);

    #[test]
    fn a_step_that_failed_is_paid_for_before_the_next() {
        let mut steps = Steps::new();
        let mut now = Millis(1_000);
        steps.begin(now);
        assert!(steps.due(now));
        steps.failed(0.03, 4, Duration::ZERO, WINDOW, false, now);
        let mut answers = 0;
        while !steps.due(now) {
            now = now + Duration::from_millis(50);
            steps.earn(now);
            answers += 1;
        }
        assert!((150..=170).contains(&answers), "{answers} answers for two throttles more than were saved");
        steps.failed(0.03, 1, Duration::from_secs(1), WINDOW, false, now);
        now = now + Duration::from_secs(24);
        (0..100).for_each(|_| steps.earn(now));
        assert!(!steps.due(now), "a rest of a second makes the next try rare");
        assert!(steps.due(now + Duration::from_secs(1)));
    }

    #[test]
    fn a_limit_that_fell_is_owed_little_and_what_a_step_led_to_in_full() {
        let now = Millis(1_000);
        let earned = |mut steps: Steps| {
            (1..).find(|n| {
                steps.earn(now + Duration::from_millis(*n));
                steps.credit >= 1.0
            })
        };
        let mut fell = Steps::new();
        fell.cut(140, now);
        assert!(earned(fell).unwrap() < 160);
        let mut own = Steps::new();
        own.failed(0.03, 2, Duration::ZERO, WINDOW, false, now);
        own.cut(140, now + Duration::from_secs(2));
        assert!(earned(own).unwrap() > 800);
    }

    #[test]
    fn the_first_step_over_a_long_window_is_halved_until_it_holds() {
        let mut steps = Steps::new();
        steps.next = Steps::FIRST_LONG;
        let now = Millis(1_000);
        let sizes: Vec<f64> = (0..5)
            .map(|_| {
                steps.failed(steps.next, 1, Duration::ZERO, WINDOW, true, now);
                steps.next
            })
            .collect();
        assert_eq!(sizes, [0.5, 0.25, 0.125, 0.12, 0.12]);
        steps.failed(1.0, 1, Duration::ZERO, WINDOW, true, now);
        assert_eq!(steps.next, 0.12, "a later step that failed says nothing of the first");
    }
}
