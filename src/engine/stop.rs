//! What ends a run before its work is done: an error that concerns everybody, or a signal.

use std::time::Duration;

use tokio::time::Instant;

use super::setup::Ending;
use crate::domain::problem::Problem;
use crate::sys::platform::Interrupt;

/// How long what is in flight may take to finish when the process is asked to end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Why nothing new is begun, where nothing is.
#[derive(Debug, Default)]
pub struct Stop {
    problem: Option<Problem>,
    /// And until when what is in flight is waited for.
    interrupted: Option<(Interrupt, Instant)>,
}

impl Stop {
    /// The campaign stops with this, unless it has another reason already.
    pub fn because(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// The process is asked to end.
    pub fn interrupt(&mut self, interrupt: Interrupt) {
        self.interrupted.get_or_insert((interrupt, Instant::now() + SHUTDOWN_GRACE));
    }

    /// Whether nothing new is begun.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.problem.is_some() || self.interrupted.is_some()
    }

    /// Whether the process is asked to end.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.is_some()
    }

    /// When what is still in flight is to be given up.
    #[must_use]
    pub fn next(&self, in_flight: bool) -> Option<Instant> {
        self.interrupted.filter(|_| in_flight).map(|(_, deadline)| deadline)
    }

    /// How the run ends for it, once nothing is in flight.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        let interrupted = self.interrupted.map(|(interrupt, _)| Ending::Interrupted(interrupt));
        interrupted.or_else(|| self.problem.clone().map(Ending::Stopped))
    }
}
