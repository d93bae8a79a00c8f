//! All that can happen to a job.

use serde::{Deserialize, Serialize};

use super::state::Reach;
use crate::domain::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::time::Millis;

/// News of a message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// It got this far.
    Reached(Reach),
    /// It was reported as failed.
    Failed(Problem),
}

/// Who ordered that a message in doubt be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResendBy {
    /// `resolve --resend`.
    Operator,
    /// `run --resend-unseen`; needs an attempt proven unseen, and happens once.
    Unseen,
}

/// All that can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The intent: on disk before the POST.
    Claimed {
        /// The job's next attempt number.
        attempt: AttemptNo,
        /// Which number sends.
        sender: SenderNo,
        /// Which plan's text.
        plan: PlanNo,
        /// Who sends.
        owner: OwnerId,
        /// Until when the claim holds.
        lease_until: Millis,
        /// Unix time, in milliseconds.
        at: Millis,
    },
    /// The gate was closed: known not POSTed, no attempt used.
    Withdrawn {
        /// Which attempt.
        attempt: AttemptNo,
        /// When it may be claimed again.
        not_before: Millis,
    },
    /// The API took it.
    Accepted {
        /// Which attempt.
        attempt: AttemptNo,
        /// WhatsApp's id.
        id: Option<MessageId>,
        /// Unix time, in milliseconds.
        at: Millis,
    },
    /// Known not accepted, to be tried again.
    NotAccepted {
        /// Which attempt.
        attempt: AttemptNo,
        /// When it may be claimed again.
        not_before: Millis,
        /// Whether it used up one of the attempts (what holds up the number doesn't).
        counts: bool,
        /// Why.
        problem: Problem,
    },
    /// Refused for good, or out of attempts.
    Refused {
        /// Which attempt.
        attempt: AttemptNo,
        /// Unix time, in milliseconds.
        at: Millis,
        /// Why.
        problem: Problem,
    },
    /// Nobody knows whether it was accepted; also every intent found without an outcome at start-up.
    Doubted {
        /// Which attempt.
        attempt: AttemptNo,
        /// Unix time, in milliseconds.
        at: Millis,
        /// What was seen.
        problem: Problem,
    },
    /// The conversation was looked at, and the doubt stays.
    Looked {
        /// Which attempt.
        attempt: AttemptNo,
        /// Unix time, in milliseconds.
        at: Millis,
        /// Proven not to be seen there.
        unseen: bool,
        /// What was looked at.
        problem: Problem,
    },
    /// A verdict: the attempt in doubt was accepted.
    Found {
        /// Which attempt.
        attempt: AttemptNo,
        /// Its id; none when it is the operator's word.
        id: Option<MessageId>,
        /// When it was accepted, as far as known.
        at: Millis,
    },
    /// A verdict: the attempt in doubt was accepted and then failed.
    FoundFailed {
        /// Which attempt.
        attempt: AttemptNo,
        /// Its id.
        id: Option<MessageId>,
        /// Unix time, in milliseconds.
        at: Millis,
        /// Why.
        problem: Problem,
    },
    /// The operator orders a job in doubt to be sent again.
    Resend {
        /// Who ordered it.
        by: ResendBy,
    },
    /// News of an accepted attempt.
    News {
        /// Which attempt.
        attempt: AttemptNo,
        /// What.
        news: News,
        /// When it happened.
        at: Millis,
    },
    /// The operator orders a failed job to be tried again.
    Retry {
        /// When it may be claimed.
        not_before: Millis,
    },
    /// Taken back before it was sent.
    Cancelled {
        /// Its row vanished; otherwise the operator said so.
        by_removal: bool,
    },
    /// Its row turned bad, or the person opted out, before it was sent.
    Skipped {
        /// Why.
        problem: Problem,
    },
    /// Its row vanished, and it is past being cancelled.
    Removed,
    /// Its row is in the file and good: it returns if it was skipped or cancelled by removal.
    Returned,
    /// It waits for a time that no rule would have named: the clock was set back.
    Rescheduled {
        /// When it may be claimed instead; earlier.
        not_before: Millis,
    },
}

/// An event that the job's state doesn't admit. The job is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {status} can't take `{event}`")]
pub struct InvalidTransition {
    /// The job's status.
    pub status: Status,
    /// The event's name.
    pub event: &'static str,
}

impl Event {
    /// When it happened, where that is told.
    #[must_use]
    pub fn at(&self) -> Option<Millis> {
        match self {
            Event::Claimed { at, .. }
            | Event::Accepted { at, .. }
            | Event::Refused { at, .. }
            | Event::Doubted { at, .. }
            | Event::Looked { at, .. }
            | Event::Found { at, .. }
            | Event::FoundFailed { at, .. }
            | Event::News { at, .. } => Some(*at),
            Event::Withdrawn { .. }
            | Event::NotAccepted { .. }
            | Event::Resend { .. }
            | Event::Retry { .. }
            | Event::Cancelled { .. }
            | Event::Skipped { .. }
            | Event::Removed
            | Event::Returned
            | Event::Rescheduled { .. } => None,
        }
    }

    /// The attempt that it is about, where it is about one.
    #[must_use]
    pub fn attempt(&self) -> Option<AttemptNo> {
        match self {
            Event::Claimed { attempt, .. }
            | Event::Withdrawn { attempt, .. }
            | Event::Accepted { attempt, .. }
            | Event::NotAccepted { attempt, .. }
            | Event::Refused { attempt, .. }
            | Event::Doubted { attempt, .. }
            | Event::Looked { attempt, .. }
            | Event::Found { attempt, .. }
            | Event::FoundFailed { attempt, .. }
            | Event::News { attempt, .. } => Some(*attempt),
            Event::Resend { .. }
            | Event::Retry { .. }
            | Event::Cancelled { .. }
            | Event::Skipped { .. }
            | Event::Removed
            | Event::Returned
            | Event::Rescheduled { .. } => None,
        }
    }

    /// Whether it begins, ends or tells of a doubt.
    #[must_use]
    pub fn concerns_doubt(&self) -> bool {
        matches!(
            self,
            Event::Doubted { .. }
                | Event::Looked { .. }
                | Event::Found { .. }
                | Event::FoundFailed { .. }
                | Event::Resend { .. }
        )
    }

    /// The event's name, for errors and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::Claimed { .. } => "claimed",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Accepted { .. } => "accepted",
            Event::NotAccepted { .. } => "not accepted",
            Event::Refused { .. } => "refused",
            Event::Doubted { .. } => "doubted",
            Event::Looked { .. } => "looked",
            Event::Found { .. } => "found",
            Event::FoundFailed { .. } => "found failed",
            Event::Resend { .. } => "resend",
            Event::News { .. } => "news",
            Event::Retry { .. } => "retry",
            Event::Cancelled { .. } => "cancelled",
            Event::Skipped { .. } => "skipped",
            Event::Removed => "removed",
            Event::Returned => "returned",
            Event::Rescheduled { .. } => "rescheduled",
        }
    }
}
