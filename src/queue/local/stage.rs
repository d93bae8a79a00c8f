//! Staging a plan: it is written beside the one in force and compared with it.
//!
//! A row is known by its key. Keys are compared by 96 bits of their SHA-256 (of ten million people two
//! would be mistaken for one with a chance below 10⁻¹⁵), so that memory stays at some 25 bytes a job, and
//! none for the first plan.

use std::path::PathBuf;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::forget::{Forgotten, missing as forgotten_is_missing};
use super::manifest::staged_path;
use super::plan::write::{Extent, PlanWriter, ROWS_PER_BLOCK};
use super::replayed::{ReplayedState, store_error};
use super::states::block::JOBS_PER_BLOCK;
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::job::State;
use crate::domain::plan::{Fate, PlanDiff, PlanHead, PlannedRow};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::queue::api::{QueueError, StageError};
use crate::queue::edit::{
    Verdict, carried, check_senders, essence, is_reached, is_sent, may_have_been_written_to, skip_for_key,
    skip_for_number, written,
};
use crate::sys::disk::Disk;

/// A plan that was written and compared, and not yet adopted.
#[derive(Debug)]
pub struct Stage {
    pub(super) ticket: u64,
    pub(super) no: PlanNo,
    pub(super) path: PathBuf,
    pub(super) jobs_before: u32,
    pub(super) jobs: u32,
    pub(super) sha256: String,
    /// What the file says of those who were there before, where that matters.
    pub(super) verdicts: Vec<(JobId, Verdict)>,
}

/// What staging has to know of a job, in two bytes.
#[derive(Clone, Copy)]
struct Known {
    status: Status,
    /// Cancelled because its row was gone.
    taken_out: bool,
    removed: bool,
    /// Its row in the newest plan names the number that may have been written to.
    written: bool,
    /// What was sent stands in the newest plan.
    sent_here: bool,
}

/// Who was there before.
#[derive(Default)]
struct Before {
    jobs: Vec<Known>,
    /// By key.
    keys: Vec<([u8; 12], u32)>,
    /// What may have been written (see `edit::written`), and the job.
    written: Vec<([u8; 12], u32)>,
    /// Several messages may go to one number.
    repeats: bool,
    /// A checksum of what a recipient would notice: of what was sent, where something was ([`is_sent`]), the message;
    /// else all of it, as the newest plan has it.
    essences: Vec<u32>,
    /// Jobs whose rows named nobody, the last one first: nothing was ever sent on them.
    free: Vec<u32>,
    /// Jobs that started as skipped.
    skipped: Vec<u32>,
    /// Some of its people were forgotten.
    forgets: bool,
}

impl ReplayedState {
    /// Writes the plan under a staged name and works out what adopting it would change.
    pub(super) fn stage<E>(
        &mut self,
        disk: &dyn Disk,
        ticket: u64,
        head: &PlanHead,
        rows: &mut dyn Iterator<Item = Result<PlannedRow, E>>,
    ) -> Result<(PlanDiff, Stage), StageError<E>> {
        let forgotten = Forgotten::load(disk, self.dir()).map_err(StageError::Queue)?;
        let before = self.before(head).map_err(StageError::Queue)?;
        if before.forgets && forgotten.is_none() {
            return Err(StageError::Queue(forgotten_is_missing(self.dir())));
        }
        let no = self.plans.next();
        let path = staged_path(self.dir(), no.0);
        let writer = PlanWriter::create(disk, &path, no, head).map_err(StageError::Queue)?;
        let unsent_before = self.states.counts()[Status::Queued];
        let jobs_before = self.states.jobs();
        let mut staging = Staging {
            seen: vec![false; before.jobs.len()],
            before,
            writer,
            diff: PlanDiff { unsent_before, ..PlanDiff::default() },
            verdicts: Vec::new(),
            jobs: jobs_before,
            free: 0,
            forgotten,
        };
        let mut failed = None;
        for row in rows {
            match row {
                Ok(row) => staging.row(self, row).map_err(StageError::Queue)?,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Some(error) = failed {
            drop(staging);
            // Left behind, it would be overwritten by the next.
            let _ = disk.remove_file(&path);
            return Err(StageError::Rows(error));
        }
        let extent = staging.carry(self, head).map_err(StageError::Queue)?;
        let Staging { writer, before, diff, verdicts, jobs, .. } = staging;
        let sha256 = writer.finish(extent, &before.skipped).map_err(StageError::Queue)?;
        Ok((diff, Stage { ticket, no, path, jobs_before, jobs, sha256, verdicts }))
    }

    fn before(&mut self, head: &PlanHead) -> Result<Before, QueueError> {
        let Some(plan) = self.plans.newest() else { return Ok(Before::default()) };
        check_senders(&plan.head, head)?;
        let (newest, jobs) = (plan.no, plan.jobs as usize);
        let skipped = (0..plan.jobs).filter(|&job| plan.skipped.has(job)).collect();
        let mut before =
            Before { skipped, essences: vec![0; jobs], repeats: head.repeats, ..Before::default() };
        let mut free = Vec::new();
        // Attempts under earlier plans; with whether they are what was sent.
        let mut elsewhere = Vec::new();
        for block in 0..self.states.blocks() {
            let dir = self.dir().to_owned();
            let states = self.states.block(block).map_err(|error| store_error(&dir, error))?;
            for (id, job) in (block * JOBS_PER_BLOCK..).zip(states) {
                let here = |plan| plan == newest;
                let sent_under = job.sent_under().filter(|_| is_sent(job.status()));
                before.jobs.push(Known {
                    status: job.status(),
                    taken_out: matches!(job.state, State::Cancelled { by_removal: true }),
                    removed: job.removed,
                    written: if job.attempts.is_empty() {
                        may_have_been_written_to(job)
                    } else {
                        job.attempts.iter().any(|attempt| here(attempt.plan))
                    },
                    sent_here: sent_under.is_some_and(here),
                });
                free.push(job.untouched() && job.status() == Status::Skipped);
                let there = job.attempts.iter().filter(|attempt| !here(attempt.plan));
                elsewhere.extend(
                    there.map(|a| (a.plan, JobId(id), sent_under.is_some_and(|plan| plan == a.plan))),
                );
            }
        }
        elsewhere.sort_unstable();
        elsewhere.dedup();
        for (no, job, sent) in elsewhere {
            let (what, essence) = {
                let row = self.plans.row_in(no, job)?;
                let payload = row.fate.payload();
                (written(row.phone, payload, head.repeats), payload.filter(|_| sent).map(sum))
            };
            before.written.extend(what.map(|what| (what, job.0)));
            if let Some(essence) = essence {
                before.essences[job.0 as usize] = essence;
            }
        }
        if let Some(plan) = self.plans.newest() {
            for placed in plan.all_rows() {
                let (JobId(job), row) = placed?;
                let known = before.jobs[job as usize];
                before.forgets |= row.is_forgotten();
                match row.fate.payload() {
                    Some(payload) if known.sent_here => before.essences[job as usize] = sum(payload),
                    _ if is_sent(known.status) => {}
                    _ => before.essences[job as usize] = sum(&essence(&row)),
                }
                match &row.key {
                    Some(key) => before.keys.push((key_sum(key), job)),
                    None if free[job as usize] => before.free.push(job),
                    None => {}
                }
                if known.written {
                    let what = written(row.phone, row.fate.payload(), head.repeats);
                    before.written.extend(what.map(|what| (what, job)));
                }
            }
        }
        before.keys.sort_unstable();
        before.written.sort_unstable();
        before.free.sort_unstable();
        Ok(before)
    }
}

struct Staging {
    before: Before,
    /// Jobs that this plan's rows have named.
    seen: Vec<bool>,
    writer: PlanWriter,
    diff: PlanDiff,
    verdicts: Vec<(JobId, Verdict)>,
    jobs: u32,
    /// How many of the free jobs were taken over.
    free: usize,
    /// Whose rows aren't taken in, and never sent.
    forgotten: Option<Forgotten>,
}

impl Staging {
    fn row(&mut self, replayed: &mut ReplayedState, mut row: PlannedRow) -> Result<(), QueueError> {
        if let Some(forgotten) = self.forgotten.as_ref().filter(|forgotten| forgotten.means(&row)) {
            row = row.forget(row.key.as_deref().map(|key| forgotten.mark(key)));
        }
        let mut known = row.key.as_deref().and_then(|key| self.before.by_key(key));
        if known.is_some_and(|job| self.seen[job as usize]) {
            skip_for_key(&mut row);
            known = None;
        }
        let taken = known.or_else(|| {
            let job = self.before.free.get(self.free).copied();
            self.free += usize::from(job.is_some());
            job
        });
        let job = taken.unwrap_or(self.jobs);
        self.jobs = self.jobs.max(job + 1);
        if matches!(row.fate, Fate::Send(_)) {
            let settled = taken.is_some_and(|job| is_reached(self.before.jobs[job as usize].status));
            if let Some(other) = self.before.other_writer(&row, job).filter(|_| !settled) {
                let repeats = self.before.repeats;
                skip_for_number(&mut row, replayed.plans.row(JobId(other))?.key.as_deref(), repeats);
            }
        }
        self.diff.rows += 1;
        let problem = match &row.fate {
            Fate::Send(_) => None,
            Fate::Skip { problem, .. } => Some(problem.clone()),
        };
        self.diff.skipped += u64::from(problem.is_some());
        match taken {
            Some(job) => self.known(job, &row, problem),
            None if problem.is_some() => self.before.skipped.push(job),
            None => self.diff.new += 1,
        }
        self.writer.push(&row, JobId(job))
    }

    /// Someone who was there before.
    fn known(&mut self, job: u32, row: &PlannedRow, problem: Option<Problem>) {
        self.seen[job as usize] = true;
        let Known { status, taken_out, removed, .. } = self.before.jobs[job as usize];
        let skipped = status == Status::Skipped;
        if row.is_forgotten() {
            // It stays as it was left: removed for good, where it could be queued again.
            self.diff.already_sent += u64::from(is_sent(status));
            return;
        }
        if is_sent(status) {
            self.diff.already_sent += 1;
            let now = row.fate.payload().map(sum);
            self.diff.differs += u64::from(now.is_some_and(|now| now != self.before.essences[job as usize]));
        } else if matches!(status, Status::Queued | Status::Failed)
            && self.before.essences[job as usize] != sum(&essence(row))
        {
            self.diff.changed += 1;
        }
        let matters = removed || taken_out;
        match problem {
            None if matters || skipped => {
                self.diff.new += u64::from(skipped || taken_out);
                self.verdicts.push((JobId(job), Verdict::Good));
            }
            Some(problem) if matters || status == Status::Queued => {
                self.verdicts.push((JobId(job), Verdict::Bad(problem)));
            }
            _ => {}
        }
    }

    /// Carries along everybody whose row is gone.
    fn carry(&mut self, replayed: &mut ReplayedState, head: &PlanHead) -> Result<Extent, QueueError> {
        let dir = replayed.dir().to_owned();
        let too_many = || QueueError::disk("plan", &dir)(std::io::Error::other("over 4 billion rows"));
        let rows = u32::try_from(self.diff.rows).map_err(|_| too_many())?;
        let mut stays = vec![false; self.seen.len()];
        for (job, known) in (0..).zip(&self.before.jobs) {
            if self.seen[job as usize] {
                continue;
            }
            let queued = known.status == Status::Queued;
            self.diff.removed += u64::from(queued);
            if queued || !known.removed {
                self.verdicts.push((JobId(job), Verdict::Gone));
            }
            stays[job as usize] = is_sent(known.status)
                || known.status == Status::Failed
                || replayed.job(JobId(job))?.is_some_and(may_have_been_written_to);
        }
        let mut listed = 0;
        if self.seen.contains(&false)
            && let Some(plan) = replayed.plans.newest()
        {
            for pass in [true, false] {
                for block in 0..plan.blocks() {
                    let (from, to) = (block * ROWS_PER_BLOCK, plan.jobs.min((block + 1) * ROWS_PER_BLOCK));
                    let seen = &self.seen;
                    let wanted = |at: &u32| {
                        let job = plan.job_of(*at).0 as usize;
                        !seen[job] && stays[job] == pass
                    };
                    if !(from..to).any(|at| wanted(&at)) {
                        continue;
                    }
                    let rows = (from..).zip(plan.read_block(block)?);
                    for (at, row) in rows.filter(|(at, _)| wanted(at)) {
                        self.writer.push(&carried(row, &plan.head, head), plan.job_of(at))?;
                        listed += u32::from(pass);
                    }
                }
            }
        }
        let jobs_before = u32::try_from(self.before.jobs.len()).map_err(|_| too_many())?;
        Ok(Extent { rows, listed, jobs_before, jobs: self.jobs })
    }
}

impl Before {
    fn by_key(&self, key: &str) -> Option<u32> {
        if self.keys.is_empty() {
            return None;
        }
        let sum = key_sum(key);
        let at = self.keys.binary_search_by_key(&sum, |(sum, _)| *sum).ok()?;
        Some(self.keys[at].1)
    }

    /// A job other than this one under which what the row writes may have been written.
    fn other_writer(&self, row: &PlannedRow, job: u32) -> Option<u32> {
        // Of a first plan nothing has to be worked out.
        if self.written.is_empty() {
            return None;
        }
        let what = written(row.phone, row.fate.payload(), self.repeats)?;
        let from = self.written.partition_point(|(w, _)| *w < what);
        let same = self.written[from..].iter().take_while(|(w, _)| *w == what);
        same.map(|(_, other)| *other).find(|other| *other != job)
    }
}

fn key_sum(key: &str) -> [u8; 12] {
    let digest = Sha256::digest(key.as_bytes());
    let mut sum = [0; 12];
    sum.copy_from_slice(&digest[..12]);
    sum
}

fn sum<T: Serialize>(value: &T) -> u32 {
    // What can't be encoded can't be planned either; it then counts as unchanged.
    postcard::to_stdvec(value).map_or(0, |bytes| crc32fast::hash(&bytes))
}
