//! What a round holds of a person. Reads every row of every plan; takes no lock and changes nothing.

use std::collections::HashSet;
use std::path::Path;

use super::record::{Forgotten, Known};
use crate::domain::ids::{JobId, MessageId, PlanNo};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::PlannedRow;
use crate::domain::status::Counts;
use crate::queue::api::{Identity, QueueError};
use crate::queue::local::plan::read::PlanFile;
use crate::queue::local::read::view::View;
use crate::sys::disk::SharedDisk;

/// What a round holds of a person.
#[derive(Clone, Debug)]
pub struct Traces {
    /// Whose round it is.
    pub identity: Identity,
    /// Their jobs, by where they stand.
    pub counts: Counts,
    /// Their jobs.
    pub jobs: HashSet<JobId>,
    /// The ids of the messages to them: what webhooks tell goes by these.
    pub ids: HashSet<MessageId>,
    /// Something is left to be removed: a row, or what an interrupted forgetting didn't come to.
    pub open: bool,
    /// Rows of other people that tell their number. They stay as they are.
    pub mentions: u64,
    /// What their rows are known by.
    pub(super) known: Known,
}

/// What the round in `dir` holds of whoever has this number; `None` where it holds nothing.
///
/// # Errors
/// [`QueueError::Damaged`], [`QueueError::OtherFormat`], the disk's (`NotFound` where there is no round).
pub fn traces(disk: &SharedDisk, dir: &Path, phone: Phone) -> Result<Option<Traces>, QueueError> {
    let mut view = View::open(disk.clone(), dir)?;
    let forgotten = Forgotten::load(&**disk, dir)?;
    let before = forgotten.as_ref().and_then(|forgotten| forgotten.jobs_of(phone));
    let mut traces = Traces {
        identity: view.identity().clone(),
        counts: Counts::default(),
        open: before.is_some() && !forgotten.is_some_and(|forgotten| forgotten.is_done(phone)),
        jobs: before.unwrap_or_default(),
        ids: HashSet::new(),
        mentions: 0,
        known: Known::default(),
    };
    let plans = view.plans();
    for no in 1..=plans {
        each_row(disk, dir, no, &mut |job, row| {
            if is_theirs(row, phone) {
                traces.jobs.insert(job);
            }
        })?;
    }
    for no in 1..=plans {
        each_row(disk, dir, no, &mut |job, row| {
            if !traces.jobs.contains(&job) {
                traces.mentions += u64::from(no == plans && mentions(row, phone));
            } else if !row.is_forgotten() {
                traces.open = true;
                traces.known.numbers.extend(row.phone.map(Phone::identity));
                // A row that only looks like theirs may be mended to be somebody else's.
                traces.known.keys.extend(row.phone.and(row.key.as_ref()).map(ToString::to_string));
            }
        })?;
    }
    traces.known.jobs.clone_from(&traces.jobs);
    for id in &traces.jobs {
        let Some(job) = view.job(*id)? else { continue };
        traces.counts[job.status()] += 1;
        traces.ids.extend(job.deliveries().filter_map(|(_, delivery)| delivery.id.clone()));
    }
    Ok((traces.open || traces.mentions > 0).then_some(traces))
}

fn each_row(
    disk: &SharedDisk,
    dir: &Path,
    no: u32,
    each: &mut dyn FnMut(JobId, &PlannedRow),
) -> Result<(), QueueError> {
    let plan = PlanFile::open(&**disk, dir, PlanNo(no))?;
    plan.all_rows().try_for_each(|placed| placed.map(|(job, row)| each(job, &row)))
}

/// By the number, in whichever form, or by what stands where a number should.
fn is_theirs(row: &PlannedRow, phone: Phone) -> bool {
    match row.phone {
        Some(one) => one.identity() == phone.identity(),
        None => phone.is_told_in(&row.to),
    }
}

fn mentions(row: &PlannedRow, phone: Phone) -> bool {
    let words = match row.fate.message() {
        Some(Message::Text { body } | Message::Buttons { body, .. }) => Some(body),
        Some(Message::Media { caption, .. }) => caption.as_ref(),
        Some(Message::Flow { .. }) | None => None,
    };
    row.cells.iter().any(|cell| phone.is_told_in(cell)) || words.is_some_and(|words| phone.is_told_in(words))
}
