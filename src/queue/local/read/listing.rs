//! The lines of a report, from plan and journal alone: without the lock, without the states, on several threads.
//!
//! The lines are cut into windows. What the journal tells of a window's jobs is folded into a plain list of jobs, which is
//! forgotten once its lines are made: nothing is packed, and memory doesn't grow with the number of lines. Going through
//! the journal once beforehand shows which stretches of it tell of which window. Messages are sent in the order of
//! their rows, so that most tell of one or two.
//!
//! Invariants:
//!
//! - It lists what the fold of a [`View`](super::view::View) would: the same commit batches, the same plans, and each job
//!   changed by [`Job::advance`] alone, in the journal's order.
//! - What was sent under an earlier plan is read there, a window's rows at a time ([`SentRows`]).
//! - The journal is read [`MAX_JOURNAL_READS`] times at most, all windows together. Where its order isn't the
//!   lines' (an edited file was sorted anew), windows are larger instead.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::parallel::in_order;
use super::sent_rows::SentRows;
use super::snapshot::{JournalSnapshot, reread};
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::job::{Event, Job};
use crate::domain::plan::PlanHead;
use crate::queue::api::{BlockFormatter, BlockSink, Entry, QueueError};
use crate::queue::edit::places;
use crate::queue::listed::Listed;
use crate::queue::local::bits::Bits;
use crate::queue::local::plan::plans::Plans;
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::plan::write::ROWS_PER_BLOCK;
use crate::queue::local::replayed::invalid_entry;
use crate::queue::local::states::job_states::initial;
use crate::sys::disk::SharedDisk;

/// Lines in a window, unless it has to be larger.
const WINDOW_LINES: u32 = 32 * ROWS_PER_BLOCK;
/// How often the journal is read at most, all windows together.
const MAX_JOURNAL_READS: usize = 16;

/// A round's report, as it was when it was looked at.
pub struct Listing {
    snapshot: JournalSnapshot,
    plans: Plans,
    windows: Windows,
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("journal", &self.snapshot.journal).finish_non_exhaustive()
    }
}

impl Listing {
    /// Looks at a round, up to the last whole commit batch of its journal.
    ///
    /// # Errors
    /// As for [`View::open`](super::view::View::open).
    pub fn open(disk: SharedDisk, dir: &Path) -> Result<Listing, QueueError> {
        reread(&*disk, dir, || Listing::read(disk.clone(), dir))
    }

    fn read(disk: SharedDisk, dir: &Path) -> Result<Listing, QueueError> {
        let snapshot = JournalSnapshot::at(&*disk, dir)?;
        let mut plans = Plans::new(disk, dir, &snapshot.manifest);
        let by_job = stretches(&snapshot, |job| Some(job.0))?;
        for entry in by_job.iter().flat_map(|stretch| &stretch.others) {
            if let Entry::Plan { no, jobs_before, jobs, .. } = entry {
                plans.adopt_as(*no, *jobs_before, *jobs)?;
            }
        }
        snapshot.holds_all(&plans)?;
        let windows = match plans.newest() {
            Some(plan) if plan.in_job_order() => Windows::over(lines_of(plan), &by_job),
            Some(plan) => Windows::over(lines_of(plan), &stretches(&snapshot, |job| line_of(plan, job))?),
            None => Windows::default(),
        };
        Ok(Listing { snapshot, plans, windows })
    }

    /// What the newest plan's rows have in common; `None` before the first plan.
    #[must_use]
    pub fn head(&self) -> Option<&PlanHead> {
        self.plans.newest().map(|plan| &plan.head)
    }

    /// The plans that were in force before under which somebody may have been sent to, in their order: all that can name
    /// columns which the newest plan lacks.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn earlier_heads(&self) -> Result<Vec<(PlanNo, &PlanHead)>, QueueError> {
        let Some(newest) = self.head() else { return Ok(Vec::new()) };
        let mut heads: Vec<_> = self.plans.older.all_opened().map(|plan| (plan.no, &plan.head)).collect();
        heads.sort_unstable_by_key(|(no, _)| *no);
        // Most edits leave the columns as they are: then nobody needs to know.
        if heads.iter().any(|(_, head)| places(&newest.columns, &head.columns).contains(&None)) {
            let used = sent_under(&self.snapshot)?;
            heads.retain(|(no, _)| used.contains(no));
        }
        Ok(heads)
    }

    /// Has several threads make something of every line of the report, blocks of lines at a time, and `take` what was
    /// made, in the report's order: that of [`Queue::scan`](crate::queue::Queue::scan).
    ///
    /// # Errors
    /// The disk's, damage, or what `take` said.
    pub fn parts<T: Send>(
        &mut self,
        make: &BlockFormatter<'_, T>,
        take: &mut BlockSink<'_, T>,
    ) -> Result<(), QueueError> {
        let Listing { snapshot, plans: Plans { newest: Some(plan), older }, windows } = self else {
            return Ok(());
        };
        let (snapshot, plan, older) = (&*snapshot, &*plan, &*older);
        let part =
            |window: &Window<'_>, jobs: &[Job], sent: &SentRows, block: u32| -> Result<T, QueueError> {
                let first = block * ROWS_PER_BLOCK;
                let rows = plan.read_block(block)?;
                let jobs = jobs.iter().skip((first - window.lines.start) as usize);
                let mut listed = Vec::with_capacity(ROWS_PER_BLOCK as usize);
                for ((line, row), job) in (first..window.lines.end).zip(&rows).zip(jobs) {
                    let (row, job, sent) = (Cow::Borrowed(row), Cow::Borrowed(job), sent.of(line, row));
                    listed.push(Listed { id: plan.job_of(line), row, job, sent });
                }
                Ok(make(&listed))
            };
        in_order(
            windows.count(),
            |no, emit| {
                let window = windows.window(no);
                let jobs = window.fold(snapshot, plan);
                let sent = |jobs: &Vec<Job>| {
                    let ids = window.lines.clone().map(|line| (line, plan.job_of(line)));
                    SentRows::read(ids.zip(jobs), plan, older)
                };
                match jobs.and_then(|jobs| sent(&jobs).map(|sent| (jobs, sent))) {
                    Err(error) => _ = emit(Err(error)),
                    Ok((jobs, sent)) => {
                        let mut blocks =
                            window.lines.start / ROWS_PER_BLOCK..window.lines.end.div_ceil(ROWS_PER_BLOCK);
                        _ = blocks.all(|block| emit(part(&window, &jobs, &sent, block)));
                    }
                }
            },
            |made| take(made?),
        )
    }
}

/// What a stretch of the journal holds.
#[derive(Default)]
struct Stretch {
    /// Its entries that are about no job.
    others: Vec<Entry>,
    /// The pages, of a window's lines each, that its jobs stand on.
    pages: Bits,
}

/// All of them, where `line` tells where a job stands.
fn stretches(
    snapshot: &JournalSnapshot,
    line: impl Fn(JobId) -> Option<u32> + Sync,
) -> Result<Vec<Stretch>, QueueError> {
    let read = |n: u32| {
        let Stretch { mut others, mut pages } = Stretch::default();
        let note = |job: Option<JobId>| {
            if let Some(line) = job.and_then(&line) {
                pages.set(line / WINDOW_LINES, true);
            }
            job.is_none()
        };
        snapshot.entries(snapshot.stretch(n), note, |_, _, entry| {
            others.push(entry);
            Ok(())
        })?;
        Ok(Stretch { others, pages })
    };
    let mut all = Vec::new();
    in_order(
        snapshot.stretches(),
        |n, emit| _ = emit(read(n)),
        |stretch: Result<Stretch, QueueError>| stretch.map(|stretch| all.push(stretch)),
    )?;
    Ok(all)
}

/// The plans that the journal's intents name.
fn sent_under(snapshot: &JournalSnapshot) -> Result<BTreeSet<PlanNo>, QueueError> {
    let read = |n: u32| {
        let mut plans = BTreeSet::new();
        let note = |_, _, entry| {
            if let Entry::Job { event: Event::Claimed { plan, .. }, .. } = entry {
                plans.insert(plan);
            }
            Ok(())
        };
        snapshot.entries(snapshot.stretch(n), |job| job.is_some(), note)?;
        Ok(plans)
    };
    let mut all = BTreeSet::new();
    in_order(
        snapshot.stretches(),
        |n, emit| _ = emit(read(n)),
        |plans: Result<BTreeSet<PlanNo>, QueueError>| plans.map(|plans| all.extend(plans)),
    )?;
    Ok(all)
}

/// The lines, cut into pieces of one size.
#[derive(Default)]
struct Windows {
    /// Lines in all, and in each of them; the last has the rest.
    lines: u32,
    size: u32,
    /// Of each, the stretches of the journal that tell of its jobs, in order.
    told_in: Vec<Vec<u32>>,
}

impl Windows {
    /// Of so many lines, by what each stretch tells.
    fn over(lines: u32, stretches: &[Stretch]) -> Windows {
        let told_in = |page: u32| {
            (0..).zip(stretches).filter(|(_, stretch)| stretch.pages.has(page)).map(|(n, _)| n).collect()
        };
        let told_in = (0..lines.div_ceil(WINDOW_LINES)).map(told_in).collect();
        let mut windows = Windows { lines, size: WINDOW_LINES, told_in };
        while windows.count() > 1 && windows.readings() > MAX_JOURNAL_READS * stretches.len() {
            windows = windows.larger();
        }
        windows
    }

    /// The same, each of two.
    fn larger(self) -> Windows {
        let two = |two: &[Vec<u32>]| {
            let mut both = two.concat();
            both.sort_unstable();
            both.dedup();
            both
        };
        Windows { lines: self.lines, size: self.size * 2, told_in: self.told_in.chunks(2).map(two).collect() }
    }

    /// How many stretches are read, all windows together.
    fn readings(&self) -> usize {
        self.told_in.iter().map(Vec::len).sum()
    }

    fn count(&self) -> u32 {
        self.lines.div_ceil(self.size.max(1))
    }

    fn window(&self, no: u32) -> Window<'_> {
        let start = no * self.size;
        let lines = start..self.lines.min(start.saturating_add(self.size));
        Window { lines, told_in: self.told_in.get(no as usize).map_or(&[], Vec::as_slice) }
    }
}

/// Some lines.
struct Window<'a> {
    lines: Range<u32>,
    told_in: &'a [u32],
}

impl Window<'_> {
    /// Their jobs, as the journal leaves them.
    fn fold(&self, snapshot: &JournalSnapshot, plan: &PlanFile) -> Result<Vec<Job>, QueueError> {
        let start = |line| initial(&plan.skipped, plan.job_of(line).0);
        let mut jobs: Vec<Job> = self.lines.clone().map(start).collect();
        let place = |job: JobId| {
            let line = line_of(plan, job)?.checked_sub(self.lines.start)?;
            (line < self.lines.end - self.lines.start).then_some(line as usize)
        };
        for stretch in self.told_in {
            snapshot.entries(
                snapshot.stretch(*stretch),
                |job| job.and_then(place).is_some(),
                |batch, sequence, entry| {
                    if let Entry::Job { job, event } = entry
                        && let Some(job) = place(job).and_then(|at| jobs.get_mut(at))
                    {
                        job.advance(&event)
                            .map_err(|invalid| invalid_entry(&snapshot.journal, batch, sequence, &invalid))?;
                    }
                    Ok(())
                },
            )?;
        }
        Ok(jobs)
    }
}

/// How many lines the report has.
fn lines_of(plan: &PlanFile) -> u32 {
    plan.rows + plan.listed
}

/// Where a job's line stands in the plan, where the plan has it.
fn line_of(plan: &PlanFile, job: JobId) -> Option<u32> {
    (job.0 < plan.jobs).then(|| plan.row_of(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telling_of(pages: impl IntoIterator<Item = u32>) -> Stretch {
        let mut stretch = Stretch::default();
        pages.into_iter().for_each(|n| stretch.pages.set(n, true));
        stretch
    }

    fn spans(windows: &Windows) -> Vec<(Range<u32>, Vec<u32>)> {
        let windows = (0..windows.count()).map(|no| windows.window(no));
        windows.map(|window| (window.lines, window.told_in.to_vec())).collect()
    }

    #[test]
    fn each_window_reads_the_stretches_that_tell_of_it() {
        let lines = 2 * WINDOW_LINES + 5;
        let windows =
            Windows::over(lines, &[telling_of([0]), telling_of([0, 2]), telling_of([]), telling_of([2, 7])]);
        let expected = [
            (0..WINDOW_LINES, vec![0, 1]),
            (WINDOW_LINES..2 * WINDOW_LINES, vec![]),
            (2 * WINDOW_LINES..lines, vec![1, 3]),
        ];
        assert_eq!(spans(&windows), expected);
        assert!(spans(&Windows::over(0, &[telling_of([])])).is_empty());
    }

    #[test]
    fn where_everything_tells_of_everything_the_journal_is_read_a_few_times_only() {
        let count = 100;
        let all: Vec<_> = (0..50).map(|_| telling_of(0..count)).collect();
        let windows = Windows::over(count * WINDOW_LINES - 1, &all);
        assert!(
            windows.count() > 1 && windows.readings() <= MAX_JOURNAL_READS * all.len(),
            "{}",
            windows.count()
        );
        let (mut next, stretches) = (0, (0..50).collect::<Vec<_>>());
        for (lines, told_in) in spans(&windows) {
            assert_eq!((lines.start, &told_in), (next, &stretches));
            next = lines.end;
        }
        assert_eq!(next, count * WINDOW_LINES - 1);
    }
}
