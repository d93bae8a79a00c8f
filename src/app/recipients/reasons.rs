//! Why messages failed, by reason, and whose.
//!
//! Invariant: whoever is failed is in exactly one group, and nobody else is in any. Groups are those of a report's
//! [`Tally`](crate::report::Tally): by Meta's code, else by the words.

use std::collections::{BTreeSet, HashMap};

use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::problem::NO_REASON;
use crate::domain::status::Status;
use crate::report::MAX_REASONS;

/// What a group of failed messages have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Meta's code.
    Code(u32),
    /// Words without a code.
    Words(String),
    /// None of those that are told apart.
    Other,
}

/// A reason, and how many failed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// By which they are found; `None` where several groups were summed up.
    pub cause: Option<Cause>,
    /// Meta's code. With one, `reason` is the first text that came with it.
    pub code: Option<u32>,
    /// Plain language.
    pub reason: String,
    /// What can be done about it, where there is something.
    pub advice: Option<&'static str>,
    /// How many people.
    pub count: u64,
}

/// The failed, by why.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    groups: HashMap<Cause, BTreeSet<JobId>>,
    others: BTreeSet<JobId>,
}

impl Reasons {
    /// Takes into account what became of a job.
    pub(super) fn change(&mut self, id: JobId, before: &Job, after: &Job) {
        let (before, after) = (told(before), told(after));
        if before == after {
            return;
        }
        if let Some(cause) = before.map(cause)
            && !self.others.remove(&id)
            && let Some(group) = self.groups.get_mut(&cause)
        {
            group.remove(&id);
            if group.is_empty() {
                self.groups.remove(&cause);
            }
        }
        if let Some(cause) = after.map(cause) {
            let room = self.groups.len() < MAX_REASONS;
            match self.groups.get_mut(&cause) {
                Some(group) => group.insert(id),
                None if room => self.groups.entry(cause).or_default().insert(id),
                None => self.others.insert(id),
            };
        }
    }

    /// Those of one group.
    pub(super) fn of(&self, cause: &Cause) -> Option<&BTreeSet<JobId>> {
        match cause {
            Cause::Other => Some(&self.others),
            cause => self.groups.get(cause),
        }
    }

    /// All groups, the commonest first; of equally common ones those without a code, then the lower code.
    pub(super) fn all(&self) -> Vec<(&Cause, &BTreeSet<JobId>)> {
        let mut all: Vec<_> = self.groups.iter().collect();
        all.sort_by(|(a, of_a), (b, of_b)| {
            let order = |cause: &Cause| match cause {
                Cause::Code(code) => (Some(*code), String::new()),
                Cause::Words(words) => (None, words.clone()),
                Cause::Other => (None, String::new()),
            };
            of_b.len().cmp(&of_a.len()).then_with(|| order(a).cmp(&order(b)))
        });
        all
    }

    /// How many aren't told apart.
    pub(super) fn others(&self) -> u64 {
        self.others.len() as u64
    }
}

/// Why a job is failed; `None` where it isn't.
fn told(job: &Job) -> Option<(Option<u32>, &str)> {
    let problem = job.problem.as_ref();
    let reason = || problem.map_or(NO_REASON, |problem| &problem.reason);
    (job.status() == Status::Failed).then(|| (problem.and_then(|problem| problem.code), reason()))
}

fn cause((code, reason): (Option<u32>, &str)) -> Cause {
    code.map_or_else(|| Cause::Words(reason.to_owned()), Cause::Code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::State;
    use crate::domain::problem::Problem;

    fn failed(problem: Problem) -> Job {
        Job { state: State::Failed, problem: Some(problem), ..Job::queued() }
    }

    #[test]
    fn whoever_is_failed_is_in_one_group_and_nobody_else_is() {
        let mut reasons = Reasons::default();
        let (coded, uncoded) = (failed(Problem::coded(131_026, "a")), failed(Problem::new("no credit")));
        for id in 0..3 {
            reasons.change(JobId(id), &Job::queued(), &coded);
        }
        reasons.change(JobId(3), &Job::queued(), &uncoded);
        let told = |reasons: &Reasons| {
            reasons.all().iter().map(|(cause, of)| ((*cause).clone(), of.len())).collect::<Vec<_>>()
        };
        let words = Cause::Words("no credit".into());
        assert_eq!(told(&reasons), [(Cause::Code(131_026), 3), (words.clone(), 1)]);
        // Another text with the same code is the same reason; another reason is another.
        reasons.change(JobId(0), &coded, &failed(Problem::coded(131_026, "b")));
        reasons.change(JobId(1), &coded, &uncoded);
        reasons.change(JobId(2), &coded, &Job::queued());
        assert_eq!(told(&reasons), [(words.clone(), 2), (Cause::Code(131_026), 1)]);
        assert!(reasons.of(&words).unwrap().contains(&JobId(1)));
        reasons.change(JobId(0), &coded, &Job::queued());
        assert_eq!(told(&reasons), [(words, 2)]);
    }

    #[test]
    fn a_flood_of_different_reasons_is_one_group_and_is_left_again() {
        let mut reasons = Reasons::default();
        let job = |n: u32| failed(Problem::new(format!("request {n} refused")));
        let count = 3_000;
        for n in 0..count {
            reasons.change(JobId(n), &Job::queued(), &job(n));
        }
        assert_eq!((reasons.all().len(), reasons.others()), (MAX_REASONS, u64::from(count) - 1_000));
        (0..count).for_each(|n| reasons.change(JobId(n), &job(n), &Job::queued()));
        assert_eq!((reasons.all().len(), reasons.others()), (0, 0));
    }
}
