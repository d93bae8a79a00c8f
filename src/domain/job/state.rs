//! Where a job stands, and what is known of its attempts.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
use crate::domain::time::Millis;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Waiting; due at `not_before`.
    Queued {
        /// When it may be claimed; zero means at once.
        not_before: Millis,
    },
    /// An intent is on disk, its outcome not yet.
    Sending {
        /// Which attempt.
        attempt: AttemptNo,
        /// Who holds it.
        owner: OwnerId,
        /// When the holder's claim ends. Past it, the attempt is in doubt.
        lease_until: Millis,
    },
    /// At least one attempt may have been accepted, and none is known to have been.
    InDoubt,
    /// Known to be accepted, and how far it got.
    Reached(Reach),
    /// Refused for good, out of attempts, or reported as undeliverable.
    Failed,
    /// Listed, never queued.
    Skipped,
    /// Taken back before it was sent.
    Cancelled {
        /// Its row vanished from the file (it returns with the row); otherwise the operator said so.
        by_removal: bool,
    },
}

/// How far an accepted message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reach {
    /// Taken by the API.
    Accepted,
    /// Sent by WhatsApp.
    Sent,
    /// On the phone.
    Delivered,
    /// Read.
    Read,
}

/// One intent that is still of interest: in flight, in doubt, or accepted. Those known not to have been
/// accepted are only counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number within the job.
    pub no: AttemptNo,
    /// Which of the campaign's numbers it went out from.
    pub sender: SenderNo,
    /// The plan its text and phone stand in: an edited file doesn't change what was sent.
    pub plan: PlanNo,
    /// When the intent was written.
    pub at: Millis,
    /// What is known of it.
    pub fate: AttemptFate,
}

/// An attempt that is known not to have been accepted, as far as it is still told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The plan its text and phone stand in.
    pub plan: PlanNo,
    /// When the intent was written.
    pub at: Millis,
}

/// What is known of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptFate {
    /// In flight.
    Sending,
    /// May have been accepted.
    Doubt {
        /// Since when.
        since: Millis,
        /// How often the conversation has been looked at.
        looks: u16,
        /// When it was last looked at; zero before the first look.
        looked_at: Millis,
        /// The last look proved that it can't be seen. No verdict: it stays in doubt.
        unseen: bool,
    },
    /// Known to have been accepted.
    Accepted(Delivery),
}

/// What was said of an accepted message, kept as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// WhatsApp's id; none for flows, and where only the operator's word stands behind it.
    pub id: Option<MessageId>,
    /// When it was accepted.
    pub accepted_at: Option<Millis>,
    /// When it was sent.
    pub sent_at: Option<Millis>,
    /// When it was delivered.
    pub delivered_at: Option<Millis>,
    /// When it was read.
    pub read_at: Option<Millis>,
    /// When it was reported as failed.
    pub failed_at: Option<Millis>,
    /// The furthest that was said; a later failure doesn't take it back.
    pub reach: Option<Reach>,
}

impl Delivery {
    /// When it got this far, as far as that was said.
    #[must_use]
    pub fn reached_at(&self, reach: Reach) -> Option<Millis> {
        match reach {
            Reach::Accepted => self.accepted_at,
            Reach::Sent => self.sent_at,
            Reach::Delivered => self.delivered_at,
            Reach::Read => self.read_at,
        }
    }

    /// The latest that was said of it.
    #[must_use]
    pub fn last_at(&self) -> Option<Millis> {
        let Delivery { accepted_at, sent_at, delivered_at, read_at, failed_at, .. } = *self;
        [accepted_at, sent_at, delivered_at, read_at, failed_at].into_iter().flatten().max()
    }

    /// Reported as failed, and not seen on the phone.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failed_at.is_some() && self.reach < Some(Reach::Delivered)
    }
}
