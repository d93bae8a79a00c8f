//! What an edited file does to a job, as one function.

use sha2::{Digest, Sha256};

use crate::domain::ids::SenderNo;
use crate::domain::job::{Event, Job, State};
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::queue::api::QueueError;

/// What the new file says of somebody who was in the round before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There, and good.
    Good,
    /// There, and not to be sent to.
    Bad(Problem),
    /// Not there any more.
    Gone,
}

/// What happens to the job for it. A queued job whose row is good just takes its text from the newest plan.
pub(super) fn event(job: &Job, verdict: &Verdict) -> Option<Event> {
    let queued = matches!(job.state, State::Queued { .. });
    let taken_out = matches!(job.state, State::Cancelled { by_removal: true });
    let skipped = matches!(job.state, State::Skipped);
    match verdict {
        Verdict::Good => (skipped || taken_out || job.removed).then_some(Event::Returned),
        Verdict::Bad(problem) if queued || taken_out || (skipped && job.removed) => {
            Some(Event::Skipped { problem: problem.clone() })
        }
        Verdict::Bad(_) => job.removed.then_some(Event::Returned),
        Verdict::Gone if queued => Some(Event::Cancelled { by_removal: true }),
        Verdict::Gone => (!job.removed).then_some(Event::Removed),
    }
}

/// Somebody may have been written to under this job: nobody else's row may send to the same number, and reports
/// list it also when its row is gone.
pub(super) fn may_have_been_written_to(job: &Job) -> bool {
    !job.attempts.is_empty() || matches!(job.state, State::Failed)
}

/// "already sent": accepted and after, in doubt, sending.
pub(super) fn is_sent(status: Status) -> bool {
    matches!(
        status,
        Status::Sending
            | Status::InDoubt
            | Status::Accepted
            | Status::Sent
            | Status::Delivered
            | Status::Read
    )
}

/// Known to have been accepted and not failed: never sent again, whatever its row says now.
pub(super) fn is_reached(status: Status) -> bool {
    is_sent(status) && !matches!(status, Status::Sending | Status::InDoubt)
}

/// What a row writes, as far as it may be written once only: to this number, in whichever form, anything, or, where `repeats`, to this number
/// this. `None` where it names no number, or what is sent isn't known.
pub(super) fn written(phone: Option<Phone>, payload: Option<&Payload>, repeats: bool) -> Option<[u8; 12]> {
    let mut all = Sha256::new();
    all.update(phone?.identity().as_u64().to_be_bytes());
    if repeats {
        // What can't be encoded can't be planned either.
        all.update(postcard::to_stdvec(payload?).ok()?);
    }
    let mut sum = [0; 12];
    sum.copy_from_slice(&all.finalize()[..12]);
    Some(sum)
}

/// Turns a row that would write to a number a second time into one that says so; where the plan `repeats`, a row that
/// would send the same message again.
pub(super) fn skip_for_number(row: &mut PlannedRow, other: Option<&str>, repeats: bool) {
    let under = other.map_or_else(|| "another row".to_owned(), |key| format!("`{key}`"));
    let what = if repeats {
        "this number was already sent this message"
    } else {
        "this number was already written to"
    };
    skip(row, &format!("{what} under {under}"));
}

/// Turns a row that repeats somebody of the same file into one that says so.
pub(super) fn skip_for_key(row: &mut PlannedRow) {
    row.key = None;
    skip(row, "this person is already in the file, further up");
}

fn skip(row: &mut PlannedRow, reason: &str) {
    let kind = row.fate.kind().to_owned();
    row.fate = Fate::Skip { cause: SkipCause::Duplicate, problem: Problem::new(reason), kind };
}

/// What of a row a recipient would notice.
pub(super) fn essence(row: &PlannedRow) -> (SenderNo, Option<Phone>, &Fate) {
    (row.sender, row.phone, &row.fate)
}

/// Whether a row as it was sent shows a report's reader something else than the row in force, under the same columns.
/// Where it stands in the file, and by which key it is known, aren't told of it.
pub(super) fn shows_otherwise(then: &PlannedRow, now: &PlannedRow) -> bool {
    (&then.to, then.phone, &then.variant, &then.cells, &then.fate)
        != (&now.to, now.phone, &now.variant, &now.cells, &now.fate)
}

/// A row of the last plan as the next one carries it: without a row number, its cells under the new columns.
pub(super) fn carried(mut row: PlannedRow, old: &PlanHead, new: &PlanHead) -> PlannedRow {
    row.row = None;
    if old.columns != new.columns {
        let places = places(&old.columns, &new.columns);
        let cell = |at: Option<usize>| at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default();
        row.cells = places.into_iter().map(cell).collect();
    }
    row
}

/// For each of the columns `to`, where it stands among the columns `from`. Of several with one name the first is the
/// first, the second the second.
#[must_use]
pub fn places(from: &[String], to: &[String]) -> Vec<Option<usize>> {
    let mut free: Vec<bool> = vec![true; from.len()];
    let mut place = |name: &String| {
        let at = (0..).zip(from).position(|(at, other): (usize, _)| free[at] && other == name)?;
        free[at] = false;
        Some(at)
    };
    to.iter().map(&mut place).collect()
}

/// A later plan may add numbers behind those there were; attempts refer to them by position.
pub(super) fn check_senders(old: &PlanHead, new: &PlanHead) -> Result<(), QueueError> {
    if new.senders.starts_with(&old.senders) {
        return Ok(());
    }
    let names = |head: &PlanHead| {
        let names: Vec<_> = head.senders.iter().map(|number| number.as_str()).collect();
        format!("the sending number {}", names.join(", "))
    };
    Err(QueueError::Foreign { belongs: names(old), asked: names(new) })
}
