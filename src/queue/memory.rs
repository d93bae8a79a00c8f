//! The simplest queue that keeps the promise, as long as the process lives: the model that the others are
//! held against.

mod edited;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OrderId, OwnerId, PlanNo, SenderNo};
use crate::domain::job::{Attempt, AttemptFate, Delivery, Event, Job, Reach, State};
use crate::domain::plan::{Fate, PlanDiff, PlanHead, PlannedRow};
use crate::domain::problem::Problem;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::api::{
    Applied, Batch, Candidate, Change, ClaimRequest, DesiredState, Doubt, Entry, Identity, Intent, Lease,
    Queue, QueueError, RowVisitor, StageError, Staged, Undelivered,
};
use crate::queue::edit::{Verdict, event, shows_otherwise};
use crate::queue::listed::{Listed, Sent};

/// A plan: a row for each job, in the report's order.
#[derive(Clone, Debug)]
struct Plan {
    head: PlanHead,
    rows: Vec<(JobId, PlannedRow)>,
    /// So many of them are listed by reports.
    listed: usize,
}

/// What a staged plan holds.
#[derive(Debug)]
pub struct MemoryStage {
    plan: Plan,
    verdicts: Vec<(JobId, Verdict)>,
    ticket: u64,
}

/// A queue in memory.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    identity: Identity,
    plans: Vec<Plan>,
    jobs: Vec<Job>,
    log: Vec<Entry>,
    wanted: DesiredState,
    started_at: Option<Millis>,
    orders: BTreeSet<OrderId>,
    stages: u64,
}

impl MemoryQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(identity: Identity) -> MemoryQueue {
        MemoryQueue {
            identity,
            plans: Vec::new(),
            jobs: Vec::new(),
            log: Vec::new(),
            wanted: DesiredState::default(),
            started_at: None,
            orders: BTreeSet::new(),
            stages: 0,
        }
    }

    fn ids(&self) -> impl Iterator<Item = (JobId, &Job)> {
        (0..).map(JobId).zip(&self.jobs)
    }

    fn row_in(&self, plan: usize, job: JobId) -> Option<&PlannedRow> {
        self.plans.get(plan)?.rows.iter().find(|(id, _)| *id == job).map(|(_, row)| row)
    }

    fn row(&self, job: JobId) -> Option<&PlannedRow> {
        self.row_in(self.plans.len().checked_sub(1)?, job)
    }

    fn row_then(&self, plan: PlanNo, job: JobId) -> Option<&PlannedRow> {
        self.row_in(plan.0 as usize - 1, job)
    }

    fn change(&mut self, id: JobId, expect: Option<u32>, event: Event) -> Applied {
        let Some(job) = self.jobs.get_mut(id.0 as usize) else { return Applied::No };
        if expect.is_some_and(|revision| revision != job.revision) {
            return Applied::No;
        }
        let Ok(changed) = job.apply(&event) else { return Applied::No };
        let from = std::mem::replace(job, changed).status();
        let to = job.status();
        self.log.push(Entry::Job { job: id, event });
        Applied::Yes { from, to }
    }

    /// Queued jobs of a number that were claimed before or have a time, by that; then the others, by row.
    fn candidates(&self, sender: SenderNo, untouched: bool, at: Millis) -> Vec<JobId> {
        let mut waiting = Vec::new();
        let mut fresh = Vec::new();
        for (id, row) in self.plans.last().iter().flat_map(|plan| &plan.rows) {
            let job = &self.jobs[id.0 as usize];
            match job.state {
                State::Queued { not_before } if row.sender == sender => {
                    if fresh_job(job) {
                        fresh.extend(untouched.then_some(*id));
                    } else if not_before <= at {
                        waiting.push((not_before, *id));
                    }
                }
                _ => {}
            }
        }
        waiting.sort_unstable();
        waiting.into_iter().map(|(_, id)| id).chain(fresh).collect()
    }

    fn sent<'a>(&'a self, id: JobId, now: &PlannedRow, job: &Job) -> Option<Sent<'a>> {
        let plan = job.sent_under()?;
        let then = self.row_then(plan, id)?;
        let columns = |at: usize| self.plans.get(at).map(|plan| &plan.head.columns);
        let same = columns(plan.0 as usize - 1) == columns(self.plans.len() - 1);
        (!same || shows_otherwise(then, now)).then_some(Sent { plan, row: Cow::Borrowed(then) })
    }

    fn list<'a>(&'a self, id: JobId, row: &'a PlannedRow) -> Option<Listed<'a>> {
        let job = self.jobs.get(id.0 as usize)?;
        let sent = self.sent(id, row, job);
        Some(Listed { id, row: Cow::Borrowed(row), job: Cow::Borrowed(job), sent })
    }
}

impl Queue for MemoryQueue {
    type Stage = MemoryStage;

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn head(&self) -> Option<&PlanHead> {
        self.plans.last().map(|plan| &plan.head)
    }

    fn stage<E>(
        &mut self,
        head: PlanHead,
        rows: &mut dyn Iterator<Item = Result<PlannedRow, E>>,
    ) -> Result<Staged<MemoryStage>, StageError<E>> {
        self.compare(head, rows)
    }

    async fn adopt(&mut self, staged: Staged<MemoryStage>, at: Millis) -> Result<PlanDiff, QueueError> {
        let MemoryStage { plan, verdicts, ticket } = staged.state;
        if ticket != self.stages {
            let error = std::io::Error::other("another plan was staged since");
            return Err(QueueError::disk("adopt", "memory".as_ref())(error));
        }
        let jobs_before = u32::try_from(self.jobs.len()).unwrap_or(u32::MAX);
        let mut new: Vec<_> = plan.rows.iter().filter(|(id, _)| id.0 >= jobs_before).collect();
        new.sort_by_key(|(id, _)| *id);
        for (_, row) in new {
            let sent = matches!(row.fate, Fate::Send(_));
            self.jobs.push(if sent { Job::queued() } else { Job::skipped() });
        }
        self.plans.push(plan);
        self.stages += 1;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (no, jobs) = (PlanNo(count(self.plans.len())), count(self.jobs.len()));
        self.log.push(Entry::Plan { no, jobs_before, jobs, at });
        for (id, verdict) in verdicts {
            if let Some(event) = event(&self.jobs[id.0 as usize], &verdict) {
                self.change(id, None, event);
            }
        }
        Ok(staged.diff)
    }

    async fn take(&mut self, owner: OwnerId, at: Millis) -> Result<u64, QueueError> {
        self.log.push(Entry::Opened { owner, at });
        self.started_at.get_or_insert(at);
        let left: Vec<_> = self
            .ids()
            .filter_map(|(id, job)| match job.state {
                State::Sending { attempt, .. } => Some((id, attempt)),
                _ => None,
            })
            .collect();
        let problem = Problem::new("sendcast was interrupted while this was being sent");
        for (id, attempt) in &left {
            self.change(*id, None, Event::Doubted { attempt: *attempt, at, problem: problem.clone() });
        }
        Ok(left.len() as u64)
    }

    async fn claim(
        &mut self,
        wants: &[ClaimRequest],
        lease: Lease,
        at: Millis,
        admit: &mut dyn FnMut(Candidate) -> bool,
    ) -> Result<Vec<Intent>, QueueError> {
        let mut intents = Vec::new();
        let plan = PlanNo(u32::try_from(self.plans.len()).unwrap_or(u32::MAX));
        for want in wants {
            let full = intents.len() + want.count;
            for id in self.candidates(want.sender, want.untouched, at) {
                if intents.len() == full {
                    break;
                }
                let (Some(row), job) = (self.row(id).cloned(), self.jobs[id.0 as usize].clone()) else {
                    continue;
                };
                let (phone, payload) = match (row.phone, row.fate) {
                    _ if job.removed => {
                        self.change(id, None, Event::Cancelled { by_removal: true });
                        continue;
                    }
                    (Some(phone), Fate::Send(payload)) => (phone, payload),
                    (_, Fate::Skip { problem, .. }) => {
                        self.change(id, None, Event::Skipped { problem });
                        continue;
                    }
                    (None, Fate::Send(_)) => {
                        let problem = Problem::new("the row has no usable phone number");
                        self.change(id, None, Event::Skipped { problem });
                        continue;
                    }
                };
                let first = job.untouched();
                if !admit(Candidate { job: id, phone, untouched: first }) {
                    continue;
                }
                let (attempt, sender) = (AttemptNo(job.issued + 1), want.sender);
                let Lease { owner, until: lease_until } = lease;
                self.change(id, None, Event::Claimed { attempt, sender, plan, owner, lease_until, at });
                let (used, payload) = (job.used_of_allowance(), Arc::new(payload));
                intents.push(Intent { job: id, attempt, sender, phone, payload, first, used, lease_until });
            }
        }
        Ok(intents)
    }

    async fn record(&mut self, batch: Batch, at: Millis) -> Result<Vec<Applied>, QueueError> {
        if let Some(id) = batch.order {
            if !self.orders.insert(id.clone()) {
                return Ok(vec![Applied::No; batch.changes.len()]);
            }
            self.log.push(Entry::Order { id, at });
        }
        if let Some(wanted) = batch.wanted.filter(|wanted| *wanted != self.wanted) {
            self.wanted = wanted;
            self.log.push(Entry::Wanted { wanted, at });
        }
        let apply = |Change { job, expect, event }| match event {
            Event::Claimed { .. } => Applied::No,
            event => self.change(job, expect, event),
        };
        Ok(batch.changes.into_iter().map(apply).collect())
    }

    async fn sync(&mut self) -> Result<(), QueueError> {
        Ok(())
    }

    fn next_due(&self, sender: SenderNo, untouched: bool) -> Option<Millis> {
        let queued = self.ids().filter(|(id, _)| self.row(*id).is_some_and(|row| row.sender == sender));
        queued
            .filter_map(|(_, job)| match job.state {
                State::Queued { not_before } if untouched || !fresh_job(job) => Some(not_before),
                _ => None,
            })
            .min()
    }

    fn queued_of(&self, sender: SenderNo) -> u64 {
        let of_sender = |id| self.row(id).is_some_and(|row| row.sender == sender);
        let queued = |job: &Job| job.status() == Status::Queued;
        self.ids().filter(|(id, job)| queued(job) && of_sender(*id)).count() as u64
    }

    async fn reassign(&mut self, from: &[NumberId], to: &NumberId, at: Millis) -> Result<u64, QueueError> {
        let Some(mut plan) = self.plans.last().cloned() else { return Ok(0) };
        let Some(head) = plan.head.reassigned(from, to).filter(|head| *head != plan.head) else {
            return Ok(0);
        };
        let mut moved = 0;
        for (id, row) in &mut plan.rows {
            let job = &self.jobs[id.0 as usize];
            let sender = head.sends_for(row.sender);
            if sender != row.sender && job.status() == Status::Queued && job.attempts.is_empty() {
                row.sender = sender;
                moved += 1;
            }
        }
        plan.head = head;
        let verdicts = Vec::new();
        self.stages += 1;
        let staged =
            Staged { diff: PlanDiff::default(), state: MemoryStage { plan, verdicts, ticket: self.stages } };
        self.adopt(staged, at).await?;
        Ok(moved)
    }

    fn due_after(&self, at: Millis) -> Vec<JobId> {
        let later = |job: &Job| matches!(job.state, State::Queued { not_before } if not_before > at);
        self.ids().filter(|(_, job)| later(job)).map(|(id, _)| id).collect()
    }

    fn job(&mut self, id: JobId) -> Result<Option<Job>, QueueError> {
        Ok(self.jobs.get(id.0 as usize).cloned())
    }

    fn listed(&mut self, id: JobId) -> Result<Option<Listed<'static>>, QueueError> {
        Ok(self.row(id).and_then(|row| self.list(id, row)).map(Listed::into_owned))
    }

    fn in_doubt(&mut self) -> Result<Vec<Doubt>, QueueError> {
        let mut found = Vec::new();
        for (id, job) in self.ids() {
            for attempt in &job.attempts {
                let AttemptFate::Doubt { since, looks, looked_at, unseen } = attempt.fate else { continue };
                let row = self.row_then(attempt.plan, id);
                let Some((phone, payload)) = row.and_then(|row| Some((row.phone?, row.fate.payload()?)))
                else {
                    continue;
                };
                found.push(Doubt {
                    job: id,
                    attempt: attempt.no,
                    sender: attempt.sender,
                    phone,
                    payload: Arc::new(payload.clone()),
                    at: attempt.at,
                    since,
                    looks,
                    looked_at,
                    unseen,
                });
            }
        }
        Ok(found)
    }

    fn undelivered(&mut self, from: JobId, limit: usize) -> Result<Vec<Undelivered>, QueueError> {
        let mut found: Vec<Undelivered> = Vec::new();
        for (id, job) in self.ids().filter(|(id, _)| *id >= from) {
            let of_job: Vec<_> = job.deliveries().filter_map(|(a, d)| undelivered(id, a, d)).collect();
            if limit == 0 || (!found.is_empty() && found.len() + of_job.len() > limit) {
                break;
            }
            found.extend(of_job);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    fn in_status(
        &mut self,
        status: Status,
        from: JobId,
        limit: usize,
    ) -> Result<Vec<(JobId, Job)>, QueueError> {
        let found = self.ids().filter(|(id, job)| *id >= from && job.status() == status);
        Ok(found.take(limit).map(|(id, job)| (id, job.clone())).collect())
    }

    fn by_message_id(&mut self, id: &MessageId) -> Result<Option<(JobId, AttemptNo)>, QueueError> {
        Ok(self.ids().find_map(|(job, state)| {
            let found = state.deliveries().find(|(_, delivery)| delivery.id.as_ref() == Some(id));
            found.map(|(attempt, _)| (job, attempt.no))
        }))
    }

    fn scan(&mut self, each: &mut RowVisitor<'_>) -> Result<(), QueueError> {
        for (id, row) in self.plans.last().iter().flat_map(|plan| &plan.rows[..plan.listed]) {
            if let Some(listed) = self.list(*id, row) {
                each(listed)?;
            }
        }
        Ok(())
    }

    fn order_applied(&self, id: &OrderId) -> bool {
        self.orders.contains(id)
    }

    fn wanted(&self) -> DesiredState {
        self.wanted
    }

    fn started_at(&self) -> Option<Millis> {
        self.started_at
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for job in &self.jobs {
            counts[job.status()] += 1;
        }
        counts
    }

    fn retrying(&self) -> u64 {
        self.jobs.iter().filter(|job| job.retrying()).count() as u64
    }

    async fn close(self) -> Result<(), QueueError> {
        Ok(())
    }
}

fn undelivered(job: JobId, attempt: &Attempt, delivery: &Delivery) -> Option<Undelivered> {
    let status = match delivery.reach {
        _ if delivery.failed() => return None,
        Some(Reach::Read) => return None,
        Some(Reach::Delivered) => Status::Delivered,
        Some(Reach::Sent) => Status::Sent,
        Some(Reach::Accepted) | None => Status::Accepted,
    };
    let accepted_at = delivery.accepted_at.unwrap_or(attempt.at);
    let (id, sender) = (delivery.id.clone()?, attempt.sender);
    Some(Undelivered { job, attempt: attempt.no, sender, id, accepted_at, status })
}

/// Due at once, and nobody was written to for it yet.
fn fresh_job(job: &Job) -> bool {
    matches!(job.state, State::Queued { not_before } if not_before == Millis::ZERO) && job.untouched()
}
