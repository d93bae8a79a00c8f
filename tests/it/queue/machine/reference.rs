//! The reference: a map of jobs and a list of plans. Slow, plain, and all in one place. A job changes by
//! [`Job::apply`], whose own laws are proven beside it; the witness judges independently of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{BoxedStrategy, Just, Strategy};

use sendcast::domain::ids::OrderId;
use sendcast::domain::job::{AttemptFate, Job, Reach, State};
use sendcast::domain::payload::Payload;
use sendcast::domain::status::Counts;
use sendcast::queue::{DesiredState, Doubt, Entry, Undelivered};

use super::edits::Plan;
use super::*;

/// Where the reference stands.
#[derive(Clone, Debug)]
pub struct Reference {
    pub now: Millis,
    /// What the process shows.
    pub shown: Books,
    /// What is durable of it: what a crash leaves.
    pub kept: Books,
    /// What the last transition is answered.
    pub answer: Answer,
}

/// All that a queue knows.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub plans: Vec<Plan>,
    pub jobs: BTreeMap<JobId, Job>,
    pub orders: BTreeSet<u8>,
    pub wanted: DesiredState,
    pub started_at: Option<Millis>,
    pub log: Vec<Entry>,
}

/// An intent, to be compared.
pub type Face = (JobId, AttemptNo, SenderNo, Phone, Payload, bool, u32, Millis);

/// What a transition is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Nothing,
    Diff(PlanDiff),
    Doubted(u64),
    Claimed(Vec<Face>, Vec<Candidate>),
    Applied(Vec<Applied>),
    Moved(u64),
}

pub fn face(intent: &Intent) -> Face {
    let Intent { job, attempt, sender, phone, ref payload, first, used, lease_until, .. } = *intent;
    (job, attempt, sender, phone, Payload::clone(payload), first, used, lease_until)
}

pub fn lease(now: Millis) -> Lease {
    Lease { owner: OWNER, until: Millis(now.0 + 60_000) }
}

pub fn order(id: u8) -> OrderId {
    OrderId::new(format!("order-{id}"))
}

impl ReferenceStateMachine for Reference {
    type State = Reference;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Reference> {
        let (shown, kept) = (Books::default(), Books::default());
        Just(Reference { now: T0, shown, kept, answer: Answer::Nothing }).boxed()
    }

    fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
        transitions::from(state)
    }

    fn apply(mut state: Reference, transition: &Transition) -> Reference {
        let (now, books) = (state.now, &mut state.shown);
        state.answer = match transition {
            Transition::Plan(rows) => Answer::Diff(books.adopt(planned(rows), now)),
            Transition::StageOnly(rows) => Answer::Diff(books.compare(planned(rows)).diff),
            Transition::Take => Answer::Doubted(books.take(now)),
            Transition::Claim { wants, pass_over } => {
                let (mut claimed, mut offered) = (Vec::new(), Vec::new());
                for want in wants {
                    books.claim(want.of(), now, *pass_over, &mut claimed, &mut offered);
                }
                Answer::Claimed(claimed, offered)
            }
            Transition::Record(changes) => Answer::Applied(books.record(changes)),
            Transition::Reassign { from, to } => Answer::Moved(books.reassign(*from, *to, now)),
            Transition::Order { id, .. } if books.orders.contains(id) => {
                let Transition::Order { changes, .. } = transition else { unreachable!() };
                Answer::Applied(vec![Applied::No; changes.len()])
            }
            Transition::Order { id, wanted, changes } => {
                books.orders.insert(*id);
                books.log.push(Entry::Order { id: order(*id), at: now });
                if let Some(wanted) = wanted.filter(|wanted| *wanted != books.wanted) {
                    books.wanted = wanted;
                    books.log.push(Entry::Wanted { wanted, at: now });
                }
                Answer::Applied(books.record(changes))
            }
            Transition::Wait(ms) => {
                state.now = Millis(now.0 + ms * 100);
                Answer::Nothing
            }
            Transition::End(End::Crash | End::PowerCut(_)) => {
                *books = state.kept.clone();
                Answer::Nothing
            }
            Transition::AdoptTheOlder(..)
            | Transition::BrokenPlan(_)
            | Transition::ForeignPlan
            | Transition::Sync
            | Transition::End(_) => Answer::Nothing,
        };
        if transition.is_durable() {
            state.kept = state.shown.clone();
        }
        state
    }
}

impl Books {
    /// Applies an event, if the job is there, at this revision, and admits it.
    pub fn change(&mut self, id: JobId, expect: Option<u32>, event: Event) -> Applied {
        let Some(job) = self.jobs.get_mut(&id) else { return Applied::No };
        let stale = expect.is_some_and(|revision| revision != job.revision);
        let (false, Ok(changed)) = (stale, job.apply(&event)) else { return Applied::No };
        let (from, to) = (job.status(), changed.status());
        *job = changed;
        self.log.push(Entry::Job { job: id, event });
        Applied::Yes { from, to }
    }

    fn record(&mut self, changes: &[Change]) -> Vec<Applied> {
        let one = |change: &Change| match change.event {
            Event::Claimed { .. } => Applied::No,
            _ => self.change(change.job, change.expect, change.event.clone()),
        };
        changes.iter().map(one).collect()
    }

    fn take(&mut self, at: Millis) -> u64 {
        self.log.push(Entry::Opened { owner: OWNER, at });
        self.started_at.get_or_insert(at);
        let left: Vec<_> = self.jobs.iter().filter_map(|(id, job)| Some((*id, in_flight(job)?))).collect();
        let problem = Problem::new("sendcast was interrupted while this was being sent");
        for (id, attempt) in &left {
            self.change(*id, None, Event::Doubted { attempt: *attempt, at, problem: problem.clone() });
        }
        left.len() as u64
    }

    fn claim(
        &mut self,
        want: ClaimRequest,
        at: Millis,
        pass_over: u32,
        claimed: &mut Vec<Face>,
        offered: &mut Vec<Candidate>,
    ) {
        let full = claimed.len() + want.count;
        for id in self.due(want.sender, want.untouched, at) {
            if claimed.len() == full {
                return;
            }
            let (job, row) = (self.jobs[&id].clone(), self.row(id).unwrap().clone());
            let (phone, payload) = match (row.phone, row.fate) {
                _ if job.removed => {
                    self.change(id, None, Event::Cancelled { by_removal: true });
                    continue;
                }
                (_, Fate::Skip { problem, .. }) => {
                    self.change(id, None, Event::Skipped { problem });
                    continue;
                }
                (phone, Fate::Send(payload)) => (phone.unwrap(), payload),
            };
            let untouched = job.untouched();
            offered.push(Candidate { job: id, phone, untouched });
            if id.0 % 5 == pass_over {
                continue;
            }
            let (attempt, sender) = (AttemptNo(job.issued + 1), want.sender);
            let Lease { owner, until: lease_until } = lease(at);
            let plan = PlanNo(u32::try_from(self.plans.len()).unwrap());
            self.change(id, None, Event::Claimed { attempt, sender, plan, owner, lease_until, at });
            let used = job.used_of_allowance();
            claimed.push((id, attempt, sender, phone, payload, untouched, used, lease_until));
        }
    }

    /// First those that wait, by their time; then those nothing was ever done for, by their rows.
    fn due(&self, sender: SenderNo, untouched: bool, at: Millis) -> Vec<JobId> {
        let rows = || self.plans.last().into_iter().flat_map(|plan| &plan.rows);
        let mine = || rows().filter(|(_, row)| row.sender == sender).map(|(id, _)| (*id, &self.jobs[id]));
        let mut waiting: Vec<_> = mine()
            .filter(|(_, job)| !is_fresh(job))
            .filter_map(|(id, job)| Some((not_before(job)?, id)))
            .filter(|(due, _)| *due <= at)
            .collect();
        waiting.sort_unstable();
        let fresh = mine().filter(|(_, job)| untouched && is_fresh(job)).map(|(id, _)| id);
        waiting.into_iter().map(|(_, id)| id).chain(fresh).collect()
    }

    pub fn next_due(&self, sender: SenderNo, untouched: bool) -> Option<Millis> {
        let mine = self.jobs.iter().filter(|(id, _)| self.row(**id).is_some_and(|row| row.sender == sender));
        mine.filter(|(_, job)| untouched || !is_fresh(job)).filter_map(|(_, job)| not_before(job)).min()
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.jobs.values().for_each(|job| counts[job.status()] += 1);
        counts
    }

    pub fn row(&self, id: JobId) -> Option<&PlannedRow> {
        self.plans.last()?.row(id)
    }

    /// A job's row at the time of an attempt.
    pub fn row_then(&self, plan: PlanNo, id: JobId) -> &PlannedRow {
        self.plans[plan.0 as usize - 1].row(id).unwrap()
    }

    pub fn listed(&self, id: JobId) -> Option<Listed<'static>> {
        let (row, job) = (self.row(id)?.clone(), self.jobs.get(&id)?.clone());
        let seen = |row: &PlannedRow| (row.to.clone(), row.phone, row.cells.clone(), row.fate.clone());
        let sent = self.sent(id, &job).filter(|(_, then)| seen(then) != seen(&row));
        let sent = sent.map(|(plan, then)| Sent { plan, row: Cow::Owned(then.clone()) });
        Some(Listed { id, row: Cow::Owned(row), job: Cow::Owned(job), sent })
    }

    /// What was sent of a job, and under which plan: with what a report tells of, else with the last attempt; a refusal
    /// for good counts as such.
    pub fn sent(&self, id: JobId, job: &Job) -> Option<(PlanNo, &PlannedRow)> {
        let told = job.best_delivery().map(|(attempt, _)| attempt).or(job.attempts.last());
        let refused = job.tried.filter(|_| job.status() == Status::Failed);
        let plan = told.map(|attempt| attempt.plan).or(refused.map(|tried| tried.plan))?;
        Some((plan, self.row_then(plan, id)))
    }

    pub fn scan(&self) -> Vec<Listed<'static>> {
        let listed = self.plans.last().map_or(&[][..], |plan| &plan.rows[..plan.listed]);
        listed.iter().filter_map(|(id, _)| self.listed(*id)).collect()
    }

    pub fn in_doubt(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for (id, job) in &self.jobs {
            for attempt in &job.attempts {
                let AttemptFate::Doubt { since, looks, looked_at, unseen } = attempt.fate else { continue };
                let row = self.row_then(attempt.plan, *id);
                doubts.push(Doubt {
                    job: *id,
                    attempt: attempt.no,
                    sender: attempt.sender,
                    phone: row.phone.unwrap(),
                    payload: Arc::new(row.fate.payload().unwrap().clone()),
                    at: attempt.at,
                    since,
                    looks,
                    looked_at,
                    unseen,
                });
            }
        }
        doubts
    }

    /// Whole jobs, as long as they fit.
    pub fn undelivered(&self, from: JobId, limit: usize) -> Vec<Undelivered> {
        let mut found = Vec::new();
        for (id, job) in self.jobs.range(from..) {
            let open = job.deliveries().filter(|(_, d)| !d.failed() && d.reach != Some(Reach::Read));
            let of_job: Vec<_> = open
                .filter_map(|(attempt, delivery)| {
                    let status = match delivery.reach {
                        Some(Reach::Delivered) => Status::Delivered,
                        Some(Reach::Sent) => Status::Sent,
                        _ => Status::Accepted,
                    };
                    let (id, accepted_at) =
                        (delivery.id.clone()?, delivery.accepted_at.unwrap_or(attempt.at));
                    Some((attempt, id, accepted_at, status))
                })
                .map(|(attempt, message, accepted_at, status)| Undelivered {
                    job: *id,
                    attempt: attempt.no,
                    sender: attempt.sender,
                    id: message,
                    accepted_at,
                    status,
                })
                .collect();
            if found.len() >= limit || (!found.is_empty() && found.len() + of_job.len() > limit) {
                break;
            }
            found.extend(of_job);
        }
        found
    }

    pub fn in_status(&self, status: Status, from: JobId, limit: usize) -> Vec<(JobId, Job)> {
        let found = self.jobs.range(from..).filter(|(_, job)| job.status() == status);
        found.take(limit).map(|(id, job)| (*id, job.clone())).collect()
    }

    pub fn message_ids(&self) -> Vec<(MessageId, (JobId, AttemptNo))> {
        let mut ids = Vec::new();
        for (id, job) in &self.jobs {
            for (attempt, delivery) in job.deliveries() {
                ids.extend(delivery.id.clone().map(|message| (message, (*id, attempt.no))));
            }
        }
        ids
    }
}

fn in_flight(job: &Job) -> Option<AttemptNo> {
    match job.state {
        State::Sending { attempt, .. } => Some(attempt),
        _ => None,
    }
}

fn not_before(job: &Job) -> Option<Millis> {
    match job.state {
        State::Queued { not_before } => Some(not_before),
        _ => None,
    }
}

/// Due at once, and nobody was written to for it yet.
fn is_fresh(job: &Job) -> bool {
    not_before(job) == Some(Millis::ZERO) && job.untouched()
}
