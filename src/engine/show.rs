//! What a run shows of itself: where it stands, what it waits for, how long it takes.

use super::delivery::replies::ReplyCounts;
use super::finish::{self, Eta};
use super::run::Run;
use super::setup::Ending;
use super::snapshot::{BlockedNumber, RunState, Snapshot, StopCode, Waiting};
use crate::domain::format::{eta, local, plural, soon};
use crate::domain::ids::NumberId;
use crate::domain::phone::ZoneSet;
use crate::domain::problem::Problem;
use crate::domain::schedule::{Load, ends_at, missed_start};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{DesiredState, PutOff, PutOffFor, Queue};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

impl<Q: Queue, T: Transport, C: Clock> Run<Q, T, C> {
    /// Shows the run, to this terminal and to others.
    pub fn show(&mut self, ending: Option<&Ending>) {
        let snapshot = self.snapshot(ending);
        self.status.show(&snapshot, &*self.setup.disk, &mut *self.setup.observer);
    }

    fn snapshot(&mut self, ending: Option<&Ending>) -> Snapshot {
        let now = self.setup.clock.now();
        let counts = self.queue.counts();
        let rate = self.pace.per_second();
        let sending = counts[Status::Queued] + counts[Status::Sending] > 0;
        let waiting = if ending.is_none() { self.waiting(now) } else { None };
        let waits =
            if self.limits.hours().is_before_start(now) { RunState::Scheduled } else { RunState::Waiting };
        let until = waiting.and_then(|waiting| waiting.until);
        let eta_s = if sending { self.seconds_left(rate, until, now) } else { None };
        let state = finish::state(ending, self.queue.wanted(), self.has_work(), waiting.map(|_| waits));
        let until = match state {
            RunState::Tracking => self.follows_until(now),
            _ => until,
        };
        let ReplyCounts { replied, stopped, buttons } = self.webhooks.reply_counts();
        Snapshot {
            campaign: self.queue.identity().campaign.clone(),
            state,
            total: counts.total(),
            counts,
            retrying: self.queue.retrying(),
            rate,
            started_at: self.queue.started_at(),
            eta_s,
            waiting_for: waiting.map(|waiting| waiting.what),
            until,
            hold: self.hold(now),
            blocked: self.left_behind().map(blocked).collect(),
            tracked: self.polls.are_on(),
            reason: match ending {
                Some(Ending::Stopped(problem)) => Some(problem.to_string()),
                Some(Ending::Missed(came)) => Some(missed_start(&local(*came, &self.setup.options.timezone))),
                _ if state == RunState::Paused => self.limits.failures().paused().map(str::to_owned),
                _ => None,
            },
            replied,
            asked_to_stop: stopped,
            replies: buttons,
            heartbeat: Some(now),
            code: match ending {
                Some(ending) if state != RunState::Paused => {
                    finish::code(ending, self.left_behind().next().is_some())
                }
                _ => {
                    let by_itself = state == RunState::Paused && self.limits.failures().paused().is_some();
                    by_itself.then_some(StopCode::Guard)
                }
            },
        }
    }

    /// Until when deliveries are followed, where there are any: the same moment in every look after one last message.
    fn follows_until(&mut self, now: Millis) -> Option<Millis> {
        let last_end = self.sends.last_end();
        let left = self.polls.left(last_end)?;
        let known = self.status.follows_until.filter(|(after, _)| *after == last_end);
        let (_, until) = *self.status.follows_until.insert(known.unwrap_or((last_end, now + left)));
        Some(until)
    }

    /// Seconds until the last message is sent, by the arithmetic of `check`: the pace, the quota, the hours. `rate` was measured,
    /// and everything waits until `until`.
    fn seconds_left(&mut self, rate: f64, until: Option<Millis>, now: Millis) -> Option<u64> {
        // Going through hours and quota takes a moment.
        let plain = self.limits.hours().timetable().is_none() && self.setup.options.daily.is_none();
        let ends = self.status.eta.latest(until).filter(|_| !plain).unwrap_or_else(|| {
            let ends = self.estimate(rate, until.unwrap_or(now).max(now), now);
            self.status.eta = Eta::made_now(ends, until);
            ends
        });
        ends.map(|ends| u64::try_from(ends.since(now).as_millis().div_ceil(1000)).unwrap_or(u64::MAX))
    }

    /// When the last message leaves, where the next may at `from`; `None` for never, or where nothing is known of the rate.
    fn estimate(&self, measured: f64, from: Millis, now: Millis) -> Option<Millis> {
        let left_behind: u64 = self.left_behind().map(|(.., people)| people).sum();
        let queued = self.queue.counts()[Status::Queued].saturating_sub(left_behind);
        let sends = |sender| self.queue.next_due(sender, true).is_some();
        let per_second = self.pace.fair_rate(sends).or((measured > 0.0).then_some(measured));
        let timetable = self.limits.hours().timetable();
        let (daily, taken) = self.limits.quota();
        if per_second.is_none() && timetable.is_none() && daily.is_none() {
            return None;
        }
        let mut load = Load { people: vec![(ZoneSet::UNKNOWN, queued)], per_second, daily, taken };
        if !timetable.is_some_and(|timetable| timetable.is_by_recipient()) {
            return ends_at(timetable, &load, from);
        }
        // Those who weren't put off may be written to now, as far as is known.
        let put_off = self.queue.all_put_off();
        let others = queued.saturating_sub(put_off.iter().map(|put_off| put_off.jobs).sum());
        load.people = vec![(ZoneSet::UNKNOWN, others)];
        let from = ends_at(None, &load, now)?;
        let zones = |group| match group {
            PutOffFor::Hours(zones) => zones,
            PutOffFor::Draw => ZoneSet::UNKNOWN,
        };
        load.people = put_off.iter().map(|put_off| (zones(put_off.group), put_off.jobs)).collect();
        ends_at(timetable, &load, from)
    }

    /// What everything waits for, where nothing can be sent for a while.
    fn waiting(&self, now: Millis) -> Option<Waiting> {
        let may_send = !self.stop.is_set() && self.queue.wanted() == DesiredState::Running && self.has_work();
        if !may_send || !self.sends.in_flight().is_empty() {
            return None;
        }
        let quota = self.limits.used_up_until(now);
        let schedule = self.outside_hours(now).filter(|opens| quota.is_none_or(|free| free <= *opens));
        schedule
            .map(Waiting::for_schedule)
            .or_else(|| quota.map(Waiting::for_quota))
            .or_else(|| self.limits.failures().waits().map(|time| Waiting::for_canary(now + time)))
            .or_else(|| self.pace.waiting(now))
    }

    /// Until when the schedule lets nothing leave, to anybody who is left.
    pub(super) fn outside_hours(&self, now: Millis) -> Option<Millis> {
        self.limits.hours().closed_for_all(now).or_else(|| {
            let untouched = self.limits.admit_new(now);
            let next =
                self.pace.senders().filter_map(|sender| self.queue.next_due(sender, untouched)).min()?;
            let opens = |put_off: &PutOff| put_off.group != PutOffFor::Draw && put_off.until == next;
            let is_opening = || self.queue.all_put_off().iter().any(opens);
            (next > now && is_opening()).then_some(next)
        })
    }

    /// Why nothing goes out at the moment, or not as fast as it could, for people.
    fn hold(&self, now: Millis) -> Option<String> {
        let may_send = self.queue.wanted() == DesiredState::Running && self.has_work();
        if let Some((timetable, opens)) =
            self.limits.hours().timetable().zip(self.outside_hours(now)).filter(|_| may_send)
        {
            let (home, begins) = (timetable.home(), self.limits.hours().is_before_start(now));
            let what = if begins { "scheduled; it begins" } else { "outside of its hours; going on" };
            let zone = home.iana_name().map(|name| format!(" ({name})")).unwrap_or_default();
            return Some(format!("{what} {}{zone}", local(opens, home)));
        }
        if let Some(until) = self.limits.used_up_until(now) {
            let until = soon(until, now, &self.setup.options.timezone);
            return Some(format!("the daily limit is reached; going on {until}"));
        }
        if let (Some(people), Some(time)) = (self.limits.failures().canary(), self.limits.failures().waits())
            && may_send
        {
            let whom = plural(people, "person", "people");
            return Some(format!(
                "the canary of {whom} has been sent; waiting for deliveries, {}",
                eta(time.as_secs())
            ));
        }
        if let Some(blocked) = self.left_behind().next().map(blocked) {
            return Some(blocked.to_string());
        }
        let note = self.health.note().or_else(|| self.pace.hold_note()).map(str::to_owned);
        note.or_else(|| self.pace.shared_with())
    }
}

/// A number that may not send any more, as others see it.
fn blocked((number, problem, queued): (&NumberId, &Problem, u64)) -> BlockedNumber {
    BlockedNumber { number: number.clone(), reason: problem.reason.to_string(), code: problem.code, queued }
}
