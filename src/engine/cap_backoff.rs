//! What a clock that was set back between two runs leaves behind: messages that wait for a time far ahead.

use crate::domain::job::{Event, State};
use crate::domain::policy::RetryPolicy;
use crate::domain::time::Millis;
use crate::queue::{Batch, Change, Queue, QueueError};

/// Cuts every wait to the longest that its rule may ask for, counted from now.
///
/// # Errors
/// The queue's.
pub async fn cap_backoff<Q: Queue>(
    queue: &mut Q,
    policy: &RetryPolicy,
    now: Millis,
) -> Result<(), QueueError> {
    let mut batch = Batch::default();
    for id in queue.due_after(now + policy.cap) {
        let Some(job) = queue.job(id)? else { continue };
        let latest = now + policy.longest_wait(job.problem.as_ref().and_then(|problem| problem.code));
        if matches!(job.state, State::Queued { not_before } if not_before > latest) {
            let event = Event::Rescheduled { not_before: latest };
            batch.changes.push(Change { job: id, expect: Some(job.revision), event });
        }
    }
    if !batch.changes.is_empty() {
        tracing::warn!(
            messages = batch.changes.len(),
            "the clock was set back; messages that were to wait until a later time go on now"
        );
        queue.record(batch, now).await?;
    }
    Ok(())
}
