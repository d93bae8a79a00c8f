//! The gate: the last look before a POST, after the intent is on disk.
//!
//! Invariants: nothing passes once it is shut, in another run's turn, or outside of the schedule's hours; the POSTs of a number start as far apart as its pace asks for,
//! counted from when their intents are on disk (a stalled disk must not release a burst); what doesn't pass
//! was not POSTed, and is withdrawn.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::pacer::SLACK;
use crate::domain::ids::{AttemptNo, JobId, SenderNo};
use crate::domain::time::Millis;
use crate::engine::hours::Hours;
use crate::engine::setup::SharedOptOuts;
use crate::queue::Intent;

/// Timers fire to the millisecond; a start this much early is on time.
const TIMER: Duration = Duration::from_millis(1);

/// Why an intent was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Stopped, paused, cancelled or interrupted.
    Shut,
    /// Its number is held up or blocked, or it is another run's turn.
    Held,
    /// The person opted out meanwhile.
    OptedOut,
    /// The schedule has no time for this person now.
    OutsideHours,
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
    /// The number's turn is this run's.
    has_turn: bool,
    /// It may not send any more.
    is_blocked: bool,
}

impl Lane {
    fn new() -> Lane {
        let now = Instant::now();
        Lane {
            next_start: now,
            interval: Duration::ZERO,
            hold_until: now,
            has_turn: false,
            is_blocked: false,
        }
    }
}

/// Shared by the run loop, which opens and shuts it, and the senders, which pass. One thread.
pub struct Gate {
    shut: Cell<bool>,
    /// Nobody knows who opted out.
    blind: Cell<bool>,
    lanes: RefCell<Vec<Lane>>,
    revoked: RefCell<HashSet<(JobId, AttemptNo)>>,
    optouts: SharedOptOuts,
    hours: Rc<Hours>,
    /// The longest that a request may take; a claim must last that long still.
    request: Duration,
}

impl Gate {
    /// An open gate, without a lane yet.
    #[must_use]
    pub fn new(optouts: SharedOptOuts, hours: Rc<Hours>, request: Duration) -> Gate {
        Gate {
            shut: Cell::new(false),
            blind: Cell::new(false),
            lanes: RefCell::new(Vec::new()),
            revoked: RefCell::new(HashSet::new()),
            optouts,
            hours,
            request,
        }
    }

    /// A lane more, for the next number.
    pub fn add_lane(&self) {
        self.lanes.borrow_mut().push(Lane::new());
    }

    /// Lets nothing more through, until [`Gate::open`].
    pub fn shut(&self) {
        self.shut.set(true);
    }

    /// Lets through again.
    pub fn open(&self) {
        self.shut.set(false);
    }

    /// Lets nothing through while the opt-out list can't be read, whatever else is ordered.
    pub fn set_blind(&self, blind: bool) {
        self.blind.set(blind);
    }

    /// A number's pause between two starts.
    pub fn set_interval(&self, sender: SenderNo, interval: Duration) {
        self.with_lane(sender, |lane| lane.interval = interval);
    }

    /// Nothing of this number before `until`.
    pub fn hold(&self, sender: SenderNo, until: Instant) {
        self.with_lane(sender, |lane| lane.hold_until = lane.hold_until.max(until));
    }

    /// Whether the number's turn is this run's: without it nothing of the number passes.
    pub fn set_turn(&self, sender: SenderNo, has_turn: bool) {
        self.with_lane(sender, |lane| lane.has_turn = has_turn);
    }

    /// Whether nothing of the number passes, whatever else is ordered.
    pub fn set_blocked(&self, sender: SenderNo, is_blocked: bool) {
        self.with_lane(sender, |lane| lane.is_blocked = is_blocked);
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
            .is_none_or(|lane| !lane.has_turn || lane.is_blocked || lane.hold_until > Instant::now());
        let writes = intent.payload.message().is_some();
        let blind = self.blind.get() && writes;
        if self.shut.get() || blind {
            Some(Closed::Shut)
        } else if revoked {
            Some(Closed::Revoked)
        } else if writes && self.optouts.borrow().contains(intent.phone) {
            Some(Closed::OptedOut)
        } else if self.hours.closed_for(intent.phone, now).is_some() {
            Some(Closed::OutsideHours)
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::message::Message;
    use crate::domain::phone::Phone;
    use crate::domain::problem::Problem;
    use crate::domain::schedule::Timetable;
    use crate::engine::setup::OptOuts;

    const NUMBER: SenderNo = SenderNo(0);
    pub const NOW: Millis = Millis(1_000_000);
    const REQUEST: Duration = Duration::from_secs(30);

    struct List(Vec<Phone>);

    impl OptOuts for List {
        fn refresh(&mut self) -> Result<(), Problem> {
            Ok(())
        }
        fn contains(&self, phone: Phone) -> bool {
            self.0.contains(&phone)
        }
        fn add(&mut self, phone: Phone, _reason: &str, _at: Millis) -> std::io::Result<()> {
            self.0.push(phone);
            Ok(())
        }
    }

    /// An opt-out list with nobody on it.
    pub fn nobody() -> SharedOptOuts {
        Rc::new(RefCell::new(Box::new(List(Vec::new()))))
    }

    pub fn gate() -> Gate {
        gate_with(None)
    }

    fn gate_with(timetable: Option<Timetable>) -> Gate {
        let gate = Gate::new(nobody(), Rc::new(Hours::new(timetable)), REQUEST);
        gate.add_lane();
        gate.set_interval(NUMBER, Duration::from_millis(100));
        gate.set_turn(NUMBER, true);
        gate
    }

    pub fn intent(job: u32) -> Intent {
        Intent {
            job: JobId(job),
            attempt: AttemptNo(1),
            sender: NUMBER,
            phone: Phone::from_digits("919876543210").unwrap(),
            payload: std::sync::Arc::new(Message::Flow { flow_id: "F".into() }.into()),
            first: true,
            used: 0,
            lease_until: NOW + REQUEST,
        }
    }

    async fn pass(gate: &Gate, intent: Intent) -> Option<Closed> {
        let start = gate.reserve(intent.sender);
        gate.pass(intent, start, || NOW).await.err().map(|(_, closed)| closed)
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_gate_lets_through_and_one_that_is_shut_nothing() {
        let gate = gate();
        assert_eq!(pass(&gate, intent(1)).await, None);
        gate.shut();
        assert_eq!(pass(&gate, intent(2)).await, Some(Closed::Shut));
        gate.open();
        assert_eq!(pass(&gate, intent(3)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_shut_while_it_waits_for_its_start_stays() {
        let gate = gate();
        assert_eq!(pass(&gate, intent(1)).await, None);
        let waits = pass(&gate, intent(2));
        let shuts = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            gate.shut();
        };
        assert_eq!(tokio::join!(waits, shuts).0, Some(Closed::Shut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_revoked_attempt_stays_once_and_no_other() {
        let gate = gate();
        gate.revoke(JobId(7), AttemptNo(1));
        assert_eq!(pass(&gate, intent(6)).await, None);
        assert_eq!(pass(&gate, intent(7)).await, Some(Closed::Revoked));
        assert_eq!(pass(&gate, intent(7)).await, None, "the word was about that one");
    }

    #[tokio::test(start_paused = true)]
    async fn who_opted_out_after_the_claim_is_not_written_to() {
        let gate = gate();
        let late = intent(1);
        gate.optouts.borrow_mut().add(late.phone, "STOP", NOW).unwrap();
        assert_eq!(pass(&gate, late).await, Some(Closed::OptedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_passes_outside_of_the_hours() {
        let of = |hours: &str| {
            let schedule =
                serde_json::from_str(&format!(r#"{{"hours": "{hours}", "timezone": "UTC"}}"#)).unwrap();
            gate_with(Some(Timetable::new(schedule, jiff::tz::TimeZone::UTC)))
        };
        // It is 00:16.
        assert_eq!(pass(&of("09:00-20:00"), intent(1)).await, Some(Closed::OutsideHours));
        assert_eq!(pass(&of("00:16-00:17"), intent(2)).await, None);
        assert_eq!(pass(&of("00:00-00:16"), intent(3)).await, Some(Closed::OutsideHours));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stays_and_a_shorter_one_doesnt_shorten_it() {
        let gate = gate();
        gate.hold(NUMBER, Instant::now() + Duration::from_secs(10));
        gate.hold(NUMBER, Instant::now() + Duration::from_secs(1));
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(pass(&gate, intent(1)).await, Some(Closed::Held));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(pass(&gate, intent(2)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_passes_in_another_runs_turn() {
        let gate = gate();
        gate.set_turn(NUMBER, false);
        assert_eq!(pass(&gate, intent(1)).await, Some(Closed::Held));
        gate.set_turn(NUMBER, true);
        assert_eq!(pass(&gate, intent(2)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_number_that_the_gate_doesnt_know_is_held() {
        let gate = gate();
        let stranger = Intent { sender: SenderNo(1), ..intent(1) };
        assert_eq!(pass(&gate, stranger).await, Some(Closed::Held));
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_must_outlast_the_request() {
        let gate = gate();
        let short = Intent { lease_until: NOW + REQUEST - Duration::from_millis(1), ..intent(1) };
        assert_eq!(pass(&gate, short).await, Some(Closed::Expired));
        assert_eq!(pass(&gate, intent(2)).await, None);
    }

    /// Ten permits were granted in a second and their intents lay with a stalled disk: all come at once.
    #[tokio::test(start_paused = true)]
    async fn a_stalled_disk_releases_no_burst() {
        let gate = gate();
        assert_eq!(pass(&gate, intent(0)).await, None);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        let mut starts = Vec::new();
        for _ in 0..10 {
            starts.push(gate.reserve(NUMBER) - begun);
        }
        assert_eq!(starts[0], Duration::ZERO);
        for (n, start) in (0u32..).zip(&starts) {
            let early = Duration::from_millis(100) * n - *start;
            assert!(early <= SLACK, "the {n}th starts {early:?} early");
        }
        let cleared = gate.pass(intent(9), begun + starts[9], || NOW).await.unwrap();
        assert!(begun.elapsed() >= starts[9] - TIMER);
        assert_eq!(cleared.intent().job, JobId(9));
    }
}
