//! All numbers of a run: their lanes, and the gate in front of them.

use std::rc::Rc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::gate::Gate;
use super::lane::{Lane, Opened, THROTTLED, USED_UP};
use super::meter::Meter;
use super::reads::ReadBudget;
use crate::domain::format::to_the_second;
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::priority::Priority;
use crate::domain::problem::Problem;
use crate::domain::rate::Rate;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;
use crate::engine::hours::Hours;
use crate::engine::now::Now;
use crate::engine::setup::SharedOptOuts;
use crate::engine::snapshot::{Notice, Observer, Waiting, WaitingFor};
use crate::queue::{Intent, OpenPermits, QueueError};
use crate::sendwo::ApiError;

/// A hold shorter than this isn't worth a line.
const NOTICED_HOLD: Duration = Duration::from_secs(5);

/// Who may POST now.
pub struct Pace {
    lanes: Vec<Lane>,
    gate: Rc<Gate>,
    meter: Meter,
    reads: ReadBudget,
    /// Why a number waits, for people, and until when that is shown.
    hold: Option<(String, Instant)>,
    /// That people read times in.
    zone: TimeZone,
}

impl Pace {
    /// No lanes yet, behind a gate that is open. `request`: the longest that a request may take; `zone`: the one that people
    /// read times in.
    #[must_use]
    pub fn new(optouts: SharedOptOuts, hours: Rc<Hours>, request: Duration, zone: TimeZone) -> Pace {
        let gate = Rc::new(Gate::new(optouts, hours, request));
        Pace { lanes: Vec::new(), gate, meter: Meter::new(), reads: ReadBudget::new(), hold: None, zone }
    }

    /// Adds a lane, closed, for each of these numbers that has none yet: those at the end of the campaign's list.
    ///
    /// # Errors
    /// The store's.
    pub fn add(
        &mut self,
        permits: &OpenPermits,
        numbers: &[NumberId],
        (rate, priority): (Rate, Priority),
    ) -> Result<(), QueueError> {
        for (at, id) in (0u16..).zip(numbers).skip(self.lanes.len()) {
            self.lanes.push(Lane::new(SenderNo(at), permits(id)?, rate, priority));
            self.gate.add_lane();
        }
        Ok(())
    }

    /// A number may not send any more: what is claimed for it is withdrawn, and nothing of it is claimed.
    pub fn block(&mut self, sender: SenderNo, problem: Problem) {
        if let Some(lane) = self.lanes.get_mut(usize::from(sender.0)) {
            lane.set_blocked(Some(problem));
            self.gate.set_blocked(sender, true);
        }
    }

    /// All numbers may send again.
    pub fn unblock(&mut self) {
        for lane in &mut self.lanes {
            lane.set_blocked(None);
            self.gate.set_blocked(lane.sender, false);
        }
    }

    /// The numbers that may not send any more, and why.
    pub fn blocked(&self) -> impl Iterator<Item = (SenderNo, &NumberId, &Problem)> {
        self.lanes.iter().filter_map(|lane| Some((lane.sender, lane.number(), lane.blocked()?)))
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &Rc<Gate> {
        &self.gate
    }

    /// The numbers that may send, by their position in the campaign's list.
    pub fn senders(&self) -> impl Iterator<Item = SenderNo> {
        self.unblocked().map(|lane| lane.sender)
    }

    /// The lanes of the numbers that may send.
    fn unblocked(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter().filter(|lane| lane.blocked().is_none())
    }

    /// When the next message may be claimed; `due` tells when a number has one.
    #[must_use]
    pub fn next_claim(&self, due: impl Fn(SenderNo) -> Option<Instant>) -> Option<Instant> {
        self.lanes.iter().filter_map(|lane| ready_at(lane, &due)).min()
    }

    /// Takes permits for up to `places` messages, of numbers that have one due: how many of each. Becomes the only
    /// sender of each of them first, where it can.
    ///
    /// # Errors
    /// The disk's.
    pub fn take(
        &mut self,
        mut places: usize,
        due: impl Fn(SenderNo) -> Option<Instant>,
        now: Now,
        observer: &mut dyn Observer,
    ) -> Result<Vec<(SenderNo, usize)>, QueueError> {
        let mut taken = Vec::new();
        for lane in &mut self.lanes {
            let is_ready = ready_at(lane, &due).is_some_and(|at| at <= now.instant);
            if !is_ready || places == 0 || !open_lane(lane, &self.gate, &self.zone, now, observer)? {
                continue;
            }
            let count = lane.take(places);
            self.gate.set_interval(lane.sender, lane.interval());
            if count > 0 {
                places -= count;
                taken.push((lane.sender, count));
            }
        }
        Ok(taken)
    }

    /// When each of these intents may be POSTed; that is noted before it is.
    ///
    /// # Errors
    /// The disk's.
    pub fn reserve(&mut self, intents: &[Intent], now: Now) -> Result<Vec<Instant>, QueueError> {
        let starts: Vec<_> = intents.iter().map(|intent| self.gate.reserve(intent.sender)).collect();
        for lane in &mut self.lanes {
            // A number's starts are in order: the last one is noted for all.
            let last = intents.iter().zip(&starts).rfind(|(intent, _)| intent.sender == lane.sender);
            if let Some((_, start)) = last {
                lane.note_post(now.wall + start.saturating_duration_since(now.instant))?;
            }
        }
        Ok(starts)
    }

    /// A POST ended.
    pub fn posted(&mut self) {
        self.meter.add(1);
    }

    /// A message that left at `left` was answered, and not throttled.
    ///
    /// # Errors
    /// The disk's.
    pub fn accepted(&mut self, sender: SenderNo, left: Instant, now: Millis) -> Result<(), QueueError> {
        let Some(lane) = self.lanes.get_mut(usize::from(sender.0)) else { return Ok(()) };
        lane.accepted(left, now)?;
        self.gate.set_interval(sender, lane.interval());
        Ok(())
    }

    /// A number waits.
    ///
    /// # Errors
    /// The disk's.
    pub fn hold(
        &mut self,
        sender: SenderNo,
        pause: Duration,
        why: String,
        now: Millis,
        observer: &mut dyn Observer,
    ) -> Result<(), QueueError> {
        self.gate.hold(sender, Instant::now() + pause);
        if let Some(lane) = self.lanes.get_mut(usize::from(sender.0)) {
            lane.hold(pause, &why, now)?;
        }
        self.note_hold(why, pause, now, observer);
        Ok(())
    }

    /// The server throttled a message that left at `left`; `asked` is its Retry-After.
    ///
    /// # Errors
    /// The disk's.
    pub fn throttled(
        &mut self,
        sender: SenderNo,
        left: Instant,
        asked: Option<Duration>,
        now: Millis,
        observer: &mut dyn Observer,
    ) -> Result<(), QueueError> {
        let Some(lane) = self.lanes.get_mut(usize::from(sender.0)) else { return Ok(()) };
        lane.throttled(left, asked, now)?;
        self.gate.set_interval(sender, lane.interval());
        self.rest(sender, asked.unwrap_or(Duration::ZERO), THROTTLED, now, observer);
        Ok(())
    }

    /// The server told of its limit, with the answer to a message that left at `left`.
    ///
    /// # Errors
    /// The disk's.
    pub fn told(
        &mut self,
        sender: SenderNo,
        left: Instant,
        word: RateLimit,
        now: Millis,
        observer: &mut dyn Observer,
    ) -> Result<(), QueueError> {
        let Some(lane) = self.lanes.get_mut(usize::from(sender.0)) else { return Ok(()) };
        let rest = lane.told(left, word, now)?;
        self.gate.set_interval(sender, lane.interval());
        self.rest(sender, rest, USED_UP, now, observer);
        Ok(())
    }

    /// Nothing of this number leaves for so long, and nothing is read.
    fn rest(
        &mut self,
        sender: SenderNo,
        rest: Duration,
        why: &str,
        now: Millis,
        observer: &mut dyn Observer,
    ) {
        if !rest.is_zero() {
            self.gate.hold(sender, Instant::now() + rest);
            self.reads.hold(rest);
            self.note_hold(why.into(), rest, now, observer);
        }
    }

    /// Reads a second at the moment. `sending`: there is something to send, which comes first.
    #[must_use]
    pub fn reads_per_second(&self, sending: bool) -> f64 {
        self.reads.rate(self.rate(), sending)
    }

    /// Until when nothing is to be read, where that lies ahead.
    #[must_use]
    pub fn reads_held_until(&self) -> Option<Instant> {
        self.reads.held_until()
    }

    /// What was read at `asked_at` was answered.
    pub fn read<R>(&mut self, asked_at: Instant, answer: &Result<R, ApiError>) {
        self.reads.answered(asked_at, answer);
    }

    fn note_hold(&mut self, why: String, pause: Duration, now: Millis, observer: &mut dyn Observer) {
        let note = format!("{why}; going on at {}", to_the_second(now + pause, now, &self.zone));
        let is_news = self.hold.as_ref().is_none_or(|(known, _)| *known != note);
        if pause >= NOTICED_HOLD && is_news {
            observer.notice(Notice::warning(note.clone()));
        }
        self.hold = Some((note, Instant::now() + pause));
    }

    /// Why a number waits at the moment, for people.
    #[must_use]
    pub fn hold_note(&self) -> Option<&str> {
        self.hold.as_ref().filter(|(_, until)| *until > Instant::now()).map(|(note, _)| note.as_str())
    }

    /// Lets other campaigns send from these numbers, and asks for none.
    pub fn release(&mut self) {
        for lane in &mut self.lanes {
            self.gate.set_turn(lane.sender, false);
            lane.close();
        }
    }

    /// Shares the numbers with other runs: a turn that is used up is handed on. `wants` tells whether there is something
    /// to send from a number now.
    ///
    /// # Errors
    /// The store's.
    pub fn share(&mut self, wants: impl Fn(SenderNo) -> bool, now: Now) -> Result<(), QueueError> {
        for lane in &mut self.lanes {
            let wants = lane.blocked().is_none() && wants(lane.sender);
            let ended = lane.share(wants, now.wall)?;
            if ended {
                self.gate.set_turn(lane.sender, false);
            }
            self.gate.hold(lane.sender, lane.held_until());
        }
        Ok(())
    }

    /// Whether a turn is used up, and others are in line.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.lanes.iter().any(Lane::is_used_up)
    }

    /// Which campaigns send from a number of this one, too, for people; `None` where it has its numbers to itself.
    #[must_use]
    pub fn shared_with(&self) -> Option<String> {
        self.lanes.iter().find_map(shares)
    }

    /// What all numbers wait for, where none can send for a while.
    #[must_use]
    pub fn waiting(&self, now: Millis) -> Option<Waiting> {
        let held =
            |lane: &Lane| Some(lane.held_until() - Instant::now()).filter(|left| *left >= NOTICED_HOLD);
        let waits = |lane: &Lane| {
            held(lane).is_some() || lane.waits_for_turn().is_some_and(|wait| wait >= NOTICED_HOLD)
        };
        let until = || self.unblocked().filter_map(held).min().map(|left| now + left);
        let wait = || Waiting { what: WaitingFor::Number, until: until() };
        (self.unblocked().next().is_some() && self.unblocked().all(waits)).then(wait)
    }

    /// Messages a second that this run can have of its numbers, while others send from them too; `None` without a limit.
    /// Only of those that have something to send, where any has.
    #[must_use]
    pub fn fair_rate(&self, sends: impl Fn(SenderNo) -> bool) -> Option<f64> {
        let any = self.unblocked().any(|lane| sends(lane.sender));
        let counted = self.unblocked().filter(|lane| !any || sends(lane.sender));
        counted.map(|lane| Some(lane.rate()? * lane.time_share())).sum()
    }

    /// The numbers' rates together, messages a second; `None` without a limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.lanes.iter().map(Lane::rate).sum()
    }

    /// Messages a second, lately.
    pub fn per_second(&mut self) -> f64 {
        self.meter.per_second()
    }
}

/// When a number's next message may be claimed; `None` while it has none, or may not send.
fn ready_at(lane: &Lane, due: impl Fn(SenderNo) -> Option<Instant>) -> Option<Instant> {
    if lane.blocked().is_some() {
        return None;
    }
    Some(due(lane.sender)?.max(lane.next()))
}

/// Takes the number's turn. Whether it is this run's.
fn open_lane(
    lane: &mut Lane,
    gate: &Gate,
    zone: &TimeZone,
    now: Now,
    observer: &mut dyn Observer,
) -> Result<bool, QueueError> {
    match lane.try_open(now.wall)? {
        Opened::Yes => Ok(true),
        Opened::Now(hold) => {
            gate.set_turn(lane.sender, true);
            if let Some(hold) = hold {
                let until = to_the_second(hold.until, now.wall, zone);
                observer.notice(Notice::note(format!("{}; going on at {until}", hold.why)));
                gate.hold(lane.sender, Instant::now() + hold.until.since(now.wall));
            }
            Ok(true)
        }
        Opened::Waiting => Ok(false),
    }
}

/// With whom a number is shared, for people.
fn shares(lane: &Lane) -> Option<String> {
    let others: Vec<&str> = lane.others().collect();
    let (first, more) = others.split_first()?;
    let more = match more.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(format!("sharing {} with {first}{more}", lane.number()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::gate::{Closed, tests as gates};
    use super::*;
    use crate::domain::ids::OwnerId;
    use crate::queue::local::open_permits;
    use crate::sys::home::Home;
    use crate::sys::memory_disk::MemoryDisk;

    #[tokio::test(start_paused = true)]
    async fn what_was_claimed_for_a_number_stays_once_it_is_blocked() {
        let (disk, home) = (Arc::new(MemoryDisk::new()), Home::new("/data"));
        let permits = open_permits(disk, home, OwnerId(1), "diwali".to_owned(), Priority::Normal);
        let hours = Rc::new(Hours::new(None));
        let mut pace = Pace::new(gates::nobody(), hours, Duration::from_secs(30), TimeZone::UTC);
        pace.add(&permits, &[NumberId::new("N")], ("max".parse().unwrap(), Priority::Normal)).unwrap();
        pace.gate().set_turn(SenderNo(0), true);
        let gate = pace.gate().clone();
        let passes = async || {
            let passed = gate.pass(gates::intent(1), Instant::now(), || gates::NOW).await;
            passed.err().map(|(_, closed)| closed)
        };
        assert_eq!(passes().await, None);
        pace.block(SenderNo(0), Problem::new("the account is locked"));
        assert_eq!(passes().await, Some(Closed::Held));
        pace.unblock();
        assert_eq!(passes().await, None);
    }
}
