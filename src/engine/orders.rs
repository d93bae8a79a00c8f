//! Orders: small files that anybody with access to the data directory may leave for whoever holds the
//! round, or apply at once while nobody does.
//!
//! Invariants: an order is applied once, however often its file is read (its id is journalled with its
//! effects, in one group; a cancellation's behind them, for it can be taken twice); its file is removed only after
//! that.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::codes;
use crate::domain::ids::{JobId, NumberId, OrderId};
use crate::domain::job::{Event, ResendBy};
use crate::domain::phone::Phone;
use crate::domain::policy::MARKETING_REST;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{Applied, Batch, Change, DesiredState, Queue, QueueError};
use crate::sys::disk::{Disk, create_durable_dir, if_there, write_atomic};
use crate::sys::sealed::{seal, unseal};

/// So many jobs are looked at at once.
const PAGE: usize = 4096;

/// What the operator orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Hold everything.
    Pause,
    /// Clear the pause.
    Resume,
    /// Have another number write to whom these have still to write to, and clear the pause.
    Reassign {
        /// The numbers that send no more.
        from: Vec<NumberId>,
        /// The one that sends in their place.
        to: NumberId,
    },
    /// Cancel all that is still queued, for good.
    Cancel,
    /// Queue the failed ones once more.
    Retry {
        /// Only those with one of these codes; empty means all.
        codes: Vec<u32>,
    },
    /// The operator's word on messages in doubt.
    Resolve {
        /// What it is.
        word: Word,
        /// Only these recipients; empty means all.
        to: Vec<Phone>,
    },
}

/// The operator's word on a message in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It was sent.
    Sent,
    /// Send it again.
    Resend,
}

/// An order with its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The same order given twice has the same id.
    pub id: OrderId,
    /// When it was given.
    pub at: Millis,
    /// What.
    pub order: OrderKind,
}

/// What an order did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Jobs it changed.
    pub changed: u64,
    /// Jobs that it names and can't change (a resend of someone who was removed from the file).
    pub refused: u64,
    /// Whether the campaign's wanted state is another now.
    pub wanted: Option<DesiredState>,
}

/// Where a round's orders lie.
#[must_use]
pub fn orders_dir(round: &Path) -> PathBuf {
    round.join("orders")
}

/// Leaves an order for the round's holder, behind those that wait: whatever the clock says, the last word counts.
///
/// # Errors
/// The disk's.
pub fn submit(disk: &dyn Disk, round: &Path, order: &Order) -> io::Result<()> {
    let dir = orders_dir(round);
    create_durable_dir(disk, &dir, 1)?;
    let bytes = seal(order).map_err(io::Error::other)?;
    let waiting = disk.list(&dir)?;
    let last = waiting.iter().filter(|path| is_order(path)).filter_map(|path| rank(path)).max();
    let rank = last.map_or(order.at.0, |last| order.at.0.max(last.saturating_add(1)));
    write_atomic(disk, &dir.join(format!("{rank:020}-{}.json", order.id)), &bytes)
}

fn is_order(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "json")
}

/// What an order's name begins with: they are taken in this sequence.
fn rank(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.split_once('-')?.0.parse().ok()
}

/// The orders that wait, oldest first. A file that isn't an order as it was given comes with its reason, and
/// is to be set aside.
///
/// # Errors
/// The disk's.
pub fn pending(disk: &dyn Disk, round: &Path) -> io::Result<Vec<(PathBuf, Result<Order, String>)>> {
    let mut orders = Vec::new();
    for path in disk.list(&orders_dir(round))? {
        if is_order(&path) {
            // Else applied meanwhile by the one who holds the round.
            let Some(bytes) = if_there(disk.read(&path))? else { continue };
            orders.push((path, unseal(&bytes).map_err(|error| error.to_string())));
        }
    }
    Ok(orders)
}

/// Moves a file out of the way that isn't an order, so that it is told of once and can be looked at.
///
/// # Errors
/// The disk's.
pub fn set_aside(disk: &dyn Disk, path: &Path) -> io::Result<PathBuf> {
    let aside = path.with_extension("json.damaged");
    disk.rename(path, &aside)?;
    Ok(aside)
}

/// Takes a person out of the orders that wait, and removes those that named nobody else: an order to nobody would be one to
/// all. What was set aside and may name them goes. Says how many files those were.
///
/// # Errors
/// The disk's; done again, it finishes.
pub fn forget(disk: &dyn Disk, round: &Path, phone: Phone) -> io::Result<u64> {
    let mut changed = 0;
    for path in disk.list(&orders_dir(round))? {
        let Some(bytes) = if_there(disk.read(&path))? else { continue };
        let left = match unseal::<Order>(&bytes) {
            Ok(Order { id, at, order: OrderKind::Resolve { word, mut to } }) if is_order(&path) => {
                let before = to.len();
                to.retain(|one| one.identity() != phone.identity());
                if to.len() == before {
                    continue;
                }
                (!to.is_empty()).then_some(Order { id, at, order: OrderKind::Resolve { word, to } })
            }
            _ if phone.is_told_in(&String::from_utf8_lossy(&bytes)) => None,
            _ => continue,
        };
        match left {
            Some(order) => write_atomic(disk, &path, &seal(&order).map_err(io::Error::other)?)?,
            None => disk.remove_file(&path)?,
        }
        changed += 1;
    }
    Ok(changed)
}

/// Applies an order: what it changes and its id become durable together, but for a cancellation, which is a matter of
/// many groups. What a crash leaves of one is cancelled when the queue is taken.
///
/// # Errors
/// The queue's.
pub async fn apply<Q: Queue>(queue: &mut Q, order: &Order, now: Millis) -> Result<Effects, QueueError> {
    if queue.order_applied(&order.id) {
        return Ok(Effects::default());
    }
    let mut batch = Batch { order: Some(order.id.clone()), ..Batch::default() };
    let mut refused = 0;
    match &order.order {
        // A cancelled campaign stays cancelled: neither pause nor resume brings it back.
        OrderKind::Pause if queue.wanted() == DesiredState::Running => {
            batch.wanted = Some(DesiredState::Paused)
        }
        OrderKind::Resume if queue.wanted() == DesiredState::Paused => {
            batch.wanted = Some(DesiredState::Running)
        }
        OrderKind::Pause | OrderKind::Resume => {}
        OrderKind::Reassign { from, to } => {
            let changed = if queue.wanted() == DesiredState::Cancelled {
                0
            } else {
                queue.reassign(from, to, now).await?
            };
            batch.wanted = (queue.wanted() == DesiredState::Paused).then_some(DesiredState::Running);
            let wanted = batch.wanted;
            // Last: an order that was cut short is taken again, and finds nobody left to move.
            queue.record(batch, now).await?;
            queue.sync().await?;
            return Ok(Effects { changed, refused: 0, wanted });
        }
        OrderKind::Cancel => {
            let wanted = Some(DesiredState::Cancelled);
            queue.record(Batch { wanted, ..Batch::default() }, now).await?;
            let changed = cancel_queued(queue, now).await?;
            // Last: an order that was cut short is taken again, and goes on.
            queue.record(batch, now).await?;
            queue.sync().await?;
            return Ok(Effects { changed, refused: 0, wanted });
        }
        OrderKind::Retry { codes } => {
            batch.changes = changes(queue, Status::Failed, |_, job| {
                let code = job.problem.as_ref().and_then(|p| p.code);
                let named = codes.is_empty() || code.is_some_and(|c| codes.contains(&c));
                let capped = code == Some(codes::MARKETING_CAP);
                let not_before = if capped {
                    job.failed_at.unwrap_or(now).min(now) + MARKETING_REST
                } else {
                    Millis::ZERO
                };
                Ok(named.then_some(Event::Retry { not_before }))
            })?;
        }
        OrderKind::Resolve { word, to } => {
            let doubts = queue.in_doubt()?;
            let mut last = None;
            for doubt in doubts
                .iter()
                .filter(|d| to.is_empty() || to.iter().any(|phone| phone.identity() == d.phone.identity()))
            {
                let event = match word {
                    Word::Sent => Event::Found { attempt: doubt.attempt, id: None, at: doubt.at },
                    Word::Resend if last == Some(doubt.job) => continue,
                    Word::Resend => Event::Resend { by: ResendBy::Operator },
                };
                last = Some(doubt.job);
                let in_doubt = queue.job(doubt.job)?.is_some_and(|job| job.status() == Status::InDoubt);
                if in_doubt {
                    batch.changes.push(Change { job: doubt.job, expect: None, event });
                }
            }
        }
    }
    let wanted = batch.wanted;
    let applied = queue.record(batch, now).await?;
    queue.sync().await?;
    let changed = applied.iter().filter(|a| matches!(a, Applied::Yes { .. })).count() as u64;
    refused += applied.len() as u64 - changed;
    Ok(Effects { changed, refused, wanted })
}

/// Cancels whoever is queued, a page at a time: ten million changes would take a gigabyte. Yields how many those were.
///
/// # Errors
/// The queue's.
pub async fn cancel_queued<Q: Queue>(queue: &mut Q, now: Millis) -> Result<u64, QueueError> {
    let (mut from, mut cancelled) = (JobId(0), 0);
    loop {
        let page = queue.in_status(Status::Queued, from, PAGE)?;
        let event = Event::Cancelled { by_removal: false };
        let change = |(job, _): &(JobId, _)| Change { job: *job, expect: None, event: event.clone() };
        let changes: Vec<_> = page.iter().map(change).collect();
        let Some(last) = changes.last().map(|change| change.job) else { return Ok(cancelled) };
        let applied = queue.record(Batch { changes, ..Batch::default() }, now).await?;
        cancelled += applied.iter().filter(|a| matches!(a, Applied::Yes { .. })).count() as u64;
        from = JobId(last.0 + 1);
    }
}

fn changes<Q: Queue>(
    queue: &mut Q,
    status: Status,
    mut event: impl FnMut(JobId, &crate::domain::job::Job) -> Result<Option<Event>, QueueError>,
) -> Result<Vec<Change>, QueueError> {
    let mut changes = Vec::new();
    let mut from = JobId(0);
    loop {
        let page = queue.in_status(status, from, PAGE)?;
        for (id, job) in &page {
            if let Some(event) = event(*id, job)? {
                changes.push(Change { job: *id, expect: Some(job.revision), event });
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => from = JobId(last.0 + 1),
            _ => return Ok(changes),
        }
    }
}
