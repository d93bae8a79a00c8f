//! A run's beginning: the queue is taken, and every component stands where the last run left it.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::cap_backoff::cap_backoff;
use super::delivery::inbox_reader::InboxReader;
use super::delivery::poll::Polls;
use super::delivery::webhooks::Webhooks;
use super::drawn::{Drawn, Open};
use super::event::Completion;
use super::failure_watch::FailureWatch;
use super::finish::StatusFile;
use super::health::Health;
use super::hours::Hours;
use super::limits::{Limit, Limits};
use super::opt_out_watch::OptOutWatch;
use super::orders::cancel_queued;
use super::pace::lanes::Pace;
use super::recipient_quota::RecipientQuota;
use super::reconcile::run::Reconcile;
use super::requests::Requests;
use super::run::Run;
use super::send::completion::Sends;
use super::send::sender::SendContext;
use super::setup::{EngineError, LimitOption, Setup};
use super::snapshot::Notice;
use super::stop::Stop;
use crate::domain::job::Job;
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
    let limit = match setup.options.limit {
        None => Limit::None,
        Some(LimitOption::First(people)) => Limit::First(people),
        Some(LimitOption::Share(share)) => {
            // Another part each time.
            let purpose = format!("limit\0{}", setup.options.seed);
            let waits = |job: &Job| job.status() == Status::Queued && job.untouched();
            let many = share.of(untouched(&queue));
            let drawn = Drawn::draw(&mut queue, &purpose, many, waits)?;
            let open = Open::all(&drawn);
            Limit::Drawn { drawn, open, over: false }
        }
    };
    let watched = (setup.options.canary, setup.options.guard);
    let failures = FailureWatch::open(setup.disk.clone(), &setup.round, watched, &mut queue)?;
    // Its deliveries are followed, whatever becomes of the others'.
    let canary = setup.options.canary.filter(|_| failures.canary().is_some());
    let canary_waits = canary.map_or(Duration::ZERO, |canary| canary.wait);
    cap_backoff(&mut queue, &setup.options.retry, now).await?;
    queue.sync().await?;
    let options = &setup.options;
    let numbers = queue.head().map_or(&[][..], |head| &head.senders);
    let hours = Rc::new(Hours::new(options.timetable.clone()));
    let mut pace = Pace::new(
        setup.optouts.clone(),
        Rc::clone(&hours),
        options.request_timeout,
        options.timezone.clone(),
    );
    pace.add(&setup.permits, numbers, (options.rate, options.priority))?;
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
        limits: Limits::new((quota, options.daily), limit, hours, failures)
            .beginning_at(now)
            .with_cap(setup.cap.take()),
        health: Health::new(options.api_is_known),
        polls: Polls::new(options.track.max(canary_waits)),
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

/// Queued jobs that weren't tried yet.
fn untouched<Q: Queue>(queue: &Q) -> u64 {
    queue.counts()[Status::Queued].saturating_sub(queue.retrying())
}

/// Whether anybody was reached so far.
fn reached(counts: &Counts) -> bool {
    [Status::Accepted, Status::Sent, Status::Delivered, Status::Read].iter().any(|status| counts[*status] > 0)
}
