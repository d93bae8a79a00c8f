//! The gate: the last look before a POST, after the intent is on disk.
//!
//! Invariants: nothing passes once it is shut; the POSTs of a number start as far apart as its pace asks for,
//! counted from when their intents are on disk (a stalled disk must not release a burst); what doesn't pass
//! was not POSTed, and is withdrawn.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::pacer::SLACK;
use super::setup::SharedOptOuts;
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::time::Millis;
use crate::queue::Intent;

/// Timers fire to the millisecond; a start this much early is on time.
const TIMER: Duration = Duration::from_millis(1);

/// Why an intent was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Stopped, paused, cancelled or interrupted.
    Shut,
    /// Its number is held up.
    Held,
    /// The person opted out meanwhile.
    OptedOut,
    /// An earlier attempt turned out to have been accepted.
    Revoked,
    /// Too little is left of the claim to finish a request in.
    Expired,
}

/// An intent that passed: the licence for exactly one POST.
#[derive(Debug)]
pub struct Cleared(Intent);

impl Cleared {
    /// What to POST.
    #[must_use]
    pub fn intent(&self) -> &Intent {
        &self.0
    }
}

#[derive(Clone, Copy, Debug)]
struct Lane {
    next_start: Instant,
    interval: Duration,
    hold_until: Instant,
}

/// Shared by the dispatcher, which opens and shuts it, and the senders, which pass. One thread.
pub struct Gate {
    shut: Cell<bool>,
    lanes: RefCell<Vec<Lane>>,
    revoked: RefCell<HashSet<(JobId, AttemptNo)>>,
    optouts: SharedOptOuts,
    /// The longest that a request may take; a claim must last that long still.
    request: Duration,
}

impl Gate {
    /// An open gate with a lane for each number.
    #[must_use]
    pub fn new(lanes: usize, optouts: SharedOptOuts, request: Duration) -> Gate {
        let now = Instant::now();
        let lane = Lane { next_start: now, interval: Duration::ZERO, hold_until: now };
        Gate {
            shut: Cell::new(false),
            lanes: RefCell::new(vec![lane; lanes]),
            revoked: RefCell::new(HashSet::new()),
            optouts,
            request,
        }
    }

    /// Lets nothing more through, until [`Gate::open`].
    pub fn shut(&self) {
        self.shut.set(true);
    }

    /// Lets through again.
    pub fn open(&self) {
        self.shut.set(false);
    }

    /// A number's pause between two starts.
    pub fn set_interval(&self, sender: SenderNo, interval: Duration) {
        self.with_lane(sender, |lane| lane.interval = interval);
    }

    /// Nothing of this number before `until`.
    pub fn hold(&self, sender: SenderNo, until: Instant) {
        self.with_lane(sender, |lane| lane.hold_until = lane.hold_until.max(until));
    }

    /// This attempt must not go out any more, if it hasn't.
    pub fn revoke(&self, job: JobId, attempt: AttemptNo) {
        self.revoked.borrow_mut().insert((job, attempt));
    }

    /// The number's next start, for one POST.
    pub fn reserve(&self, sender: SenderNo) -> Instant {
        let now = Instant::now();
        let mut start = now;
        self.with_lane(sender, |lane| {
            // As in the pacer, what a late timer cost is not lost.
            let earned = now.checked_sub(SLACK).unwrap_or(now).max(lane.next_start);
            lane.next_start = earned + lane.interval;
            start = now.max(earned);
        });
        start
    }

    /// Waits for the start that was reserved, and looks at everything once more. `now` reads the wall clock.
    ///
    /// # Errors
    /// The intent and why it can't go out: it was not POSTed.
    pub async fn pass(
        &self,
        intent: Intent,
        start: Instant,
        now: impl Fn() -> Millis,
    ) -> Result<Cleared, (Intent, Closed)> {
        if start > Instant::now() + TIMER {
            tokio::time::sleep_until(start).await;
        }
        match self.look(&intent, now()) {
            None => Ok(Cleared(intent)),
            Some(closed) => Err((intent, closed)),
        }
    }

    fn look(&self, intent: &Intent, now: Millis) -> Option<Closed> {
        let revoked = self.revoked.borrow_mut().remove(&(intent.job, intent.attempt));
        let held = self
            .lanes
            .borrow()
            .get(usize::from(intent.sender.0))
            .is_none_or(|lane| lane.hold_until > Instant::now());
        if self.shut.get() {
            Some(Closed::Shut)
        } else if revoked {
            Some(Closed::Revoked)
        } else if self.optouts.borrow().contains(intent.phone) {
            Some(Closed::OptedOut)
        } else if held {
            Some(Closed::Held)
        } else if now + self.request > intent.lease_until {
            Some(Closed::Expired)
        } else {
            None
        }
    }

    fn with_lane(&self, sender: SenderNo, change: impl FnOnce(&mut Lane)) {
        if let Some(lane) = self.lanes.borrow_mut().get_mut(usize::from(sender.0)) {
            change(lane);
        }
    }
}
