//! The rows of a window's jobs as they were sent, where that was under an earlier plan than the one in force.
//!
//! Invariant: a window reads a block of an earlier plan at most once, and keeps of it what its own lines were sent.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::ids::{JobId, PlanNo};
use crate::domain::job::Job;
use crate::domain::plan::PlannedRow;
use crate::queue::api::QueueError;
use crate::queue::edit::shows_otherwise;
use crate::queue::listed::Sent;
use crate::queue::local::plan::plans::Older;
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::plan::write::ROWS_PER_BLOCK;

/// By line.
#[derive(Debug, Default)]
pub(super) struct SentRows(HashMap<u32, SentRow>);

#[derive(Debug)]
struct SentRow {
    plan: PlanNo,
    row: PlannedRow,
    /// Its cells stand under the columns of the plan in force.
    same_columns: bool,
}

impl SentRows {
    /// Those of these lines.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn read<'j>(
        jobs: impl Iterator<Item = ((u32, JobId), &'j Job)>,
        newest: &PlanFile,
        older: &Older,
    ) -> Result<SentRows, QueueError> {
        let mut wanted = Vec::new();
        for ((line, id), job) in jobs {
            if let Some(no) = job.sent_under().filter(|no| *no != newest.no) {
                wanted.push((no, older.opened(no)?.place_of(id)?, line));
            }
        }
        wanted.sort_unstable();
        let mut found = HashMap::with_capacity(wanted.len());
        for of_block in wanted.chunk_by(|a, b| (a.0, a.1 / ROWS_PER_BLOCK) == (b.0, b.1 / ROWS_PER_BLOCK)) {
            let (no, first, _) = of_block[0];
            let plan = older.opened(no)?;
            let same_columns = plan.head.columns == newest.head.columns;
            let mut rows: Vec<_> = plan.read_block(first / ROWS_PER_BLOCK)?.into_iter().map(Some).collect();
            for (_, row, line) in of_block {
                let row = rows.get_mut((row % ROWS_PER_BLOCK) as usize).and_then(Option::take);
                found.extend(row.map(|row| (*line, SentRow { plan: no, row, same_columns })));
            }
        }
        Ok(SentRows(found))
    }

    /// What was sent of a line, where the row in force says something else.
    pub fn of(&self, line: u32, now: &PlannedRow) -> Option<Sent<'_>> {
        if self.0.is_empty() {
            return None;
        }
        let SentRow { plan, row, same_columns } = self.0.get(&line)?;
        let differs = !same_columns || shows_otherwise(row, now);
        differs.then_some(Sent { plan: *plan, row: Cow::Borrowed(row) })
    }
}
