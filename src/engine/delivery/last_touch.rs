//! Last-touch attribution: a reply that names no message answers the last one that went to this person before.
//!
//! Invariants (in doubt it is nobody's):
//!
//! - A button that a message carries is an answer to that message, whatever was sent since.
//! - Anything else answers the newest message to this person, over all campaigns of the account, that was accepted before
//!   the reply, at most [`MAX_ANSWER_AGE`] ago.
//! - Of two messages that were accepted in the same second nobody knows which is the newer: then it is nobody's. The same
//!   holds where a message was under way when the reply was sent, or is in doubt.
//!
//! Every round judges for itself and notes what it found, so that no round has to wait for another. One that isn't sure is
//! noted, too: it keeps older messages from taking the reply.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::JobId;
use crate::domain::job::{Attempt, AttemptFate};
use crate::domain::phone::Phone;
use crate::domain::time::Millis;

/// A later reply without a context answers something else.
pub const MAX_ANSWER_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The last message to a person before their reply, as one round knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTouch {
    /// Of whose number: its hash.
    pub person: u32,
    /// When the job's message was accepted, or where that isn't known went out.
    pub sent: Millis,
    /// The message carries the button that was pressed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_button: bool,
    /// Within its round it can be nobody else's.
    pub is_sure: bool,
}

impl LastTouch {
    /// By its order the touches of a reply are compared: seconds, for no finer time is told.
    pub(super) fn rank(self) -> (bool, u64) {
        (self.by_button, self.sent.0 / 1000)
    }
}

/// The newest message to one person, in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    person: u32,
    /// When the reply was sent.
    at: Millis,
    found: Option<(LastTouch, JobId)>,
}

impl Newest {
    /// Before a reply that this person sent at this time.
    pub(super) fn before(phone: Phone, at: Millis) -> Newest {
        Newest { person: person(phone), at, found: None }
    }

    /// Takes an attempt to write to this person into account.
    pub(super) fn consider(&mut self, job: JobId, attempt: &Attempt) {
        let (sent, is_sure) = match &attempt.fate {
            // Nobody read it.
            AttemptFate::Accepted(delivery) if delivery.failed() => return,
            AttemptFate::Accepted(delivery) => match delivery.accepted_at {
                Some(accepted) if self.is_after(accepted) => (accepted, true),
                _ => (attempt.at, false),
            },
            AttemptFate::Sending | AttemptFate::Doubt { .. } => (attempt.at, false),
        };
        if sent > self.at || sent + MAX_ANSWER_AGE < self.at {
            return;
        }
        let touch = LastTouch { person: self.person, sent, by_button: false, is_sure };
        self.found = match self.found {
            Some((best, other)) if best.rank() > touch.rank() => Some((best, other)),
            Some((best, other)) if best.rank() == touch.rank() => {
                Some((LastTouch { is_sure: best.is_sure && is_sure && job == other, ..best }, other))
            }
            _ => Some((touch, job)),
        };
    }

    /// Whether the reply surely came later: times of whole seconds may be up to one second later than they say.
    fn is_after(&self, accepted: Millis) -> bool {
        match self.at.0.is_multiple_of(1000) {
            true => accepted.0 / 1000 < self.at.0 / 1000,
            false => accepted <= self.at,
        }
    }

    /// The newest there was, and what stands for it.
    pub(super) fn found(self) -> Option<(LastTouch, JobId)> {
        self.found
    }
}

/// By which a person's messages are found.
pub(super) fn person(phone: Phone) -> u32 {
    crc32fast::hash(&phone.identity().as_u64().to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AttemptNo, PlanNo, SenderNo};
    use crate::domain::job::{Delivery, Reach};

    const DAY: u64 = 24 * 3600 * 1000;

    fn attempt(at: u64, fate: AttemptFate) -> Attempt {
        Attempt { no: AttemptNo(1), sender: SenderNo(0), plan: PlanNo(1), at: Millis(at), fate }
    }

    fn accepted(at: u64) -> Attempt {
        let delivery =
            Delivery { accepted_at: Some(Millis(at)), reach: Some(Reach::Accepted), ..Delivery::default() };
        attempt(at - 500, AttemptFate::Accepted(delivery))
    }

    fn found(at: u64, attempts: &[Attempt]) -> Option<(u64, u32, bool)> {
        let phone = Phone::from_digits("919876543210").unwrap();
        let mut newest = Newest::before(phone, Millis(at));
        for (job, attempt) in (0..).zip(attempts) {
            newest.consider(JobId(job), attempt);
        }
        newest.found().map(|(touch, job)| (touch.sent.0, job.0, touch.is_sure))
    }

    #[test]
    fn the_newest_message_before_it_is_answered() {
        let at = 20 * DAY;
        assert_eq!(found(at, &[]), None);
        let sent = [accepted(at - DAY), accepted(at - 2 * DAY), accepted(at + DAY)];
        assert_eq!(found(at, &sent), Some((at - DAY, 0, true)));
        assert_eq!(found(at, &[accepted(at - 7 * DAY)]), Some((at - 7 * DAY, 0, true)));
        assert_eq!(found(at, &[accepted(at - 7 * DAY - 1)]), None, "too old");
    }

    #[test]
    fn where_it_cant_be_told_it_is_nobodys() {
        let at = 20 * DAY;
        let sure = |at, attempts: &[Attempt]| found(at, attempts).map(|(.., sure)| sure);
        assert_eq!(sure(at, &[accepted(at - 5_900), accepted(at - 5_100)]), Some(false), "the same second");
        assert_eq!(sure(at, &[accepted(at - 5_000), accepted(at - 3_900)]), Some(true));
        // It may have been written before, or after.
        assert_eq!(sure(at, &[accepted(at + 400)]), Some(false), "under way");
        assert_eq!(sure(at, &[accepted(at + 600)]), None);
        assert_eq!(sure(at + 700, &[accepted(at + 600)]), Some(true), "times with milliseconds");
        for fate in [
            AttemptFate::Sending,
            AttemptFate::Doubt { since: Millis(at), looks: 0, looked_at: Millis(0), unseen: true },
        ] {
            assert_eq!(sure(at, &[accepted(at - DAY), attempt(at - 9_000, fate.clone())]), Some(false));
            assert_eq!(sure(at, &[accepted(at - 5_000), attempt(at - 9_000, fate)]), Some(true));
        }
        let mut failed = accepted(at - 5_000);
        if let AttemptFate::Accepted(delivery) = &mut failed.fate {
            delivery.failed_at = Some(Millis(at - 4_000));
        }
        assert_eq!(found(at, &[accepted(at - DAY), failed]), Some((at - DAY, 0, true)), "nobody read it");
    }
}
