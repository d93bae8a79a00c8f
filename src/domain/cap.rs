//! At most so many messages to one person within so long, over all campaigns of an account.
//!
//! Invariant: what may have arrived counts as if it had, at the latest time at which it can have.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::format::{duration, local, plural};
use super::job::{Attempt, AttemptFate};
use super::problem::Problem;
use super::time::Millis;

/// How a reason begins that is a cap's.
const CAPPED: &str = "capped: ";

/// At most so many messages to one person within so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// How many; at least one.
    pub messages: u32,
    /// Within how long.
    pub per: Duration,
}

/// Why a person isn't written to for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capped {
    /// Messages in the time that the cap names.
    pub messages: u64,
    /// That time.
    pub per: Duration,
    /// From when on they may be written to.
    pub until: Millis,
}

impl Cap {
    /// Whether a person who got messages at these times, in any order, may be written to at `now`; why not.
    #[must_use]
    pub fn judge(self, times: impl IntoIterator<Item = Millis>, now: Millis) -> Option<Capped> {
        // A time in the future (the clock was set back) counts from now.
        let times = times.into_iter().map(|at| at.min(now));
        let mut within: Vec<Millis> = times.filter(|at| *at + self.per > now).collect();
        within.sort_unstable_by(|a, b| b.cmp(a));
        let last = within.get(self.messages.max(1) as usize - 1)?;
        Some(Capped { messages: within.len() as u64, per: self.per, until: *last + self.per })
    }
}

impl Capped {
    /// In words, with times of this zone.
    #[must_use]
    pub fn problem(self, zone: &TimeZone) -> Problem {
        let (messages, per) = (plural(self.messages, "message", "messages"), duration(self.per));
        let until = local(self.until, zone);
        Problem::new(format!("{CAPPED}{messages} in the last {per}; the next one is allowed from {until}"))
    }
}

/// Whether this is why a cap kept somebody from being written to.
#[must_use]
pub fn is_capped(problem: &Problem) -> bool {
    problem.reason.starts_with(CAPPED)
}

/// When the message of an attempt came to the person at the latest, as far as it did or may have; `None` where it is known to
/// have failed. One that is in flight counts as coming `now`.
#[must_use]
pub fn came_by(attempt: &Attempt, now: Millis) -> Option<Millis> {
    match &attempt.fate {
        AttemptFate::Sending => Some(now),
        AttemptFate::Doubt { since, .. } => Some(attempt.at.max(*since)),
        AttemptFate::Accepted(delivery) if delivery.failed() => None,
        AttemptFate::Accepted(delivery) => {
            Some(delivery.accepted_at.map_or(attempt.at, |at| at.max(attempt.at)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AttemptNo, PlanNo, SenderNo};
    use crate::domain::job::{Delivery, Reach};

    const CAP: Cap = Cap { messages: 2, per: Duration::from_secs(10) };

    fn until(times: &[u64], now: u64) -> Option<u64> {
        CAP.judge(times.iter().map(|s| Millis(s * 1000)), Millis(now * 1000))
            .map(|capped| capped.until.0 / 1000)
    }

    #[test]
    fn the_last_so_many_messages_decide() {
        assert_eq!(until(&[], 100), None);
        assert_eq!(until(&[99], 100), None);
        assert_eq!(until(&[95, 99], 100), Some(105));
        assert_eq!(until(&[99, 95, 97], 100), Some(107), "three were sent before there was a cap");
        assert_eq!(until(&[90, 99], 100), None, "just out of it");
        assert_eq!(until(&[91, 99], 100), Some(101));
        assert_eq!(until(&[500, 99], 100), Some(109), "the clock was set back");
    }

    #[test]
    fn what_may_have_come_counts_and_what_failed_does_not() {
        let attempt = |fate| Attempt {
            no: AttemptNo(1),
            sender: SenderNo(0),
            plan: PlanNo(1),
            at: Millis(5_000),
            fate,
        };
        let now = Millis(9_000);
        let accepted = Delivery { accepted_at: Some(Millis(6_000)), ..Delivery::default() };
        let failed = Delivery { failed_at: Some(Millis(7_000)), ..accepted.clone() };
        let delivered = Delivery { reach: Some(Reach::Delivered), ..failed.clone() };
        let doubt = AttemptFate::Doubt { since: Millis(8_000), looks: 0, looked_at: Millis(0), unseen: true };
        for (fate, expected) in [
            (AttemptFate::Sending, Some(9_000)),
            (doubt, Some(8_000)),
            (AttemptFate::Accepted(accepted), Some(6_000)),
            (AttemptFate::Accepted(failed), None),
            (AttemptFate::Accepted(delivered), Some(6_000)),
            (AttemptFate::Accepted(Delivery::default()), Some(5_000)),
        ] {
            assert_eq!(came_by(&attempt(fate.clone()), now).map(|at| at.0), expected, "{fate:?}");
        }
    }

    #[test]
    fn why_is_said_and_known_again() {
        let capped = CAP.judge([Millis(1_000), Millis(2_000)], Millis(3_000)).unwrap();
        let problem = capped.problem(&TimeZone::UTC);
        assert_eq!(
            &*problem.reason,
            "capped: 2 messages in the last 10 s; the next one is allowed from Thu 1970-01-01 00:00"
        );
        assert!(is_capped(&problem) && !is_capped(&Problem::new("opted out")));
    }
}
