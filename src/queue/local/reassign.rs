//! Moving people from one number to another: a plan like the one in force, but for who sends.
//!
//! Invariant: no job changes its state. A job moves only while it is queued and nothing of it can have been accepted, so that
//! what is known of an attempt stays with the number that made it.

use super::manifest::plan_name;
use super::plan::read::PlanFile;
use super::plan::write::{Extent, PlanWriter, ROWS_PER_BLOCK};
use super::queue::LocalQueue;
use super::replayed::store_error;
use super::stage::Stage;
use super::states::block::JOBS_PER_BLOCK;
use crate::domain::ids::{NumberId, PlanNo};
use crate::domain::plan::PlanHead;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::api::QueueError;
use crate::queue::local::bits::Bits;

impl LocalQueue {
    pub(super) async fn try_reassign(
        &mut self,
        from: &[NumberId],
        to: &NumberId,
        at: Millis,
    ) -> Result<u64, QueueError> {
        self.flush().await?;
        let Some(plan) = self.replayed.plans.newest() else { return Ok(0) };
        let too_many = || std::io::Error::other("over 65,536 sending numbers");
        let head =
            plan.head.reassigned(from, to).ok_or_else(|| QueueError::disk("plan", &self.dir)(too_many()))?;
        if head == plan.head {
            return Ok(0);
        }
        let no = plan.no;
        let untried = self.untried()?;
        let plan = PlanFile::open(&*self.storage.disk, &self.dir, no)?;
        let (stage, moved) = self.copy(&plan, &head, &untried)?;
        self.try_adopt(stage, at).await?;
        Ok(moved)
    }

    /// Writes the plan that follows on this one, with the same rows for the same jobs; and how many of them moved.
    fn copy(&mut self, plan: &PlanFile, head: &PlanHead, untried: &Bits) -> Result<(Stage, u64), QueueError> {
        let disk = self.storage.disk.clone();
        let no = PlanNo(plan.no.0 + 1);
        let path = self.dir.join(format!("{}.staged", plan_name(no.0)));
        if disk.exists(&path).map_err(QueueError::disk("find", &path))? {
            disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
        }
        let mut writer = PlanWriter::create(&*disk, &path, no, head)?;
        let mut moved = 0;
        for block in 0..plan.blocks() {
            for (at, mut row) in (block * ROWS_PER_BLOCK..).zip(plan.read_block(block)?) {
                let (job, sender) = (plan.job_of(at), head.sends_for(row.sender));
                if sender != row.sender && untried.has(job.0) {
                    row.sender = sender;
                    moved += 1;
                }
                writer.push(&row, job)?;
            }
        }
        let (rows, listed, jobs) = (plan.rows, plan.listed, plan.jobs);
        let skipped: Vec<u32> = (0..jobs).filter(|job| plan.skipped.has(*job)).collect();
        let sha256 = writer.finish(Extent { rows, listed, jobs_before: jobs, jobs }, &skipped)?;
        self.stages += 1;
        let (ticket, verdicts) = (self.stages, Vec::new());
        Ok((Stage { ticket, no, path, jobs_before: jobs, jobs, sha256, verdicts }, moved))
    }

    /// Queued jobs of which nothing can have been accepted.
    fn untried(&mut self) -> Result<Bits, QueueError> {
        let mut untried = Bits::default();
        for block in 0..self.replayed.states.blocks() {
            let jobs = self.replayed.states.block(block).map_err(|error| store_error(&self.dir, error))?;
            for (id, job) in (block * JOBS_PER_BLOCK..).zip(jobs) {
                if job.status() == Status::Queued && job.attempts.is_empty() {
                    untried.set(id, true);
                }
            }
        }
        Ok(untried)
    }
}
