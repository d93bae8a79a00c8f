//! Writing a plan anew with other rows, beside the one that is there.

use std::path::{Path, PathBuf};

use super::read::PlanFile;
use super::write::{Extent, PlanWriter, ROWS_PER_BLOCK};
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::plan::PlannedRow;
use crate::queue::api::QueueError;
use crate::queue::local::manifest::plan_path;
use crate::sys::disk::Disk;

/// Writes the plan with what `change` makes of its rows, durably and under a temporary name, which an opening removes.
/// Yields that name and the file's SHA-256 in hex; `None` where no row is another.
///
/// # Errors
/// The disk's, or damage.
pub fn rewrite(
    disk: &dyn Disk,
    dir: &Path,
    no: PlanNo,
    change: &mut dyn FnMut(JobId, &PlannedRow) -> Option<PlannedRow>,
) -> Result<Option<(PathBuf, String)>, QueueError> {
    let plan = PlanFile::open(disk, dir, no)?;
    if !changes(&plan, change)? {
        return Ok(None);
    }
    let temporary = plan_path(dir, no.0).with_extension("plan.tmp");
    if disk.exists(&temporary).map_err(QueueError::disk("find", &temporary))? {
        disk.remove_file(&temporary).map_err(QueueError::disk("remove", &temporary))?;
    }
    let mut writer = PlanWriter::create(disk, &temporary, no, &plan.head)?;
    for block in 0..plan.blocks() {
        for (at, row) in (block * ROWS_PER_BLOCK..).zip(plan.read_block(block)?) {
            let job = plan.job_of(at);
            writer.push(change(job, &row).as_ref().unwrap_or(&row), job)?;
        }
    }
    let PlanFile { rows, listed, jobs_before, jobs, .. } = plan;
    let skipped: Vec<u32> = (0..jobs).filter(|job| plan.skipped.has(*job)).collect();
    let sha256 = writer.finish(Extent { rows, listed, jobs_before, jobs }, &skipped)?;
    Ok(Some((temporary, sha256)))
}

fn changes(
    plan: &PlanFile,
    change: &mut dyn FnMut(JobId, &PlannedRow) -> Option<PlannedRow>,
) -> Result<bool, QueueError> {
    for block in 0..plan.blocks() {
        for (at, row) in (block * ROWS_PER_BLOCK..).zip(plan.read_block(block)?) {
            if change(plan.job_of(at), &row).is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
