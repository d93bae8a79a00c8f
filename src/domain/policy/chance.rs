//! The share that a server throttles at any rate, and what that makes of a window.

use std::time::Duration;

use super::tally::Tally;
use crate::domain::time::Millis;

/// What is known of chance. Where it throttles, a window needs more answers and more throttles to say anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Chance {
    share: f64,
    /// Until the question is asked again.
    until: Millis,
}

impl Chance {
    /// No larger share is chance.
    pub(super) const MAX_SHARE: f64 = 0.08;
    const LASTS: Duration = Duration::from_secs(300);
    /// A larger share within a window isn't tolerated; so much more than chance isn't either, nor so many deviations.
    pub(super) const MANY: f64 = 0.05;
    const MORE: f64 = 0.03;
    const DEVIATIONS: f64 = 3.0;
    /// A window has as many answers, at least; and where chance throttles.
    const ANSWERS: u32 = 20;
    const ANSWERS_BY_CHANCE: u32 = 200;

    /// So much is throttled at any rate.
    pub(super) fn of(share: f64, now: Millis) -> Chance {
        Chance { share: share.clamp(0.0, Self::MAX_SHARE), until: now + Self::LASTS }
    }

    /// Whether it may be by chance that so many were throttled, where about that share was before: a limit that fell
    /// meanwhile throttles far more.
    pub(super) fn accounts_for(share: f64, seen: Tally) -> bool {
        let most = (2.0 * share + 0.02).min(Self::MAX_SHARE) * f64::from(seen.answers());
        f64::from(seen.throttled) <= most + 2.0 * most.sqrt()
    }

    /// The share, where one is known.
    pub(super) fn known(self, now: Millis) -> Option<f64> {
        Some(self.share).filter(|share| *share > 0.0 && now < self.until)
    }

    /// The share that is tolerated of so many answers.
    pub(super) fn tolerated(self, answers: u32, now: Millis) -> f64 {
        let deviation = |share: f64| (share / f64::from(answers.max(1))).sqrt();
        let more = |share: f64| share + Self::MORE.max(Self::DEVIATIONS * deviation(share));
        Self::MANY.max(self.known(now).map_or(0.0, more))
    }

    /// How many answers a window has, at least.
    pub(super) fn answers(self, now: Millis) -> u32 {
        if self.known(now).is_some() { Self::ANSWERS_BY_CHANCE } else { Self::ANSWERS }
    }
}
