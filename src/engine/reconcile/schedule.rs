//! Which doubts are looked for, and when; and what has to be learnt before.
//!
//! - First after some seconds, then ever less often, with one look exactly when a doubt may be called unseen. A run may end
//!   once each that was due has been looked at; only `--resend-unseen` waits for the decisive look.
//! - A conversation that can't be read is no look: it is asked for again, for about five minutes. A refusal is an answer.
//! - The quarter of an hour before *unseen* is counted by the monotonic clock for doubts of this run, so that a wall clock
//!   that is set ahead can't shorten it. What an earlier run left is as old as the wall says.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::job::Event;
use crate::domain::policy::{doubt_due, doubt_settling, unseen_after};
use crate::domain::time::Millis;
use crate::queue::{Doubt, Queue, QueueError};

/// The attempts in doubt: read from the queue when there are new ones, kept up to date in between. There may be ten
/// thousand, and each turn asks which is due: what that takes stands with each.
#[derive(Debug, Default)]
pub struct Doubts {
    /// When the run began.
    begun: Millis,
    list: Vec<Watched>,
    /// Those whose conversation is being read.
    looking: Vec<Name>,
    fresh: bool,
    read_at: Option<Instant>,
}

type Name = (JobId, AttemptNo);

/// One of them.
#[derive(Clone, Debug)]
struct Watched {
    doubt: Doubt,
    /// When it was met, if it arose in this run: a wall clock that is set ahead makes it no older.
    arisen: Option<Instant>,
    /// Its conversation couldn't be read so often in a row, and is to be tried again then. No look has happened.
    unreadable: u32,
    again: Millis,
}

impl Watched {
    fn name(&self) -> Name {
        name(&self.doubt)
    }

    /// Since when it has certainly been in doubt, as the wall clock counts now.
    fn since(&self, now: Millis) -> Millis {
        self.arisen.map_or(self.doubt.since, |at| self.doubt.since.max(now - at.elapsed()))
    }

    fn due(&self, now: Millis) -> Millis {
        doubt_due(self.since(now), self.doubt.looked_at, self.doubt.looks, now).max(self.again)
    }
}

fn name(doubt: &Doubt) -> Name {
    (doubt.job, doubt.attempt)
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
                if let Some(watched) = self.find((job, attempt)) {
                    watched.doubt.looks = watched.doubt.looks.saturating_add(1);
                    watched.doubt.looked_at = at;
                    watched.doubt.unseen = unseen;
                }
            }
            Event::Found { attempt, .. } | Event::FoundFailed { attempt, .. } => {
                self.list.retain(|watched| watched.name() != (job, attempt));
            }
            Event::Doubted { .. } => self.changed(),
            _ => {}
        }
    }

    fn find(&mut self, name: Name) -> Option<&mut Watched> {
        self.list.iter_mut().find(|watched| watched.name() == name)
    }

    /// When the queue is to be read again: where there is something new, and not too often.
    #[must_use]
    pub fn next_reading(&self, now: Instant) -> Option<Instant> {
        (!self.fresh).then(|| self.read_at.map_or(now, |at| at + Self::READ_AGAIN))
    }

    /// Reads the queue again, if it is time.
    ///
    /// # Errors
    /// The queue's.
    pub fn refresh<Q: Queue>(&mut self, queue: &mut Q, now: Instant) -> Result<(), QueueError> {
        if self.next_reading(now).is_some_and(|at| at <= now) {
            self.meet(queue.in_doubt()?);
            self.fresh = true;
            self.read_at = Some(Instant::now());
        }
        Ok(())
    }

    /// These are in doubt: what is known of those that were is kept.
    fn meet(&mut self, doubts: Vec<Doubt>) {
        let now = Instant::now();
        let before = std::mem::take(&mut self.list).into_iter().map(|watched| (watched.name(), watched));
        let mut before: HashMap<Name, Watched> = before.collect();
        // An action stands in no conversation: whether it was done is told by the list, or by the operator.
        let messages = doubts.into_iter().filter(|doubt| doubt.payload.message().is_some());
        let watched = messages.map(|doubt| match before.remove(&name(&doubt)) {
            Some(known) => Watched { doubt, ..known },
            None => {
                let arisen = (doubt.since >= self.begun).then_some(now);
                Watched { doubt, arisen, unreadable: 0, again: Millis::ZERO }
            }
        });
        self.list = watched.collect();
    }

    fn waiting(&self) -> impl Iterator<Item = &Watched> {
        self.list.iter().filter(|watched| !self.looking.contains(&watched.name()))
    }

    /// Those to look for now; they count as being looked at until [`Doubts::looked`].
    pub fn take_due(&mut self, now: Millis) -> Vec<Doubt> {
        let room = Self::AT_ONCE.saturating_sub(self.looking.len());
        if room == 0 {
            return Vec::new();
        }
        let mut due: Vec<(Millis, &Doubt)> = self
            .waiting()
            .map(|watched| (watched.due(now), &watched.doubt))
            .filter(|(due, _)| *due <= now)
            .collect();
        due.sort_by_key(|(due, _)| *due);
        let taken: Vec<Doubt> = due.into_iter().take(room).map(|(_, doubt)| doubt.clone()).collect();
        self.looking.extend(taken.iter().map(name));
        taken
    }

    /// A conversation was read.
    pub fn looked(&mut self, doubt: &Doubt) {
        self.looking.retain(|looked| *looked != name(doubt));
        if let Some(watched) = self.find(name(doubt)) {
            (watched.unreadable, watched.again) = (0, Millis::ZERO);
        }
    }

    /// A conversation couldn't be read. Whether that counts as a look by now.
    pub fn not_readable(&mut self, doubt: &Doubt, now: Millis) -> bool {
        self.looking.retain(|looked| *looked != name(doubt));
        let Some(watched) = self.find(name(doubt)) else { return false };
        watched.unreadable += 1;
        watched.again = now + doubt_settling().saturating_mul(1 << (watched.unreadable - 1).min(8));
        let counts = watched.unreadable >= Self::UNREADABLE;
        if counts {
            (watched.unreadable, watched.again) = (0, Millis::ZERO);
        }
        counts
    }

    /// For how long it has certainly been in doubt.
    pub fn age(&mut self, doubt: &Doubt, now: Millis) -> Duration {
        now.since(self.find(name(doubt)).map_or(doubt.since, |watched| watched.since(now)))
    }

    /// When the next one is due; `None` while as many as possible are being looked at.
    #[must_use]
    pub fn next(&self, now: Millis) -> Option<Millis> {
        if self.looking.len() >= Self::AT_ONCE {
            return None;
        }
        self.waiting().map(|watched| watched.due(now)).min()
    }

    /// When the intent of the one that is due first was written, if one is due.
    #[must_use]
    pub fn first_due(&self, now: Millis) -> Option<Millis> {
        let first = self.waiting().map(|watched| (watched.due(now), watched.doubt.at)).min();
        first.filter(|(due, _)| *due <= now).map(|(_, at)| at)
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
        let looked = |watched: &Watched| {
            let doubt = &watched.doubt;
            doubt.looks > 0 && (doubt.looked_at >= self.begun || watched.due(now) > now)
        };
        self.looking.is_empty() && self.fresh && self.list.iter().all(looked)
    }

    /// Attempts whose decisive look, the first that may call them unseen, is still to come. Those that seem to
    /// lie ahead (the clock was set back) aren't waited for.
    #[must_use]
    pub fn may_become_unseen(&self, now: Millis) -> bool {
        let undecided = |watched: &&Watched| {
            let doubt = &watched.doubt;
            doubt.since <= now && doubt.looked_at < watched.since(now) + unseen_after()
        };
        self.list.iter().filter(undecided).any(|watched| watched.doubt.payload.kind() != "flow")
    }

    /// Intents of other attempts in doubt at the same person.
    #[must_use]
    pub fn competing(&self, of: &Doubt) -> Vec<Millis> {
        let doubts = self.list.iter().map(|watched| &watched.doubt);
        doubts
            .filter(|d| d.phone.identity() == of.phone.identity() && name(d) != name(of))
            .map(|d| d.at)
            .collect()
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Reading the conversations of people who were reached, to learn the server's skew before the first look.
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
            payload: Arc::new(Message::Text { body: "Hello".into() }.into()),
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
        doubts.meet(vec![old.clone(), new.clone()]);
        tokio::time::advance(10 * MINUTE).await;
        // Ten minutes went by, and the clock was set a day ahead.
        let now = BEGUN + Duration::from_secs(86_400) + 11 * MINUTE;
        assert_eq!(doubts.age(&new, now), 10 * MINUTE);
        assert_eq!(doubts.age(&old, now), now.since(old.since));
        assert!(doubts.may_become_unseen(now));
        assert_eq!(doubts.list[1].due(now), new.looked_at + Duration::from_secs(15));
        tokio::time::advance(5 * MINUTE).await;
        // Read again, it is no younger.
        doubts.meet(vec![new.clone()]);
        assert_eq!(doubts.age(&new, now + 5 * MINUTE), unseen_after());
    }
}
