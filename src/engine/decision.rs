//! What a component decides about an event. It changes what it owns; the run loop does the rest.

use tokio::time::Instant;

use super::send::in_flight::InFlight;
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::job::Event;
use crate::domain::phone::Phone;
use crate::domain::policy::Effect;
use crate::queue::Change;

/// What is to be done outside of the component that decided it.
#[derive(Debug, Default)]
pub struct Decision {
    /// To record, with the next commit batch.
    pub changes: Vec<Change>,
    /// What it means for everybody else, and by whose attempt that is known.
    pub effects: Vec<(Effect, Cause)>,
    /// Attempts that must not go out any more, if they haven't.
    pub revoke: Vec<(JobId, AttemptNo)>,
}

/// The attempt that an effect comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cause {
    /// Which number sent it.
    pub sender: SenderNo,
    /// To whom.
    pub phone: Phone,
    /// When it left, by the monotonic clock.
    pub left: Instant,
}

impl Decision {
    /// This is to be recorded of a job, whatever it is by then.
    pub fn record(&mut self, job: JobId, event: Event) {
        self.changes.push(Change { job, expect: None, event });
    }
}

impl Cause {
    /// This attempt.
    #[must_use]
    pub fn of(message: &InFlight) -> Cause {
        Cause { sender: message.sender, phone: message.phone, left: message.left }
    }
}
