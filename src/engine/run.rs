//! A run, from a queue to its ending.

use super::dispatcher::Dispatcher;
use super::setup::{Ending, EngineError, Setup};
use crate::queue::Queue;
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

/// Runs a round to its end: sends what is due, follows deliveries, looks for what is in doubt. Gives the
/// queue back for the report.
///
/// Runs on a `LocalSet` (it spawns tasks that aren't `Send`).
///
/// # Errors
/// [`EngineError`] when the disk fails; nothing was sent after that.
pub async fn run<Q: Queue, T: Transport, C: Clock>(
    queue: Q,
    setup: Setup<T, C>,
) -> Result<(Q, Ending), EngineError> {
    Dispatcher::open(queue, setup).await?.run().await
}
