//! Which doubts are looked for, and when.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::job::Event;
use crate::domain::policy::{doubt_due, unseen_after};
use crate::domain::time::Millis;
use crate::queue::{Doubt, Queue, QueueError};

/// The attempts in doubt: read from the queue when there are new ones, kept up to date in between.
#[derive(Debug, Default)]
pub struct Doubts {
    list: Vec<Doubt>,
    looking: HashSet<(JobId, AttemptNo)>,
    fresh: bool,
    read_at: Option<Instant>,
}

impl Doubts {
    /// Conversations read at once.
    const AT_ONCE: usize = 4;
    /// A server that loses everything must not have the whole list read at every loss.
    const READ_AGAIN: Duration = Duration::from_millis(200);

    /// The queue's doubts are others now, in ways that only it can tell.
    pub fn changed(&mut self) {
        self.fresh = false;
    }

    /// An event that concerns doubt was recorded.
    pub fn recorded(&mut self, job: JobId, event: &Event) {
        match *event {
            Event::Looked { attempt, at, unseen, .. } => {
                if let Some(doubt) = self.list.iter_mut().find(|d| (d.job, d.attempt) == (job, attempt)) {
                    doubt.looks = doubt.looks.saturating_add(1);
                    doubt.looked_at = at;
                    doubt.unseen = unseen;
                }
            }
            Event::Found { attempt, .. } | Event::FoundFailed { attempt, .. } => {
                self.list.retain(|d| (d.job, d.attempt) != (job, attempt));
            }
            Event::Doubted { .. } => self.changed(),
            _ => {}
        }
    }

    /// Reads the queue again, where there is something new, and not too often. Call it every turn.
    ///
    /// # Errors
    /// The queue's.
    pub fn refresh<Q: Queue>(&mut self, queue: &mut Q) -> Result<(), QueueError> {
        let rested = self.read_at.is_none_or(|at| at.elapsed() >= Self::READ_AGAIN);
        if !self.fresh && rested {
            self.list = queue.in_doubt()?;
            self.fresh = true;
            self.read_at = Some(Instant::now());
        }
        Ok(())
    }

    /// Those to look for now; they count as being looked at until [`Doubts::looked`].
    pub fn take_due(&mut self, now: Millis) -> Vec<Doubt> {
        let room = Self::AT_ONCE.saturating_sub(self.looking.len());
        let mut waiting: Vec<_> = self
            .list
            .iter()
            .filter(|d| room > 0 && due(d) <= now && !self.looking.contains(&(d.job, d.attempt)))
            .collect();
        waiting.sort_by_key(|d| due(d));
        let taken: Vec<_> = waiting.into_iter().take(room).cloned().collect();
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
