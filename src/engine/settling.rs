//! Which doubts are looked for, and when.

use std::collections::HashSet;

use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::policy::{doubt_due, unseen_after};
use crate::domain::time::Millis;
use crate::queue::{Doubt, Queue, QueueError};

/// The attempts in doubt, as of the last reading of the queue.
#[derive(Debug, Default)]
pub struct Doubts {
    list: Vec<Doubt>,
    looking: HashSet<(JobId, AttemptNo)>,
    fresh: bool,
}

impl Doubts {
    /// Conversations read at once.
    const AT_ONCE: usize = 4;

    /// The queue's doubts are others now.
    pub fn changed(&mut self) {
        self.fresh = false;
    }

    /// Reads the queue again, where it changed.
    ///
    /// # Errors
    /// The queue's.
    pub fn refresh<Q: Queue>(&mut self, queue: &mut Q) -> Result<(), QueueError> {
        if !self.fresh {
            self.list = queue.in_doubt()?;
            self.list.sort_by_key(due);
            self.fresh = true;
        }
        Ok(())
    }

    /// Those to look for now; they count as being looked at until [`Doubts::looked`].
    pub fn take_due(&mut self, now: Millis) -> Vec<Doubt> {
        let room = Self::AT_ONCE.saturating_sub(self.looking.len());
        let taken: Vec<_> = self
            .list
            .iter()
            .filter(|d| due(d) <= now && !self.looking.contains(&(d.job, d.attempt)))
            .take(room)
            .cloned()
            .collect();
        self.looking.extend(taken.iter().map(|d| (d.job, d.attempt)));
        taken
    }

    /// A look ended.
    pub fn looked(&mut self, doubt: &Doubt) {
        self.looking.remove(&(doubt.job, doubt.attempt));
    }

    /// When the next one is due; `None` while as many as possible are being looked at.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        if self.looking.len() >= Self::AT_ONCE {
            return None;
        }
        self.list.iter().filter(|d| !self.looking.contains(&(d.job, d.attempt))).map(due).min()
    }

    /// Each has been looked at once after its settling time.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.looking.is_empty() && self.fresh && self.list.iter().all(|d| d.looks > 0)
    }

    /// Attempts whose decisive look, the first that may call them unseen, is still to come.
    #[must_use]
    pub fn may_become_unseen(&self) -> bool {
        self.list.iter().any(|d| d.looked_at < d.since + unseen_after() && d.message.kind() != "flow")
    }

    /// Intents of other attempts in doubt at the same person.
    #[must_use]
    pub fn rivals(&self, of: &Doubt) -> Vec<Millis> {
        let other = |d: &&Doubt| d.phone == of.phone && (d.job, d.attempt) != (of.job, of.attempt);
        self.list.iter().filter(other).map(|d| d.at).collect()
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

fn due(doubt: &Doubt) -> Millis {
    doubt_due(doubt.since, doubt.looked_at, doubt.looks)
}
