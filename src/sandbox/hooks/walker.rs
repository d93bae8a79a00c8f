//! What falls due when: a heap over the messages, which are taken in once, in the order of their acceptance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::chance::mix;
use crate::sandbox::options::Hooks;
use crate::sandbox::stats::HookStats;

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A message changed its status.
    Status {
        /// Its place in the ledger.
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

/// The events to come, and how far ledger and book were taken in.
#[derive(Debug, Default)]
pub struct Walker {
    due: BinaryHeap<Reverse<(Millis, Event)>>,
    pub(super) messages: usize,
    pub(super) replies: usize,
    pub(super) stats: HookStats,
}

impl Walker {
    /// Begins behind the replies that there are.
    pub fn behind(replies: usize) -> Walker {
        Walker { replies, ..Walker::default() }
    }

    /// What was told, as far as this process knows.
    pub fn stats(&self) -> HookStats {
        self.stats
    }

    pub fn stats_mut(&mut self) -> &mut HookStats {
        &mut self.stats
    }

    /// Puts in an event that is nobody's news.
    pub(super) fn put(&mut self, at: Millis, event: Event) {
        self.due.push(Reverse((at, event)));
    }

    /// Puts in what is to be told: once, later, twice or never, as the draw says.
    pub(super) fn tell(&mut self, hooks: &Hooks, at: Millis, event: Event, draw: u64) {
        if hooks.lost.takes(mix(draw ^ 1)) {
            self.stats.lost += 1;
            return;
        }
        let mut at = at;
        if hooks.late.takes(mix(draw ^ 2)) {
            self.stats.late += 1;
            at = at + hooks.late_by.pick(mix(draw ^ 3));
        }
        self.put(at, event);
        if hooks.twice.takes(mix(draw ^ 4)) {
            self.stats.twice += 1;
            self.put(at + hooks.late_by.pick(mix(draw ^ 5)), event);
        }
    }

    /// The next event that is due.
    pub(super) fn pop(&mut self, now: Millis) -> Option<Event> {
        self.next().filter(|at| *at <= now)?;
        self.due.pop().map(|Reverse((_, event))| event)
    }

    /// When the next event is due.
    pub(super) fn next(&self) -> Option<Millis> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }
}
