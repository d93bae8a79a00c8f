//! Which job is next, for each number: those that wait for another attempt by their time, the fresh ones by
//! going through the plan.
//!
//! All of it is in memory and follows from the states; it is rebuilt when the queue is opened or a plan
//! adopted. So no index on disk can disagree with them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::block::{Facts, JOBS_PER_BLOCK};
use super::job_states::States;
use super::store::StoreError;
use crate::domain::ids::{JobId, SenderNo};
use crate::domain::time::Millis;
use crate::queue::api::{PutOff, PutOffFor};
use crate::queue::local::bits::Bits;
use crate::queue::local::plan::read::PlanFile;

/// What is due from one number.
#[derive(Debug, Default)]
struct SenderDue {
    /// Fresh jobs.
    fresh: u64,
    /// Queued jobs that aren't fresh.
    waiting: BTreeSet<(Millis, JobId)>,
    /// The first row that wasn't looked at yet.
    cursor: u32,
    /// Rows before it that were passed over and are fresh still.
    passed: BTreeSet<u32>,
    /// Jobs that are put off.
    later: BTreeMap<PutOffFor, Later>,
}

/// Jobs that aren't asked for before a time: they stand here instead of in `passed` and `waiting`.
#[derive(Debug, Default)]
struct Later {
    until: Millis,
    rows: BTreeSet<u32>,
    waiting: BTreeSet<(Millis, JobId)>,
}

impl Later {
    /// When its next job is due, fresh ones only if they are wanted.
    fn next(&self, fresh: bool) -> Option<Millis> {
        if fresh && !self.rows.is_empty() {
            return Some(self.until);
        }
        self.waiting.first().map(|(at, _)| self.until.max(*at))
    }
}

impl SenderDue {
    /// Takes a row out of those that were looked at, put off or not. Whether it was among them.
    fn take_row(&mut self, row: u32) -> bool {
        self.passed.remove(&row) || self.later.values_mut().any(|later| later.rows.remove(&row))
    }

    /// Takes a job out of those that wait, put off or not. Whether it was among them.
    fn take_waiting(&mut self, job: (Millis, JobId)) -> bool {
        self.waiting.remove(&job) || self.later.values_mut().any(|later| later.waiting.remove(&job))
    }

    /// Fresh rows that are put off.
    fn rows_put_off(&self) -> usize {
        self.later.values().map(|later| later.rows.len()).sum()
    }
}

/// What is due, by number.
#[derive(Debug, Default)]
pub struct Due {
    senders: Vec<SenderDue>,
}

impl Due {
    /// Works out what is due. Reads the blocks in which jobs wait, and no others.
    pub fn build(states: &mut States, plan: &PlanFile) -> Result<Due, StoreError> {
        let mut due = Due::default();
        if let Some(sender) = plan.only_sender() {
            due.sender(sender).fresh = u64::from(states.fresh().count(0, states.jobs()));
        } else {
            let (fresh, jobs) = (states.fresh(), states.jobs());
            let mut from = 0;
            while let Some(job) = fresh.next(from, jobs) {
                due.sender(plan.sender_of(JobId(job))).fresh += 1;
                from = job + 1;
            }
        }
        for block in (0..states.blocks()).collect::<Vec<_>>() {
            if states.summary(block).waiting == 0 {
                continue;
            }
            for (id, job) in (block * JOBS_PER_BLOCK..).map(JobId).zip(states.block(block)?) {
                if let Some(at) = Facts::of(job).waiting {
                    due.sender(plan.sender_of(id)).waiting.insert((at, id));
                }
            }
        }
        Ok(due)
    }

    /// A job changed.
    pub fn moved(&mut self, plan: &PlanFile, job: JobId, before: &Facts, after: &Facts) {
        if (before.fresh, before.waiting) == (after.fresh, after.waiting) {
            return;
        }
        let due = self.sender(plan.sender_of(job));
        if let Some(at) = before.waiting {
            due.take_waiting((at, job));
        }
        if let Some(at) = after.waiting {
            due.waiting.insert((at, job));
        }
        match (before.fresh, after.fresh) {
            (true, false) => {
                due.fresh = due.fresh.saturating_sub(1);
                due.take_row(plan.row_of(job));
            }
            (false, true) => {
                due.fresh += 1;
                let row = plan.row_of(job);
                if row < due.cursor {
                    due.passed.insert(row);
                }
            }
            _ => {}
        }
    }

    /// When the next job of a number is due, fresh ones only if they are wanted.
    pub fn next(&self, sender: SenderNo, fresh: bool) -> Option<Millis> {
        let due = self.senders.get(usize::from(sender.0))?;
        if fresh && due.fresh > due.rows_put_off() as u64 {
            return Some(Millis::ZERO);
        }
        let later = due.later.values().filter_map(|later| later.next(fresh));
        due.waiting.first().map(|(at, _)| *at).into_iter().chain(later).min()
    }

    /// Queued jobs of a number.
    pub fn queued(&self, sender: SenderNo) -> u64 {
        let Some(due) = self.senders.get(usize::from(sender.0)) else { return 0 };
        let later: usize = due.later.values().map(|later| later.waiting.len()).sum();
        due.fresh + (due.waiting.len() + later) as u64
    }

    /// A job of this group, which was offered and isn't to be for a while, until [`Due::opens`] says otherwise.
    pub fn put_off(&mut self, plan: &PlanFile, job: JobId, facts: &Facts, group: PutOffFor) {
        let due = self.sender(plan.sender_of(job));
        let row = plan.row_of(job);
        // It may have been put off for something else, whose time has come.
        if due.take_row(row) {
            due.later.entry(group).or_default().rows.insert(row);
        }
        if let Some(at) = facts.waiting
            && due.take_waiting((at, job))
        {
            due.later.entry(group).or_default().waiting.insert((at, job));
        }
    }

    /// Jobs of this group are asked for from then on.
    pub fn opens(&mut self, group: PutOffFor, until: Millis) {
        for due in &mut self.senders {
            if let Some(later) = due.later.get_mut(&group) {
                later.until = until;
            }
        }
    }

    /// The jobs that are put off.
    pub fn all_put_off(&self) -> Vec<PutOff> {
        let later = self.senders.iter().flat_map(|due| &due.later);
        let told = |(group, later): (&PutOffFor, &Later)| PutOff {
            group: *group,
            until: later.until,
            jobs: (later.rows.len() + later.waiting.len()) as u64,
        };
        later.map(told).filter(|put_off| put_off.jobs > 0).collect()
    }

    /// The next job that waits and was put off until `now` or before, after the one that was offered last.
    pub fn later_after(
        &self,
        sender: SenderNo,
        last: Option<(PutOffFor, (Millis, JobId))>,
        now: Millis,
    ) -> Option<(PutOffFor, (Millis, JobId))> {
        let due = self.senders.get(usize::from(sender.0))?;
        let next = |later: &Later, after| later.waiting.range((after, Bound::Unbounded)).next().copied();
        after(&due.later, last, now, next).filter(|(_, (at, _))| *at <= now)
    }

    /// The next row that was put off until `now` or before, after the one that was offered last.
    pub fn later_row_after(
        &self,
        sender: SenderNo,
        last: Option<(PutOffFor, u32)>,
        now: Millis,
    ) -> Option<(PutOffFor, u32)> {
        let due = self.senders.get(usize::from(sender.0))?;
        after(&due.later, last, now, |later, after| {
            later.rows.range((after, Bound::Unbounded)).next().copied()
        })
    }

    /// Jobs that wait for a time after `at`.
    pub fn after(&self, at: Millis) -> Vec<JobId> {
        let from = (Bound::Excluded((at, JobId(u32::MAX))), Bound::Unbounded);
        let sets = self
            .senders
            .iter()
            .flat_map(|due| due.later.values().map(|later| &later.waiting).chain([&due.waiting]));
        sets.flat_map(|waiting| waiting.range(from)).map(|(_, job)| *job).collect()
    }

    /// The next job that waits and is due at `now`, after the one that was offered last.
    pub fn waiting_after(
        &self,
        sender: SenderNo,
        last: Option<(Millis, JobId)>,
        now: Millis,
    ) -> Option<(Millis, JobId)> {
        let due = self.senders.get(usize::from(sender.0))?;
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let next = due.waiting.range((from, Bound::Unbounded)).next();
        next.copied().filter(|(at, _)| *at <= now)
    }

    /// The next row, after the one that was offered last, that an earlier claim passed over.
    pub fn passed_after(&self, sender: SenderNo, last: Option<u32>) -> Option<u32> {
        let due = self.senders.get(usize::from(sender.0))?;
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        due.passed.range((from, Bound::Unbounded)).next().copied()
    }

    /// Goes on through the plan to the number's next fresh job and yields its row. It counts as passed over
    /// until it changes.
    pub fn advance(&mut self, sender: SenderNo, plan: &PlanFile, fresh: &Bits) -> Option<u32> {
        let due = self.sender(sender);
        if due.fresh == (due.passed.len() + due.rows_put_off()) as u64 {
            // All that are left were looked at.
            return None;
        }
        while due.cursor < plan.jobs {
            let row = if plan.in_job_order() {
                fresh.next(due.cursor, plan.jobs).unwrap_or(plan.jobs)
            } else {
                due.cursor
            };
            due.cursor = row + 1;
            if row >= plan.jobs {
                break;
            }
            let job = plan.job_of(row);
            if fresh.has(job.0) && plan.sender_of(job) == sender {
                due.passed.insert(row);
                return Some(row);
            }
        }
        None
    }

    fn sender(&mut self, sender: SenderNo) -> &mut SenderDue {
        let at = usize::from(sender.0);
        if at >= self.senders.len() {
            self.senders.resize_with(at + 1, SenderDue::default);
        }
        &mut self.senders[at]
    }
}

/// The first that is due by `now` in any of these groups, behind the last one.
fn after<T: Copy>(
    groups: &BTreeMap<PutOffFor, Later>,
    last: Option<(PutOffFor, T)>,
    now: Millis,
    next: impl Fn(&Later, Bound<T>) -> Option<T>,
) -> Option<(PutOffFor, T)> {
    let from = last.map_or(Bound::Unbounded, |(group, _)| Bound::Included(group));
    let open = groups.range((from, Bound::Unbounded)).filter(|(_, later)| later.until <= now);
    let mut found = open.filter_map(|(group, later)| {
        let behind =
            last.filter(|(last, _)| last == group).map_or(Bound::Unbounded, |(_, one)| Bound::Excluded(one));
        Some((*group, next(later, behind)?))
    });
    found.next()
}
