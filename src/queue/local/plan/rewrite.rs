//! Rewriting a plan with other rows, beside the one that is there.

use std::path::{Path, PathBuf};

use super::read::PlanFile;
use super::write::{Extent, PlanWriter};
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::plan::{PlanHead, PlannedRow};
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
    let mut changes = plan.all_rows().map(|row| row.map(|(job, row)| change(job, &row).is_some()));
    if !changes.find(|changes| !matches!(changes, Ok(false))).transpose()?.unwrap_or(false) {
        return Ok(None);
    }
    drop(changes);
    let temporary = plan_path(dir, no.0).with_extension("plan.tmp");
    let kind = Copied { no, head: &plan.head, jobs_before: plan.jobs_before };
    let sha256 = copy(disk, &plan, &temporary, kind, &mut |job, row| change(job, &row).unwrap_or(row))?;
    Ok(Some((temporary, sha256)))
}

/// What a copy has of its own.
#[derive(Clone, Copy, Debug)]
pub struct Copied<'a> {
    /// Its number.
    pub no: PlanNo,
    /// What its rows have in common.
    pub head: &'a PlanHead,
    /// Jobs before it.
    pub jobs_before: u32,
}

/// Writes a plan with the same rows for the same jobs, each as `change` makes it, durably. Yields the file's SHA-256 in hex.
///
/// # Errors
/// The disk's, or damage.
pub fn copy(
    disk: &dyn Disk,
    plan: &PlanFile,
    path: &Path,
    copied: Copied<'_>,
    change: &mut dyn FnMut(JobId, PlannedRow) -> PlannedRow,
) -> Result<String, QueueError> {
    let mut writer = PlanWriter::create(disk, path, copied.no, copied.head)?;
    for placed in plan.all_rows() {
        let (job, row) = placed?;
        writer.push(&change(job, row), job)?;
    }
    let (rows, listed, jobs) = (plan.rows, plan.listed, plan.jobs);
    let skipped: Vec<u32> = (0..jobs).filter(|job| plan.skipped.has(*job)).collect();
    writer.finish(Extent { rows, listed, jobs_before: copied.jobs_before, jobs }, &skipped)
}
