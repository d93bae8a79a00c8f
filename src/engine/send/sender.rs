//! One message on its way: gate, POST, report. The type decides the order: only a queue makes an
//! [`Intent`], only the gate makes a [`Cleared`](crate::engine::pace::gate::Cleared), and only that is POSTed.

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::in_flight::{InFlight, SendResult};
use crate::domain::ids::NumberId;
use crate::domain::outcome::Exchange;
use crate::domain::policy::rest_asked;
use crate::engine::event::Completion;
use crate::engine::pace::gate::Gate;
use crate::queue::Intent;
use crate::sendwo::{Client, Transport};
use crate::sys::clock::Clock;

/// Reports a result, whatever becomes of the task: one that is dropped half way may have been POSTed.
struct ReportOnDrop<'e> {
    message: Option<InFlight>,
    inbox: &'e UnboundedSender<Completion>,
}

impl ReportOnDrop<'_> {
    /// It has passed the gate.
    fn leave(&mut self) {
        if let Some(message) = &mut self.message {
            message.left = Instant::now();
        }
    }

    fn report(mut self, result: SendResult) {
        self.send(result);
    }

    fn send(&mut self, result: SendResult) {
        if let Some(message) = self.message.take() {
            // A loop that is gone has stopped caring; the intent on disk says the rest.
            let _ = self.inbox.send(Completion::Sent(message, result));
        }
    }
}

impl Drop for ReportOnDrop<'_> {
    fn drop(&mut self) {
        if self.message.is_some() {
            self.send(SendResult::Posted(Exchange::Lost { why: "sending was cut short".into() }));
        }
    }
}

/// A message that is to leave.
pub struct SendRequest {
    pub intent: Intent,
    /// Not before this.
    pub start: Instant,
    /// From this number.
    pub number: NumberId,
}

/// What all senders have in common.
pub struct SendContext<T, C> {
    pub gate: Rc<Gate>,
    pub client: Client<T>,
    pub clock: C,
    pub inbox: UnboundedSender<Completion>,
}

/// Sends one message, through the gate.
pub async fn send<T: Transport, C: Clock>(request: SendRequest, context: &SendContext<T, C>) {
    let SendRequest { intent, start, number } = request;
    let SendContext { gate, client, clock, inbox } = context;
    let mut on_drop = ReportOnDrop { message: Some(InFlight::of(&intent)), inbox };
    let result = match gate.pass(intent, start, || clock.now()).await {
        Ok(cleared) => {
            on_drop.leave();
            let intent = cleared.intent();
            let exchange = client.whatsapp().post(&number, intent.phone, &intent.payload).await;
            // At once: the run loop may be waiting for the disk, and others are about to leave.
            if let Some(rest) = rest_asked(&exchange) {
                gate.hold(intent.sender, Instant::now() + rest);
            }
            SendResult::Posted(exchange)
        }
        Err((_, closed)) => SendResult::Withdrawn(closed),
    };
    on_drop.report(result);
}
