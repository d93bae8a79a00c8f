//! What polls saw before webhooks told it: where those don't tell in time, they have missed it.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::policy::{GRACE, HookTrust};

/// So many findings wait for their webhook at most; further ones say nothing for or against.
const MAX_WAITING: usize = 4096;

/// How far webhooks are trusted, and the findings that wait for theirs.
#[derive(Debug, Default)]
pub struct MissedWebhooks {
    trust: HookTrust,
    waiting: HashMap<(JobId, AttemptNo), Instant>,
    order: VecDeque<(Instant, (JobId, AttemptNo))>,
}

impl MissedWebhooks {
    /// How far they are trusted.
    #[must_use]
    pub fn trust(&self) -> HookTrust {
        self.trust
    }

    /// A webhook told of this message.
    pub fn webhook_saw(&mut self, message: (JobId, AttemptNo)) {
        self.waiting.remove(&message);
        self.trust.heard();
    }

    /// A poll saw something of it.
    pub fn poll_saw(&mut self, message: (JobId, AttemptNo), now: Instant) {
        if self.order.len() < MAX_WAITING {
            self.waiting.insert(message, now);
            self.order.push_back((now, message));
        }
    }

    /// Counts those whose time is over.
    pub fn sweep(&mut self, now: Instant) {
        while let Some((since, message)) = self.order.front().copied()
            && since + GRACE <= now
        {
            self.order.pop_front();
            // Another finding of the same message may have come since: it has its own time.
            if self.waiting.get(&message) == Some(&since) {
                self.waiting.remove(&message);
                self.trust.missed();
            }
        }
    }
}
