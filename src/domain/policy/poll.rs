//! When deliveries are asked for, and when a message in doubt is looked for.

use std::time::Duration;

use crate::domain::time::Millis;

/// Polls for one message: when news is likely, then ever less often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollSchedule {
    /// The first poll after acceptance.
    pub first: Duration,
    /// No two polls of a message lie further apart.
    pub longest: Duration,
}

impl Default for PollSchedule {
    fn default() -> PollSchedule {
        PollSchedule { first: Duration::from_secs(2), longest: Duration::from_secs(600) }
    }
}

impl PollSchedule {
    /// The pause before the poll after `polls` polls: doubling.
    #[must_use]
    pub fn pause(&self, polls: u32) -> Duration {
        self.first.saturating_mul(1 << polls.min(16)).min(self.longest)
    }
}

/// How long after an attempt fell in doubt it is first looked for: time for the server to list it.
#[must_use]
pub fn doubt_settling() -> Duration {
    Duration::from_secs(5)
}

/// The pause before the look after `looks` looks: threefold each time, at most six hours.
#[must_use]
pub fn next_look(looks: u16) -> Duration {
    let factor = 3u32.saturating_pow(u32::from(looks.min(12)));
    doubt_settling().saturating_mul(factor).min(Duration::from_secs(6 * 3600))
}

/// Not before this age is an attempt in doubt called unseen.
#[must_use]
pub fn unseen_after() -> Duration {
    Duration::from_secs(15 * 60)
}

/// When an attempt in doubt is to be looked for next. One look comes as soon as it may be called unseen. What
/// seems to have happened after `now` (the clock was set back) was long ago: it is due.
#[must_use]
pub fn doubt_due(since: Millis, looked_at: Millis, looks: u16, now: Millis) -> Millis {
    if looks == 0 {
        return if since > now { now } else { since + doubt_settling() };
    }
    if looked_at > now {
        return now;
    }
    let next = looked_at + next_look(looks);
    let decisive = since + unseen_after();
    if looked_at < decisive { next.min(decisive) } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_keeps_no_look_waiting() {
        let (before, now) = (Millis(90_000_000), Millis(1_000));
        assert_eq!(doubt_due(before, Millis::ZERO, 0, now), now);
        assert_eq!(doubt_due(before, before, 3, now), now);
        assert_eq!(doubt_due(before, now, 4, now), now + next_look(4));
        assert_eq!(doubt_due(now, Millis::ZERO, 0, now), now + doubt_settling());
    }

    #[test]
    fn polls_and_looks_grow_rare() {
        let polls: Vec<_> = (0..10).map(|n| PollSchedule::default().pause(n).as_secs()).collect();
        assert_eq!(polls, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
        let looks: Vec<_> = (0..9).map(|n| next_look(n).as_secs()).collect();
        assert_eq!(looks, [5, 15, 45, 135, 405, 1215, 3645, 10_935, 21_600]);
    }
}
