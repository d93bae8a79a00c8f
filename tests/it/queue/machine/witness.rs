//! The witness: who was released to, and what was said of it. It knows no states and no rules of the queue's,
//! only the promise.

use std::collections::BTreeMap;

use sendcast::domain::job::{News, Reach};

use super::*;

/// What is known of a released attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Flying,
    /// Nobody knows; `excused` once somebody ordered to send again in spite of it.
    Doubt {
        excused: bool,
    },
    Accepted {
        failed: bool,
        arrived: bool,
    },
    /// Known not to have been accepted.
    No,
}

#[derive(Clone, Debug, Default)]
pub struct Witness {
    fates: BTreeMap<(JobId, AttemptNo), Fate>,
    /// As a crash would leave them.
    kept: BTreeMap<(JobId, AttemptNo), Fate>,
}

impl Witness {
    /// An intent was released: **D**.
    pub fn released(&mut self, job: JobId, attempt: AttemptNo) {
        for (name, fate) in self.fates.iter().filter(|((id, _), _)| *id == job) {
            let again = match fate {
                Fate::No | Fate::Doubt { excused: true } => true,
                Fate::Accepted { failed, arrived } => *failed && !arrived,
                Fate::Flying | Fate::Doubt { excused: false } => false,
            };
            assert!(again, "{job:?} is sent again, and {name:?} is {fate:?}");
        }
        let before = self.fates.insert((job, attempt), Fate::Flying);
        assert_eq!(before, None, "{job:?} {attempt:?} is released a second time");
    }

    /// A new run began: what was in flight is in doubt. Says how many.
    pub fn taken(&mut self) -> u64 {
        let flying = self.fates.values_mut().filter(|fate| **fate == Fate::Flying);
        flying.map(|fate| *fate = Fate::Doubt { excused: false }).count() as u64
    }

    /// What was said, as far as it was taken.
    pub fn recorded(&mut self, changes: &[Change], applied: &[Applied]) {
        for (change, applied) in changes.iter().zip(applied) {
            if matches!(applied, Applied::Yes { .. }) {
                self.said(change.job, &change.event);
            }
        }
    }

    fn said(&mut self, job: JobId, event: &Event) {
        let accepted = Fate::Accepted { failed: false, arrived: false };
        let (attempt, fate) = match *event {
            Event::Withdrawn { attempt, .. }
            | Event::NotAccepted { attempt, .. }
            | Event::Refused { attempt, .. } => (attempt, Fate::No),
            Event::Accepted { attempt, .. } | Event::Found { attempt, .. } => (attempt, accepted),
            Event::FoundFailed { attempt, .. } => (attempt, Fate::Accepted { failed: true, arrived: false }),
            Event::Doubted { attempt, .. } => (attempt, Fate::Doubt { excused: false }),
            Event::News { attempt, ref news, .. } => {
                let Some(Fate::Accepted { failed, arrived }) = self.fates.get(&(job, attempt)).copied()
                else {
                    panic!("news of {job:?} {attempt:?}, which wasn't accepted")
                };
                let on_the_phone = matches!(news, News::Reached(Reach::Delivered | Reach::Read));
                let failed = failed || matches!(news, News::Failed(_));
                (attempt, Fate::Accepted { failed, arrived: arrived || on_the_phone })
            }
            Event::Resend { .. } => {
                for ((_, _), fate) in self.fates.iter_mut().filter(|((id, _), _)| *id == job) {
                    if let Fate::Doubt { excused } = fate {
                        *excused = true;
                    }
                }
                return;
            }
            _ => return,
        };
        let ended = matches!(fate, Fate::No) || matches!(event, Event::Doubted { .. });
        let before = self.fates.insert((job, attempt), fate);
        let open = matches!(before, Some(Fate::Flying))
            || (!ended && matches!(before, Some(Fate::Doubt { .. } | Fate::Accepted { .. })));
        assert!(open, "{event:?} of {job:?}, which was {before:?}");
    }

    /// All that was said is durable.
    pub fn synced(&mut self) {
        self.kept = self.fates.clone();
    }

    /// What wasn't is gone.
    pub fn crashed(&mut self) {
        self.fates = self.kept.clone();
    }

    /// The doubts that the queue tells of: **X**.
    pub fn doubts(&self, told: impl Iterator<Item = (JobId, AttemptNo)>) {
        let doubts = self.fates.iter().filter(|(_, fate)| matches!(fate, Fate::Doubt { .. }));
        assert!(doubts.map(|(name, _)| *name).eq(told), "doubts, of {:?}", self.fates);
    }
}
