//! Which doubts are looked for, and when; and what has to be learnt before.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::job::Event;
use crate::domain::policy::{doubt_due, doubt_settling, unseen_after};
use crate::domain::time::Millis;
use crate::queue::{Doubt, Queue, QueueError};

/// The attempts in doubt: read from the queue when there are new ones, kept up to date in between.
#[derive(Debug, Default)]
pub struct Doubts {
    /// When the run began.
    begun: Millis,
    list: Vec<Doubt>,
    looking: HashSet<(JobId, AttemptNo)>,
    fresh: bool,
    read_at: Option<Instant>,
    /// Conversations that couldn't be read: how often in a row, and when to try again. No look has happened.
    unreadable: HashMap<(JobId, AttemptNo), (u32, Millis)>,
    /// Those that arose in this run, and when they were met: a wall clock that is set ahead makes them no older.
    arisen: HashMap<(JobId, AttemptNo), Instant>,
}

impl Doubts {
    /// Conversations read at once.
    const AT_ONCE: usize = 4;
    /// A server that loses everything must not have the whole list read at every loss.
    const READ_AGAIN: Duration = Duration::from_millis(200);

    /// So often in a row a conversation is asked for in vain, over about five minutes, until that counts as a
    /// look: a server that stays away must not keep a run from ending.
    const UNREADABLE: u32 = 6;

    /// None known yet; the run begins now.
    #[must_use]
    pub fn from(now: Millis) -> Doubts {
        Doubts { begun: now, ..Doubts::default() }
    }

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
            self.meet();
        }
        Ok(())
    }

    /// Notes which of them arose in this run, and when they are met for the first time.
    fn meet(&mut self) {
        let (now, before) = (Instant::now(), std::mem::take(&mut self.arisen));
        let arisen = self.list.iter().filter(|d| d.since >= self.begun).map(|d| (d.job, d.attempt));
        self.arisen = arisen.map(|name| (name, before.get(&name).copied().unwrap_or(now))).collect();
    }

    /// Those to look for now; they count as being looked at until [`Doubts::looked`].
    pub fn take_due(&mut self, now: Millis) -> Vec<Doubt> {
        let room = Self::AT_ONCE.saturating_sub(self.looking.len());
        let mut waiting: Vec<_> = self
            .list
            .iter()
            .filter(|d| room > 0 && self.due(d, now) <= now && !self.looking.contains(&(d.job, d.attempt)))
            .collect();
        waiting.sort_by_key(|d| self.due(d, now));
        let taken: Vec<_> = waiting.into_iter().take(room).cloned().collect();
        self.looking.extend(taken.iter().map(|d| (d.job, d.attempt)));
        taken
    }

    /// A conversation was read.
    pub fn looked(&mut self, doubt: &Doubt) {
        let name = (doubt.job, doubt.attempt);
        self.looking.remove(&name);
        self.unreadable.remove(&name);
    }

    /// A conversation couldn't be read. Whether that counts as a look by now.
    pub fn not_readable(&mut self, doubt: &Doubt, now: Millis) -> bool {
        let name = (doubt.job, doubt.attempt);
        self.looking.remove(&name);
        let (tries, again) = self.unreadable.entry(name).or_insert((0, now));
        *tries += 1;
        *again = now + doubt_settling().saturating_mul(1 << (*tries - 1).min(8));
        let counts = *tries >= Self::UNREADABLE;
        if counts {
            self.unreadable.remove(&name);
        }
        counts
    }

    /// For how long it has certainly been in doubt.
    #[must_use]
    pub fn age(&self, doubt: &Doubt, now: Millis) -> Duration {
        now.since(self.since(doubt, now))
    }

    /// Since when it has certainly been in doubt, as the wall clock counts now.
    fn since(&self, doubt: &Doubt, now: Millis) -> Millis {
        let arisen = self.arisen.get(&(doubt.job, doubt.attempt));
        arisen.map_or(doubt.since, |at| doubt.since.max(now - at.elapsed()))
    }

    fn due(&self, doubt: &Doubt, now: Millis) -> Millis {
        let again = self.unreadable.get(&(doubt.job, doubt.attempt)).map_or(Millis::ZERO, |(_, at)| *at);
        doubt_due(self.since(doubt, now), doubt.looked_at, doubt.looks, now).max(again)
    }

    /// When the next one is due; `None` while as many as possible are being looked at.
    #[must_use]
    pub fn next(&self, now: Millis) -> Option<Millis> {
        if self.looking.len() >= Self::AT_ONCE {
            return None;
        }
        let waiting = self.list.iter().filter(|d| !self.looking.contains(&(d.job, d.attempt)));
        waiting.map(|d| self.due(d, now)).min()
    }

    /// When the intent of the one that is due first was written, if one is due.
    #[must_use]
    pub fn first_due(&self, now: Millis) -> Option<Millis> {
        let waiting = self.list.iter().filter(|d| !self.looking.contains(&(d.job, d.attempt)));
        let first = waiting.min_by_key(|d| self.due(d, now)).filter(|d| self.due(d, now) <= now);
        first.map(|d| d.at)
    }

    /// Whether that was before this run.
    #[must_use]
    pub fn is_older(&self, at: Millis) -> bool {
        at < self.begun
    }

    /// Each has been looked at once after its settling time, and once in this run where a look was due: a run that
    /// finds old doubts looks at them before it ends. Further looks aren't waited for: of thousands some are always
    /// due.
    #[must_use]
    pub fn settled(&self, now: Millis) -> bool {
        let looked = |d: &Doubt| d.looks > 0 && (d.looked_at >= self.begun || self.due(d, now) > now);
        self.looking.is_empty() && self.fresh && self.list.iter().all(looked)
    }

    /// Attempts whose decisive look, the first that may call them unseen, is still to come. Those that seem to
    /// lie ahead (the clock was set back) aren't waited for.
    #[must_use]
    pub fn may_become_unseen(&self, now: Millis) -> bool {
        let undecided = |d: &Doubt| d.since <= now && d.looked_at < self.since(d, now) + unseen_after();
        self.list.iter().any(|d| undecided(d) && d.message.kind() != "flow")
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

/// Reading the conversations of people who were reached, to learn the server's offset before the first look.
#[derive(Debug, Default)]
pub struct Sampling {
    awaited: usize,
    failed: bool,
    /// Askings in a row that the server left without an answer.
    failures: u32,
    again: Option<Instant>,
}

impl Sampling {
    /// So often in a row it is asked in vain, until the looks go ahead with UTC.
    const IN_VAIN: u32 = 5;
    const PAUSE: Duration = Duration::from_secs(10);

    /// Whether to ask (again).
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.awaited == 0 && self.again.is_none_or(|at| Instant::now() >= at)
    }

    /// So many conversations were asked for.
    pub fn asked(&mut self, count: usize) {
        self.awaited = count;
        self.failed = false;
        self.again = Some(Instant::now() + Self::PAUSE);
    }

    /// One of them ended; whether there was an answer.
    pub fn answered(&mut self, answered: bool) {
        self.awaited = self.awaited.saturating_sub(1);
        self.failed |= !answered;
        if self.awaited == 0 {
            self.failures = if self.failed { self.failures + 1 } else { 0 };
        }
    }

    /// Whether the looks wait for it.
    #[must_use]
    pub fn holds(&self, known: bool) -> bool {
        self.awaited > 0 || (!known && (1..Self::IN_VAIN).contains(&self.failures))
    }

    /// When to ask again; `None` while answers are awaited.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.again.filter(|_| self.awaited == 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::ids::SenderNo;
    use crate::domain::message::Message;
    use crate::domain::phone::Phone;

    const BEGUN: Millis = Millis(1_795_341_600_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn doubt(job: u32, since: Millis) -> Doubt {
        Doubt {
            job: JobId(job),
            attempt: AttemptNo(1),
            sender: SenderNo(0),
            phone: Phone::from_digits("919876543210").unwrap(),
            message: Arc::new(Message::Text { body: "Hello".into() }),
            at: since,
            since,
            looks: 1,
            looked_at: since,
            unseen: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_ahead_makes_no_doubt_of_this_run_older() {
        let mut doubts = Doubts::from(BEGUN);
        let (old, new) = (doubt(0, BEGUN - 20 * MINUTE), doubt(1, BEGUN + MINUTE));
        doubts.list = vec![old.clone(), new.clone()];
        doubts.meet();
        tokio::time::advance(10 * MINUTE).await;
        // Ten minutes went by, and the clock was set a day ahead.
        let now = BEGUN + Duration::from_secs(86_400) + 11 * MINUTE;
        assert_eq!(doubts.age(&new, now), 10 * MINUTE);
        assert_eq!(doubts.age(&old, now), now.since(old.since));
        assert!(doubts.may_become_unseen(now));
        assert_eq!(doubts.due(&new, now), new.looked_at + Duration::from_secs(15));
        tokio::time::advance(5 * MINUTE).await;
        assert_eq!(doubts.age(&new, now + 5 * MINUTE), unseen_after());
        // What is no longer in doubt is forgotten.
        doubts.list.clear();
        doubts.meet();
        assert!(doubts.arisen.is_empty());
    }
}
