//! When a run is over, and what it shows of itself meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::setup::Ending;
use super::snapshot::{Observer, RunState, Snapshot, StopCode};
use crate::domain::codes::{self, Action};
use crate::domain::time::Millis;
use crate::queue::DesiredState;
use crate::sys::disk::{Disk, publish};

/// How a run ends, if it does now, where nothing is in flight. `has_work`: something is left to send in this run;
/// `queued`: something is left to send at all; `followed_up`: neither a doubt nor a delivery is waited for.
#[must_use]
pub fn ending(
    wanted: DesiredState,
    has_work: bool,
    queued: bool,
    followed_up: impl FnOnce() -> bool,
) -> Option<Ending> {
    match wanted {
        DesiredState::Cancelled => Some(Ending::Cancelled),
        DesiredState::Running if has_work => None,
        _ if !followed_up() => None,
        DesiredState::Paused if queued => Some(Ending::Paused),
        _ if queued => Some(Ending::LimitReached),
        _ => Some(Ending::Settled),
    }
}

/// Where a campaign stands. `waits`: there is something to send, and for a while nothing can be; as what that is told.
#[must_use]
pub fn state(
    ending: Option<&Ending>,
    wanted: DesiredState,
    has_work: bool,
    waits: Option<RunState>,
) -> RunState {
    match ending {
        Some(Ending::Settled) => RunState::Settled,
        Some(Ending::Cancelled) => RunState::Cancelled,
        Some(Ending::Paused) => RunState::Paused,
        Some(Ending::Stopped(_) | Ending::Interrupted(_) | Ending::LimitReached | Ending::Missed(_)) => {
            RunState::Stopped
        }
        None => match wanted {
            DesiredState::Paused => RunState::Paused,
            DesiredState::Cancelled => RunState::Cancelled,
            DesiredState::Running if has_work => waits.unwrap_or(RunState::Running),
            DesiredState::Running => RunState::Tracking,
        },
    }
}

/// Why a run that ended so has something left, for programs. `left_behind`: a blocked number has people to write to.
#[must_use]
pub fn code(ending: &Ending, left_behind: bool) -> Option<StopCode> {
    Some(match ending {
        Ending::Settled | Ending::Cancelled | Ending::Paused => return None,
        Ending::LimitReached => StopCode::Limit,
        Ending::Interrupted(_) => StopCode::Interrupted,
        Ending::Missed(_) => StopCode::Missed,
        Ending::Stopped(problem) if codes::is_token(problem) => StopCode::Token,
        Ending::Stopped(problem) => match codes::action(problem, 200) {
            Action::StopNumber => StopCode::Number,
            Action::Stop => StopCode::Error,
            _ if left_behind => StopCode::Number,
            _ => StopCode::Error,
        },
    })
}

/// An estimate that goes through hours and quota is made so often.
const ESTIMATE_EVERY: Duration = Duration::from_secs(5);

/// When the last message leaves, as it was last estimated.
#[derive(Debug, Default)]
pub struct Eta(Option<(Instant, Option<Millis>, Option<Millis>)>);

impl Eta {
    /// Estimated just now, while everything waits until `until`; `None` for never, or not within years.
    #[must_use]
    pub fn made_now(ends: Option<Millis>, until: Option<Millis>) -> Eta {
        Eta(Some((Instant::now(), ends, until)))
    }

    /// What was estimated lately, for the same wait.
    #[must_use]
    pub fn latest(&self, until: Option<Millis>) -> Option<Option<Millis>> {
        let lately =
            |(made, _, waited): &(Instant, _, _)| made.elapsed() < ESTIMATE_EVERY && *waited == until;
        self.0.filter(lately).map(|(_, ends, _)| ends)
    }
}

/// `status.json`, for other terminals.
#[derive(Debug)]
pub struct StatusFile {
    /// The estimate that it shows.
    pub eta: Eta,
    /// The last message's end, and until when deliveries are followed after it.
    pub follows_until: Option<(Instant, Millis)>,
    path: PathBuf,
    every: Duration,
    next: Instant,
}

impl StatusFile {
    /// Written to this path, so often.
    #[must_use]
    pub fn new(path: PathBuf, every: Duration) -> StatusFile {
        StatusFile { eta: Eta::default(), follows_until: None, path, every, next: Instant::now() }
    }

    /// When it is to be written.
    #[must_use]
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Shows the run: in the file, and to whoever watches.
    pub fn show(&mut self, snapshot: &Snapshot, disk: &dyn Disk, observer: &mut dyn Observer) {
        self.next = Instant::now() + self.every;
        let written = serde_json::to_vec(snapshot)
            .map_err(std::io::Error::other)
            .and_then(|bytes| publish(disk, &self.path, &bytes));
        // Only a look in: a run whose status can't be shown goes on.
        if let Err(error) = written {
            tracing::warn!(%error, "could not write status.json; `sendcast status` may be out of date");
        }
        observer.snapshot(snapshot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;

    #[test]
    fn each_ending_that_leaves_something_has_a_code() {
        let stopped = |code, reason: &str| Ending::Stopped(Problem { code, ..Problem::new(reason) });
        for (ending, left_behind, expected) in [
            (Ending::Settled, false, None),
            (Ending::Cancelled, false, None),
            (Ending::LimitReached, false, Some(StopCode::Limit)),
            (Ending::Missed(Millis(5)), false, Some(StopCode::Missed)),
            (stopped(Some(codes::TOKEN), "unauthenticated"), false, Some(StopCode::Token)),
            (stopped(Some(190), "it has expired"), true, Some(StopCode::Token)),
            (stopped(None, codes::plain(codes::TOKEN).unwrap()), false, Some(StopCode::Token)),
            (stopped(Some(131_031), "the account is locked"), true, Some(StopCode::Number)),
            (stopped(Some(3), "no permission"), false, Some(StopCode::Error)),
            (stopped(None, codes::WEB_PAGE_TEXT), true, Some(StopCode::Error)),
            (stopped(None, "everybody is refused alike"), false, Some(StopCode::Error)),
        ] {
            assert_eq!(code(&ending, left_behind), expected, "{ending:?}");
        }
    }

    #[test]
    fn a_run_goes_on_while_there_is_work_and_ends_for_what_is_left() {
        use DesiredState::{Cancelled, Paused, Running};
        for (wanted, has_work, queued, followed_up, expected) in [
            (Running, true, true, true, None),
            (Running, false, false, false, None),
            (Running, false, false, true, Some(Ending::Settled)),
            (Running, false, true, true, Some(Ending::LimitReached)),
            (Paused, true, true, false, None),
            (Paused, true, true, true, Some(Ending::Paused)),
            (Paused, false, false, true, Some(Ending::Settled)),
            (Cancelled, false, false, false, Some(Ending::Cancelled)),
        ] {
            assert_eq!(ending(wanted, has_work, queued, || followed_up), expected, "{wanted:?}");
        }
    }
}
