//! A run: its components, and how an event of one concerns the others.
//!
//! Invariants:
//!
//! - What was decided is written together with the next claims: one commit batch, one sync.
//! - A place among those in flight is free again only in the batch that records its outcome, so that a crash leaves
//!   at most `concurrency` attempts in doubt (**X**).

use std::time::Duration;

use tokio::time::Instant;

use super::decision::{Cause, Decision};
use super::delivery::poll::Polls;
use super::delivery::webhooks::{Listeners, Webhooks};
use super::event::{Completion, Response};
use super::failure_watch::Verdict;
use super::finish::{self, StatusFile};
use super::health::{Health, HealthNews};
use super::limits::Limits;
use super::now::Now;
use super::operator::Operated;
use super::opt_out_watch::OptOutWatch;
use super::pace::lanes::Pace;
use super::reconcile::run::{Around, Reconcile};
use super::requests::Requests;
use super::send::completion::{Sends, was_done_before, withdrawn};
use super::send::in_flight::{InFlight, SendResult};
use super::send::sender::SendRequest;
use super::setup::{Ending, EngineError, Setup};
use super::snapshot::{BlockedNumber, Notice};
use super::stop::Stop;
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::job::Event;
use crate::domain::outcome::{Outcome, classify};
use crate::domain::policy::{Alarm, Effect};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{
    Applied, Batch, Change, ClaimRequest, DesiredState, Intent, Lease, Queue, QueueError, number,
};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;
use crate::webhooks::STOPPED_MARKETING;

/// Who has to wait for the quota longer than this lets other campaigns send meanwhile.
const RELEASE_NUMBERS_FROM: Duration = Duration::from_secs(5);
/// A turn that is used up is handed on so soon after the last message was launched.
const HAND_OVER_AFTER: Duration = Duration::from_millis(2);
/// A claim lasts the longest request and this much more.
const LEASE_MARGIN: Duration = Duration::from_secs(60);

/// A run's state.
pub struct Run<Q: Queue, T: Transport, C: Clock> {
    pub queue: Q,
    pub setup: Setup<T, C>,
    pub requests: Requests<T>,
    /// To record with the next commit batch.
    pub changes: Vec<Change>,
    pub sends: Sends<T, C>,
    pub pace: Pace,
    pub limits: Limits,
    pub health: Health,
    pub polls: Polls,
    pub webhooks: Webhooks,
    pub reconcile: Reconcile,
    pub opt_outs: OptOutWatch,
    pub stop: Stop,
    pub status: StatusFile,
    /// When to look at orders and opt-outs.
    pub pulse_at: Instant,
}

/// What may be to be done, in the order in which it is when several are.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// Give up what is in flight.
    GiveUp,
    /// Look at signals, orders and opt-outs.
    Pulse,
    /// Record what was decided, and claim what may go next.
    Commit,
    /// Read what webhooks told.
    Inbox,
    /// Ask the breaker's harmless question.
    Probe,
    /// Ask for deliveries.
    Polls,
    /// Read conversations for doubts.
    Doubts,
    /// Show the run.
    Status,
    /// End it.
    Finish,
}

impl Due {
    /// All of them.
    pub const ALL: [Due; 9] = [
        Due::GiveUp,
        Due::Pulse,
        Due::Commit,
        Due::Inbox,
        Due::Probe,
        Due::Polls,
        Due::Doubts,
        Due::Status,
        Due::Finish,
    ];
}

impl<Q: Queue, T: Transport, C: Clock> Run<Q, T, C> {
    /// When this is next to be done, if at all.
    pub fn when(&self, due: Due, now: Now) -> Option<Instant> {
        let in_flight = !self.sends.in_flight().is_empty();
        let asks = !self.stop.is_interrupted() && !self.health.is_down();
        match due {
            Due::GiveUp => self.stop.next(in_flight),
            Due::Pulse => Some(self.pulse_at),
            Due::Commit if self.changes.is_empty() => self.next_claim(now),
            Due::Commit => Some(now.instant),
            Due::Inbox => Some(self.webhooks.next()),
            Due::Probe => self.health.next(!in_flight && !self.stop.is_interrupted()),
            Due::Polls => self.polls.next().filter(|_| asks).map(|at| self.may_read(at)),
            Due::Doubts => asks.then(|| self.reconcile.next(now)).flatten().map(|at| self.may_read(at)),
            Due::Status => Some(self.status.next()),
            Due::Finish => self.ending(now).map(|_| now.instant),
        }
    }

    /// The same moment, or the end of what reads are held for.
    fn may_read(&self, at: Instant) -> Instant {
        self.pace.reads_held_until().map_or(at, |held| held.max(at))
    }

    /// Does it.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub async fn act(&mut self, due: Due, now: Now) -> Result<Response, EngineError> {
        match due {
            Due::GiveUp => {
                let decision = self.sends.give_up(now.wall);
                self.carry_out(decision)?;
            }
            Due::Pulse => self.pulse(now).await?,
            Due::Commit => {
                let intents = self.commit_and_claim().await?;
                self.launch(intents)?;
            }
            Due::Inbox => {
                // The inbox is read before the doubts of an earlier run are known by name.
                let awaits_ids = !(self.sends.in_flight().is_empty()
                    && self.reconcile.is_empty()
                    && self.queue.counts()[Status::InDoubt] == 0
                    && self.changes.is_empty());
                let decision = self.webhooks.poll_inbox(&mut Listeners {
                    queue: &mut self.queue,
                    polls: &mut self.polls,
                    skew: self.reconcile.skew(),
                    awaits_ids,
                    all_recorded: self.changes.is_empty(),
                    now: now.wall,
                })?;
                self.carry_out(decision)?;
            }
            Due::Probe => self.health.probe(&self.requests),
            Due::Polls => {
                let per_second = self.pace.reads_per_second(self.has_work());
                self.polls.start(&mut self.queue, &self.requests, per_second)?;
            }
            Due::Doubts => self.reconcile.start(&mut self.queue, &self.requests, now)?,
            Due::Status => self.show(None),
            Due::Finish => {
                if let Some(ending) = self.ending(now) {
                    self.queue.sync().await?;
                    self.webhooks.save();
                    return Ok(Response::End(ending));
                }
            }
        }
        Ok(Response::Continue)
    }

    /// This moment.
    pub fn now(&self) -> Now {
        Now::read(&self.setup.clock)
    }

    /// What follows from a task's end.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub fn completed(&mut self, completion: Completion) -> Result<Decision, EngineError> {
        let now = self.setup.clock.now();
        Ok(match completion {
            Completion::Sent(message, result) => self.sent(&message, result, now)?,
            Completion::Polled(followed, answer) => {
                self.pace.read(followed.asked_at, &answer);
                let skew = self.reconcile.skew();
                self.polls.answered(&mut self.queue, followed, answer, skew, now)?
            }
            Completion::ConversationRead(look) => {
                self.pace.read(look.asked_at, &look.listing);
                let mut around = Around {
                    queue: &mut self.queue,
                    others: &mut *self.setup.other_campaigns,
                    in_flight: self.sends.in_flight(),
                    pending: &self.changes,
                };
                self.reconcile.looked(look, &mut around, now)?
            }
            Completion::SkewSampled(asked_at, listing) => {
                self.pace.read(asked_at, &listing);
                self.reconcile.sampled(&mut self.queue, listing)?;
                Decision::default()
            }
            Completion::Probed(answered) => {
                let news = self.health.probed(answered);
                self.tell_health(news);
                Decision::default()
            }
        })
    }

    fn sent(&mut self, message: &InFlight, result: SendResult, now: Millis) -> Result<Decision, EngineError> {
        if !self.sends.end(message) {
            return Ok(Decision::default());
        }
        let cancelled = self.queue.wanted() == DesiredState::Cancelled;
        let exchange = match result {
            SendResult::Posted(exchange) => exchange,
            SendResult::Withdrawn(closed) => {
                self.limits.give_back(message.first);
                return Ok(withdrawn(message, closed, cancelled));
            }
        };
        self.pace.posted();
        let mut outcome = classify(&exchange);
        let news = self.health.sent(&exchange, &outcome);
        self.tell_health(news);
        let done_before = was_done_before(message, &outcome);
        // Asked for by the operator, after an attempt that may have done it: it has.
        if done_before && self.queue.job(message.job)?.is_some_and(|job| job.doubts().next().is_some()) {
            outcome = Outcome::Accepted { message_id: None };
        }
        let judged = self.sends.judge(message, outcome, done_before, self.pace.per_second(), now);
        if judged.not_counted {
            self.limits.give_back(message.first);
        }
        if let Some((alarm, problem)) = judged.alarm {
            self.raise(alarm, &problem);
        }
        if let Some(word) = exchange.rate_limit() {
            let observer = &mut *self.setup.observer;
            self.pace.told(message.sender, message.left, word, now, observer)?;
        }
        if judged.answered {
            self.pace.accepted(message.sender, message.left, now)?;
        }
        let mut decision = Decision::default();
        decision.record(message.job, judged.event);
        if cancelled {
            // Takes hold only where the job went back to the queue.
            decision.record(message.job, Event::Cancelled { by_removal: false });
        }
        decision.effects.push((judged.effect, Cause::of(message)));
        Ok(decision)
    }

    /// The guard has seen enough: the campaign stops, or pauses until somebody has had a look.
    fn raise(&mut self, alarm: Alarm, problem: &Problem) {
        match alarm {
            Alarm::Nobody => {
                let reason = format!("everybody is refused alike: {}", problem.reason);
                self.stop_with(Problem { code: problem.code, ..Problem::new(reason) });
            }
            Alarm::Stretch(recipients) => {
                self.pace.gate().shut();
                self.stop.pause();
                let name = &self.queue.identity().campaign;
                let text = format!(
                    "paused: {recipients} recipients in a row were refused alike, though others were reached before: \
                     {problem}"
                );
                let name = self.setup.home.called(name);
                let hint = format!(
                    "look at those rows of the audience; `sendcast resume {name}` and then `sendcast run {name}` goes on"
                );
                self.setup.observer.notice(Notice::warning(text).with_hint(hint));
            }
        }
    }

    /// Does what a component decided.
    ///
    /// # Errors
    /// The disk's.
    pub fn carry_out(&mut self, decision: Decision) -> Result<(), EngineError> {
        self.changes.extend(decision.changes);
        for (job, attempt) in decision.revoke {
            self.pace.gate().revoke(job, attempt);
        }
        for (effect, cause) in decision.effects {
            self.take_effect(effect, cause)?;
        }
        Ok(())
    }

    /// What an outcome means for everybody else.
    fn take_effect(&mut self, effect: Effect, cause: Cause) -> Result<(), EngineError> {
        let now = self.setup.clock.now();
        let observer = &mut *self.setup.observer;
        match effect {
            Effect::None => {}
            Effect::Stop(problem) => self.stop_with(problem),
            Effect::StopNumber(problem) => self.block(cause.sender, problem),
            Effect::OptOut => {
                let reason = format!("{STOPPED_MARKETING} (131050)");
                let added = self.setup.optouts.borrow_mut().add(cause.phone, &reason, now);
                added.map_err(QueueError::disk("write", &self.setup.home.optouts()))?;
            }
            Effect::Hold { pause, why } => self.pace.hold(cause.sender, pause, why, now, observer)?,
            Effect::Throttle { asked } => {
                self.pace.throttled(cause.sender, cause.left, asked, now, observer)?;
            }
        }
        Ok(())
    }

    /// A number may not send any more. Others go on; where none has anything to send, the campaign stops.
    fn block(&mut self, sender: SenderNo, problem: Problem) {
        if self.pace.blocked().any(|(blocked, ..)| blocked == sender) {
            return;
        }
        self.pace.block(sender, problem.clone());
        let in_flight = self.sends.in_flight();
        let of_others = |other| self.queue.next_due(other, true).is_some();
        if !in_flight.iter().any(|message| message.sender != sender) && !self.pace.senders().any(of_others) {
            return self.stop_with(problem);
        }
        let name = self.setup.home.called(&self.queue.identity().campaign);
        let number =
            self.queue.head().and_then(|head| number(head, sender)).map_or("", |number| number.as_str());
        let text = format!("the number {number} is blocked: {problem}; its people wait, the others go on");
        self.setup.observer.notice(Notice::warning(text).with_hint(BlockedNumber::remedy(&name)));
    }

    fn tell_health(&mut self, news: Option<HealthNews>) {
        match news {
            Some(HealthNews::Down(note)) => self.setup.observer.notice(Notice::warning(note)),
            Some(HealthNews::Back) => {
                self.setup.observer.notice(Notice::note("the server answers again; going on"));
            }
            Some(HealthNews::Stop(problem)) => self.stop_with(problem),
            None => {}
        }
    }

    fn stop_with(&mut self, problem: Problem) {
        self.pace.gate().shut();
        self.stop.because(problem);
    }

    /// Looks at what others may have changed: whether the process is asked to end, opt-outs, orders.
    async fn pulse(&mut self, now: Now) -> Result<(), EngineError> {
        self.pulse_at = now.instant + self.setup.options.pulse;
        let asked = *self.setup.interrupted.borrow_and_update();
        if let Some(interrupt) = asked {
            self.pace.gate().shut();
            self.stop.interrupt(interrupt);
        }
        let blocked = self.pace.blocked().map(|(sender, ..)| sender).collect();
        if let Some(verdict) = self.limits.look(&mut self.queue, blocked)? {
            self.heed(&verdict, now).await?;
        }
        let sending = self.has_work() && !self.stop.is_set();
        let (gate, observer) = (self.pace.gate(), &mut *self.setup.observer);
        if let Some(problem) = self.opt_outs.look(&self.setup.optouts, gate, sending, observer) {
            self.stop_with(problem);
        }
        let soon = now.wall + RELEASE_NUMBERS_FROM;
        let waits = self.limits.used_up_until(soon).is_some()
            || self.outside_hours(now.wall).is_some_and(|until| until > soon);
        let rests = self.queue.wanted() != DesiredState::Running || !self.has_work() || waits;
        if rests && self.sends.in_flight().is_empty() {
            // Other campaigns may send from these numbers meanwhile.
            self.pace.release();
        } else {
            let has_places = self.places() > 0;
            let (queue, untouched) = (&self.queue, self.limits.admit_new(now.wall));
            let soon = now.wall + self.setup.options.pulse;
            let wants =
                |sender| has_places && queue.next_due(sender, untouched).is_some_and(|due| due <= soon);
            self.pace.share(wants, now)?;
        }
        let Setup { disk, round, clock, observer, .. } = &mut self.setup;
        let mut operated = Operated {
            queue: &mut self.queue,
            gate: self.pace.gate(),
            in_flight: self.sends.in_flight(),
            stops: self.stop.is_set(),
            observer: &mut **observer,
        };
        let obeyed = operated.take_orders(disk, round, &*clock).await?;
        if obeyed.resolved {
            self.reconcile.changed();
        }
        if obeyed.resumed {
            self.pace.unblock();
        }
        if obeyed.reassigned {
            let (options, head) = (&self.setup.options, self.queue.head());
            let numbers = head.map_or(&[][..], |head| &head.senders);
            self.pace.add(&self.setup.permits, numbers, (options.rate, options.priority))?;
        }
        Ok(())
    }

    /// Pauses when too many failed; goes on with everybody when the canary has passed.
    async fn heed(&mut self, verdict: &Verdict, now: Now) -> Result<(), EngineError> {
        let name = self.setup.home.called(&self.queue.identity().campaign);
        let notice = match verdict {
            Verdict::Passed(said) => Notice::note(said),
            Verdict::Failed(reason) => {
                self.pace.gate().shut();
                let hint = format!(
                    "the report lists them with their reasons; `sendcast resume {name}` and then `sendcast run {name}` \
                     goes on"
                );
                let notice = Notice::warning(format!("paused: {reason}")).with_hint(hint);
                let wanted = Some(DesiredState::Paused);
                self.queue.record(Batch { wanted, ..Batch::default() }, now.wall).await?;
                self.queue.sync().await?;
                notice
            }
        };
        self.limits.heeded(verdict, &mut self.queue, now.wall)?;
        self.polls.follow_for(self.setup.options.track);
        self.setup.observer.notice(notice);
        Ok(())
    }

    /// How many more messages may be in flight.
    fn places(&self) -> usize {
        let may_send = !self.stop.is_set()
            && self.opt_outs.is_readable()
            && self.queue.wanted() == DesiredState::Running;
        let most = if may_send { self.health.most_in_flight(self.setup.options.concurrency) } else { 0 };
        most.saturating_sub(self.sends.in_flight().len())
    }

    /// When a number's next message is due, by the queue.
    fn next_due(&self, sender: SenderNo, now: Now) -> Option<Instant> {
        self.queue.next_due(sender, self.limits.admit_new(now.wall)).map(|due| now.instant_of(due))
    }

    /// When something may next be claimed: a place is free, a message due, a permit to be had.
    fn next_claim(&self, now: Now) -> Option<Instant> {
        if self.places() == 0 {
            return None;
        }
        let next = self.pace.next_claim(|sender| self.next_due(sender, now));
        let opens =
            self.limits.hours().closed_for_all(now.wall).map_or(now.instant, |until| now.instant_of(until));
        next.map(|at| at.max(self.limits.next_claim()).max(opens))
    }

    /// Writes what was decided and claims what may go next, in one batch.
    async fn commit_and_claim(&mut self) -> Result<Vec<Intent>, EngineError> {
        let changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            let pauses = self.stop.takes_pause() && self.queue.wanted() == DesiredState::Running;
            let wanted = pauses.then_some(DesiredState::Paused);
            let batch = Batch { changes: changes.clone(), wanted, ..Batch::default() };
            let applied = self.queue.record(batch, self.setup.clock.now()).await?;
            self.after_record(&changes, &applied);
        }
        let now = self.now();
        if let Some(came) = self.limits.missed_start(&self.queue.counts(), now.wall) {
            self.pace.gate().shut();
            self.stop.missed(came);
        }
        let wants = self.wants(now)?;
        if wants.is_empty() {
            if !changes.is_empty() {
                self.queue.sync().await?;
            }
            return Ok(Vec::new());
        }
        let options = &self.setup.options;
        let until = now.wall + options.request_timeout + LEASE_MARGIN;
        let lease = Lease { owner: self.setup.owner, until };
        let intents = self.limits.claim(&mut self.queue, &wants, lease, now.wall, options.pulse).await?;
        self.changes.extend(self.limits.take_capped());
        Ok(intents)
    }

    /// What may be claimed now.
    fn wants(&mut self, now: Now) -> Result<Vec<ClaimRequest>, EngineError> {
        if self.next_claim(now).is_none_or(|at| at > now.instant) {
            return Ok(Vec::new());
        }
        let (places, untouched) = (self.places(), self.limits.admit_new(now.wall));
        let queue = &self.queue;
        let due = |sender| queue.next_due(sender, untouched).map(|due| now.instant_of(due));
        let taken = self.pace.take(places, due, now, &mut *self.setup.observer)?;
        Ok(taken.into_iter().map(|(sender, count)| ClaimRequest { sender, count, untouched }).collect())
    }

    /// What the record of a batch means for those who follow it.
    fn after_record(&mut self, changes: &[Change], applied: &[Applied]) {
        for (Change { job, event, .. }, applied) in changes.iter().zip(applied) {
            if let Applied::Yes { from, to } = applied {
                self.limits.moved(*from, *to);
            }
            let applied = matches!(applied, Applied::Yes { .. });
            if let Event::Accepted { attempt, id: Some(id), at } | Event::Found { attempt, id: Some(id), at } =
                event
                && applied
            {
                self.polls.follow(*job, *attempt, id);
                self.webhooks.turned_up(*job, *attempt, id);
                self.reconcile.accepted(*at, *job);
            }
            self.reconcile.recorded(*job, event, applied);
            if !applied {
                tracing::debug!(job = job.0, event = event.name(), "passed over: the job has moved on");
            }
        }
    }

    /// Lets claimed messages go, each with a sender of its own.
    fn launch(&mut self, intents: Vec<Intent>) -> Result<(), EngineError> {
        let starts = self.pace.reserve(&intents, self.now())?;
        for (intent, start) in intents.into_iter().zip(starts) {
            let Some(number) = self.queue.head().and_then(|head| number(head, intent.sender)).cloned() else {
                tracing::error!(
                    sender = intent.sender.0,
                    "internal error: a message's sending number isn't in the plan; it isn't sent"
                );
                continue;
            };
            self.sends.start(SendRequest { intent, start, number });
        }
        if self.pace.is_used_up() {
            // What was just launched leaves first.
            self.pulse_at = self.pulse_at.min(Instant::now() + HAND_OVER_AFTER);
        }
        Ok(())
    }

    /// Whether something is left to send in this run.
    pub(super) fn has_work(&self) -> bool {
        if !self.sends.in_flight().is_empty() {
            return true;
        }
        let untouched = !self.limits.is_reached();
        if untouched && self.pace.blocked().next().is_none() {
            return self.queue.counts()[Status::Queued] > 0;
        }
        self.pace.senders().any(|sender| self.queue.next_due(sender, untouched).is_some())
    }

    /// A number that may not send any more, with people who wait for it, and why it may not.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = (&NumberId, &Problem, u64)> {
        let waits = |(sender, number, problem)| (number, problem, self.queue.queued_of(sender));
        self.pace.blocked().map(waits).filter(|(.., people)| *people > 0)
    }

    /// How the run ends, if it does now.
    fn ending(&self, now: Now) -> Option<Ending> {
        if !self.sends.in_flight().is_empty() || !self.changes.is_empty() {
            return None;
        }
        let followed_up = || {
            let polls_over = self.polls.are_over(self.sends.last_end(), self.sends.has_sent());
            polls_over && self.reconcile.is_over(now.wall)
        };
        let queued = self.queue.counts()[Status::Queued] > 0;
        if let Some(stopped) = self.stop.ending() {
            return Some(stopped);
        }
        let ending = finish::ending(self.queue.wanted(), self.has_work(), queued, followed_up)?;
        let left_behind = self.left_behind().next().filter(|_| ending == Ending::LimitReached);
        Some(left_behind.map_or(ending, |(_, problem, _)| Ending::Stopped(problem.clone())))
    }
}
