//! What wakes the run loop, and what it does then.

use tokio::time::Instant;

use super::delivery::tracker::Followed;
use super::reconcile::conversation::{Listing, Look};
use super::send::in_flight::{InFlight, SendResult};
use super::setup::Ending;
use crate::sendwo::{ApiError, DeliveryReport};

/// One thing that happened.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on the stack of the loop")]
pub enum LoopEvent {
    /// A task of the run has ended.
    Completed(Completion),
    /// The process is asked to end, or to look at its orders at once.
    Signalled,
    /// Something is to be done by now.
    Due,
}

/// What a task of the run came to.
#[derive(Debug)]
pub enum Completion {
    /// A message's sending ended.
    Sent(InFlight, SendResult),
    /// A delivery was asked for.
    Polled(Followed, Result<DeliveryReport, ApiError>),
    /// A conversation was read for a doubt.
    ConversationRead(Look),
    /// A conversation was asked for at this moment and read, to learn from it how the server's clock stands.
    SkewSampled(Instant, Result<Listing, ApiError>),
    /// The breaker's harmless question; whether anything answered.
    Probed(bool),
}

/// Whether the loop goes on after an event.
#[derive(Debug)]
pub enum Response {
    /// To the next one.
    Continue,
    /// The run is over.
    End(Ending),
}
