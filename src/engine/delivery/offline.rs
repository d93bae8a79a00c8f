//! Webhooks for a round that nobody runs: whoever takes webhooks in holds its queue for a moment and notes what they
//! told.

use std::path::Path;

use super::inbox_reader::{Answered, InboxReader};
use super::news::unknown_yet;
use super::replies::ReplyCounts;
use crate::domain::codes::{self, Action};
use crate::domain::job::{Event, News};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::setup::OptOuts;
use crate::queue::{Applied, Batch, Change, Doubt, Queue, QueueError};
use crate::sendwo::Moment;
use crate::sys::disk::SharedDisk;
use crate::webhooks::{Hook, HookDelivery, STOPPED_MARKETING};

/// What a round was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// News that changed something.
    pub news: u64,
    /// What its replies add up to by now.
    pub replies: ReplyCounts,
}

/// Notes in a round's queue what the inbox of `account` holds that is new for it. Whoever stopped marketing by that news
/// goes onto the opt-out list; it stops nothing else, for nothing is under way.
///
/// # Errors
/// The queue's, the disk's.
pub async fn record_webhooks<Q: Queue>(
    queue: &mut Q,
    disk: SharedDisk,
    account: &Path,
    round: &Path,
    optouts: &mut dyn OptOuts,
) -> Result<Folded, QueueError> {
    // Nothing was ever accepted.
    let Some(began) = queue.started_at() else { return Ok(Folded::default()) };
    let mut hooks = InboxReader::open(disk, account, round, began)?;
    let mut folded = Folded::default();
    let awaits_ids = awaits_ids(queue)?;
    loop {
        let page = hooks.read();
        if page.is_empty() {
            break;
        }
        let mut changes = Vec::new();
        let mut now = began;
        for (place, record) in page {
            let received = record.received;
            now = now.max(received);
            match &record.hook {
                Hook::Delivery(told) => {
                    if let Some((change, leaves)) = change(queue, told, received)? {
                        if let Some((phone, reason)) = leaves {
                            let added = optouts.add(phone, &reason, received);
                            added.map_err(QueueError::disk("add to the opt-out list for", round))?;
                        }
                        changes.push(change);
                    }
                }
                Hook::Reply(reply) => {
                    let answered = hooks.reply(queue, reply, received)?;
                    tracing::debug!(counted = answered == Answered::Counted, "a reply");
                    if answered == Answered::Unknown
                        && awaits_ids
                        && let Some(id) = reply.answers.clone()
                    {
                        // The next run may find the message. It is read again from here on.
                        hooks.keep(place, id, record);
                    }
                }
                // The person is on the opt-out list already.
                Hook::Marketing(told) => {
                    hooks.stopped(queue, told, received)?;
                }
            }
        }
        let applied = queue.record(Batch { changes, ..Batch::default() }, now).await?;
        folded.news += applied.iter().filter(|one| matches!(one, Applied::Yes { .. })).count() as u64;
    }
    queue.sync().await?;
    hooks.save();
    folded.replies = hooks.replies.counts();
    Ok(folded)
}

/// Whether a message of the round may yet turn up under an id that nobody knows. Flows never have one.
fn awaits_ids<Q: Queue>(queue: &mut Q) -> Result<bool, QueueError> {
    let has_id = |doubt: &Doubt| !matches!(doubt.payload.message(), None | Some(Message::Flow { .. }));
    Ok(queue.counts()[Status::Sending] > 0 || queue.in_doubt()?.iter().any(has_id))
}

/// Who stopped marketing messages, and why that is known.
type Leaves = Option<(Phone, String)>;

fn change<Q: Queue>(
    queue: &mut Q,
    told: &HookDelivery,
    received: Millis,
) -> Result<Option<(Change, Leaves)>, QueueError> {
    let Some((job, attempt)) = queue.by_message_id(&told.id)? else { return Ok(None) };
    let Some(state) = queue.job(job)? else { return Ok(None) };
    let known = state.deliveries().find(|(a, _)| a.no == attempt).map(|(_, delivery)| delivery);
    let Some(news) = known.and_then(|known| unknown_yet(&told.news, known)) else { return Ok(None) };
    let at = match told.at {
        Some(Moment::Exact(at)) => at.min(received),
        // Nobody knows the server's zone here; it was told soon after.
        Some(Moment::Naive(_)) | None => received,
    };
    let (news, leaves) = match news {
        News::Failed(problem) => {
            let phone = queue.listed(job)?.and_then(|listed| listed.phone());
            let problem = phone.map_or_else(|| problem.clone(), |phone| problem.about(phone));
            let stopped = codes::action(&problem, 200) == Action::OptOut;
            let reason = format!("{STOPPED_MARKETING} (131050)");
            (News::Failed(problem), phone.filter(|_| stopped).map(|phone| (phone, reason)))
        }
        news => (news, None),
    };
    Ok(Some((Change { job, expect: None, event: Event::News { attempt, news, at } }, leaves)))
}
