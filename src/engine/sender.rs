//! One message on its way: gate, POST, report. The type decides the order: only a queue makes an
//! [`Intent`], only the gate makes a [`Cleared`](super::gate::Cleared), and only that is POSTed.

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;

use super::gate::{Closed, Gate};
use super::inbox::Report;
use crate::domain::ids::{AttemptNo, JobId, NumberId, SenderNo};
use crate::domain::message::Message;
use crate::domain::outcome::Exchange;
use crate::domain::phone::Phone;
use crate::queue::Intent;
use crate::sendwo::{Client, Transport};
use crate::sys::clock::Clock;

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
}

impl Flight {
    /// What to remember of an intent.
    #[must_use]
    pub fn of(intent: &Intent) -> Flight {
        let media = match &*intent.message {
            Message::Media { url, .. } => Some(Rc::from(url.as_str())),
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

/// Reports a landing, whatever becomes of the task: one that is dropped half way may have been POSTed.
struct Ticket {
    flight: Option<Flight>,
    inbox: UnboundedSender<Report>,
}

impl Ticket {
    fn land(mut self, landing: Landing) {
        self.send(landing);
    }

    fn send(&mut self, landing: Landing) {
        if let Some(flight) = self.flight.take() {
            // A dispatcher that is gone has stopped caring; the intent on disk says the rest.
            let _ = self.inbox.send(Report::Landed(flight, landing));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.send(Landing::Posted(Exchange::Lost { why: "sending was cut short".into() }));
    }
}

/// Sends one message, through the gate.
pub async fn send<T: Transport, C: Clock>(
    intent: Intent,
    number: NumberId,
    gate: Rc<Gate>,
    client: Client<T>,
    clock: C,
    inbox: UnboundedSender<Report>,
) {
    let ticket = Ticket { flight: Some(Flight::of(&intent)), inbox };
    let landing = match gate.pass(intent, || clock.now()).await {
        Ok(cleared) => {
            let intent = cleared.intent();
            Landing::Posted(client.whatsapp().send(&number, intent.phone, &intent.message).await)
        }
        Err((_, closed)) => Landing::Withdrawn(closed),
    };
    ticket.land(landing);
}
