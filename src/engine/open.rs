//! A run's beginning: the queue is taken, and every component stands where the last run left it.

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::cap_backoff::cap_backoff;
use super::delivery::inbox_reader::InboxReader;
use super::delivery::poll::Polls;
use super::delivery::webhooks::Webhooks;
use super::event::Completion;
use super::finish::StatusFile;
use super::health::Health;
use super::hours::Hours;
use super::limits::Limits;
use super::opt_out_watch::OptOutWatch;
use super::orders::cancel_queued;
use super::pace::lanes::Pace;
use super::recipient_quota::RecipientQuota;
use super::reconcile::run::Reconcile;
use super::requests::Requests;
use super::run::Run;
use super::send::completion::Sends;
use super::send::sender::SendContext;
use super::setup::{EngineError, Setup};
use super::snapshot::Notice;
use super::stop::Stop;
use crate::domain::status::{Counts, Status};
use crate::queue::{DesiredState, Queue};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

/// Takes the queue: what an earlier run left in flight is in doubt from here on. Tasks report to `outbox`.
///
/// # Errors
/// The queue's, the disk's.
pub async fn open<Q: Queue, T: Transport, C: Clock>(
    mut queue: Q,
    mut setup: Setup<T, C>,
    outbox: UnboundedSender<Completion>,
) -> Result<Run<Q, T, C>, EngineError> {
    let now = setup.clock.now();
    let left = queue.take(setup.owner, now).await?;
    if queue.wanted() == DesiredState::Cancelled {
        cancel_queued(&mut queue, now).await?;
    }
    cap_backoff(&mut queue, &setup.options.retry, now).await?;
    queue.sync().await?;
    let options = &setup.options;
    let numbers = queue.head().map_or(&[][..], |head| &head.senders);
    let hours = Rc::new(Hours::new(options.timetable.clone()));
    let pace = Pace::open(
        &setup.permits,
        numbers,
        (options.rate, options.priority),
        setup.optouts.clone(),
        Rc::clone(&hours),
        options.request_timeout,
    )?;
    let account = setup.home.account(&queue.identity().origin);
    let began = queue.started_at().unwrap_or(now);
    let reader = InboxReader::open(setup.disk.clone(), &account, &setup.round, began)?;
    let salt = fastrand::u64(..);
    let quota = RecipientQuota::open(setup.disk.clone(), account, options.daily.is_some(), salt, now)?;
    if left > 0 {
        let note = format!(
            "{left} message{} in flight when sendcast was interrupted; looking for {} before anything else is said",
            if left == 1 { " was" } else { "s were" },
            if left == 1 { "it" } else { "them" },
        );
        setup.observer.notice(Notice::note(note));
    }
    let context = SendContext {
        gate: pace.gate().clone(),
        client: setup.client.clone(),
        clock: setup.clock.clone(),
        inbox: outbox.clone(),
    };
    let status = StatusFile::new(setup.round.join("status.json"), options.pulse * 2);
    Ok(Run {
        requests: Requests::new(setup.client.clone(), outbox),
        changes: Vec::new(),
        sends: Sends::new(context, options.retry, reached(&queue.counts()), options.seed),
        pace,
        limits: Limits::new(quota, options.daily, options.limit, hours).with_cap(setup.cap.take()),
        health: Health::new(options.api_is_known),
        polls: Polls::new(options.track),
        webhooks: Webhooks::new(reader, options.pulse),
        reconcile: Reconcile::new(now, options.resend_unseen, options.seed),
        opt_outs: OptOutWatch::default(),
        stop: Stop::default(),
        pulse_at: Instant::now(),
        status,
        queue,
        setup,
    })
}

/// Whether anybody was reached so far.
fn reached(counts: &Counts) -> bool {
    [Status::Accepted, Status::Sent, Status::Delivered, Status::Read].iter().any(|status| counts[*status] > 0)
}
