//! What a poll or a webhook says that wasn't known, and what that means.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::codes::{self, Action};
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::job::{Delivery, News, Reach};
use crate::domain::phone::Phone;
use crate::domain::policy::Effect;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::decision::{Cause, Decision};
use crate::queue::{Queue, QueueError};
use crate::sendwo::{DeliveryReport, DeliveryStatus, Moment};

/// What is known of a message that was accepted.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which number sent it.
    pub sender: SenderNo,
    /// Its delivery so far.
    pub delivery: Delivery,
}

/// What the queue knows of an attempt's delivery; `None` where it wasn't accepted.
///
/// # Errors
/// The queue's.
pub fn known<Q: Queue>(queue: &mut Q, job: JobId, attempt: AttemptNo) -> Result<Option<Known>, QueueError> {
    let Some(state) = queue.job(job)? else { return Ok(None) };
    let found = state.deliveries().find(|(one, _)| one.no == attempt);
    Ok(found.map(|(one, delivery)| Known { sender: one.sender, delivery: delivery.clone() }))
}

/// Who was written to.
///
/// # Errors
/// The queue's.
pub fn phone_of<Q: Queue>(queue: &mut Q, job: JobId) -> Result<Option<Phone>, QueueError> {
    Ok(queue.listed(job)?.and_then(|listed| listed.phone()))
}

/// The reason of a failure, which tells at most the last digits of the number that it is about.
///
/// # Errors
/// The queue's.
pub fn redacted<Q: Queue>(queue: &mut Q, job: JobId, problem: Problem) -> Result<Problem, QueueError> {
    Ok(match phone_of(queue, job)? {
        Some(phone) => problem.about(phone),
        None => problem,
    })
}

/// What a report says that wasn't known, with its times. Those it tells of earlier steps are kept too.
pub fn news_in(report: &DeliveryReport, known: &Delivery) -> Vec<(News, Option<Moment>)> {
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

/// The news, unless it is known: the steps it tells of are kept also where a later one is.
pub fn unknown_yet(news: &News, known: &Delivery) -> Option<News> {
    let new = match news {
        News::Reached(Reach::Accepted) => false,
        News::Reached(Reach::Sent) => known.sent_at.is_none(),
        News::Reached(Reach::Delivered) => known.delivered_at.is_none(),
        News::Reached(Reach::Read) => known.read_at.is_none(),
        News::Failed(_) => known.failed_at.is_none() && known.reach < Some(Reach::Delivered),
    };
    new.then(|| news.clone())
}

/// Adds what news of a failure means for everybody else: the same as when it is an answer, except that news never
/// queues a message again.
///
/// # Errors
/// The queue's.
pub fn failed<Q: Queue>(
    queue: &mut Q,
    job: JobId,
    known: &Known,
    problem: &Problem,
    now: Millis,
    decision: &mut Decision,
) -> Result<(), QueueError> {
    let effect = match codes::action(problem, 200) {
        Action::Stop => Effect::Stop(problem.clone()),
        Action::StopNumber => Effect::StopNumber(problem.clone()),
        Action::OptOut => Effect::OptOut,
        Action::Throttle => Effect::Throttle { asked: None },
        Action::Pause => Effect::Hold { pause: Duration::from_secs(60), why: problem.reason.to_string() },
        _ => return Ok(()),
    };
    let Some(phone) = phone_of(queue, job)? else { return Ok(()) };
    let age = known.delivery.accepted_at.map_or(Duration::ZERO, |at| now.since(at));
    let left = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
    decision.effects.push((effect, Cause { sender: known.sender, phone, left }));
    Ok(())
}
