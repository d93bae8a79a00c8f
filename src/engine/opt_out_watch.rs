//! The opt-out list while a run goes on. While it can't be read nothing goes out: a program may be saving it.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::gate::Gate;
use super::setup::SharedOptOuts;
use super::snapshot::{Notice, Observer};
use crate::domain::problem::Problem;

/// How long the list may be unreadable before a run stops for it.
const MAX_UNREADABLE: Duration = Duration::from_secs(10);

/// Since when the list can't be read, where it can't.
#[derive(Debug, Default)]
pub struct OptOutWatch {
    unreadable_since: Option<Instant>,
}

impl OptOutWatch {
    /// Looks at the list; the gate lets nobody through while it can't be read. `sending`: there is something to
    /// send, and the run isn't stopping. The problem, once the run is to stop for it.
    pub fn look(
        &mut self,
        list: &SharedOptOuts,
        gate: &Gate,
        sending: bool,
        observer: &mut dyn Observer,
    ) -> Option<Problem> {
        let looked = list.borrow_mut().refresh();
        gate.set_blind(looked.is_err());
        match looked {
            Ok(()) => {
                if self.unreadable_since.take().is_some() && sending {
                    observer.notice(Notice::note("the opt-out list can be read again; going on"));
                }
                None
            }
            Err(problem) if sending => {
                let now = Instant::now();
                let since = *self.unreadable_since.get_or_insert_with(|| {
                    let text = format!("{}; nothing is sent meanwhile", problem.reason);
                    observer.notice(Notice::warning(text));
                    now
                });
                (now >= since + MAX_UNREADABLE).then_some(problem)
            }
            Err(_) => None,
        }
    }

    /// Whether it is known who is on it.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.unreadable_since.is_none()
    }
}
