//! What falls due when: a heap over the messages, which are taken in once, in the order of their acceptance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::domain::hash::splitmix;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::options::Hooks;
use crate::sandbox::stats::HookStats;

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A message changed its status.
    Status {
        /// Its place in the accepted log.
        nth: u32,
        status: Status,
    },
    /// A person replies to a message, by themselves.
    Answers { nth: u32 },
    /// A person replied.
    Replied {
        /// The reply's place in the book.
        place: u32,
    },
}

/// The events to come, and how far accepted log and book were taken in.
#[derive(Debug, Default)]
pub struct EventQueue {
    due: BinaryHeap<Reverse<(Millis, Event)>>,
    pub(super) messages: usize,
    pub(super) replies: usize,
    /// From when on anything is told, once somebody listens.
    pub(super) since: Option<Millis>,
    /// All that is due before was taken out.
    pub(super) through: Millis,
    /// Something was taken out since that was last noted.
    pub(super) advanced: bool,
    stats: HookStats,
}

impl EventQueue {
    /// What was told, as far as this process knows.
    pub fn stats(&self) -> HookStats {
        self.stats
    }

    pub fn stats_mut(&mut self) -> &mut HookStats {
        &mut self.stats
    }

    /// Puts in an event that no webhook tells of.
    pub(super) fn put(&mut self, at: Millis, event: Event) {
        self.due.push(Reverse((at, event)));
    }

    /// Puts in what is to be told, unless that was before `since`: once, later, twice or never, as the draw says.
    pub(super) fn tell(&mut self, hooks: &Hooks, since: Millis, at: Millis, event: Event, draw: u64) {
        let late = if hooks.late.takes(splitmix(draw ^ 2)) {
            hooks.late_by.pick(splitmix(draw ^ 3))
        } else {
            Duration::ZERO
        };
        let again = hooks.twice.takes(splitmix(draw ^ 4)).then(|| hooks.late_by.pick(splitmix(draw ^ 5)));
        let first = at + late;
        let times = [Some(first), again.map(|again| first + again)];
        let mut to_come = times.into_iter().flatten().filter(|at| *at >= since).peekable();
        if to_come.peek().is_none() {
            return;
        }
        if hooks.lost.takes(splitmix(draw ^ 1)) {
            self.stats.lost += 1;
            return;
        }
        self.stats.late += u64::from(!late.is_zero());
        self.stats.twice += u64::from(again.is_some());
        to_come.for_each(|at| self.put(at, event));
    }

    /// The next event that is due.
    pub(super) fn pop(&mut self, now: Millis) -> Option<Event> {
        self.next().filter(|at| *at <= now)?;
        self.advanced = true;
        self.due.pop().map(|Reverse((_, event))| event)
    }

    /// When the next event is due.
    pub(super) fn next(&self) -> Option<Millis> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }
}
