//! A job's record, and what can be read off it.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::state::{Attempt, AttemptFate, Delivery, Reach, State, Tried};
use crate::domain::ids::{AttemptNo, PlanNo};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::time::Millis;

/// One recipient's message in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Where it stands.
    pub state: State,
    /// Rises with every event; a change can name the revision it was decided on.
    pub revision: u32,
    /// Intents so far, withdrawn ones among them. The next attempt gets the next number.
    pub issued: u32,
    /// Attempts used: POSTs, but for those that only found the number held up.
    pub used: u32,
    /// `used` when the present allowance began (0, then at each `retry` or resend).
    pub allowance_from: u32,
    /// The attempts that are still of interest, oldest first.
    pub attempts: SmallVec<[Attempt; 1]>,
    /// The last attempt that was POSTed and is known not to have been accepted.
    pub tried: Option<Tried>,
    /// Why it is where it is: the last refusal, the doubt's reason, why it was skipped.
    pub problem: Option<Problem>,
    /// When it was refused for good, or reported as failed.
    pub failed_at: Option<Millis>,
    /// Its row is no longer in the file.
    pub removed: bool,
    /// It has been sent again for being unseen; that is done at most once.
    pub resent_unseen: bool,
}

impl Job {
    /// A job as planned: due at once.
    #[must_use]
    pub fn queued() -> Job {
        Job {
            state: State::Queued { not_before: Millis::ZERO },
            revision: 0,
            issued: 0,
            used: 0,
            allowance_from: 0,
            attempts: SmallVec::new(),
            tried: None,
            problem: None,
            failed_at: None,
            removed: false,
            resent_unseen: false,
        }
    }

    /// A job that was listed and skipped. Its reason stands in the plan.
    #[must_use]
    pub fn skipped() -> Job {
        Job { state: State::Skipped, ..Job::queued() }
    }

    /// The contract's word for where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.state {
            State::Queued { .. } => Status::Queued,
            State::Sending { .. } => Status::Sending,
            State::InDoubt => Status::InDoubt,
            State::Reached(Reach::Accepted) => Status::Accepted,
            State::Reached(Reach::Sent) => Status::Sent,
            State::Reached(Reach::Delivered) => Status::Delivered,
            State::Reached(Reach::Read) => Status::Read,
            State::Failed => Status::Failed,
            State::Skipped => Status::Skipped,
            State::Cancelled { .. } => Status::Cancelled,
        }
    }

    /// Nothing was ever written to this person, or may have been.
    #[must_use]
    pub fn untouched(&self) -> bool {
        self.used == 0 && self.attempts.is_empty()
    }

    /// Queued after at least one attempt.
    #[must_use]
    pub fn retrying(&self) -> bool {
        matches!(self.state, State::Queued { .. }) && self.used > 0
    }

    /// Attempts used of the present allowance.
    #[must_use]
    pub fn used_of_allowance(&self) -> u32 {
        self.used.saturating_sub(self.allowance_from)
    }

    /// The attempt with this number, if it is still of interest.
    #[must_use]
    pub fn attempt(&self, no: AttemptNo) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.no == no)
    }

    /// Attempts in doubt, oldest first.
    pub fn doubts(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|a| matches!(a.fate, AttemptFate::Doubt { .. }))
    }

    /// Accepted attempts, oldest first.
    pub fn deliveries(&self) -> impl Iterator<Item = (&Attempt, &Delivery)> {
        self.attempts.iter().filter_map(|a| match &a.fate {
            AttemptFate::Accepted(delivery) => Some((a, delivery)),
            _ => None,
        })
    }

    /// The delivery a report tells of: the one that got furthest, the latest of equals.
    #[must_use]
    pub fn best_delivery(&self) -> Option<(&Attempt, &Delivery)> {
        self.deliveries().max_by_key(|(_, d)| (!d.failed(), d.reach))
    }

    /// The attempt a report tells of: that of the best delivery, else the last one that is still of interest.
    #[must_use]
    pub fn told_attempt(&self) -> Option<&Attempt> {
        self.best_delivery().map(|(attempt, _)| attempt).or(self.attempts.last())
    }

    /// The plan that holds what was sent to this person, or was refused for good; `None` where nothing was.
    #[must_use]
    pub fn sent_under(&self) -> Option<PlanNo> {
        let refused = self.tried.filter(|_| matches!(self.state, State::Failed));
        self.told_attempt().map(|attempt| attempt.plan).or(refused.map(|tried| tried.plan))
    }

    /// When its status became true, or else known; never `None` once a message was POSTed. Of a job that waits, or was
    /// taken back, it is the time of the last attempt; `None` where there was none.
    #[must_use]
    pub fn status_at(&self) -> Option<Millis> {
        let of_attempt = |attempt: &Attempt| match &attempt.fate {
            AttemptFate::Sending => attempt.at,
            AttemptFate::Doubt { since, .. } => *since,
            AttemptFate::Accepted(delivery) => delivery.last_at().unwrap_or(attempt.at),
        };
        let known = match self.state {
            State::Reached(reach) => self.best_delivery().and_then(|(_, d)| d.reached_at(reach)),
            State::Failed => self.failed_at,
            State::InDoubt => self.doubts().map(of_attempt).max(),
            State::Sending { attempt, .. } => self.attempt(attempt).map(of_attempt),
            State::Queued { .. } | State::Skipped | State::Cancelled { .. } => None,
        };
        let last = || self.attempts.iter().map(of_attempt).chain(self.tried.map(|tried| tried.at)).max();
        known.or_else(last).or(self.failed_at)
    }
}
