//! Who may be written to: by the rolling 24-hour window of an account, by this run's `--limit`, by the schedule's hours, by the
//! canary, by a cap on messages to one person.
//!
//! Invariant: nobody gets more messages than a cap allows, over concurrent runs and kills: who is written to is read and the
//! next intents are put on disk under the account's lock, which every run takes to claim.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::drawn::{Drawn, Open};
use super::failure_watch::{FailureWatch, Verdict};
use super::hours::Hours;
use super::recipient_quota::RecipientQuota;
use super::setup::ContactCap;
use crate::domain::ids::{JobId, SenderNo};
use crate::domain::job::{Event, Job};
use crate::domain::phone::PhoneIdentity;
use crate::domain::problem::Problem;
use crate::domain::schedule::Timetable;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::{Candidate, Change, ClaimRequest, Intent, Lease, PutOffFor, Queue, QueueError};

/// Whoever wasn't drawn is asked for again after so long, unless the canary's verdict comes before.
const DRAW_REST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Who may be written to for the first time in this run.
#[derive(Debug)]
pub enum Limit {
    /// Everybody.
    None,
    /// So many people, the first in the audience's order.
    First(u64),
    /// Those who were drawn.
    Drawn {
        /// They.
        drawn: Drawn,
        /// Those of them who weren't written to yet.
        open: Open,
        /// There is none.
        over: bool,
    },
}

/// What counts who is written to.
pub struct Limits {
    quota: RecipientQuota,
    /// Messages to one person, where they are limited.
    cap: Option<Box<dyn ContactCap>>,
    /// Whom the last claims kept from being written to for it.
    capped: Vec<Change>,
    hours: Rc<Hours>,
    /// When its time comes, while that lies ahead.
    time_comes: Option<Millis>,
    /// Different people in the rolling window, at most.
    daily: Option<u64>,
    limit: Limit,
    first_times: u64,
    /// How many fail, and whether a canary is to be waited for.
    failures: FailureWatch,
    /// The numbers that were blocked at the last look, and what had been moved from one to another.
    waiting: (Vec<SenderNo>, Vec<(SenderNo, SenderNo)>),
    /// The quota is used up until then.
    used_up_until: Option<Millis>,
    /// Not before this is anything claimed: the last claim found nobody who may be written to.
    claim_again: Instant,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("daily", &self.daily)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Limits {
    /// Nobody has been written to in this run.
    #[must_use]
    pub fn new(
        (quota, daily): (RecipientQuota, Option<u64>),
        limit: Limit,
        hours: Rc<Hours>,
        failures: FailureWatch,
    ) -> Limits {
        let claim_again = Instant::now();
        Limits {
            quota,
            cap: None,
            capped: Vec::new(),
            hours,
            time_comes: None,
            daily,
            limit,
            first_times: 0,
            failures,
            waiting: Default::default(),
            used_up_until: None,
            claim_again,
        }
    }

    /// The same in a run that begins at `now`, and may have to wait for its start.
    #[must_use]
    pub fn beginning_at(self, now: Millis) -> Limits {
        let time_comes = self.hours.timetable().and_then(Timetable::time_comes).filter(|comes| *comes > now);
        Limits { time_comes, ..self }
    }

    /// When its time came, where the process slept through it while it waited for it.
    pub fn missed_start(&mut self, counts: &Counts, now: Millis) -> Option<Millis> {
        self.time_comes.take_if(|comes| *comes <= now)?;
        self.hours.timetable()?.missed(counts, now)
    }

    /// The same with a cap on messages to one person, where there is one.
    #[must_use]
    pub fn with_cap(self, cap: Option<Box<dyn ContactCap>>) -> Limits {
        Limits { cap, ..self }
    }

    /// The watch over failures.
    #[must_use]
    pub fn failures(&self) -> &FailureWatch {
        &self.failures
    }

    /// Looks at what became of those who were written to, while these numbers are blocked.
    ///
    /// # Errors
    /// The queue's.
    pub fn look<Q: Queue>(
        &mut self,
        queue: &mut Q,
        blocked: Vec<SenderNo>,
    ) -> Result<Option<Verdict>, QueueError> {
        // Who was moved to another number waits for that one.
        let waiting = (blocked, queue.head().map(|head| head.moved.clone()).unwrap_or_default());
        if waiting != self.waiting {
            if let Limit::Drawn { drawn, open, .. } = &mut self.limit {
                *open = Open::sendable(drawn, queue, &waiting.0)?;
            }
            self.failures.pass_over(queue, &waiting.0)?;
            self.waiting = waiting;
        }
        if let Limit::Drawn { open, over, .. } = &mut self.limit {
            let begun = |job: &Job| !job.untouched() && job.status() != Status::Sending;
            let gone = |job: &Job| matches!(job.status(), Status::Skipped | Status::Cancelled);
            *over = open.is_over(queue, |job| begun(job) || gone(job))?;
        }
        self.failures.look(queue)
    }

    /// A person's status has changed.
    pub fn moved(&mut self, from: Status, to: Status) {
        self.failures.moved(from, to);
    }

    /// The verdict was heeded; whoever waited for it may be asked for.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub fn heeded<Q: Queue>(
        &mut self,
        verdict: &Verdict,
        queue: &mut Q,
        now: Millis,
    ) -> Result<(), QueueError> {
        self.failures.heeded(verdict, queue)?;
        queue.put_off(PutOffFor::Draw, now, &[])?;
        self.claim_again = Instant::now();
        Ok(())
    }

    /// The hours of the campaign's schedule.
    #[must_use]
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// Claims what `wants` asks for, but for whom a limit passes over: they stay queued; whose hours have not come is put off
    /// until then, and whom a cap keeps is to be skipped ([`Limits::take_capped`]). Where nobody is left, the next claim is `rest` away.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub async fn claim<Q: Queue>(
        &mut self,
        queue: &mut Q,
        wants: &[ClaimRequest],
        lease: Lease,
        now: Millis,
        rest: Duration,
    ) -> Result<Vec<Intent>, QueueError> {
        let limit_left = match self.limit {
            Limit::First(limit) => limit.saturating_sub(self.first_times),
            Limit::None | Limit::Drawn { .. } => u64::MAX,
        };
        let drawn = match &self.limit {
            Limit::Drawn { drawn, .. } => Some(drawn),
            Limit::None | Limit::First(_) => None,
        };
        let failures = &self.failures;
        // Between reading the account's list and adding to it nobody else may add.
        let guard = self.quota.lock()?;
        self.quota.refresh(now)?;
        if let Some(cap) = &mut self.cap {
            // Of its own round it reads what is on disk, and so what was decided has to be there.
            queue.sync().await?;
            cap.refresh(now)?;
        }
        let mut capping = Capping::new(self.cap.as_deref_mut(), now);
        let daily_left = self.daily.map_or(u64::MAX, |daily| daily.saturating_sub(self.quota.count()));
        let (mut first, mut new_today, mut passed_over) = (0u64, 0u64, false);
        let quota = &self.quota;
        let counting = self.daily.is_some();
        let hours = Rc::clone(&self.hours);
        let mut closed: BTreeMap<PutOffFor, (Millis, Vec<JobId>)> = BTreeMap::new();
        let mut admit = |candidate: Candidate| {
            let not_drawn = candidate.untouched && drawn.is_some_and(|drawn| !drawn.contains(candidate.job));
            let put_off = if not_drawn || failures.holds_back(candidate) {
                Some((PutOffFor::Draw, now + DRAW_REST))
            } else {
                let closed = hours.closed_for(candidate.phone, now);
                closed.map(|(people, until)| (PutOffFor::Hours(people), until))
            };
            if let Some((group, until)) = put_off {
                closed.entry(group).or_insert((until, Vec::new())).1.push(candidate.job);
                return false;
            }
            let is_new = counting && !quota.contains(candidate.phone);
            let used_up = is_new && new_today >= daily_left;
            if used_up || (candidate.untouched && first >= limit_left) {
                passed_over |= used_up;
                return false;
            }
            if !capping.admits(candidate) {
                return false;
            }
            first += u64::from(candidate.untouched);
            new_today += u64::from(is_new);
            true
        };
        let intents = queue.claim(wants, lease, now, &mut admit).await?;
        let any_closed = !closed.is_empty() || !capping.over.is_empty();
        let (over, unknown) = (capping.over, capping.unknown);
        for (group, (until, jobs)) in closed {
            queue.put_off(group, until, &jobs)?;
        }
        let written_to = intents.iter().filter(|intent| intent.payload.message().is_some());
        self.quota.add(written_to.map(|intent| intent.phone), now)?;
        drop(guard);
        let skip = |(job, problem)| Change { job, expect: None, event: Event::Skipped { problem } };
        self.capped.extend(over.into_iter().map(skip));
        // What was claimed by then goes out: it was judged.
        if let Some(error) = unknown
            && intents.is_empty()
        {
            return Err(error);
        }
        // Behind those who were put off may be others.
        if intents.is_empty() && !any_closed {
            self.claim_again = Instant::now() + rest;
        }
        self.first_times += intents.iter().filter(|intent| intent.first).count() as u64;
        self.used_up_until = passed_over.then(|| self.quota.next_free().unwrap_or(now));
        Ok(intents)
    }

    /// Whom a cap kept from being written to, to be recorded before the next claim.
    pub fn take_capped(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.capped)
    }

    /// Before this nothing is claimed.
    #[must_use]
    pub fn next_claim(&self) -> Instant {
        self.claim_again
    }

    /// What was claimed as somebody's first message (`first`) wasn't sent after all, or not accepted for a reason
    /// that isn't theirs.
    pub fn give_back(&mut self, first: bool) {
        self.first_times = self.first_times.saturating_sub(u64::from(first));
    }

    /// How many people in the rolling window, where that is limited; when the next place is free, and how many are taken.
    #[must_use]
    pub fn quota(&self) -> (Option<u64>, Option<(Millis, u64)>) {
        let taken = self.daily.and_then(|_| Some((self.quota.next_free()?, self.quota.count())));
        (self.daily, taken)
    }

    /// Whether all were written to whom `--limit` allows.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        match &self.limit {
            Limit::None => false,
            Limit::First(limit) => self.first_times >= *limit,
            Limit::Drawn { over, .. } => *over,
        }
    }

    /// Whether people may be written to for the first time.
    #[must_use]
    pub fn admit_new(&self, now: Millis) -> bool {
        !self.is_reached() && self.used_up_until(now).is_none()
    }

    /// When the quota has room again, while it has none.
    #[must_use]
    pub fn used_up_until(&self, now: Millis) -> Option<Millis> {
        self.used_up_until.filter(|until| *until > now)
    }
}

/// A cap, as it judges the candidates of one claim.
struct Capping<'a> {
    cap: Option<&'a mut dyn ContactCap>,
    now: Millis,
    /// Who was admitted: another message to them is judged once this one is on disk.
    admitted: HashSet<PhoneIdentity>,
    /// Who is kept from being written to, and why.
    over: Vec<(JobId, Problem)>,
    /// Why it couldn't be told of somebody, who stays queued.
    unknown: Option<QueueError>,
}

impl<'a> Capping<'a> {
    fn new(cap: Option<&'a mut (dyn ContactCap + 'static)>, now: Millis) -> Capping<'a> {
        let cap = cap.map(|cap| cap as &mut dyn ContactCap);
        Capping { cap, now, admitted: HashSet::new(), over: Vec::new(), unknown: None }
    }

    fn admits(&mut self, candidate: Candidate) -> bool {
        let Some(cap) = &mut self.cap else { return true };
        let person = candidate.phone.identity();
        if self.unknown.is_some() || self.admitted.contains(&person) {
            return false;
        }
        match cap.judge(candidate.phone, self.now) {
            Ok(None) => self.admitted.insert(person),
            Ok(Some(problem)) => {
                self.over.push((candidate.job, problem));
                false
            }
            Err(error) => {
                self.unknown = Some(error);
                false
            }
        }
    }
}
