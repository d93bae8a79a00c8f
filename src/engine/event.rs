//! What the dispatcher is told by the tasks it started.

use super::delivery::tracker::Followed;
use super::reconcile::conversation::{Listing, Look};
use super::send::in_flight::{InFlight, SendResult};
use crate::sendwo::{ApiError, DeliveryReport};

/// A task's report.
#[derive(Debug)]
pub enum Completion {
    /// A message's flight ended.
    Sent(InFlight, SendResult),
    /// A delivery was asked for.
    Polled(Followed, Result<DeliveryReport, ApiError>),
    /// A conversation was looked at.
    ConversationRead(Look),
    /// A conversation was read to learn the server's time zone from.
    SkewSampled(Result<Listing, ApiError>),
    /// The breaker's harmless question; whether anything answered.
    Probed(bool),
}
