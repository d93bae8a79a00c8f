//! A message in the air, and how it comes down.

use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::message::Message;
use crate::domain::outcome::Exchange;
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;
use crate::domain::subscriber_action::SubscriberAction;
use crate::engine::pace::gate::Closed;
use crate::queue::Intent;

/// An attempt in flight, as the run loop remembers it.
#[derive(Clone, Debug, PartialEq)]
pub struct InFlight {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: AttemptNo,
    /// Who sends.
    pub sender: SenderNo,
    /// To whom.
    pub phone: Phone,
    /// Attempts of the allowance used before.
    pub used: u32,
    /// The first attempt ever at this job.
    pub first: bool,
    /// What is sent; `None` where it was sent long ago.
    pub payload: Option<Arc<Payload>>,
    /// When it passed the gate; before that, when it was claimed.
    pub left: Instant,
}

impl InFlight {
    /// What to remember of an intent.
    #[must_use]
    pub fn of(intent: &Intent) -> InFlight {
        InFlight {
            job: intent.job,
            attempt: intent.attempt,
            sender: intent.sender,
            phone: intent.phone,
            used: intent.used,
            first: intent.first,
            payload: Some(Arc::clone(&intent.payload)),
            left: Instant::now(),
        }
    }

    /// The media's URL, where it is media.
    #[must_use]
    pub fn media(&self) -> Option<&str> {
        match self.payload.as_deref().and_then(Payload::message) {
            Some(Message::Media { url, .. }) => Some(url),
            _ => None,
        }
    }

    /// What is done, where nobody is written to.
    #[must_use]
    pub fn action(&self) -> Option<&SubscriberAction> {
        match self.payload.as_deref() {
            Some(Payload::SubscriberAction(action)) => Some(action),
            _ => None,
        }
    }
}

/// How a message's sending ended.
#[derive(Clone, Debug, PartialEq)]
pub enum SendResult {
    /// It was POSTed, and this came back.
    Posted(Exchange),
    /// The gate was closed: not POSTed.
    Withdrawn(Closed),
}
