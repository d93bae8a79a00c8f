//! What the dispatcher is told by the tasks it started.

use super::conversation::{Listing, Look};
use super::flight::{Flight, Landing};
use super::tracker::Followed;
use crate::sendwo::{ApiError, DeliveryReport};

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
    Sampled(Result<Listing, ApiError>),
    /// The breaker's harmless question; whether anything answered.
    Probed(bool),
}
