//! What ends a run before its work is done: an error that concerns everybody, a start that was slept through, or a signal.
//! Such an error (a token that is refused, say) fails nobody: messages stay queued, and no attempt is used up.

use std::time::Duration;

use tokio::time::Instant;

use super::setup::Ending;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::sys::platform::Interrupt;

/// How long what is in flight may take to finish when the process is asked to end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Why nothing new is begun, where nothing is.
#[derive(Debug, Default)]
pub struct Stop {
    problem: Option<Problem>,
    /// When its time came, where that was missed.
    missed: Option<Millis>,
    /// And until when what is in flight is waited for.
    interrupted: Option<(Interrupt, Instant)>,
    /// The campaign is to be paused, with the next commit batch.
    pauses: bool,
}

impl Stop {
    /// The campaign stops with this, unless it has another reason already.
    pub fn because(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// Its time came at this moment, and was missed.
    pub fn missed(&mut self, came: Millis) {
        self.missed.get_or_insert(came);
    }

    /// The process is asked to end.
    pub fn interrupt(&mut self, interrupt: Interrupt) {
        self.interrupted.get_or_insert((interrupt, Instant::now() + SHUTDOWN_GRACE));
    }

    /// The campaign pauses, as by the operator's order, until somebody has had a look.
    pub fn pause(&mut self) {
        self.pauses = true;
    }

    /// Whether it is to be paused; asked once.
    pub fn takes_pause(&mut self) -> bool {
        std::mem::take(&mut self.pauses)
    }

    /// Whether nothing new is begun.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.problem.is_some() || self.missed.is_some() || self.interrupted.is_some()
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
        let stopped = || self.problem.clone().map(Ending::Stopped);
        interrupted.or_else(stopped).or_else(|| self.missed.map(Ending::Missed))
    }
}
