//! What can be asked of a replayed state, for the writer and for readers alike.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::ids::{AttemptNo, JobId, MessageId, PlanNo};
use crate::domain::job::{AttemptFate, Job, Reach};
use crate::domain::phone::Phone;
use crate::domain::plan::{PlanHead, PlannedRow};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::api::{Doubt, QueueError, RowVisitor, Undelivered};
use crate::queue::edit::shows_otherwise;
use crate::queue::listed::{Listed, Sent};
use crate::queue::local::plan::plans::Plans;
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::plan::rows::RowRef;
use crate::queue::local::replayed::{ReplayedState, store_error};
use crate::queue::local::states::block::{JOBS_PER_BLOCK, is_final};
use crate::queue::local::states::job_states::States;
use crate::queue::local::states::store::StoreError;

impl ReplayedState {
    /// A job with its row.
    pub fn listed(&mut self, id: JobId) -> Result<Option<Listed<'static>>, QueueError> {
        let Some(job) = self.job(id)?.cloned() else { return Ok(None) };
        let row = self.plans.row(id)?.clone();
        let Plans { newest: Some(plan), older } = &mut self.plans else { return Ok(None) };
        let sent = sent(&job, plan, &row, |no| older.row_in(no, id))?;
        Ok(Some(Listed { id, row: Cow::Owned(row), job: Cow::Owned(job), sent }))
    }

    /// Every line of the report.
    pub fn scan(&mut self, each: &mut RowVisitor<'_>) -> Result<(), QueueError> {
        for line in 0..self.plans.newest().map_or(0, |plan| plan.rows + plan.listed) {
            let id = self.plans.newest().map(|plan| plan.job_of(line));
            if let Some(listed) = id.map(|id| self.listed(id)).transpose()?.flatten() {
                each(listed)?;
            }
        }
        Ok(())
    }

    /// All attempts in doubt; with those `in_flight`, whose doubt would begin with their intent, too.
    pub fn open_attempts(&mut self, in_flight: bool) -> Result<Vec<Doubt>, QueueError> {
        let dir = self.dir().to_owned();
        let mut found = Vec::new();
        for block in 0..self.states.blocks() {
            let summary = self.states.summary(block);
            if summary.doubtful == 0 && !(in_flight && summary.count(Status::Sending) > 0) {
                continue;
            }
            let (first, _) = self.states.span(block);
            let jobs = self.states.block(block).map_err(|error| store_error(&dir, error))?;
            for (id, job) in (first..).map(JobId).zip(jobs) {
                for attempt in &job.attempts {
                    let (since, looks, looked_at, unseen) = match attempt.fate {
                        AttemptFate::Doubt { since, looks, looked_at, unseen } => {
                            (since, looks, looked_at, unseen)
                        }
                        AttemptFate::Sending if in_flight => (attempt.at, 0, Millis::ZERO, false),
                        AttemptFate::Sending | AttemptFate::Accepted(_) => continue,
                    };
                    let row = self.plans.row_in(attempt.plan, id)?;
                    // It stays in doubt, and nobody knows any more whom to look for.
                    if row.is_forgotten() {
                        continue;
                    }
                    let (Some(payload), Some(phone)) = (row.fate.payload(), row.phone) else {
                        return Err(no_message(&dir, id));
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
        }
        Ok(found)
    }

    /// Accepted messages whose delivery isn't final. A job's messages are never parted by the limit.
    pub fn undelivered(&mut self, from: JobId, limit: usize) -> Result<Vec<Undelivered>, QueueError> {
        let mut found: Vec<Undelivered> = Vec::new();
        self.walk(
            from,
            |states, block| states.summary(block).undelivered > 0,
            |id, job| {
                let before = found.len();
                found.extend(undelivered_of(id, job));
                if found.len() > limit && before > 0 {
                    found.truncate(before);
                    return false;
                }
                found.len() < limit
            },
        )?;
        if limit == 0 {
            found.clear();
        }
        Ok(found)
    }

    /// Jobs in one status.
    pub fn in_status(
        &mut self,
        status: Status,
        from: JobId,
        limit: usize,
    ) -> Result<Vec<(JobId, Job)>, QueueError> {
        let mut found = Vec::new();
        if limit > 0 {
            self.walk(
                from,
                |states, block| states.summary(block).count(status) > 0,
                |id, job| {
                    if job.status() == status {
                        found.push((id, job.clone()));
                    }
                    found.len() < limit
                },
            )?;
        }
        Ok(found)
    }

    /// The last jobs before `before` in one status, at most `limit`, in their order.
    pub fn in_status_before(
        &mut self,
        status: Status,
        before: JobId,
        limit: usize,
    ) -> Result<Vec<JobId>, QueueError> {
        let mut found = Vec::new();
        let blocks = before.0.div_ceil(JOBS_PER_BLOCK).min(self.states.blocks());
        for block in (0..blocks).rev() {
            if found.len() >= limit {
                break;
            }
            if self.states.summary(block).count(status) == 0 {
                continue;
            }
            let (first, _) = self.states.span(block);
            let dir = self.dir().to_owned();
            let jobs = self.states.block(block).map_err(|error| store_error(&dir, error))?;
            let of_block: Vec<_> = (first..before.0)
                .zip(jobs)
                .filter(|(_, job)| job.status() == status)
                .map(|(id, _)| JobId(id))
                .collect();
            found.extend(of_block.into_iter().rev().take(limit - found.len()));
        }
        found.reverse();
        Ok(found)
    }

    /// Calls `each` for every job whose row has a number, with that which was written to, or is to be.
    pub fn phones(&mut self, each: &mut dyn FnMut(JobId, Phone)) -> Result<(), QueueError> {
        let Some(plan) = self.plans.newest() else { return Ok(()) };
        for row in plan.all_rows() {
            let (id, row) = row?;
            row.phone.into_iter().for_each(|phone| each(id, phone));
        }
        let newest = plan.no;
        if newest.0 == 1 {
            return Ok(());
        }
        // Where a file was edited, what was sent stands in the plan that it was sent under.
        let mut sent = Vec::new();
        self.walk(
            JobId(0),
            |_, _| true,
            |id, job| {
                sent.extend(job.sent_under().filter(|no| *no != newest).map(|no| (id, no)));
                true
            },
        )?;
        for (id, no) in sent {
            self.plans.row_in(no, id)?.phone.into_iter().for_each(|phone| each(id, phone));
        }
        Ok(())
    }

    /// Whether a job may be in this status, by what is known of its block.
    pub fn may_be(&self, id: JobId, status: Status) -> bool {
        id.0 < self.states.jobs() && self.states.summary(id.0 / JOBS_PER_BLOCK).count(status) > 0
    }

    /// Calls `each` for the jobs from `from` on of all blocks that `of_interest` names, until it says no.
    pub fn walk(
        &mut self,
        from: JobId,
        of_interest: impl Fn(&States, u32) -> bool,
        mut each: impl FnMut(JobId, &Job) -> bool,
    ) -> Result<(), QueueError> {
        for block in from.0 / JOBS_PER_BLOCK..self.states.blocks() {
            if !of_interest(&self.states, block) {
                continue;
            }
            let (first, _) = self.states.span(block);
            let dir = self.dir().to_owned();
            let jobs = self.states.block(block).map_err(|error| store_error(&dir, error))?;
            for (id, job) in (first..).map(JobId).zip(jobs) {
                if id >= from && !each(id, job) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Which attempt of a job was accepted under this id.
    pub fn attempt_with(&mut self, job: JobId, id: &MessageId) -> Result<Option<AttemptNo>, QueueError> {
        Ok(self.job(job)?.and_then(|job| {
            job.deliveries().find(|(_, d)| d.id.as_ref() == Some(id)).map(|(attempt, _)| attempt.no)
        }))
    }
}

/// What was sent of a job, where its row in the plan in force says something else.
fn sent<'p>(
    job: &Job,
    plan: &PlanFile,
    now: &PlannedRow,
    row_in: impl FnOnce(PlanNo) -> Result<(RowRef, &'p PlanHead), QueueError>,
) -> Result<Option<Sent<'static>>, QueueError> {
    let Some(no) = job.sent_under().filter(|no| *no != plan.no) else { return Ok(None) };
    let (row, head) = row_in(no)?;
    let differs = head.columns != plan.head.columns || shows_otherwise(&row, now);
    Ok(differs.then(|| Sent { plan: no, row: Cow::Owned(row.clone()) }))
}

/// A job's accepted messages whose delivery isn't final.
pub(in crate::queue) fn undelivered_of(id: JobId, job: &Job) -> impl Iterator<Item = Undelivered> {
    job.deliveries().filter(|(_, d)| !is_final(d)).filter_map(move |(attempt, delivery)| {
        let status = match delivery.reach {
            None | Some(Reach::Accepted) => Status::Accepted,
            Some(Reach::Sent) => Status::Sent,
            Some(Reach::Delivered) => Status::Delivered,
            Some(Reach::Read) => Status::Read,
        };
        Some(Undelivered {
            job: id,
            attempt: attempt.no,
            sender: attempt.sender,
            id: delivery.id.clone()?,
            accepted_at: delivery.accepted_at.unwrap_or(attempt.at),
            status,
        })
    })
}

fn no_message(dir: &std::path::Path, id: JobId) -> QueueError {
    store_error(
        dir,
        StoreError::Damaged(format!("job {} was sent, and its plan holds no message for it", id.0)),
    )
}
