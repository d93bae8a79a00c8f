//! Everything the run asks the server that isn't a message: deliveries, conversations, the breaker's
//! harmless question.

use std::time::Duration;

use tokio::time::Instant;

use super::conversation::{Listing, Look, read_conversation};
use super::dispatcher::Dispatcher;
use super::flight::Flight;
use super::inbox::Report;
use super::offset::Offset;
use super::reconciler::{Finding, judge};
use super::setup::EngineError;
use super::snapshot::Notice;
use super::tracker::Followed;
use crate::domain::codes::{self, Action};
use crate::domain::ids::{JobId, MessageId};
use crate::domain::job::{Delivery, Event, News, Reach, ResendBy};
use crate::domain::policy::{Breaker, BreakerState, Effect};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{Change, Queue};
use crate::sendwo::{
    ApiError, ApiErrorKind, ConversationRow, DeliveryReport, DeliveryStatus, Direction, Moment, Transport,
};
use crate::sys::clock::Clock;

impl<Q: Queue, T: Transport, C: Clock> Dispatcher<Q, T, C> {
    /// Starts whatever is due to be asked.
    pub(super) fn look_around(&mut self) -> Result<(), EngineError> {
        self.watch_breaker();
        self.probe_if_due();
        if self.interrupted.is_some() || matches!(self.breaker.state(), BreakerState::Open { .. }) {
            return Ok(());
        }
        self.ask_for_deliveries()?;
        self.look_for_doubts()
    }

    fn ask_for_deliveries(&mut self) -> Result<(), EngineError> {
        if self.setup.options.track.is_zero() {
            return Ok(());
        }
        if let Some((from, room)) = self.tracker.wants() {
            let page = self.queue.undelivered(from, room)?;
            self.tracker.refill(page, room);
        }
        let rate = self.rate_of_all();
        for followed in self.tracker.take_due(rate, self.has_work()) {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let answer = client.whatsapp().delivery_status(&followed.id).await;
                let _ = outbox.send(Report::Polled(followed, answer));
            });
        }
        Ok(())
    }

    pub(super) fn polled(
        &mut self,
        followed: Followed,
        answer: Result<DeliveryReport, ApiError>,
    ) -> Result<(), EngineError> {
        let Followed { job, attempt, .. } = followed;
        let report = match answer {
            Ok(report) => report,
            Err(error) => {
                tracing::debug!(job = job.0, %error, "no delivery status");
                self.tracker.answered(followed, false, false);
                return Ok(());
            }
        };
        let Some(listed) = self.queue.job(job)? else {
            self.tracker.answered(followed, true, false);
            return Ok(());
        };
        let known = listed.deliveries().find(|(a, _)| a.no == attempt).map(|(a, d)| (a.sender, d.clone()));
        let Some((sender, known)) = known else {
            self.tracker.answered(followed, true, false);
            return Ok(());
        };
        let now = self.setup.clock.now();
        if let (Some(moment), Some(accepted)) = (report.status_at(), known.accepted_at)
            // Later on the status may be much younger than the acceptance.
            && now.since(accepted) <= Offset::LATE
        {
            self.offset.learn_zone(moment, accepted);
        }
        let report = self.without_number(job, report)?;
        let at = |moment: Option<Moment>| {
            moment.and_then(|moment| self.offset.shown(moment, now)).map_or(now, |at| at.min(now))
        };
        let events: Vec<_> = news_in(&report, &known)
            .into_iter()
            .map(|(news, moment)| Event::News { attempt, news, at: at(moment) })
            .collect();
        let moved = !events.is_empty();
        let failed = events.iter().find_map(|event| match event {
            Event::News { news: News::Failed(problem), .. } => Some(problem.clone()),
            _ => None,
        });
        let effect = failed.as_ref().map_or(Effect::None, news_effect);
        let finished =
            matches!(report.status, Some(DeliveryStatus::Failed | DeliveryStatus::Reached(Reach::Read)));
        self.changes.extend(events.into_iter().map(|event| Change { job, expect: None, event }));
        if effect != Effect::None
            && let Some(listed) = self.queue.listed(job)?
            && let Some(phone) = listed.written_to.or(listed.row.phone)
        {
            let age = known.accepted_at.map_or(Duration::ZERO, |at| now.since(at));
            let left = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
            let flight = Flight { job, attempt, sender, phone, used: 0, first: false, media: None, left };
            self.carry_out(effect, &flight, now)?;
        }
        self.tracker.answered(followed, finished, moved);
        Ok(())
    }

    /// The reason of a failure tells at most the last digits of the number that it is about.
    fn without_number(
        &mut self,
        job: JobId,
        mut report: DeliveryReport,
    ) -> Result<DeliveryReport, EngineError> {
        if let Some(problem) = &report.problem
            && let Some(listed) = self.queue.listed(job)?
            && let Some(phone) = listed.written_to.or(listed.row.phone)
        {
            report.problem = Some(problem.about(phone));
        }
        Ok(report)
    }

    fn look_for_doubts(&mut self) -> Result<(), EngineError> {
        self.doubts.refresh(&mut self.queue)?;
        if self.doubts.is_empty() {
            return Ok(());
        }
        let now = self.setup.clock.now();
        if let Some((job, at)) = self.doubts.first_due(now)
            && !self.offset.is_known_near(at)
            && self.sampling.is_due()
        {
            self.ask_for_offset(job, at)?;
        }
        if self.sampling.holds(self.offset.is_known()) {
            return Ok(());
        }
        for doubt in self.doubts.take_due(now) {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let listing = read_conversation(&client, doubt.phone, doubt.at).await;
                let _ = outbox.send(Report::Looked(Look { doubt, listing }));
            });
        }
        Ok(())
    }

    /// The server's offset is learnt from messages whose acceptance was seen: before a look, the conversations
    /// of a few who were reached at about the attempt's time are read for its sake.
    fn ask_for_offset(&mut self, doubt: JobId, at: Millis) -> Result<(), EngineError> {
        /// People asked for at once; drawn from so many, for some may not be listed.
        const SAMPLES: usize = 3;
        const NEAREST: usize = 12;
        /// Without an id (a flow, the operator's word) nothing there is known to be ours: many may tell nothing.
        const LOOKED_AT: usize = 256;
        let mut reached = Vec::new();
        // Rows that stand near each other are sent to at about the same time.
        for from in [JobId(doubt.0.saturating_sub(50)), JobId(0)] {
            for status in [Status::Accepted, Status::Sent, Status::Delivered, Status::Read] {
                for (job, record) in self.queue.in_status(status, from, LOOKED_AT)? {
                    let seen = record.deliveries().filter(|(_, delivery)| delivery.id.is_some());
                    let accepted = seen.filter_map(|(_, delivery)| delivery.accepted_at).max();
                    reached
                        .extend(accepted.map(|accepted| (accepted.since(at).max(at.since(accepted)), job)));
                }
            }
            if !reached.is_empty() {
                break;
            }
        }
        reached.sort_unstable();
        reached.truncate(NEAREST);
        self.chance.shuffle(&mut reached);
        let mut phones = Vec::new();
        for (_, job) in reached.into_iter().take(SAMPLES) {
            let listed = self.queue.listed(job)?;
            phones.extend(listed.and_then(|listed| listed.written_to.or(listed.row.phone)));
        }
        self.sampling.asked(phones.len());
        for phone in phones {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let _ = outbox.send(Report::Sampled(read_conversation(&client, phone, at).await));
            });
        }
        Ok(())
    }

    pub(super) fn sampled(&mut self, listing: Result<Listing, ApiError>) -> Result<(), EngineError> {
        self.sampling
            .answered(listing.as_ref().err().is_none_or(|error| error.kind == ApiErrorKind::Refused));
        match listing {
            Ok(listing) => self.learn_from(&listing.rows),
            Err(error) => {
                tracing::debug!(%error, "no conversation to learn the server's time zone from");
                Ok(())
            }
        }
    }

    pub(super) fn looked(&mut self, look: Look) -> Result<(), EngineError> {
        let Look { doubt, listing } = look;
        let now = self.setup.clock.now();
        let attempt = doubt.attempt;
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => {
                tracing::debug!(job = doubt.job.0, %error, "no conversation");
                // A refusal is an answer: it says that there is nothing to read.
                if error.kind != ApiErrorKind::Refused && !self.doubts.not_readable(&doubt, now) {
                    return Ok(());
                }
                self.doubts.looked(&doubt);
                let problem = Problem::new(format!("the conversation couldn't be read: {}", error.text));
                let event = Event::Looked { attempt, at: now, unseen: false, problem };
                self.changes.push(Change { job: doubt.job, expect: None, event });
                return Ok(());
            }
        };
        self.doubts.looked(&doubt);
        self.learn_from(&listing.rows)?;
        let rivals = self.doubts.rivals(&doubt);
        let mut known = std::collections::HashMap::new();
        for id in listing.rows.iter().filter_map(|row| row.id.as_ref()) {
            if !known.contains_key(id) {
                let is_known = self.knows(id)?;
                known.insert(id.clone(), is_known);
            }
        }
        let finding =
            judge(&doubt, &listing, &self.offset, &rivals, now, |id| known.get(id).copied().unwrap_or(false));
        let event = match finding {
            Finding::Found { id, at } => Event::Found { attempt, id: Some(id), at },
            Finding::FoundFailed { id, at, problem } => {
                Event::FoundFailed { attempt, id: Some(id), at, problem }
            }
            Finding::Unseen(problem) => Event::Looked { attempt, at: now, unseen: true, problem },
            Finding::Unclear(problem) => Event::Looked { attempt, at: now, unseen: false, problem },
        };
        let resend = self.setup.options.resend_unseen && matches!(event, Event::Looked { unseen: true, .. });
        if matches!(event, Event::Found { .. } | Event::FoundFailed { .. })
            && let Some(flight) = self.in_flight.iter().find(|flight| flight.job == doubt.job)
        {
            // An ordered resend that is on disk and not yet out.
            self.gate.revoke(flight.job, flight.attempt);
        }
        self.changes.push(Change { job: doubt.job, expect: None, event });
        if resend {
            let event = Event::Resend { by: ResendBy::Unseen };
            self.changes.push(Change { job: doubt.job, expect: None, event });
        }
        Ok(())
    }

    /// Rows of ours tell how the server writes the time.
    fn learn_from(&mut self, rows: &[ConversationRow]) -> Result<(), EngineError> {
        for row in rows.iter().filter(|row| row.direction != Some(Direction::Theirs)) {
            let (Some(id), Some(local)) = (&row.id, row.at) else { continue };
            if let Some((job, attempt)) = self.queue.by_message_id(id)?
                && let Some(job) = self.queue.job(job)?
                && let Some((_, delivery)) = job.deliveries().find(|(a, _)| a.no == attempt)
                && let Some(accepted) = delivery.accepted_at
            {
                self.offset.learn(local, accepted);
            }
        }
        Ok(())
    }

    /// Whether any ledger of the data directory has this id, or it is about to be written.
    fn knows(&mut self, id: &MessageId) -> Result<bool, EngineError> {
        let about_to_be = self.changes.iter().any(|change| match &change.event {
            Event::Accepted { id: Some(other), .. }
            | Event::Found { id: Some(other), .. }
            | Event::FoundFailed { id: Some(other), .. } => other == id,
            _ => false,
        });
        Ok(about_to_be || self.queue.by_message_id(id)?.is_some() || (self.setup.known_elsewhere)(id)?)
    }

    /// Notices when the breaker opens, and gives up when its trials are lost.
    pub(super) fn watch_breaker(&mut self) {
        match self.breaker.state() {
            BreakerState::Open { probe_after } => {
                if self.probe_at.is_none() && !self.probing {
                    if !std::mem::replace(&mut self.breaker_told, true) {
                        let note = "the server doesn't answer; sending rests until it does".to_owned();
                        self.setup.observer.notice(Notice::warning(note.clone()));
                        self.hold_note = Some(note);
                    }
                    self.probe_at = Some(Instant::now() + probe_after);
                }
            }
            BreakerState::Stopped => {
                let reason = "the server answers questions and loses messages; three in a row are in doubt";
                self.stop_with(Problem::new(reason));
            }
            BreakerState::Closed if std::mem::take(&mut self.breaker_told) => {
                self.hold_note = None;
                self.setup.observer.notice(Notice::note("the server answers again; going on"));
            }
            BreakerState::HalfOpen | BreakerState::Closed => {}
        }
    }

    fn probe_if_due(&mut self) {
        // What is still in flight tells of the time before; after the question one message goes, as a trial.
        let quiet = self.in_flight.is_empty() && self.interrupted.is_none();
        if quiet && self.probe_at.is_some_and(|at| Instant::now() >= at) {
            self.probe_at = None;
            self.probing = true;
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let question = client.whatsapp();
                let answer = tokio::time::timeout(Breaker::PATIENCE, question.connected_numbers()).await;
                let answered = match answer {
                    Ok(Ok(_)) => true,
                    // A fault of the server is no answer: a message would meet the same.
                    Ok(Err(error)) => {
                        !matches!(error.kind, ApiErrorKind::Unreachable | ApiErrorKind::Faulty { .. })
                    }
                    Err(_) => false,
                };
                let _ = outbox.send(Report::Probed(answered));
            });
        }
    }

    pub(super) fn probed(&mut self, answered: bool) {
        self.probing = false;
        if answered {
            self.breaker.probe_answered()
        } else {
            self.breaker.probe_silent()
        }
        self.watch_breaker();
    }

    /// When there is something to ask for again.
    pub(super) fn tracker_next(&self) -> Option<Instant> {
        if self.interrupted.is_some() || matches!(self.breaker.state(), BreakerState::Open { .. }) {
            return None;
        }
        let now = self.setup.clock.now();
        let doubts = self.doubts.next(now).map(|due| Instant::now() + due.since(now));
        let doubts = match self.sampling.holds(self.offset.is_known()) {
            true => doubts.and_then(|due| Some(due.max(self.sampling.next()?))),
            false => doubts,
        };
        let tracking = !self.setup.options.track.is_zero();
        [self.tracker.next().filter(|_| tracking), doubts].into_iter().flatten().min()
    }

    /// The numbers' rates together; `None` without a limit.
    pub(super) fn rate_of_all(&self) -> Option<f64> {
        self.lanes.iter().map(super::lane::Lane::rate).sum()
    }
}

/// What a report says that wasn't known, with its times. Those it tells of earlier steps are kept too.
fn news_in(report: &DeliveryReport, known: &Delivery) -> Vec<(News, Option<Moment>)> {
    let mut news = Vec::new();
    match report.status {
        Some(DeliveryStatus::Reached(reach)) if known.reach < Some(reach) => {
            let steps = [
                (Reach::Sent, report.sent_at, known.sent_at),
                (Reach::Delivered, report.delivered_at, known.delivered_at),
            ];
            for (step, told, have) in steps {
                if step < reach && told.is_some() && have.is_none() {
                    news.push((News::Reached(step), told));
                }
            }
            news.push((News::Reached(reach), report.status_at()));
        }
        Some(DeliveryStatus::Failed) if known.failed_at.is_none() && known.reach < Some(Reach::Delivered) => {
            let problem = report.problem.clone().unwrap_or_else(|| codes::problem(""));
            news.push((News::Failed(problem), report.status_at()));
        }
        _ => {}
    }
    news
}

/// What news of a failure means for everybody else: the same as when it is an answer, except that news never
/// queues a message again.
fn news_effect(problem: &Problem) -> Effect {
    match codes::action(problem, 200) {
        Action::Stop => Effect::Stop(problem.clone()),
        Action::OptOut => Effect::OptOut,
        Action::Throttle => Effect::Throttle { asked: None },
        Action::Pause => Effect::Hold { pause: Duration::from_secs(60), why: problem.reason.to_string() },
        _ => Effect::None,
    }
}
