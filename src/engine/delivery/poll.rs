//! Asking what became of messages that were accepted.

use std::time::Duration;

use tokio::time::Instant;

use super::news::{Known, failed, known, news_in, redacted};
use super::tracker::{Followed, Tracker};
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::job::{Event, News, Reach};
use crate::domain::time::Millis;
use crate::engine::decision::Decision;
use crate::engine::event::Completion;
use crate::engine::reconcile::clock_skew::ClockSkew;
use crate::engine::requests::Requests;
use crate::queue::{Queue, QueueError};
use crate::sendwo::{ApiError, DeliveryReport, DeliveryStatus, Moment, Transport};

/// The polls of a run.
#[derive(Debug)]
pub struct Polls {
    tracker: Tracker,
    /// How long to follow after the last send; zero for not at all.
    horizon: Duration,
}

impl Polls {
    /// Follows everything that the queue has unfinished, for so long after the last send.
    #[must_use]
    pub fn new(horizon: Duration) -> Polls {
        Polls { tracker: Tracker::new(), horizon }
    }

    /// Follows for so long after the last send from now on.
    pub fn follow_for(&mut self, horizon: Duration) {
        self.horizon = horizon;
    }

    /// Whether deliveries are followed at all.
    #[must_use]
    pub fn are_on(&self) -> bool {
        !self.horizon.is_zero()
    }

    /// How long deliveries are followed from now on, where any is.
    #[must_use]
    pub fn left(&self, last_send: Instant) -> Option<Duration> {
        let left = self.horizon.saturating_sub(last_send.elapsed());
        (self.are_on() && !self.tracker.is_idle() && !left.is_zero()).then_some(left)
    }

    /// When there is something to ask for, or room for more to follow.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.tracker.next().filter(|_| self.are_on())
    }

    /// Asks for what is due, at so many `per_second`.
    ///
    /// # Errors
    /// The queue's.
    pub fn start<Q: Queue, T: Transport>(
        &mut self,
        queue: &mut Q,
        requests: &Requests<T>,
        per_second: f64,
    ) -> Result<(), QueueError> {
        if let Some((from, room)) = self.tracker.wants() {
            let page = queue.undelivered(from, room)?;
            self.tracker.refill(page, room);
        }
        for followed in self.tracker.take_due(per_second) {
            requests.start(|client| async move {
                let answer = client.whatsapp().delivery_status(&followed.id).await;
                Completion::Polled(followed, answer)
            });
        }
        Ok(())
    }

    /// A message was accepted just now.
    pub fn follow(&mut self, job: JobId, attempt: AttemptNo, id: &MessageId) {
        if self.are_on() {
            self.tracker.follow(job, attempt, id.clone());
        }
    }

    /// A webhook told of a message. `finished`: nothing more will be heard of it.
    pub fn webhook_saw(&mut self, job: JobId, attempt: AttemptNo, finished: bool) {
        self.tracker.hooked(job, attempt, finished);
    }

    /// A poll ended: what it tells.
    ///
    /// # Errors
    /// The queue's.
    pub fn answered<Q: Queue>(
        &mut self,
        queue: &mut Q,
        followed: Followed,
        answer: Result<DeliveryReport, ApiError>,
        skew: &mut ClockSkew,
        now: Millis,
    ) -> Result<Decision, QueueError> {
        let mut decision = Decision::default();
        let Followed { job, attempt, .. } = followed;
        let mut report = match answer {
            Ok(report) => report,
            Err(error) => {
                tracing::debug!(job = job.0, %error, "no delivery status");
                self.tracker.answered(followed, false, false);
                return Ok(decision);
            }
        };
        let Some(known) = known(queue, job, attempt)? else {
            self.tracker.answered(followed, true, false);
            return Ok(decision);
        };
        let Known { delivery, .. } = &known;
        if let (Some(moment), Some(accepted)) = (report.status_at(), delivery.accepted_at)
            // Later on the status may be much younger than the acceptance.
            && now.since(accepted) <= ClockSkew::MAX_STATUS_DELAY
        {
            skew.learn_zone(moment, accepted);
        }
        report.problem = report.problem.map(|problem| redacted(queue, job, problem)).transpose()?;
        let at = |moment: Option<Moment>| {
            moment.and_then(|moment| skew.shown(moment, now)).map_or(now, |at| at.min(now))
        };
        let news = news_in(&report, delivery);
        let moved = !news.is_empty();
        for (news, moment) in news {
            if let News::Failed(problem) = &news {
                failed(queue, job, &known, problem, now, &mut decision)?;
            }
            decision.record(job, Event::News { attempt, news, at: at(moment) });
        }
        let finished =
            matches!(report.status, Some(DeliveryStatus::Failed | DeliveryStatus::Reached(Reach::Read)));
        self.tracker.answered(followed, finished, moved);
        Ok(decision)
    }

    /// Whether nothing more is waited for, where the last POST ended at `last_send`, in this run or (`has_sent` is
    /// `false`) an earlier one.
    #[must_use]
    pub fn are_over(&self, last_send: Instant, has_sent: bool) -> bool {
        if !self.are_on() || self.tracker.is_idle() {
            return true;
        }
        last_send.elapsed() >= self.horizon && (has_sent || self.tracker.asked_all())
    }
}
