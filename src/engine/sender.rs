//! One message on its way: gate, POST, report. The type decides the order: only a queue makes an
//! [`Intent`], only the gate makes a [`Cleared`](super::gate::Cleared), and only that is POSTed.

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::flight::{Flight, Landing};
use super::gate::Gate;
use super::inbox::Report;
use crate::domain::ids::NumberId;
use crate::domain::outcome::Exchange;
use crate::domain::policy::rest_asked;
use crate::queue::Intent;
use crate::sendwo::{Client, Transport};
use crate::sys::clock::Clock;

/// Reports a landing, whatever becomes of the task: one that is dropped half way may have been POSTed.
struct Ticket<'e> {
    flight: Option<Flight>,
    inbox: &'e UnboundedSender<Report>,
}

impl Ticket<'_> {
    /// It has passed the gate.
    fn leave(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.left = Instant::now();
        }
    }

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

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.flight.is_some() {
            self.send(Landing::Posted(Exchange::Lost { why: "sending was cut short".into() }));
        }
    }
}

/// A message that is to leave.
pub struct Departure {
    pub intent: Intent,
    /// Not before this.
    pub start: Instant,
    /// From this number.
    pub number: NumberId,
}

/// What all senders have in common.
pub struct Equipment<T, C> {
    pub gate: Rc<Gate>,
    pub client: Client<T>,
    pub clock: C,
    pub inbox: UnboundedSender<Report>,
}

/// Sends one message, through the gate.
pub async fn send<T: Transport, C: Clock>(departure: Departure, equipment: &Equipment<T, C>) {
    let Departure { intent, start, number } = departure;
    let Equipment { gate, client, clock, inbox } = equipment;
    let mut ticket = Ticket { flight: Some(Flight::of(&intent)), inbox };
    let landing = match gate.pass(intent, start, || clock.now()).await {
        Ok(cleared) => {
            ticket.leave();
            let intent = cleared.intent();
            let exchange = client.whatsapp().post(&number, intent.phone, &intent.payload).await;
            // At once: the dispatcher may be waiting for the disk, and others are about to leave.
            if let Some(rest) = rest_asked(&exchange) {
                gate.hold(intent.sender, Instant::now() + rest);
            }
            Landing::Posted(exchange)
        }
        Err((_, closed)) => Landing::Withdrawn(closed),
    };
    ticket.land(landing);
}
