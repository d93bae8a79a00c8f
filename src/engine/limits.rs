//! How many people may be written to: the rolling 24-hour window of an account, and this run's `--limit`.

use std::time::Duration;

use tokio::time::Instant;

use super::recipient_quota::RecipientQuota;
use crate::domain::time::Millis;
use crate::queue::{Candidate, ClaimRequest, Intent, Lease, Queue, QueueError};

/// What counts who is written to.
#[derive(Debug)]
pub struct Limits {
    quota: RecipientQuota,
    /// Different people in the rolling window, at most.
    daily: Option<u64>,
    /// People written to for the first time in this run, at most.
    limit: Option<u64>,
    first_times: u64,
    /// The quota is used up until then.
    used_up_until: Option<Millis>,
    /// Not before this is anything claimed: the last claim found nobody who may be written to.
    claim_again: Instant,
}

impl Limits {
    /// Nobody has been written to in this run.
    #[must_use]
    pub fn new(quota: RecipientQuota, daily: Option<u64>, limit: Option<u64>) -> Limits {
        let claim_again = Instant::now();
        Limits { quota, daily, limit, first_times: 0, used_up_until: None, claim_again }
    }

    /// Claims what `wants` asks for, but for whom a limit passes over: they stay queued. Where nobody is left, the
    /// next claim is `rest` away.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub async fn claim<Q: Queue>(
        &mut self,
        queue: &mut Q,
        wants: &[ClaimRequest],
        lease: Lease,
        now: Millis,
        rest: Duration,
    ) -> Result<Vec<Intent>, QueueError> {
        let limit_left = self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.first_times));
        // Between reading the account's list and adding to it nobody else may add.
        let guard = self.quota.lock()?;
        self.quota.refresh(now)?;
        let daily_left = self.daily.map_or(u64::MAX, |daily| daily.saturating_sub(self.quota.count()));
        let (mut first, mut new_today, mut passed_over) = (0u64, 0u64, false);
        let quota = &self.quota;
        let counting = self.daily.is_some();
        let mut admit = |candidate: Candidate| {
            let is_new = counting && !quota.contains(candidate.phone);
            let used_up = is_new && new_today >= daily_left;
            if used_up || (candidate.untouched && first >= limit_left) {
                passed_over |= used_up;
                return false;
            }
            first += u64::from(candidate.untouched);
            new_today += u64::from(is_new);
            true
        };
        let intents = queue.claim(wants, lease, now, &mut admit).await?;
        let written_to = intents.iter().filter(|intent| intent.payload.message().is_some());
        self.quota.add(written_to.map(|intent| intent.phone), now)?;
        drop(guard);
        if intents.is_empty() {
            self.claim_again = Instant::now() + rest;
        }
        self.first_times += intents.iter().filter(|intent| intent.first).count() as u64;
        self.used_up_until = passed_over.then(|| self.quota.next_free().unwrap_or(now));
        Ok(intents)
    }

    /// Before this nothing is claimed.
    #[must_use]
    pub fn next_claim(&self) -> Instant {
        self.claim_again
    }

    /// What was claimed as somebody's first message (`first`) wasn't sent after all, or not accepted for a reason
    /// that isn't theirs.
    pub fn give_back(&mut self, first: bool) {
        self.first_times = self.first_times.saturating_sub(u64::from(first));
    }

    /// Whether `--limit` people were written to.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.limit.is_some_and(|limit| self.first_times >= limit)
    }

    /// Whether people may be written to for the first time.
    #[must_use]
    pub fn admit_new(&self, now: Millis) -> bool {
        !self.is_reached() && self.used_up_until(now).is_none()
    }

    /// When the quota has room again, while it has none.
    #[must_use]
    pub fn used_up_until(&self, now: Millis) -> Option<Millis> {
        self.used_up_until.filter(|until| *until > now)
    }
}
