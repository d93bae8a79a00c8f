//! Everybody refused alike: a wrong address, a cold list, an expired template. Better to stop than to burn
//! the audience.
//!
//! Recipients are counted, by the first answer that each of them gets: those who failed once are no sample of the rest.

use std::collections::HashSet;

use crate::domain::ids::JobId;
use crate::domain::job::Event;
use crate::domain::problem::Problem;

/// What the guard has seen enough of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nobody is reached: stop.
    Nobody,
    /// Others were reached before, and now so many in a row are refused: pause and ask.
    Stretch(u32),
}

/// Watches for refusals alike.
#[derive(Clone, Debug, Default)]
pub struct RefusalGuard {
    /// Somebody was reached, by this run or before.
    reached: bool,
    recipients: u32,
    alike: u32,
    last: Option<Problem>,
    /// Recipients whose first attempt was held up: their first answer is still to come.
    held_up: HashSet<JobId>,
}

impl RefusalGuard {
    /// The first recipients of a campaign: stop.
    pub const FIRST: u32 = 20;
    /// Any in a row: pause. Where what they are refused for may pass by itself, so many of the first stop.
    pub const IN_A_ROW: u32 = 50;

    /// A guard for a campaign of which somebody was `reached` before, or nobody.
    #[must_use]
    pub fn new(reached: bool) -> RefusalGuard {
        RefusalGuard { reached, ..RefusalGuard::default() }
    }

    /// What an attempt has come to; `first`: the first one ever at this recipient. What everybody is to wait for (a
    /// throttle, a pause) is no answer to the recipient.
    pub fn heard<'a>(&mut self, job: JobId, first: bool, event: &'a Event) -> Option<(Alarm, &'a Problem)> {
        let first = self.held_up.remove(&job) || first;
        match event {
            Event::Accepted { .. } => {
                self.reached = true;
                if first {
                    self.recipients = self.recipients.saturating_add(1);
                    (self.alike, self.last) = (0, None);
                }
                None
            }
            Event::Refused { problem, .. } if first => Some((self.refused(problem, false)?, problem)),
            Event::NotAccepted { problem, counts: true, .. } if first => {
                Some((self.refused(problem, true)?, problem))
            }
            Event::NotAccepted { counts: false, .. } if first => {
                self.held_up.insert(job);
                None
            }
            _ => None,
        }
    }

    fn refused(&mut self, problem: &Problem, passes: bool) -> Option<Alarm> {
        self.recipients = self.recipients.saturating_add(1);
        if self.last.as_ref().is_some_and(|last| alike(last, problem)) {
            self.alike += 1;
        } else {
            self.alike = 1;
            self.last = Some(problem.clone());
        }
        let row = self.alike >= Self::IN_A_ROW;
        if !self.reached {
            let first = self.recipients == self.alike && self.alike >= Self::FIRST && !passes;
            return (first || row).then_some(Alarm::Nobody);
        }
        if !row || passes {
            return None;
        }
        let stretch = Alarm::Stretch(self.alike);
        // What is in flight still is part of the same stretch.
        (self.alike, self.last) = (0, None);
        Some(stretch)
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

    fn not_accepted(counts: bool) -> Event {
        let problem = Problem::coded(131_016, "try later");
        Event::NotAccepted { attempt: AttemptNo(1), not_before: Millis::ZERO, counts, problem }
    }

    fn accepted() -> Event {
        Event::Accepted { attempt: AttemptNo(1), id: None, at: Millis::ZERO }
    }

    /// After how many recipients who meet this alike it raises which alarm.
    fn alarm(guard: &mut RefusalGuard, first: bool, event: &Event) -> Option<(u32, Alarm)> {
        (1..=300).find_map(|n| guard.heard(JobId(n), first, event).map(|(alarm, _)| (n, alarm)))
    }

    #[test]
    fn the_first_twenty_stop_and_a_later_stretch_of_fifty_pauses() {
        assert_eq!(alarm(&mut RefusalGuard::new(false), true, &refused(131_026)), Some((20, Alarm::Nobody)));
        let mut guard = RefusalGuard::new(false);
        guard.heard(JobId(0), true, &accepted());
        assert_eq!(alarm(&mut guard, true, &refused(131_026)), Some((50, Alarm::Stretch(50))));
        // Whoever goes on is asked again after the next fifty, and so is the next run.
        assert_eq!(alarm(&mut guard, true, &refused(131_026)), Some((50, Alarm::Stretch(50))));
        let stretch = Some((50, Alarm::Stretch(50)));
        assert_eq!(alarm(&mut RefusalGuard::new(true), true, &refused(131_026)), stretch);
    }

    #[test]
    fn second_tries_count_for_nothing() {
        for event in [refused(131_026), not_accepted(true)] {
            assert_eq!(alarm(&mut RefusalGuard::new(false), false, &event), None);
            assert_eq!(alarm(&mut RefusalGuard::new(true), false, &event), None);
        }
    }

    #[test]
    fn what_passes_by_itself_stops_only_when_nobody_gets_through() {
        assert_eq!(alarm(&mut RefusalGuard::new(true), true, &not_accepted(true)), None);
        let nobody = Some((50, Alarm::Nobody));
        assert_eq!(alarm(&mut RefusalGuard::new(false), true, &not_accepted(true)), nobody);
        let mut guard = RefusalGuard::new(false);
        guard.heard(JobId(0), false, &accepted());
        assert_eq!(alarm(&mut guard, true, &not_accepted(true)), None, "a second try got through");
    }

    #[test]
    fn another_reason_starts_the_count_anew() {
        let mut guard = RefusalGuard::new(true);
        for n in 0..400 {
            let event = refused(if n % 10 == 0 { 131_026 } else { 131_047 });
            assert_eq!(guard.heard(JobId(n), true, &event), None);
        }
    }

    #[test]
    fn what_is_held_up_is_counted_by_its_first_answer() {
        let mut guard = RefusalGuard::new(false);
        assert_eq!(alarm(&mut guard, true, &not_accepted(false)), None);
        assert_eq!(alarm(&mut guard, false, &refused(131_026)), Some((20, Alarm::Nobody)));
        let mut later = RefusalGuard::new(false);
        assert_eq!(alarm(&mut later, false, &refused(131_026)), None, "those have failed once");
    }
}
