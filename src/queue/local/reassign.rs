//! Moving people from one number to another: a plan like the one in force, but for who sends.
//!
//! Invariant: no job changes its state. A job moves only while it is queued and nothing of it can have been accepted, so that
//! what is known of an attempt stays with the number that made it.

use super::manifest::staged_path;
use super::plan::read::PlanFile;
use super::plan::rewrite::{Copied, copy};
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
        let (stage, moved) = self.moved(&plan, &head, &untried)?;
        self.try_adopt(stage, at).await?;
        Ok(moved)
    }

    /// Writes the plan that follows on this one, with the same rows for the same jobs; and how many of them moved.
    fn moved(
        &mut self,
        plan: &PlanFile,
        head: &PlanHead,
        untried: &Bits,
    ) -> Result<(Stage, u64), QueueError> {
        let (no, jobs) = (PlanNo(plan.no.0 + 1), plan.jobs);
        let path = staged_path(&self.dir, no.0);
        let mut moved = 0;
        let copied = Copied { no, head, jobs_before: jobs };
        let sha256 = copy(&*self.storage.disk, plan, &path, copied, &mut |job, mut row| {
            let sender = head.sends_for(row.sender);
            if sender != row.sender && untried.has(job.0) {
                row.sender = sender;
                moved += 1;
            }
            row
        })?;
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
