//! When too many failures pause a campaign: of the canary, the first few who are drawn, and of everybody.
//!
//! Recipients are counted, and by what is known of them last: a message that was accepted and reported as undelivered later
//! has failed. While a campaign is sent, deliveries are asked for slowly, so that little is known of most people: what they
//! will come to is estimated by those of whom it is known.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::percent::Percent;
use crate::domain::proportion::Proportion;
use crate::domain::status::{Counts, Status};

/// A few people, drawn by chance, are written to first; everybody else once it is seen what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    /// How many of all.
    pub share: Percent,
    /// How long their deliveries are waited for at most.
    pub wait: Duration,
    /// With more of them failed it pauses.
    pub max_failed: Percent,
}

/// A running watch over everybody.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureGuard {
    /// With more of them failed it pauses.
    pub max_failed: Percent,
    /// Not before the server has answered about so many.
    pub after: u64,
}

/// How many were reached or failed, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Reached or failed.
    pub people: u64,
    /// Failed.
    pub failed: u64,
}

impl Answered {
    /// What these counts say.
    #[must_use]
    pub fn of(counts: &Counts) -> Answered {
        let failed = counts[Status::Failed];
        Answered { people: counts.reached() + failed, failed }
    }

    /// Those who came since.
    #[must_use]
    pub fn since(self, earlier: Answered) -> Answered {
        let people = self.people.saturating_sub(earlier.people);
        Answered { people, failed: self.failed.saturating_sub(earlier.failed).min(people) }
    }

    /// Whether more than this share of them failed.
    #[must_use]
    pub fn are_worse_than(self, max_failed: Percent) -> bool {
        max_failed.is_exceeded(self.failed, self.people)
    }
}

/// What became of people, as it comes in: the server's answers at once, deliveries later and of a part only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Whom the server answered about: accepted or refused.
    pub answered: u64,
    /// Those of them who were refused.
    pub refused: u64,
    /// On whose phone the message is known to be.
    pub arrived: u64,
    /// Accepted, and reported as undelivered.
    pub undelivered: u64,
}

impl From<Answered> for Outcomes {
    /// Of an earlier run, of which nobody knows any more whether a message was refused or not delivered.
    fn from(answered: Answered) -> Outcomes {
        Outcomes { answered: answered.people, refused: answered.failed, ..Outcomes::default() }
    }
}

impl Outcomes {
    /// Fewer deliveries say nothing.
    const MIN_KNOWN: u64 = 10;

    /// A person's status has changed.
    pub fn moved(&mut self, from: Status, to: Status) {
        let reached =
            |status| matches!(status, Status::Accepted | Status::Sent | Status::Delivered | Status::Read);
        let arrived = |status| matches!(status, Status::Delivered | Status::Read);
        match (reached(from), to) {
            (false, Status::Failed) if from != Status::Failed => {
                self.answered += 1;
                self.refused += 1;
            }
            (true, Status::Failed) => {
                self.undelivered += 1;
                self.arrived = self.arrived.saturating_sub(u64::from(arrived(from)));
            }
            (false, to) if reached(to) => self.answered += 1,
            _ => {}
        }
        self.arrived += u64::from(arrived(to) && !arrived(from));
    }

    /// The share of people who fail, estimated: those who are refused, and of the others as many as of those whose delivery is
    /// known. Where these are fewer than `enough`, chance is taken off: the lower end of their interval counts.
    #[must_use]
    pub fn failing(&self, enough: u64) -> f64 {
        let refused = Proportion { people: self.refused, of: self.answered }.share();
        let known = Proportion { people: self.undelivered, of: self.arrived + self.undelivered };
        let undelivered = if known.of < enough { known.interval().0 } else { known.share() };
        let undelivered = if known.of < Self::MIN_KNOWN { 0.0 } else { undelivered };
        refused + (1.0 - refused) * undelivered
    }
}

impl FailureGuard {
    /// Whether it pauses for these.
    #[must_use]
    pub fn raises(&self, outcomes: &Outcomes) -> bool {
        outcomes.answered >= self.after.max(1)
            && outcomes.failing(self.after) > self.max_failed.share() + 1e-9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> FailureGuard {
        FailureGuard { max_failed: "20%".parse().unwrap(), after: 100 }
    }

    #[test]
    fn a_guard_raises_once_enough_are_known() {
        let refused = |answered, refused| {
            guard().raises(&Outcomes { answered, refused, arrived: answered - refused, undelivered: 0 })
        };
        assert_eq!(
            [refused(99, 99), refused(100, 20), refused(100, 21), refused(1000, 200)],
            [false, false, true, false]
        );
        let later = |arrived, undelivered| {
            guard().raises(&Outcomes { answered: 1000, refused: 0, arrived, undelivered })
        };
        assert_eq!([later(70, 30), later(81, 19)], [true, false]);
        // Of fewer, chance is taken off.
        assert_eq!([later(1, 9), later(7, 3), later(0, 9), later(0, 0)], [true, false, false, false]);
    }

    #[test]
    fn answers_that_come_before_deliveries_are_no_alarm() {
        // 150 of 1,000 were refused at once; of the others' deliveries little is known yet.
        let outcomes = Outcomes { answered: 1000, refused: 150, arrived: 10, undelivered: 0 };
        assert!(!guard().raises(&outcomes), "{}", outcomes.failing(100));
        // A tenth of those whose delivery is known didn't get it: 15 % and a tenth of the rest.
        let outcomes = Outcomes { arrived: 90, undelivered: 10, ..outcomes };
        assert!((outcomes.failing(100) - 0.235).abs() < 1e-9);
        assert!(guard().raises(&outcomes));
    }

    #[test]
    fn each_person_counts_once_by_what_is_known_last() {
        let mut outcomes = Outcomes::default();
        for (from, to) in [
            (Status::Queued, Status::Sending),
            (Status::Sending, Status::Accepted),
            (Status::Accepted, Status::Sent),
            (Status::Sent, Status::Delivered),
            (Status::Delivered, Status::Read),
        ] {
            outcomes.moved(from, to);
        }
        assert_eq!(outcomes, Outcomes { answered: 1, arrived: 1, ..Outcomes::default() });
        outcomes.moved(Status::Read, Status::Failed);
        assert_eq!(outcomes, Outcomes { answered: 1, undelivered: 1, ..Outcomes::default() });
        outcomes.moved(Status::Sending, Status::Failed);
        outcomes.moved(Status::Sending, Status::InDoubt);
        outcomes.moved(Status::InDoubt, Status::Delivered);
        let all = Outcomes { answered: 3, refused: 1, arrived: 1, undelivered: 1 };
        assert_eq!(outcomes, all);
    }

    #[test]
    fn what_was_seen_before_counts_no_more() {
        let seen = Answered { people: 100, failed: 60 };
        let now = Answered { people: 180, failed: 65 };
        assert_eq!(now.since(seen), Answered { people: 80, failed: 5 });
        // Some of those who had failed were tried again.
        assert_eq!(Answered { people: 150, failed: 10 }.since(seen), Answered { people: 50, failed: 0 });
        assert_eq!(Outcomes::from(now).failing(100), 65.0 / 180.0);
    }

    #[test]
    fn in_doubt_and_unsent_are_no_answers() {
        let mut counts = Counts::default();
        for (n, status) in (1..).zip(Status::ALL) {
            counts[status] = n;
        }
        let answered = Answered::of(&counts);
        assert_eq!(answered.failed, counts[Status::Failed]);
        assert_eq!(answered.people, counts.reached() + counts[Status::Failed]);
    }
}
