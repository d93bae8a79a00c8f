//! A message in the air, and how it comes down.

use std::rc::Rc;

use tokio::time::Instant;

use super::gate::Closed;
use crate::domain::deed::Deed;
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::message::Message;
use crate::domain::outcome::Exchange;
use crate::domain::phone::Phone;
use crate::queue::Intent;

/// An attempt in flight, as the dispatcher remembers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
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
    /// The media's URL, where it is media.
    pub media: Option<Rc<str>>,
    /// What is done, where nobody is written to.
    pub deed: Option<Rc<Deed>>,
    /// When it passed the gate; before that, when it was claimed.
    pub left: Instant,
}

impl Flight {
    /// What to remember of an intent.
    #[must_use]
    pub fn of(intent: &Intent) -> Flight {
        let media = match &*intent.message {
            Message::Media { url, .. } => Some(Rc::from(url.as_str())),
            _ => None,
        };
        let deed = match &*intent.message {
            Message::Deed(deed) => Some(Rc::new(deed.clone())),
            _ => None,
        };
        Flight {
            job: intent.job,
            attempt: intent.attempt,
            sender: intent.sender,
            phone: intent.phone,
            used: intent.used,
            first: intent.first,
            media,
            deed,
            left: Instant::now(),
        }
    }
}

/// How a flight ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Landing {
    /// It was POSTed, and this came back.
    Posted(Exchange),
    /// The gate was closed: not POSTed.
    Withdrawn(Closed),
}
