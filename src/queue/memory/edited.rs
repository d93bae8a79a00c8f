//! The model's plans: how a new file is compared with the last one.

use std::collections::{BTreeMap, BTreeSet};

use super::{MemoryQueue, MemoryStage, Plan};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, State};
use crate::domain::plan::{Fate, PlanDiff, PlanHead, PlannedRow};
use crate::domain::status::Status;
use crate::queue::api::{Queue, StageError, Staged};
use crate::queue::edit::{
    Verdict, carried, check_senders, essence, event, is_reached, is_sent, may_have_been_written_to,
    skip_for_key, skip_for_number, written,
};

impl MemoryQueue {
    pub(super) fn compare<E>(
        &mut self,
        head: PlanHead,
        rows: &mut dyn Iterator<Item = Result<PlannedRow, E>>,
    ) -> Result<Staged<MemoryStage>, StageError<E>> {
        let old = self.plans.last();
        if let Some(old) = old {
            check_senders(&old.head, &head).map_err(StageError::Queue)?;
        }
        let old_rows: BTreeMap<JobId, &PlannedRow> =
            old.iter().flat_map(|plan| &plan.rows).map(|(id, row)| (*id, row)).collect();
        let keys: BTreeMap<&str, JobId> =
            old_rows.iter().filter_map(|(id, row)| Some((row.key.as_deref()?, *id))).collect();
        let free: Vec<JobId> = self
            .ids()
            .filter(|(id, job)| {
                old_rows[id].key.is_none() && job.untouched() && job.status() == Status::Skipped
            })
            .map(|(id, _)| id)
            .collect();
        let mut free = free.into_iter();
        let repeats = head.repeats;
        let writers = self.writers(repeats);
        let mut next = u32::try_from(self.jobs.len()).unwrap_or(u32::MAX);
        let mut seen = BTreeSet::new();
        let mut verdicts = Vec::new();
        let mut diff = PlanDiff { unsent_before: self.counts()[Status::Queued], ..PlanDiff::default() };
        let mut placed = Vec::new();
        for row in rows {
            let mut row = row.map_err(StageError::Rows)?;
            let mut known = row.key.as_deref().and_then(|key| keys.get(key)).copied();
            if known.is_some_and(|id| seen.contains(&id)) {
                skip_for_key(&mut row);
                known = None;
            }
            let taken = known.or_else(|| free.next());
            let id = taken.unwrap_or(JobId(next));
            next = next.max(id.0 + 1);
            let job = taken.and_then(|id| self.jobs.get(id.0 as usize));
            let writes = written(row.phone, row.fate.payload(), repeats);
            let other = writers.iter().find(|(what, by)| Some(*what) == writes && *by != id);
            if let Some((_, by)) = other
                && matches!(row.fate, Fate::Send(_))
                && !job.is_some_and(|job| is_reached(job.status()))
            {
                skip_for_number(&mut row, old_rows[by].key.as_deref(), repeats);
            }
            diff.rows += 1;
            let verdict = match &row.fate {
                Fate::Send(_) => Verdict::Good,
                Fate::Skip { problem, .. } => Verdict::Bad(problem.clone()),
            };
            diff.skipped += u64::from(verdict != Verdict::Good);
            match job {
                None => diff.new += u64::from(verdict == Verdict::Good),
                Some(job) => {
                    let happens = event(job, &verdict);
                    let queued = |job: &Job| matches!(job.state, State::Queued { .. });
                    let after = happens.as_ref().and_then(|happens| job.apply(happens).ok());
                    diff.new += u64::from(!queued(job) && after.as_ref().is_some_and(queued));
                    diff.already_sent += u64::from(is_sent(job.status()));
                    let was = job.sent_under().and_then(|plan| self.row_then(plan, id));
                    let (was, is) = (was.and_then(|was| was.fate.payload()), row.fate.payload());
                    diff.differs += u64::from(is_sent(job.status()) && is.is_some() && was != is);
                    if matches!(job.status(), Status::Queued | Status::Failed) {
                        diff.changed += u64::from(essence(old_rows[&id]) != essence(&row));
                    }
                    verdicts.push((id, verdict));
                }
            }
            seen.insert(id);
            placed.push((id, row));
        }
        let mut hidden = Vec::new();
        for (id, row) in old.iter().flat_map(|plan| &plan.rows).filter(|(id, _)| !seen.contains(id)) {
            let job = &self.jobs[id.0 as usize];
            diff.removed += u64::from(job.status() == Status::Queued);
            let row = carried((*row).clone(), &old_rows_head(old), &head);
            if may_have_been_written_to(job) { placed.push((*id, row)) } else { hidden.push((*id, row)) }
        }
        for (id, _) in self.ids().filter(|(id, _)| !seen.contains(id)) {
            verdicts.push((id, Verdict::Gone));
        }
        let listed = placed.len();
        placed.extend(hidden);
        self.stages += 1;
        let plan = Plan { head, rows: placed, listed };
        Ok(Staged { diff, state: MemoryStage { plan, verdicts, ticket: self.stages } })
    }

    /// What may have been written, and the jobs under which it was.
    fn writers(&self, repeats: bool) -> BTreeSet<([u8; 12], JobId)> {
        let mut writers = BTreeSet::new();
        for (id, job) in self.ids() {
            for attempt in &job.attempts {
                let row = self.row_then(attempt.plan, id);
                writers.extend(
                    row.and_then(|row| written(row.phone, row.fate.payload(), repeats))
                        .map(|what| (what, id)),
                );
            }
            if job.attempts.is_empty() && may_have_been_written_to(job) {
                writers.extend(
                    self.row(id)
                        .and_then(|row| written(row.phone, row.fate.payload(), repeats))
                        .map(|what| (what, id)),
                );
            }
        }
        writers
    }
}

fn old_rows_head(old: Option<&Plan>) -> PlanHead {
    match old {
        Some(plan) => plan.head.clone(),
        None => PlanHead::default(),
    }
}
