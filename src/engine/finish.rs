//! When a run is over, and what it shows of itself meanwhile.

use tokio::time::Instant;

use super::run_loop::RunLoop;
use super::setup::Ending;
use super::snapshot::{RunState, Snapshot};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{Queue, Wanted};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;
use crate::sys::disk::publish;

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    /// Whether something is left to send in this run.
    pub(in crate::engine) fn has_work(&self) -> bool {
        if !self.in_flight.is_empty() {
            return true;
        }
        let limit_reached = self.setup.options.limit.is_some_and(|limit| self.first_times >= limit);
        if limit_reached {
            return self.lanes.iter().any(|lane| self.queue.next_due(lane.sender, false).is_some());
        }
        self.queue.counts()[Status::Queued] > 0
    }

    /// How the run ends, if it does now.
    pub(in crate::engine) fn ending(&self) -> Option<Ending> {
        if !self.in_flight.is_empty() {
            return None;
        }
        if let Some((interrupt, _)) = self.interrupted {
            return Some(Ending::Interrupted(interrupt));
        }
        if let Some(problem) = &self.stop {
            return Some(Ending::Stopped(problem.clone()));
        }
        let wanted = self.queue.wanted();
        if wanted == Wanted::Cancelled {
            return Some(Ending::Cancelled);
        }
        if wanted == Wanted::Running && self.has_work() {
            return None;
        }
        if !self.doubts.settled(self.setup.clock.now()) || self.awaits_unseen() || !self.tracking_over() {
            return None;
        }
        let left = self.queue.counts()[Status::Queued] > 0;
        Some(match wanted {
            Wanted::Paused if left => Ending::Paused,
            _ if left => Ending::LimitReached,
            _ => Ending::Settled,
        })
    }

    fn awaits_unseen(&self) -> bool {
        self.setup.options.resend_unseen && self.doubts.may_become_unseen(self.setup.clock.now())
    }

    fn tracking_over(&self) -> bool {
        let track = self.setup.options.track;
        if track.is_zero() || self.tracker.is_idle() {
            return true;
        }
        let horizon = self.last_send.elapsed() >= track;
        horizon && (self.has_sent || self.tracker.asked_all())
    }

    /// Shows the run: `status.json` for other terminals, a snapshot for this one.
    pub(in crate::engine) fn publish(&mut self, ending: Option<&Ending>) {
        self.next_publish = Instant::now() + self.setup.options.pulse * 2;
        if self.hold_note_until <= Instant::now() && !self.breaker_told {
            self.hold_note = None;
        }
        let snapshot = self.snapshot(ending);
        let path = self.setup.round.join("status.json");
        match serde_json::to_vec(&snapshot) {
            Ok(bytes) => {
                // Only a look in: a run whose status can't be shown goes on.
                if let Err(error) = publish(&*self.setup.disk, &path, &bytes) {
                    tracing::warn!(%error, "could not write status.json; `sendcast status` may be out of date");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "could not write status.json; `sendcast status` may be out of date")
            }
        }
        self.setup.observer.snapshot(&snapshot);
    }

    fn snapshot(&mut self, ending: Option<&Ending>) -> Snapshot {
        let now = self.setup.clock.now();
        let counts = self.queue.counts();
        let rate = self.meter.per_second();
        let sending = self.unfinished() > 0;
        Snapshot {
            campaign: self.queue.identity().campaign.clone(),
            state: self.state(ending),
            total: counts.total(),
            counts,
            retrying: self.queue.retrying(),
            rate,
            started_at: self.queue.started_at(),
            eta_s: sending.then(|| self.eta(counts[Status::Queued], rate)).flatten(),
            hold: self.hold(now),
            tracked: !self.setup.options.track.is_zero(),
            reason: match ending {
                Some(Ending::Stopped(problem)) => Some(problem.to_string()),
                _ => None,
            },
            replies: self.hooks.replies.counts(),
            heartbeat: Some(now),
        }
    }

    fn state(&self, ending: Option<&Ending>) -> RunState {
        match ending {
            Some(Ending::Settled) => RunState::Settled,
            Some(Ending::Cancelled) => RunState::Cancelled,
            Some(Ending::Paused) => RunState::Paused,
            Some(Ending::Stopped(_) | Ending::Interrupted(_) | Ending::LimitReached) => RunState::Stopped,
            None => match self.queue.wanted() {
                Wanted::Paused => RunState::Paused,
                Wanted::Cancelled => RunState::Cancelled,
                Wanted::Running if self.has_work() => RunState::Running,
                Wanted::Running => RunState::Tracking,
            },
        }
    }

    fn hold(&self, now: Millis) -> Option<String> {
        match self.quota_used_up_until {
            Some(until) if until > now => Some(format!("the daily limit is reached; going on at {until}")),
            _ => self.hold_note.clone(),
        }
    }

    fn eta(&self, queued: u64, measured: f64) -> Option<u64> {
        // Without a limit only what was measured can tell.
        let rate = self.rate_of_all().or_else(|| (measured > 0.0).then_some(measured))?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        Some((queued as f64 / rate).ceil() as u64)
    }
}
