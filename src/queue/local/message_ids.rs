//! Whose message has this id.
//!
//! The ids stand in the states' blocks. The index over them is made when it is first asked for, by one pass
//! over the blocks, and kept up from then on: 8 bytes a message (32 bits of a hash, and the job), nothing
//! where nobody asks. Each hit is confirmed by the job itself.

use super::replayed::ReplayedState;
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::job::Job;
use crate::queue::api::QueueError;

/// Ids that are looked through one by one before they are sorted in.
const MAX_UNSORTED_IDS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct IdIndex {
    built: bool,
    sorted: Vec<(u32, JobId)>,
    loose: Vec<(u32, JobId)>,
}

impl IdIndex {
    /// A job changed: notes the ids of its messages.
    pub(super) fn note(&mut self, job: JobId, state: &Job) {
        if !self.built {
            return;
        }
        for (_, delivery) in state.deliveries() {
            let Some(id) = &delivery.id else { continue };
            let entry = (sum(id), job);
            if self.sorted.binary_search(&entry).is_err() && !self.loose.contains(&entry) {
                self.loose.push(entry);
            }
        }
        if self.loose.len() >= MAX_UNSORTED_IDS {
            self.sorted.append(&mut self.loose);
            self.sorted.sort_unstable();
        }
    }

    /// The attempt that was accepted under this id.
    pub(super) fn find(
        &mut self,
        replayed: &mut ReplayedState,
        id: &MessageId,
    ) -> Result<Option<(JobId, AttemptNo)>, QueueError> {
        if !self.built {
            let sorted = &mut self.sorted;
            replayed.walk(
                JobId(0),
                |_, _| true,
                |job, state| {
                    let ids = state.deliveries().filter_map(|(_, delivery)| delivery.id.as_ref());
                    sorted.extend(ids.map(|id| (sum(id), job)));
                    true
                },
            )?;
            self.sorted.sort_unstable();
            self.built = true;
        }
        let sum = sum(id);
        let from = self.sorted.partition_point(|(s, _)| *s < sum);
        let sorted = self.sorted[from..].iter().take_while(|(s, _)| *s == sum);
        let loose = self.loose.iter().filter(|(s, _)| *s == sum);
        for (_, job) in sorted.chain(loose) {
            if let Some(attempt) = replayed.attempt_with(*job, id)? {
                return Ok(Some((*job, attempt)));
            }
        }
        Ok(None)
    }
}

fn sum(id: &MessageId) -> u32 {
    crc32fast::hash(id.as_str().as_bytes())
}
