//! Questions to the server that are asked beside the sending: each is a task, and its answer a completion.

use tokio::sync::mpsc::UnboundedSender;

use super::event::Completion;
use crate::sendwo::{Client, Transport};

/// Starts background requests.
#[derive(Debug)]
pub struct Requests<T> {
    client: Client<T>,
    outbox: UnboundedSender<Completion>,
}

impl<T: Transport> Requests<T> {
    /// Asked by this client, answered to this outbox.
    #[must_use]
    pub fn new(client: Client<T>, outbox: UnboundedSender<Completion>) -> Requests<T> {
        Requests { client, outbox }
    }

    /// Asks; what `ask` makes of the answer reaches the loop.
    pub fn start<F>(&self, ask: impl FnOnce(Client<T>) -> F)
    where
        F: Future<Output = Completion> + 'static,
    {
        let (answer, outbox) = (ask(self.client.clone()), self.outbox.clone());
        tokio::task::spawn_local(async move {
            // A loop that is gone has stopped caring.
            let _ = outbox.send(answer.await);
        });
    }
}
