//! Which deliveries to ask for next, at the pace that reads have (`engine/pace/reads.rs`).
//!
//! Where webhooks tell of our messages it asks far less (`domain/policy/hooks.rs`): they tell it what they heard, and
//! what it finds out without them counts against them.
//!
//! Invariants: at most [`WINDOW`] messages are held, and at most half of them have been asked for before, so that
//! there is always room for others; who finds no room comes with the next round over the queue's unfinished ones.
//!
//! The half is for an end: most messages are never read, so no status ends the asking, and a window full of them would let
//! nobody else in.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::missed_webhooks::MissedWebhooks;
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::policy::{DuePoll, PollSchedule, Polling, SAMPLE, polling};
use crate::domain::status::Status;
use crate::queue::Undelivered;

/// Messages followed closely.
pub const WINDOW: usize = 20_000;
/// Questions under way at once.
const IN_FLIGHT: usize = 16;

/// A message whose delivery is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Followed {
    due: Instant,
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: AttemptNo,
    /// What to ask for.
    pub id: MessageId,
    /// How often it was asked for.
    pub polls: u32,
    since: Instant,
    /// It was unfinished when the run began.
    backlog: bool,
    /// When it was asked for last.
    pub asked_at: Instant,
}

/// A message, by its attempt.
type Key = (JobId, AttemptNo);

/// What is known of a message in the window, beside when it is due.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// In the heap; else it is being asked for.
    waiting: bool,
    /// It has been asked for, or needn't be.
    asked: bool,
    /// A webhook told of it.
    hooked: bool,
    /// A webhook told its end: it leaves when it comes up.
    finished: bool,
}

impl Followed {
    fn key(&self) -> Key {
        (self.job, self.attempt)
    }
}

/// The messages that are followed.
#[derive(Debug)]
pub struct Tracker {
    schedule: PollSchedule,
    heap: BinaryHeap<Reverse<Followed>>,
    known: HashMap<Key, Known>,
    /// Those in the heap that are finished.
    finished: usize,
    /// How far webhooks are trusted, and what they have yet to tell.
    missed: MissedWebhooks,
    /// Polls that webhooks made needless.
    passed_over: u64,
    in_flight: usize,
    /// Where the next page of the round begins, and from when on; `None` when everything unfinished is in the window.
    refill: Option<(JobId, Instant)>,
    /// Somebody found no room while a round was under way.
    left_out: bool,
    /// There was news in this round.
    moved: bool,
    /// Rounds in a row without news.
    quiet: u32,
    /// Every unfinished id of the queue has been asked for at least once, or is new.
    asked_all: bool,
    /// Ids in the window that have not been asked for yet.
    unasked: usize,
    next_poll: Instant,
}

impl Tracker {
    /// Follows everything that the queue has unfinished (by [`Tracker::refill`]).
    #[must_use]
    pub fn new() -> Tracker {
        Tracker {
            schedule: PollSchedule::default(),
            heap: BinaryHeap::new(),
            known: HashMap::new(),
            finished: 0,
            missed: MissedWebhooks::default(),
            passed_over: 0,
            in_flight: 0,
            refill: Some((JobId(0), Instant::now())),
            left_out: false,
            moved: false,
            quiet: 0,
            asked_all: false,
            unasked: 0,
            next_poll: Instant::now(),
        }
    }

    /// A message was accepted just now.
    pub fn follow(&mut self, job: JobId, attempt: AttemptNo, id: MessageId) {
        if self.heap.len() >= WINDOW {
            self.leave_out();
            return;
        }
        let since = Instant::now();
        let due = since + self.schedule.pause(0);
        self.enter(
            Followed { due, job, attempt, id, polls: 0, since, backlog: false, asked_at: since },
            false,
        );
    }

    /// Takes a message into the window, once. `hooked`: a webhook told of it, as far as is known.
    fn enter(&mut self, followed: Followed, hooked: bool) {
        let known = Known { waiting: true, asked: false, hooked, finished: false };
        if let Entry::Vacant(place) = self.known.entry(followed.key()) {
            place.insert(known);
            self.unasked += 1;
            self.heap.push(Reverse(followed));
        }
    }

    /// A webhook told of a message of ours. `finished`: nothing more will be heard of it.
    pub fn hooked(&mut self, job: JobId, attempt: AttemptNo, finished: bool) {
        self.missed.webhook_saw((job, attempt));
        self.moved = true;
        let Some(known) = self.known.get_mut(&(job, attempt)) else { return };
        known.hooked = true;
        if !finished || known.finished {
            return;
        }
        known.finished = true;
        self.finished += usize::from(known.waiting);
        if !std::mem::replace(&mut known.asked, true) {
            self.unasked = self.unasked.saturating_sub(1);
        }
        // They would come up one by one, each when it is due.
        if self.finished > WINDOW / 4 {
            let known = &mut self.known;
            self.heap.retain(|Reverse(followed)| {
                let finished = known.get(&followed.key()).is_some_and(|known| known.finished);
                if finished {
                    known.remove(&followed.key());
                }
                !finished
            });
            self.finished = 0;
        }
    }

    /// It comes with the next round.
    fn leave_out(&mut self) {
        match self.refill {
            Some(_) => self.left_out = true,
            None => self.refill = Some((JobId(0), Instant::now() + self.rest())),
        }
    }

    /// How long to rest before the next round: the longer, the less there was to hear.
    fn rest(&self) -> Duration {
        self.schedule.pause(self.quiet + 2)
    }

    /// Where to fetch more from, and how many; `None` while there is no room or nothing more.
    #[must_use]
    pub fn wants(&self) -> Option<(JobId, usize)> {
        let (from, room, since) = self.next_page()?;
        (since <= Instant::now()).then_some((from, room))
    }

    /// The next page of the round: from which job, how many, and from when on.
    fn next_page(&self) -> Option<(JobId, usize, Instant)> {
        let room = WINDOW - self.heap.len().min(WINDOW);
        let (from, since) = self.refill.filter(|_| room >= WINDOW / 2)?;
        Some((from, room, since))
    }

    /// Takes a page that [`Tracker::wants`] asked for: `page` has `asked` rows unless the queue ended.
    pub fn refill(&mut self, page: Vec<Undelivered>, asked: usize) {
        let now = Instant::now();
        let backlog = !self.asked_all;
        if page.len() < asked {
            self.asked_all = true;
            self.quiet = if std::mem::take(&mut self.moved) { 0 } else { self.quiet.saturating_add(1) };
            self.refill = std::mem::take(&mut self.left_out).then(|| (JobId(0), now + self.rest()));
        } else {
            self.refill = page.last().map(|last| (JobId(last.job.0 + 1), now));
        }
        for Undelivered { job, attempt, id, status, .. } in page {
            // It was outside of the window when that was told.
            let told = !backlog && status != Status::Accepted;
            self.enter(
                Followed { due: now, job, attempt, id, polls: 0, since: now, backlog, asked_at: now },
                told,
            );
        }
    }

    /// The messages to ask for now, at this pace.
    pub fn take_due(&mut self, per_second: f64) -> Vec<Followed> {
        let gap = Duration::from_secs_f64(1.0 / per_second.max(0.01));
        let now = Instant::now();
        self.missed.sweep(now);
        let mut due = Vec::new();
        while self.in_flight < IN_FLIGHT && self.next_poll <= now {
            match self.heap.peek() {
                Some(Reverse(followed)) if followed.due <= now => {}
                _ => break,
            }
            let Some(Reverse(followed)) = self.heap.pop() else { break };
            let Some(mut followed) = self.unless_hooks_tell(followed, now) else { continue };
            followed.asked_at = now;
            self.in_flight += 1;
            // Not a burst after a pause: at most one timer's worth is made up for.
            self.next_poll =
                self.next_poll.max(now.checked_sub(Duration::from_millis(5)).unwrap_or(now)) + gap;
            due.push(followed);
        }
        due
    }

    /// A message that came up, where it is to be asked for. Another stays for later, or leaves for good.
    fn unless_hooks_tell(&mut self, mut followed: Followed, now: Instant) -> Option<Followed> {
        let key = followed.key();
        let known = self.known.get_mut(&key)?;
        if known.finished {
            self.finished = self.finished.saturating_sub(1);
            self.known.remove(&key);
            return None;
        }
        let due = DuePoll {
            polls: followed.polls,
            hooked: known.hooked,
            backlog: followed.backlog,
            followed_for: now.saturating_duration_since(followed.since),
        };
        match polling(self.missed.trust().holds(), due) {
            Polling::Ask => {}
            Polling::Wait(pause) => followed.due = now + pause,
            Polling::PassOver => {
                self.passed_over += 1;
                if !self.passed_over.is_multiple_of(SAMPLE) {
                    if !std::mem::replace(&mut known.asked, true) {
                        self.unasked = self.unasked.saturating_sub(1);
                    }
                    followed.polls += 1;
                    followed.due = now + self.schedule.pause(followed.polls);
                }
            }
        }
        if followed.due > now {
            self.heap.push(Reverse(followed));
            return None;
        }
        known.waiting = false;
        Some(followed)
    }

    /// A question ended. `finished`: nothing more will be heard of it. `moved`: there was news.
    pub fn answered(&mut self, mut followed: Followed, finished: bool, moved: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.moved |= moved;
        let now = Instant::now();
        if moved {
            self.missed.poll_saw(followed.key(), now);
        }
        let Some(mut known) = self.known.remove(&followed.key()) else { return };
        if !std::mem::replace(&mut known.asked, true) {
            self.unasked = self.unasked.saturating_sub(1);
        }
        if finished || known.finished {
            return;
        }
        if self.heap.len() >= WINDOW / 2 {
            self.leave_out();
            return;
        }
        known.waiting = true;
        self.known.insert(followed.key(), known);
        // Where there was news there is more to come soon.
        followed.polls = if moved { 1 } else { followed.polls + 1 };
        followed.due = now + self.schedule.pause(followed.polls);
        self.heap.push(Reverse(followed));
    }

    /// When there is something to ask for, or a page to fetch.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let first = self.heap.peek().filter(|_| self.in_flight < IN_FLIGHT);
        let poll = first.map(|Reverse(followed)| followed.due.max(self.next_poll));
        let page = self.next_page().map(|(_, _, since)| since);
        [poll, page].into_iter().flatten().min()
    }

    /// Nothing is left to follow.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.heap.len() == self.finished && self.in_flight == 0 && self.refill.is_none()
    }

    /// Everything that was unfinished at the start has been asked for once.
    #[must_use]
    pub fn asked_all(&self) -> bool {
        self.asked_all && self.unasked == 0
    }
}

#[cfg(test)]
mod tests;
