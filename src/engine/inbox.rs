//! What the dispatcher is told by the tasks it started.

use super::flight::{Flight, Landing};
use super::reconciler::Look;
use super::tracker::Followed;
use crate::sendwo::{ApiError, ConversationRow, DeliveryReport};

/// A task's report.
#[derive(Debug)]
pub enum Report {
    /// A message's flight ended.
    Landed(Flight, Landing),
    /// A delivery was asked for.
    Polled(Followed, Result<DeliveryReport, ApiError>),
    /// A conversation was looked at.
    Looked(Look),
    /// A conversation was read to learn the server's time zone from.
    Sampled(Result<Vec<ConversationRow>, ApiError>),
    /// The breaker's harmless question; whether anything answered.
    Probed(bool),
}
