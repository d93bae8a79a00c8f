//! Which lines a report holds: `--status`.

use crate::domain::status::Status;

/// A set of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter(u16);

impl Filter {
    /// Every line.
    pub const ALL: Filter = Filter(u16::MAX);

    /// No line: all that is wanted is what they add up to.
    pub const NONE: Filter = Filter(0);

    /// Lines in one of these statuses; every line when there are none, as a command without `--status` asks.
    #[must_use]
    pub fn of(statuses: &[Status]) -> Filter {
        if statuses.is_empty() {
            return Filter::ALL;
        }
        Filter(statuses.iter().fold(0, |set, status| set | bit(*status)))
    }

    /// The statuses it holds; `None` where it holds every line.
    #[must_use]
    pub fn statuses(self) -> Option<Vec<Status>> {
        (self != Filter::ALL).then(|| Status::ALL.into_iter().filter(|status| self.holds(*status)).collect())
    }

    /// Whether a line in this status is in the report.
    #[must_use]
    pub fn holds(self, status: Status) -> bool {
        self.0 & bit(status) != 0
    }
}

impl Default for Filter {
    fn default() -> Filter {
        Filter::ALL
    }
}

fn bit(status: Status) -> u16 {
    1 << (status as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_named_and_all_when_nothing_was() {
        let filter = Filter::of(&[Status::Failed, Status::Cancelled]);
        let held: Vec<_> = Status::ALL.into_iter().filter(|s| filter.holds(*s)).collect();
        assert_eq!(held, [Status::Failed, Status::Cancelled]);
        assert!(Status::ALL.into_iter().all(|s| Filter::of(&[]).holds(s) && !Filter::NONE.holds(s)));
    }
}
