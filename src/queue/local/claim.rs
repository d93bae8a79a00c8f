//! Claiming: from the jobs that are due to intents on disk.

use std::sync::Arc;

use super::queue::LocalQueue;
use super::states::block::Facts;
use crate::domain::ids::{AttemptNo, JobId, PlanNo, SenderNo};
use crate::domain::job::Event;
use crate::domain::plan::Fate;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::queue::api::{Candidate, ClaimRequest, Intent, Lease, PutOffFor, QueueError};

/// So many candidates in a row may be passed over for one number in one claim, of those that wait, of those
/// that were passed over before and of the fresh ones each. Else a claim that admits nobody would go through
/// a million jobs every time.
const MAX_PASSED_OVER_JOBS: usize = 4096;

/// What became of a candidate.
enum Offer {
    Claimed,
    PassedOver,
    /// It can't be sent and isn't queued any more.
    Settled,
}

struct Claim<'a> {
    lease: Lease,
    at: Millis,
    plan: PlanNo,
    admit: &'a mut dyn FnMut(Candidate) -> bool,
    intents: Vec<Intent>,
}

impl LocalQueue {
    pub(super) async fn try_claim(
        &mut self,
        wants: &[ClaimRequest],
        lease: Lease,
        at: Millis,
        admit: &mut dyn FnMut(Candidate) -> bool,
    ) -> Result<Vec<Intent>, QueueError> {
        let Some(plan) = self.replayed.plans.newest().map(|plan| plan.no) else {
            self.flush().await?;
            return Ok(Vec::new());
        };
        let mut claim = Claim { lease, at, plan, admit, intents: Vec::new() };
        for want in wants {
            self.claim_for(want, &mut claim)?;
        }
        let intents = claim.intents;
        self.flush().await?;
        Ok(intents)
    }

    fn claim_for(&mut self, want: &ClaimRequest, claim: &mut Claim<'_>) -> Result<(), QueueError> {
        let full = claim.intents.len() + want.count;
        let mut last = None;
        let mut passed = 0;
        while claim.intents.len() < full && passed < MAX_PASSED_OVER_JOBS {
            let Some(next) = self.due.waiting_after(want.sender, last, claim.at) else { break };
            last = Some(next);
            passed += usize::from(matches!(self.offer(next.1, want.sender, claim)?, Offer::PassedOver));
        }
        let mut last = None;
        let mut passed = 0;
        while claim.intents.len() < full && passed < MAX_PASSED_OVER_JOBS {
            let Some(next) = self.due.later_after(want.sender, last, claim.at) else { break };
            last = Some(next);
            passed += usize::from(matches!(self.offer(next.1.1, want.sender, claim)?, Offer::PassedOver));
        }
        if !want.untouched {
            return Ok(());
        }
        let mut last = None;
        let mut passed = 0;
        while claim.intents.len() < full && passed < MAX_PASSED_OVER_JOBS {
            let Some(row) = self.due.passed_after(want.sender, last) else { break };
            last = Some(row);
            passed += usize::from(matches!(self.offer_row(row, want.sender, claim)?, Offer::PassedOver));
        }
        let mut last = None;
        let mut passed = 0;
        while claim.intents.len() < full && passed < MAX_PASSED_OVER_JOBS {
            let Some(next) = self.due.later_row_after(want.sender, last, claim.at) else { break };
            last = Some(next);
            passed += usize::from(matches!(self.offer_row(next.1, want.sender, claim)?, Offer::PassedOver));
        }
        let mut passed = 0;
        while claim.intents.len() < full && passed < MAX_PASSED_OVER_JOBS {
            let Some(plan) = self.replayed.plans.newest() else { break };
            let Some(row) = self.due.advance(want.sender, plan, self.replayed.states.fresh()) else { break };
            passed += usize::from(matches!(self.offer_row(row, want.sender, claim)?, Offer::PassedOver));
        }
        Ok(())
    }

    pub(super) fn try_put_off(
        &mut self,
        group: PutOffFor,
        until: Millis,
        jobs: &[JobId],
    ) -> Result<(), QueueError> {
        for id in jobs {
            let Some(facts) = self.replayed.job(*id)?.map(Facts::of) else { continue };
            if let Some(plan) = self.replayed.plans.newest() {
                self.due.put_off(plan, *id, &facts, group);
            }
        }
        self.due.opens(group, until);
        Ok(())
    }

    fn offer_row(&mut self, row: u32, sender: SenderNo, claim: &mut Claim<'_>) -> Result<Offer, QueueError> {
        match self.replayed.plans.newest().map(|plan| plan.job_of(row)) {
            Some(job) => self.offer(job, sender, claim),
            None => Ok(Offer::Settled),
        }
    }

    fn offer(&mut self, id: JobId, sender: SenderNo, claim: &mut Claim<'_>) -> Result<Offer, QueueError> {
        let row = self.replayed.plans.row(id)?;
        let Some(job) = self.replayed.job(id)? else { return Ok(Offer::Settled) };
        let (phone, payload) = match (row.phone, &row.fate) {
            _ if job.removed => {
                self.change(id, None, Event::Cancelled { by_removal: true })?;
                return Ok(Offer::Settled);
            }
            (Some(phone), Fate::Send(payload)) => (phone, payload),
            (_, Fate::Skip { problem, .. }) => {
                self.change(id, None, Event::Skipped { problem: problem.clone() })?;
                return Ok(Offer::Settled);
            }
            (None, Fate::Send(_)) => {
                let problem = Problem::new("the row has no usable phone number");
                self.change(id, None, Event::Skipped { problem })?;
                return Ok(Offer::Settled);
            }
        };
        let untouched = job.untouched();
        let (used, attempt) = (job.used_of_allowance(), AttemptNo(job.issued + 1));
        if !(claim.admit)(Candidate { job: id, phone, untouched }) {
            return Ok(Offer::PassedOver);
        }
        let Lease { owner, until: lease_until } = claim.lease;
        let event = Event::Claimed { attempt, sender, plan: claim.plan, owner, lease_until, at: claim.at };
        if self.change(id, None, event)?.is_none() {
            return Ok(Offer::Settled);
        }
        claim.intents.push(Intent {
            job: id,
            attempt,
            sender,
            phone,
            payload: Arc::new(payload.clone()),
            first: untouched,
            used,
            lease_until,
        });
        Ok(Offer::Claimed)
    }
}
