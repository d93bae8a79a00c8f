//! The plans of a round: the one in force, and those that messages were sent under before it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::read::{PlanFile, damaged};
use super::rows::RowRef;
use crate::domain::ids::{JobId, PlanNo};
use crate::domain::plan::PlanHead;
use crate::queue::api::QueueError;
use crate::queue::local::journal::read::REMEDY;
use crate::queue::local::manifest::{FILE as MANIFEST, Manifest, PlanNote};
use crate::sys::disk::SharedDisk;

/// The plans of a round that aren't in force, each opened when an attempt points there.
///
/// A block's checksum doesn't say where it belongs, nor a plan to which round: what holds a file to its round
/// is its SHA-256 in the manifest, looked at when it is opened.
pub struct Older {
    disk: SharedDisk,
    dir: PathBuf,
    /// The plans that the manifest lists, in order.
    notes: Vec<PlanNote>,
    files: HashMap<PlanNo, PlanFile>,
}

impl Older {
    fn open(&self, no: PlanNo) -> Result<PlanFile, QueueError> {
        let plan = PlanFile::open(&*self.disk, &self.dir, no)?;
        // One that was adopted just now, or just before a crash, isn't listed yet.
        let listed = (no.0 as usize).checked_sub(1).and_then(|at| self.notes.get(at));
        match listed {
            Some(note) if !note.names(&plan.sha256()?) => {
                Err(damaged(plan.path(), &format!("it isn't the file that {MANIFEST} lists")))
            }
            _ => Ok(plan),
        }
    }

    /// One of them, opened where it isn't yet.
    fn plan(&mut self, no: PlanNo) -> Result<&mut PlanFile, QueueError> {
        if !self.files.contains_key(&no) {
            let plan = self.open(no)?;
            self.files.insert(no, plan);
        }
        self.files.get_mut(&no).ok_or_else(|| no_plan(&self.dir))
    }

    /// A job's row as it was in this plan, and what the plan's rows have in common.
    pub fn row_in(&mut self, no: PlanNo, job: JobId) -> Result<(RowRef, &PlanHead), QueueError> {
        let plan = self.plan(no)?;
        let row = plan.row(job)?;
        Ok((row, &plan.head))
    }

    /// One that is open: each is that was in force before the newest, once the journal was gone through.
    pub fn opened(&self, no: PlanNo) -> Result<&PlanFile, QueueError> {
        self.files.get(&no).ok_or_else(|| no_plan(&self.dir))
    }

    /// Those that are open.
    pub fn all_opened(&self) -> impl Iterator<Item = &PlanFile> {
        self.files.values()
    }
}

/// The adopted plans of a round: the newest is open.
pub struct Plans {
    pub newest: Option<PlanFile>,
    pub older: Older,
}

impl Plans {
    pub fn new(disk: SharedDisk, dir: &Path, manifest: &Manifest) -> Plans {
        let notes = manifest.plans.clone();
        let older = Older { disk, dir: dir.to_owned(), notes, files: HashMap::new() };
        Plans { newest: None, older }
    }

    /// The plan in force.
    pub fn newest(&self) -> Option<&PlanFile> {
        self.newest.as_ref()
    }

    /// Opens a plan and puts it in force.
    pub fn adopt(&mut self, no: PlanNo) -> Result<&PlanFile, QueueError> {
        let plan = self.older.open(no)?;
        if let Some(last) = self.newest.take() {
            self.older.files.insert(last.no, last);
        }
        Ok(self.newest.insert(plan))
    }

    /// Puts the plan in force that the journal adopted under this number, with so many jobs before it and in all.
    ///
    /// # Errors
    /// Where the file isn't that plan, or it doesn't follow on the one before.
    pub fn adopt_as(&mut self, no: PlanNo, jobs_before: u32, jobs: u32) -> Result<&PlanFile, QueueError> {
        let known = self.newest().map_or(0, |plan| plan.jobs);
        let expected = self.next();
        let plan = self.adopt(no)?;
        let fits = (plan.jobs_before, plan.jobs) == (jobs_before, jobs);
        if fits && no == expected && jobs_before == known {
            return Ok(plan);
        }
        Err(QueueError::Damaged {
            path: plan.path().to_owned(),
            what: format!("it isn't the plan that the journal adopted as number {}", no.0),
            hint: REMEDY.to_owned(),
        })
    }

    /// The number that the next plan to be adopted gets.
    pub fn next(&self) -> PlanNo {
        PlanNo(self.newest().map_or(1, |plan| plan.no.0 + 1))
    }

    /// A job's row in the newest plan.
    pub fn row(&mut self, job: JobId) -> Result<RowRef, QueueError> {
        let plan = self.newest.as_mut();
        plan.ok_or_else(|| damaged(&self.older.dir, "a job stands in no plan"))?.row(job)
    }

    /// A job's row as it was when an attempt was made.
    pub fn row_in(&mut self, no: PlanNo, job: JobId) -> Result<RowRef, QueueError> {
        match &mut self.newest {
            Some(plan) if plan.no == no => plan.row(job),
            _ => self.older.row_in(no, job).map(|(row, _)| row),
        }
    }
}

fn no_plan(dir: &Path) -> QueueError {
    damaged(dir, "an attempt stands in no plan")
}
