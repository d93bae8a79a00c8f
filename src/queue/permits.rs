//! Leave to POST from a number: whose turn it is, and what one sender of the number hands on to the next.
//!
//! Invariants, for every implementation (`tests/it/queue/permits.rs` tries them):
//!
//! - One run at a time has the turn, and only that one POSTs. A turn that its owner's death ended is free at once.
//! - Who stands in line gets a turn: nobody waits until another has finished. Of those in line the one that has used
//!   least of the number's time, by its [`Priority`], is next; a newcomer is next at once, and has no credit for the
//!   time before.
//! - A turn goes on for as long as nobody else is in line.
//! - What was noted of the last POST, and a hold that was kept, is seen by whoever has the turn afterwards, also after
//!   a crash.

use std::fmt::Debug;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::QueueError;
use crate::domain::ids::NumberId;
use crate::domain::policy::Lesson;
use crate::domain::priority::Priority;
use crate::domain::time::Millis;

/// Later than this a number is tried at its ceiling again.
pub const LESSON_LASTS: Duration = Duration::from_secs(600);

/// One number, for one run.
pub trait Permits: Debug {
    /// The number.
    fn number(&self) -> &NumberId;

    /// Stands in line, and takes the turn where it is free and this run's. `true` when it has it, already or now.
    ///
    /// # Errors
    /// The store's.
    fn try_turn(&mut self, at: Instant) -> Result<bool, QueueError>;

    /// Whether the turn was used for long enough while others stood in line: time to [`share`](Permits::share).
    fn is_used_up(&self, at: Instant) -> bool;

    /// Looks who else is in line. Where the turn was used for long enough, for one POST at least, and another is to be
    /// next, it is handed on: `true`, and this run stays in line.
    ///
    /// # Errors
    /// The store's.
    fn share(&mut self, at: Instant) -> Result<bool, QueueError>;

    /// Gives up the turn and the place in line.
    fn leave(&mut self);

    /// Who else was in line when it was last looked at.
    fn others(&self) -> Vec<&Party>;

    /// When the number last sent.
    ///
    /// # Errors
    /// The store's.
    fn last_post(&self) -> Result<LastPost, QueueError>;

    /// Notes that a POST is about to start, at this time. Only with the turn.
    ///
    /// # Errors
    /// The store's.
    fn note_post(&mut self, at: Millis) -> Result<(), QueueError>;

    /// The hold in force, as it was when the turn was taken or the line last looked at. One that lies further ahead than
    /// it was long is cut: the clock was set back.
    fn hold(&self, now: Millis) -> Option<Hold>;

    /// Keeps a hold for everybody who sends from the number, durably, where none that is as long is kept. Without the
    /// turn, too: an answer may come after it.
    ///
    /// # Errors
    /// The store's.
    fn keep_hold(&mut self, hold: Hold) -> Result<(), QueueError>;

    /// What throttles taught within [`LESSON_LASTS`], if anything was kept.
    ///
    /// # Errors
    /// The store's.
    fn lesson(&self, now: Millis) -> Result<Option<Lesson>, QueueError>;

    /// Keeps what throttles taught, for whoever sends next. A hint.
    ///
    /// # Errors
    /// The store's.
    fn keep_lesson(&self, lesson: Lesson, at: Millis) -> Result<(), QueueError>;
}

/// Opens a run's permits for a number.
pub type OpenPermits = Box<dyn Fn(&NumberId) -> Result<Box<dyn Permits>, QueueError>>;

/// Another run in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its campaign, as people call it.
    pub campaign: String,
    /// Its share.
    pub priority: Priority,
}

/// When a number last sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPost {
    /// It never did.
    Never,
    /// At this time.
    At(Millis),
    /// The record can't be read: as if it had been just now.
    Unknown,
}

/// A hold that outlives the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Nothing is POSTed before this.
    pub until: Millis,
    /// Since when; with `until` it bounds the hold when the clock jumps.
    pub since: Millis,
    /// Why, for people.
    pub why: String,
}

impl Hold {
    /// What is left of it.
    #[must_use]
    pub fn in_force(&self, now: Millis) -> Option<Hold> {
        let length = self.until.since(self.since);
        let until = self.until.min(now + length);
        (until > now).then(|| Hold { until, ..self.clone() })
    }
}
