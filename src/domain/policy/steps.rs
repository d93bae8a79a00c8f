//! When a rate may be tried a step higher, and how far.
//!
//! A step too far costs throttles, so steps have a budget: what is answered earns a little, throttles spend it. Where a
//! throttle also costs a rest, the next step is as much rarer as the rest is dear against what the step might win.

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
}

impl Steps {
    /// The first step; it doubles while it holds. Where windows take long there are fewer: what goes through early is
    /// missing later, and lost it isn't.
    pub(super) const FIRST: f64 = 0.03;
    const FIRST_SLOW: f64 = 0.07;
    const GROWS: f64 = 2.0;
    const GROWS_SLOW: f64 = 4.0;
    const MAX_STEP: f64 = 2.0;
    /// Between a step that failed, or a cut, and the next step: so long, so many windows, so many times its rest over
    /// the step.
    const PAUSE: Duration = Duration::from_secs(8);
    const WINDOWS: u32 = 2;
    const RESTS: f64 = 1.2;
    /// What an answer earns, and a second at least.
    const EARNED: f64 = 0.013;
    const EARNED_A_SECOND: f64 = 0.012;
    const MOST_CREDIT: f64 = 3.0;
    /// What a limit that fell may leave owed; and what a step of ours may.
    const DEBT: f64 = 0.0;
    const OWN_DEBT: f64 = -4.0;
    /// What is throttled so soon after a step that failed is its doing.
    const OWN: Duration = Duration::from_secs(4);

    /// How far the first step goes, as a share.
    pub(super) fn first(slow: bool) -> f64 {
        if slow { Self::FIRST_SLOW } else { Self::FIRST }
    }

    /// How far the next one goes after one that held.
    pub(super) fn after(step: f64, slow: bool) -> f64 {
        (step * if slow { Self::GROWS_SLOW } else { Self::GROWS }).min(Self::MAX_STEP)
    }

    /// The first is due at once.
    pub(super) fn new() -> Steps {
        let at = Millis::ZERO;
        Steps { at, credit: Self::MOST_CREDIT, earned_at: at, failed_at: None }
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
        now: Millis,
    ) {
        self.credit = (self.credit - f64::from(throttled)).max(Self::OWN_DEBT);
        let dear = rest.mul_f64(Self::RESTS / step.max(Self::FIRST));
        self.at = now + Self::PAUSE.max(Self::WINDOWS * window).max(dear);
        self.failed_at = Some(now);
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
        steps.failed(0.03, 4, Duration::ZERO, WINDOW, now);
        let mut answers = 0;
        while !steps.due(now) {
            now = now + Duration::from_millis(50);
            steps.earn(now);
            answers += 1;
        }
        assert!((150..=170).contains(&answers), "{answers} answers for two throttles more than were saved");
        steps.failed(0.03, 1, Duration::from_secs(1), WINDOW, now);
        (0..100).for_each(|_| steps.earn(now));
        assert!(!steps.due(now + Duration::from_secs(39)), "a rest of a second makes the next try rare");
        assert!(steps.due(now + Duration::from_secs(40)));
        steps.failed(0.24, 1, Duration::from_secs(1), WINDOW, now);
        (0..100).for_each(|_| steps.earn(now));
        assert!(steps.due(now + Duration::from_secs(8)), "and less so where much may be won");
    }

    #[test]
    fn a_limit_that_fell_is_owed_nothing_and_what_a_step_led_to_is() {
        let now = Millis(1_000);
        let earned = |mut steps: Steps| {
            (1..).find(|n| {
                steps.earn(now + Duration::from_millis(*n));
                steps.credit >= 1.0
            })
        };
        let mut fell = Steps::new();
        fell.cut(140, now);
        assert!(earned(fell).unwrap() < 80);
        let mut own = Steps::new();
        own.failed(0.03, 2, Duration::ZERO, WINDOW, now);
        own.cut(140, now + Duration::from_secs(2));
        assert!(earned(own).unwrap() > 380);
    }

    #[test]
    fn steps_grow_while_they_hold() {
        let sizes = |slow| {
            let grow = |step: &f64| Some(Steps::after(*step, slow));
            std::iter::successors(Some(Steps::first(slow)), grow).take(4).collect::<Vec<_>>()
        };
        assert_eq!(sizes(false), [0.03, 0.06, 0.12, 0.24]);
        assert!(sizes(true)[1] > 0.27 && sizes(true)[3] == 2.0, "{:?}", sizes(true));
    }
}
