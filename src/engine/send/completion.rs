//! What the dispatcher does with a message's result, and with the operator's orders.

use std::time::Duration;

use tokio::time::Instant;

use super::in_flight::{InFlight, SendResult};
use crate::domain::ids::SenderNo;
use crate::domain::job::{Event, State};
use crate::domain::outcome::{Exchange, Outcome, classify};
use crate::domain::policy::{Alarm, Attempted, Effect};
use crate::domain::problem::Problem;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;
use crate::engine::event::Completion;
use crate::engine::orders::{self, OrderKind};
use crate::engine::pace::gate::Closed;
use crate::engine::pace::lane::{THROTTLED, USED_UP};
use crate::engine::run_loop::RunLoop;
use crate::engine::setup::EngineError;
use crate::engine::snapshot::Notice;
use crate::queue::{Applied, Change, Queue, QueueError, Wanted};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;
use crate::webhooks::STOPPED_MARKETING;

/// How long the opt-out list may be unreadable before a run stops for it.
const MAX_OPT_OUTS_UNREADABLE: Duration = Duration::from_secs(10);

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    /// One report, decided on; what changes goes into the next group.
    pub fn take(&mut self, report: Completion) -> Result<(), EngineError> {
        match report {
            Completion::Sent(flight, result) => self.sent(flight, result),
            Completion::Polled(followed, answer) => self.polled(followed, answer),
            Completion::ConversationRead(look) => self.looked(look),
            Completion::SkewSampled(listing) => self.sampled(listing),
            Completion::Probed(answered) => {
                self.probed(answered);
                Ok(())
            }
        }
    }

    fn sent(&mut self, flight: InFlight, result: SendResult) -> Result<(), EngineError> {
        let Some(at) = self.in_flight.iter().position(|f| (f.job, f.attempt) == (flight.job, flight.attempt))
        else {
            // Given up at the end of the grace: it is in doubt already.
            return Ok(());
        };
        self.in_flight.swap_remove(at);
        match result {
            SendResult::Withdrawn(closed) => {
                self.withdrawn(&flight, closed);
                Ok(())
            }
            SendResult::Posted(exchange) => self.posted(&flight, &exchange),
        }
    }

    fn withdrawn(&mut self, flight: &InFlight, closed: Closed) {
        let attempt = flight.attempt;
        self.first_times = self.first_times.saturating_sub(u64::from(flight.first));
        self.change(flight, Event::Withdrawn { attempt, not_before: Millis::ZERO });
        if closed == Closed::OptedOut {
            let problem = Problem::new("opted out, just before it was sent");
            self.change(flight, Event::Skipped { problem });
        } else if self.queue.wanted() == Wanted::Cancelled {
            self.change(flight, Event::Cancelled { by_removal: false });
        }
    }

    fn posted(&mut self, flight: &InFlight, exchange: &Exchange) -> Result<(), EngineError> {
        let now = self.setup.clock.now();
        self.last_send = Instant::now();
        self.meter.add(1);
        let mut outcome = classify(exchange);
        self.feed_breaker(exchange, &outcome);
        let is_there = is_there(flight, &outcome);
        // Asked for by the operator, after an attempt that may have done it: it has.
        if is_there && self.queue.job(flight.job)?.is_some_and(|job| job.doubts().next().is_some()) {
            outcome = Outcome::Accepted { message_id: None };
        }
        let answered = matches!(outcome, Outcome::Accepted { .. } | Outcome::Refused { .. });
        let tried = Attempted {
            attempt: flight.attempt,
            used: flight.used,
            media: flight.media(),
            per_second: self.meter.per_second(),
            chance: self.chance.f64(),
            now,
        };
        let verdict = self.judge.judge(outcome, tried);
        if matches!(verdict.event, Event::NotAccepted { counts: false, .. }) {
            self.first_times = self.first_times.saturating_sub(u64::from(flight.first));
        }
        // That somebody is there already is their own affair, however many there are.
        if !is_there
            && let Some((alarm, problem)) = self.guard.heard(flight.job, flight.first, &verdict.event)
        {
            self.raise(alarm, problem);
        }
        self.change(flight, verdict.event);
        if self.queue.wanted() == Wanted::Cancelled {
            // Takes hold only where the job went back to the queue.
            self.change(flight, Event::Cancelled { by_removal: false });
        }
        if let Some(word) = exchange.rate_limit() {
            self.told(flight, word, now)?;
        }
        if answered
            && !matches!(verdict.effect, Effect::Throttle { .. })
            && let Some(lane) = self.lanes.get_mut(usize::from(flight.sender.0))
        {
            lane.accepted(flight.left, now)?;
            self.gate.set_interval(flight.sender, lane.interval());
        }
        self.carry_out(verdict.effect, flight, now)
    }

    /// The guard has seen enough: the campaign stops, or pauses as by order until somebody has had a look.
    fn raise(&mut self, alarm: Alarm, problem: &Problem) {
        match alarm {
            Alarm::Nobody => {
                let reason = format!("everybody is refused alike: {}", problem.reason);
                self.stop_with(Problem { code: problem.code, ..Problem::new(reason) });
            }
            Alarm::Stretch(recipients) => {
                self.gate.shut();
                self.pauses = true;
                let name = self.queue.identity().campaign.clone();
                let text = format!(
                    "paused: {recipients} recipients in a row were refused alike, though others were reached before: \
                     {problem}"
                );
                let hint = format!(
                    "look at those rows of the audience; `sendcast resume {name}` and then `sendcast run {name}` goes on"
                );
                self.setup.observer.notice(Notice::warning(text).with_hint(hint));
            }
        }
    }

    /// The server told of its limit.
    fn told(&mut self, flight: &InFlight, word: RateLimit, now: Millis) -> Result<(), EngineError> {
        let Some(lane) = self.lanes.get_mut(usize::from(flight.sender.0)) else { return Ok(()) };
        let rest = lane.told(flight.left, word, now)?;
        self.gate.set_interval(flight.sender, lane.interval());
        self.rests(flight.sender, rest, USED_UP, now);
        Ok(())
    }

    /// Nothing leaves for so long, and nothing is read.
    fn rests(&mut self, sender: SenderNo, rest: Duration, why: &str, now: Millis) {
        if !rest.is_zero() {
            self.hold_gate(sender, rest);
            self.reads.hold(rest);
            self.note_hold(why.into(), rest, now);
        }
    }

    fn feed_breaker(&mut self, exchange: &Exchange, outcome: &Outcome) {
        match (exchange, outcome) {
            (Exchange::NeverConnected { .. }, _) => self.breaker.never_connected(),
            (_, Outcome::Unknown { .. }) if exchange.is_web_page() => self.breaker.web_page(),
            (_, Outcome::Unknown { .. }) => self.breaker.lost(),
            _ => self.breaker.answered(),
        }
        self.watch_breaker();
    }

    /// What an outcome means for everybody else.
    pub fn carry_out(&mut self, effect: Effect, flight: &InFlight, now: Millis) -> Result<(), EngineError> {
        match effect {
            Effect::None => {}
            Effect::Stop(problem) => self.stop_with(problem),
            Effect::OptOut => self.opt_out(flight, now)?,
            Effect::Hold { pause, why } => {
                self.hold_gate(flight.sender, pause);
                if let Some(lane) = self.lanes.get_mut(usize::from(flight.sender.0)) {
                    lane.hold(pause, &why, now)?;
                }
                self.note_hold(why, pause, now);
            }
            Effect::Throttle { asked } => {
                let Some(lane) = self.lanes.get_mut(usize::from(flight.sender.0)) else { return Ok(()) };
                lane.throttled(flight.left, asked, now)?;
                self.gate.set_interval(flight.sender, lane.interval());
                self.rests(flight.sender, asked.unwrap_or(Duration::ZERO), THROTTLED, now);
            }
        }
        Ok(())
    }

    fn opt_out(&mut self, flight: &InFlight, now: Millis) -> Result<(), EngineError> {
        let reason = format!("{STOPPED_MARKETING} (131050)");
        let added = self.setup.optouts.borrow_mut().add(flight.phone, &reason, now);
        added.map_err(|source| {
            EngineError::Queue(QueueError::Disk { doing: "write", path: self.setup.home.optouts(), source })
        })
    }

    /// Looks at the opt-out list. While it can't be read nothing goes out: a program may be saving it. After
    /// [`MAX_OPT_OUTS_UNREADABLE`] the run stops.
    pub fn watch_optouts(&mut self) {
        let looked = self.setup.optouts.borrow_mut().refresh();
        self.gate.set_blind(looked.is_err());
        let now = Instant::now();
        match looked {
            Ok(()) => {
                if self.blind_since.take().is_some() && self.stop.is_none() {
                    self.setup.observer.notice(Notice::note("the opt-out list can be read again; going on"));
                }
            }
            Err(problem) if self.has_work() => {
                let since = *self.blind_since.get_or_insert_with(|| {
                    let text = format!("{}; nothing is sent meanwhile", problem.reason);
                    self.setup.observer.notice(Notice::warning(text));
                    now
                });
                if now >= since + MAX_OPT_OUTS_UNREADABLE {
                    self.stop_with(problem);
                }
            }
            Err(_) => {}
        }
    }

    fn hold_gate(&self, sender: SenderNo, pause: Duration) {
        self.gate.hold(sender, Instant::now() + pause);
    }

    fn note_hold(&mut self, why: String, pause: Duration, now: Millis) {
        let note = format!("{why}; going on at {}", now + pause);
        if pause >= Duration::from_secs(5) && self.hold_note.as_ref() != Some(&note) {
            self.setup.observer.notice(Notice::warning(note.clone()));
        }
        self.hold_note = Some(note);
        self.hold_note_until = Instant::now() + pause;
    }

    pub fn stop_with(&mut self, problem: Problem) {
        self.gate.shut();
        self.stop.get_or_insert(problem);
    }

    /// The grace is over: what is still in flight is in doubt.
    pub fn give_up_flights(&mut self) {
        let now = self.setup.clock.now();
        for flight in std::mem::take(&mut self.in_flight) {
            let problem = Problem::new("sendcast was asked to end before the answer came");
            self.change(&flight, Event::Doubted { attempt: flight.attempt, at: now, problem });
        }
    }

    /// What the record of a group means for those who follow it.
    pub fn after_record(&mut self, changes: &[Change], applied: &[Applied]) {
        for (Change { job, event, .. }, applied) in changes.iter().zip(applied) {
            let went_through = matches!(applied, Applied::Yes { .. });
            if let Event::Accepted { attempt, id: Some(id), at } | Event::Found { attempt, id: Some(id), at } =
                event
                && went_through
            {
                if !self.setup.options.track.is_zero() {
                    self.tracker.follow(*job, *attempt, id.clone());
                }
                self.hooks.turned_up(*job, *attempt, id);
                self.samples.note(*at, *job);
            }
            match went_through {
                true => self.doubts.recorded(*job, event),
                // It was decided on a doubt that is no more.
                false if event.concerns_doubt() => self.doubts.changed(),
                false => {}
            }
            if !went_through {
                tracing::debug!(job = job.0, event = event.name(), "passed over: the job has moved on");
            }
        }
    }

    fn change(&mut self, flight: &InFlight, event: Event) {
        self.changes.push(Change { job: flight.job, expect: None, event });
    }

    /// Reads and applies what the operator ordered meanwhile.
    pub async fn take_orders(&mut self) -> Result<(), EngineError> {
        let disk = self.setup.disk.clone();
        let dir = orders::orders_dir(&self.setup.round);
        let pending = orders::pending(&*disk, &self.setup.round).map_err(QueueError::disk("read", &dir))?;
        for (path, order) in pending {
            let now = self.setup.clock.now();
            match order {
                Ok(order) => {
                    self.obey(&order, now).await?;
                    disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
                }
                Err(reason) => {
                    let aside =
                        orders::set_aside(&*disk, &path).map_err(QueueError::disk("rename", &path))?;
                    let text = format!("an order is damaged and wasn't applied: {reason}");
                    let hint = format!("give it again; the file is {} now", aside.display());
                    self.setup.observer.notice(Notice::warning(text).with_hint(hint));
                }
            }
        }
        Ok(())
    }

    async fn obey(&mut self, order: &orders::Order, now: Millis) -> Result<(), EngineError> {
        // Shut first: what is on disk and not yet out must not go out while the order is written.
        if matches!(order.order, OrderKind::Pause | OrderKind::Cancel) {
            self.gate.shut();
        }
        let effects = orders::apply(&mut self.queue, order, now).await?;
        tracing::info!(order = ?order.order, changed = effects.changed, "order applied");
        if matches!(order.order, OrderKind::Resolve { .. }) {
            self.revoke_found().await?;
            self.doubts.changed();
        }
        let running = self.queue.wanted() == Wanted::Running;
        if running && self.stop.is_none() && self.interrupted.is_none() {
            self.gate.open();
        }
        let note = match (&order.order, effects.wanted) {
            (OrderKind::Pause, Some(_)) => "paused by the operator",
            (OrderKind::Resume, Some(_)) => "resumed by the operator",
            (OrderKind::Cancel, Some(_)) => "cancelled by the operator",
            _ => return Ok(()),
        };
        self.setup.observer.notice(Notice::note(note));
        Ok(())
    }

    /// An attempt in flight at a person who turns out to have been reached must not go out, if it hasn't.
    pub async fn revoke_found(&mut self) -> Result<(), EngineError> {
        for flight in &self.in_flight {
            let Some(job) = self.queue.job(flight.job)? else { continue };
            let reached = job.deliveries().any(|(_, delivery)| !delivery.failed());
            if reached && matches!(job.state, State::Sending { .. }) {
                self.gate.revoke(flight.job, flight.attempt);
            }
        }
        Ok(())
    }
}

/// Whether an outcome says that an action was done before.
fn is_there(flight: &InFlight, outcome: &Outcome) -> bool {
    match (flight.action(), outcome) {
        (Some(action), Outcome::Refused { problem, .. }) => action.is_there(problem),
        _ => false,
    }
}
