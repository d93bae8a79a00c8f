//! What the run asks of the server that is neither a message nor a conversation (`engine/reconcile/run.rs`): deliveries,
//! and the breaker's harmless question.

use std::time::Duration;

use tokio::time::Instant;

use super::tracker::Followed;
use crate::domain::codes::{self, Action};
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::job::{Delivery, Event, News, Reach};
use crate::domain::phone::Phone;
use crate::domain::policy::{Breaker, BreakerState, Effect};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::event::Completion;
use crate::engine::reconcile::clock_skew::ClockSkew;
use crate::engine::run_loop::RunLoop;
use crate::engine::send::in_flight::InFlight;
use crate::engine::setup::EngineError;
use crate::engine::snapshot::Notice;
use crate::queue::{Change, Queue};
use crate::sendwo::{ApiError, ApiErrorKind, DeliveryReport, DeliveryStatus, Moment, Transport};
use crate::sys::clock::Clock;

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    /// Starts whatever is due to be asked.
    pub fn start_background_requests(&mut self) -> Result<(), EngineError> {
        self.watch_breaker();
        self.probe_if_due();
        if self.interrupted.is_some() || matches!(self.breaker.state(), BreakerState::Open { .. }) {
            return Ok(());
        }
        if self.reads.held_until().is_some() {
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
        let rate = self.reads.rate(self.rate_of_all(), self.has_work());
        for followed in self.tracker.take_due(rate) {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let answer = client.whatsapp().delivery_status(&followed.id).await;
                let _ = outbox.send(Completion::Polled(followed, answer));
            });
        }
        Ok(())
    }

    pub fn polled(
        &mut self,
        followed: Followed,
        answer: Result<DeliveryReport, ApiError>,
    ) -> Result<(), EngineError> {
        let Followed { job, attempt, .. } = followed;
        self.reads.answered(followed.asked_at, &answer);
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
            && now.since(accepted) <= ClockSkew::MAX_STATUS_DELAY
        {
            self.skew.learn_zone(moment, accepted);
        }
        let report = self.without_number(job, report)?;
        let at = |moment: Option<Moment>| {
            moment.and_then(|moment| self.skew.shown(moment, now)).map_or(now, |at| at.min(now))
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
        let finished =
            matches!(report.status, Some(DeliveryStatus::Failed | DeliveryStatus::Reached(Reach::Read)));
        self.changes.extend(events.into_iter().map(|event| Change { job, expect: None, event }));
        if let Some(problem) = failed {
            self.failed_later(job, attempt, sender, known.accepted_at, &problem)?;
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
            && let Some(phone) = self.phone_of(job)?
        {
            report.problem = Some(problem.about(phone));
        }
        Ok(report)
    }

    /// Who was written to.
    pub fn phone_of(&mut self, job: JobId) -> Result<Option<Phone>, EngineError> {
        Ok(self.queue.listed(job)?.and_then(|listed| listed.phone()))
    }

    /// News of a failure means the same for everybody else as when it is an answer.
    pub fn failed_later(
        &mut self,
        job: JobId,
        attempt: AttemptNo,
        sender: SenderNo,
        accepted_at: Option<Millis>,
        problem: &Problem,
    ) -> Result<(), EngineError> {
        let effect = news_effect(problem);
        if effect == Effect::None {
            return Ok(());
        }
        let Some(phone) = self.phone_of(job)? else { return Ok(()) };
        let now = self.setup.clock.now();
        let age = accepted_at.map_or(Duration::ZERO, |at| now.since(at));
        let left = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
        let flight = InFlight { job, attempt, sender, phone, used: 0, first: false, payload: None, left };
        self.carry_out(effect, &flight, now)
    }

    /// Notices when the breaker opens, and gives up when its trials are lost.
    pub fn watch_breaker(&mut self) {
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
            BreakerState::NoApi => self.stop_with(Problem::new(codes::WEB_PAGE_TEXT)),
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
                let _ = outbox.send(Completion::Probed(answered));
            });
        }
    }

    pub fn probed(&mut self, answered: bool) {
        self.probing = false;
        if answered {
            self.breaker.probe_answered()
        } else {
            self.breaker.probe_silent()
        }
        self.watch_breaker();
    }

    /// When there is something to ask for again.
    pub fn tracker_next(&self) -> Option<Instant> {
        if self.interrupted.is_some() || matches!(self.breaker.state(), BreakerState::Open { .. }) {
            return None;
        }
        let now = self.setup.clock.now();
        let doubts = self.doubts.next(now).map(|due| Instant::now() + due.since(now));
        let doubts = match self.sampling.holds(self.skew.is_known()) {
            true => doubts.and_then(|due| Some(due.max(self.sampling.next()?))),
            false => doubts,
        };
        let tracking = !self.setup.options.track.is_zero();
        let next = [self.tracker.next().filter(|_| tracking), doubts].into_iter().flatten().min();
        next.map(|next| self.reads.held_until().map_or(next, |held| held.max(next)))
    }

    /// The numbers' rates together; `None` without a limit.
    pub fn rate_of_all(&self) -> Option<f64> {
        self.lanes.iter().map(crate::engine::pace::lane::Lane::rate).sum()
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
