//! Taking a person out of what happened to their job.
//!
//! Invariant: a job that is folded from what is left stands where it stood, at the same times. Only its messages' ids are
//! gone (WhatsApp's hold the recipient's number), and the words of its problems.

use super::event::{Event, News};
use crate::domain::codes;
use crate::domain::plan::FORGOTTEN;
use crate::domain::problem::Problem;

impl Event {
    /// Takes out what tells of the person. `false` where there was nothing.
    pub fn forget(&mut self) -> bool {
        match self {
            Event::Accepted { id, .. } | Event::Found { id, .. } => id.take().is_some(),
            Event::FoundFailed { id, problem, .. } => id.take().is_some() | forget_words(problem),
            Event::NotAccepted { problem, .. }
            | Event::Refused { problem, .. }
            | Event::Doubted { problem, .. }
            | Event::Looked { problem, .. }
            | Event::Skipped { problem }
            | Event::News { news: News::Failed(problem), .. } => forget_words(problem),
            Event::Claimed { .. }
            | Event::Withdrawn { .. }
            | Event::Resend { .. }
            | Event::News { news: News::Reached(_), .. }
            | Event::Retry { .. }
            | Event::Cancelled { .. }
            | Event::Removed
            | Event::Returned
            | Event::Rescheduled { .. } => false,
        }
    }
}

/// A server's own words may quote the number or the message: what is left is the code, in the words that are known for it.
fn forget_words(problem: &mut Problem) -> bool {
    let left = problem.code.and_then(codes::plain).unwrap_or(FORGOTTEN);
    let told = &*problem.reason != left;
    if told {
        problem.reason = left.into();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
    use crate::domain::job::{Job, Reach};
    use crate::domain::status::Status;
    use crate::domain::time::Millis;

    const NUMBER: &str = "919876543210";

    fn life(then: Vec<Event>) -> Vec<Event> {
        let attempt = AttemptNo(1);
        let (sender, plan, owner) = (SenderNo(0), PlanNo(1), OwnerId(1));
        let claimed = Event::Claimed { attempt, sender, plan, owner, lease_until: Millis(9), at: Millis(1) };
        [vec![claimed], then].concat()
    }

    #[test]
    fn a_job_stands_where_it_stood_and_tells_of_nobody() {
        let (attempt, at) = (AttemptNo(1), Millis(5));
        let id = || Some(MessageId::new(format!("wamid.{NUMBER}")));
        let problem = || Problem::coded(131_026, format!("{NUMBER} isn't there"));
        let uncoded = || Problem::new(format!("{NUMBER} said no"));
        let accepted = Event::Accepted { attempt, id: id(), at };
        let doubted = Event::Doubted { attempt, at, problem: uncoded() };
        let news = |news| Event::News { attempt, news, at: Millis(7) };
        for (events, status) in [
            (vec![accepted.clone(), news(News::Reached(Reach::Read))], Status::Read),
            (vec![accepted, news(News::Failed(problem()))], Status::Failed),
            (vec![Event::Refused { attempt, at, problem: problem() }], Status::Failed),
            (
                vec![doubted.clone(), Event::Looked { attempt, at, unseen: true, problem: uncoded() }],
                Status::InDoubt,
            ),
            (vec![doubted.clone(), Event::Found { attempt, id: id(), at }], Status::Accepted),
            (vec![doubted, Event::FoundFailed { attempt, id: id(), at, problem: problem() }], Status::Failed),
        ] {
            let before = life(events);
            let mut after = before.clone();
            assert!(after.iter_mut().map(Event::forget).fold(false, |any, one| any | one));
            assert!(!after.iter_mut().map(Event::forget).fold(false, |any, one| any | one), "once is enough");
            assert!(!format!("{after:?}").contains(NUMBER), "{after:?}");
            let fold =
                |events: &[Event]| events.iter().fold(Job::queued(), |job, event| job.apply(event).unwrap());
            let (before, after) = (fold(&before), fold(&after));
            assert_eq!((after.status(), after.status_at()), (status, before.status_at()));
            assert_eq!(after.revision, before.revision);
            let code = |job: &Job| job.problem.as_ref().and_then(|problem| problem.code);
            assert_eq!(code(&after), code(&before));
        }
    }
}
