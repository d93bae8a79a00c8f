//! The reference's edits: the table of what an edited file does, row by row.

use std::collections::{BTreeMap, BTreeSet};

use sendcast::domain::job::{Job, State};
use sendcast::domain::phone::PhoneIdentity;
use sendcast::queue::Entry;

use super::reference::Books;
use super::*;

/// A plan: a row for each job, first those that reports list.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rows: Vec<(JobId, PlannedRow)>,
    pub listed: usize,
    /// Who sends in whose place.
    pub moved: BTreeMap<u16, u16>,
}

/// A plan that was compared with the last one.
pub struct Compared {
    pub diff: PlanDiff,
    plan: Plan,
    /// In the order of the rows, then of the jobs whose rows are gone.
    events: Vec<(JobId, Event)>,
}

impl Plan {
    pub fn row(&self, id: JobId) -> Option<&PlannedRow> {
        self.rows.iter().find(|(job, _)| *job == id).map(|(_, row)| row)
    }
}

impl Books {
    pub fn adopt(&mut self, rows: Vec<PlannedRow>, at: Millis) -> PlanDiff {
        let Compared { diff, plan, events } = self.compare(rows);
        let jobs_before = u32::try_from(self.jobs.len()).unwrap();
        for (id, row) in plan.rows.iter().filter(|(id, _)| id.0 >= jobs_before) {
            let job = if matches!(row.fate, Fate::Send(_)) { Job::queued() } else { Job::skipped() };
            self.jobs.insert(*id, job);
        }
        self.plans.push(plan);
        let number = |n: usize| u32::try_from(n).unwrap();
        let (no, jobs) = (PlanNo(number(self.plans.len())), number(self.jobs.len()));
        self.log.push(Entry::Plan { no, jobs_before, jobs, at });
        for (id, event) in events {
            assert_ne!(self.change(id, None, event), Applied::No);
        }
        diff
    }

    pub fn compare(&self, rows: Vec<PlannedRow>) -> Compared {
        let writers = self.writers();
        let mut free = self.jobs.iter().filter(|(id, job)| {
            job.untouched() && job.state == State::Skipped && self.row(**id).unwrap().key.is_none()
        });
        let mut diff = PlanDiff::default();
        let mut events = Vec::new();
        let mut placed: Vec<(JobId, PlannedRow)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = u32::try_from(self.jobs.len()).unwrap();
        diff.unsent_before = self.counts()[Status::Queued];
        for mut row in rows {
            let known = row.key.as_ref().and_then(|key| self.by_key(key));
            let taken = known.or_else(|| free.next().map(|(id, _)| *id));
            let id = taken.unwrap_or_else(|| {
                next += 1;
                JobId(next - 1)
            });
            let job = taken.map(|id| &self.jobs[&id]);
            self.keep_apart(&mut row, id, job, &writers);
            let skip = match &row.fate {
                Fate::Send(_) => None,
                Fate::Skip { problem, .. } => Some(problem.clone()),
            };
            diff.rows += 1;
            diff.skipped += u64::from(skip.is_some());
            match job {
                None => diff.new += u64::from(skip.is_none()),
                Some(job) => {
                    if was_sent(job.status()) {
                        let (_, then) = self.sent(id, job).unwrap();
                        let differs = skip.is_none() && then.fate != row.fate;
                        diff.already_sent += 1;
                        diff.differs += u64::from(differs);
                    }
                    if matches!(job.status(), Status::Queued | Status::Failed) {
                        let before = self.row(id).unwrap();
                        let told = |row: &PlannedRow| (row.sender, row.phone, row.fate.clone());
                        diff.changed += u64::from(told(before) != told(&row));
                    }
                    let taken_out = job.state == State::Cancelled { by_removal: true };
                    let skipped = job.state == State::Skipped;
                    let queued = matches!(job.state, State::Queued { .. });
                    let happens = match skip {
                        None if skipped || taken_out || job.removed => Some(Event::Returned),
                        Some(problem) if queued || taken_out || (skipped && job.removed) => {
                            Some(Event::Skipped { problem })
                        }
                        Some(_) if job.removed => Some(Event::Returned),
                        _ => None,
                    };
                    let back = matches!(happens, Some(Event::Returned)) && (skipped || taken_out);
                    diff.new += u64::from(back);
                    events.extend(happens.map(|event| (id, event)));
                }
            }
            seen.insert(id);
            placed.push((id, row));
        }
        let mut hidden = Vec::new();
        for (id, row) in self.plans.last().iter().flat_map(|plan| &plan.rows) {
            if seen.contains(id) {
                continue;
            }
            let job = &self.jobs[id];
            let queued = job.status() == Status::Queued;
            diff.removed += u64::from(queued);
            let row = PlannedRow { row: None, ..row.clone() };
            let written_to = !job.attempts.is_empty() || job.status() == Status::Failed;
            if written_to { &mut placed } else { &mut hidden }.push((*id, row));
        }
        for (id, job) in self.jobs.iter().filter(|(id, _)| !seen.contains(id)) {
            if job.status() == Status::Queued {
                events.push((*id, Event::Cancelled { by_removal: true }));
            } else if !job.removed {
                events.push((*id, Event::Removed));
            }
        }
        let listed = placed.len();
        placed.extend(hidden);
        Compared { diff, plan: Plan { rows: placed, listed, moved: BTreeMap::new() }, events }
    }

    /// The same plan with another sender for those of whom nothing can have been accepted, unless that is known already.
    pub fn reassign(&mut self, from: u16, to: u16, at: Millis) -> u64 {
        let Some(mut plan) = self.plans.last().cloned() else { return 0 };
        let before = plan.moved.clone();
        if from != to {
            plan.moved.insert(from, to);
            plan.moved.values_mut().filter(|by| **by == from).for_each(|by| *by = to);
        }
        plan.moved.remove(&to);
        if plan.moved == before {
            return 0;
        }
        let mut moved = 0;
        for (id, row) in &mut plan.rows {
            let (job, by) = (&self.jobs[id], plan.moved.get(&row.sender.0));
            if let Some(by) = by
                && job.status() == Status::Queued
                && job.attempts.is_empty()
            {
                row.sender = SenderNo(*by);
                moved += 1;
            }
        }
        self.plans.push(plan);
        let number = |n: usize| u32::try_from(n).unwrap();
        let (no, jobs) = (PlanNo(number(self.plans.len())), number(self.jobs.len()));
        self.log.push(Entry::Plan { no, jobs_before: jobs, jobs, at });
        moved
    }

    fn by_key(&self, key: &str) -> Option<JobId> {
        let rows = &self.plans.last()?.rows;
        rows.iter().find(|(_, row)| row.key.as_deref() == Some(key)).map(|(id, _)| *id)
    }

    /// One number is written to under one row.
    fn keep_apart(
        &self,
        row: &mut PlannedRow,
        id: JobId,
        job: Option<&Job>,
        writers: &BTreeSet<(PhoneIdentity, JobId)>,
    ) {
        let reached = job.is_some_and(|job| matches!(job.state, State::Reached(_)));
        let other =
            writers.iter().find(|(phone, by)| Some(*phone) == row.phone.map(Phone::identity) && *by != id);
        if let (Some((_, by)), Fate::Send(_), false) = (other, &row.fate, reached) {
            let under = match &self.row(*by).unwrap().key {
                Some(key) => format!("`{key}`"),
                None => "another row".to_owned(),
            };
            let problem = Problem::new(format!("this number was already written to under {under}"));
            let kind = row.fate.kind().to_owned();
            row.fate = Fate::Skip { cause: SkipCause::Duplicate, problem, kind };
        }
    }

    /// Numbers that may have been written to, and under which job.
    fn writers(&self) -> BTreeSet<(PhoneIdentity, JobId)> {
        let mut writers = BTreeSet::new();
        for (id, job) in &self.jobs {
            let then = job.attempts.iter().filter_map(|attempt| self.row_then(attempt.plan, *id).phone);
            writers.extend(then.map(|phone| (phone.identity(), *id)));
            if job.attempts.is_empty() && job.state == State::Failed {
                writers.extend(self.row(*id).unwrap().phone.map(|phone| (phone.identity(), *id)));
            }
        }
        writers
    }
}

/// Accepted and after, in doubt, or on its way.
fn was_sent(status: Status) -> bool {
    !matches!(status, Status::Queued | Status::Failed | Status::Skipped | Status::Cancelled)
}
