//! Jobs drawn by chance out of a round: its canary, or the part of it that `--limit 5%` sends to.

use std::collections::{BinaryHeap, HashSet};

use crate::domain::draw::rank;
use crate::domain::ids::{JobId, SenderNo};
use crate::domain::job::Job;
use crate::domain::plan::Fate;
use crate::domain::status::Status;
use crate::queue::{Queue, QueueError};

/// They are kept in memory, some 20 bytes each.
#[derive(Debug, Default)]
pub struct Drawn {
    jobs: HashSet<JobId>,
}

/// Those of some jobs for whom something hasn't come about yet. Asked often, it looks at each about once.
#[derive(Clone, Debug, Default)]
pub struct Open {
    jobs: Vec<JobId>,
}

impl Drawn {
    /// So many of the jobs with a message that `among` takes, by chance: always the same ones for one `purpose` among the
    /// same people. Reads the whole round once.
    ///
    /// # Errors
    /// The queue's.
    pub fn draw<Q: Queue>(
        queue: &mut Q,
        purpose: &str,
        many: u64,
        among: impl Fn(&Job) -> bool,
    ) -> Result<Drawn, QueueError> {
        let campaign = queue.identity().campaign.clone();
        let many = usize::try_from(many).unwrap_or(usize::MAX);
        let mut lowest: BinaryHeap<(u64, JobId)> = BinaryHeap::new();
        queue.scan(&mut |listed| {
            if let (Some(phone), Fate::Send(_)) = (listed.row.phone, &listed.row.fate)
                && among(&listed.job)
            {
                lowest.push((rank(purpose, &campaign, phone.identity().as_u64()), listed.id));
                if lowest.len() > many {
                    lowest.pop();
                }
            }
            Ok(())
        })?;
        Ok(Drawn { jobs: lowest.into_iter().map(|(_, job)| job).collect() })
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, job: JobId) -> bool {
        self.jobs.contains(&job)
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = JobId> {
        self.jobs.iter().copied()
    }
}

impl Open {
    /// All that were drawn.
    #[must_use]
    pub fn all(drawn: &Drawn) -> Open {
        Open { jobs: drawn.iter().collect() }
    }

    /// Those who can be written to while these numbers are blocked: whoever is queued for one of them may wait for ever.
    ///
    /// # Errors
    /// The queue's.
    pub fn sendable<Q: Queue>(
        drawn: &Drawn,
        queue: &mut Q,
        blocked: &[SenderNo],
    ) -> Result<Open, QueueError> {
        if blocked.is_empty() {
            return Ok(Open::all(drawn));
        }
        let mut jobs = Vec::new();
        for id in drawn.iter() {
            let listed = queue.listed(id)?;
            let waits = listed.is_some_and(|listed| {
                listed.job.status() == Status::Queued && blocked.contains(&listed.row.sender)
            });
            if !waits {
                jobs.push(id);
            }
        }
        Ok(Open { jobs })
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether it has come about for all, as `done` says of a job.
    ///
    /// # Errors
    /// The queue's.
    pub fn is_over<Q: Queue>(
        &mut self,
        queue: &mut Q,
        done: impl Fn(&Job) -> bool,
    ) -> Result<bool, QueueError> {
        while let Some(last) = self.jobs.last() {
            if queue.job(*last)?.is_some_and(|job| !done(&job)) {
                return Ok(false);
            }
            self.jobs.pop();
        }
        Ok(true)
    }
}
