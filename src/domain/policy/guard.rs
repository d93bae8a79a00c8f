//! Everybody refused alike: a wrong address, a cold list, an expired template. Better to stop than to burn
//! the audience.

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

    /// An acceptance.
    pub fn accepted(&mut self) {
        self.answers = self.answers.saturating_add(1);
        self.alike = 0;
        self.last = None;
    }

    /// A refusal for good. `true` when it is time to stop.
    pub fn refused(&mut self, problem: &Problem) -> bool {
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

    fn stops_at(accepted_first: bool) -> Option<u32> {
        let mut guard = RefusalGuard::default();
        if accepted_first {
            guard.accepted();
        }
        (1..=100).find(|_| guard.refused(&Problem::coded(131_026, "undeliverable")))
    }

    #[test]
    fn the_first_twenty_or_any_fifty() {
        assert_eq!(stops_at(false), Some(20));
        assert_eq!(stops_at(true), Some(50));
    }

    #[test]
    fn another_reason_starts_the_count_anew() {
        let mut guard = RefusalGuard::default();
        for n in 0..200 {
            let problem = Problem::coded(if n % 10 == 0 { 131_026 } else { 131_047 }, "text");
            assert!(!guard.refused(&problem));
        }
    }
}
