//! Everybody refused alike: a wrong address, a cold list, an expired template. Better to stop than to burn
//! the audience.

use crate::domain::job::Event;
use crate::domain::problem::Problem;

/// Stops when the first 20 answers, or any 50 in a row, are refusals alike.
#[derive(Clone, Debug, Default)]
pub struct RefusalGuard {
    answers: u32,
    alike: u32,
    last: Option<Problem>,
}

impl RefusalGuard {
    /// The first answers of a run.
    pub const FIRST: u32 = 20;
    /// Any in a row.
    pub const IN_A_ROW: u32 = 50;

    /// What an attempt has come to; the problem that everybody has, when it is time to stop. What everybody is to
    /// wait for (a throttle, a pause) uses no attempt and is no reason to stop.
    pub fn heard<'a>(&mut self, event: &'a Event) -> Option<&'a Problem> {
        match event {
            Event::Accepted { .. } => {
                self.answers = self.answers.saturating_add(1);
                self.alike = 0;
                self.last = None;
                None
            }
            Event::Refused { problem, .. } | Event::NotAccepted { problem, counts: true, .. } => {
                self.refused(problem).then_some(problem)
            }
            _ => None,
        }
    }

    fn refused(&mut self, problem: &Problem) -> bool {
        self.answers = self.answers.saturating_add(1);
        if self.last.as_ref().is_some_and(|last| alike(last, problem)) {
            self.alike += 1;
        } else {
            self.alike = 1;
            self.last = Some(problem.clone());
        }
        let first_all = self.answers == self.alike && self.alike >= Self::FIRST;
        first_all || self.alike >= Self::IN_A_ROW
    }
}

/// The same code, or without a code the same text.
fn alike(a: &Problem, b: &Problem) -> bool {
    match (a.code, b.code) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.reason == b.reason,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AttemptNo;
    use crate::domain::time::Millis;

    fn refused(code: u32) -> Event {
        let problem = Problem::coded(code, "undeliverable");
        Event::Refused { attempt: AttemptNo(1), at: Millis::ZERO, problem }
    }

    fn stops_at(guard: &mut RefusalGuard) -> Option<u32> {
        (1..=100).find(|_| guard.heard(&refused(131_026)).is_some())
    }

    #[test]
    fn the_first_twenty_or_any_fifty() {
        let mut guard = RefusalGuard::default();
        assert_eq!(stops_at(&mut guard), Some(20));
        let mut guard = RefusalGuard::default();
        guard.heard(&Event::Accepted { attempt: AttemptNo(1), id: None, at: Millis::ZERO });
        assert_eq!(stops_at(&mut guard), Some(50));
    }

    #[test]
    fn another_reason_starts_the_count_anew() {
        let mut guard = RefusalGuard::default();
        for n in 0..200 {
            assert_eq!(guard.heard(&refused(if n % 10 == 0 { 131_026 } else { 131_047 })), None);
        }
    }

    #[test]
    fn what_uses_no_attempt_counts_for_nothing() {
        let mut guard = RefusalGuard::default();
        let tried = |counts| Event::NotAccepted {
            attempt: AttemptNo(1),
            not_before: Millis::ZERO,
            counts,
            problem: Problem::coded(130_429, "too fast"),
        };
        assert!((0..200).all(|_| guard.heard(&tried(false)).is_none()));
        assert_eq!((1..=100).find(|_| guard.heard(&tried(true)).is_some()), Some(20));
    }
}
