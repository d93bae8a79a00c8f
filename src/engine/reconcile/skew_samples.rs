//! Who was reached at about a time: their conversations tell how the server's clock stood then.

use std::collections::BTreeMap;

use crate::domain::ids::JobId;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::{Queue, QueueError};

/// Where jobs stand whose acceptance may have been seen.
const REACHED: [Status; 4] = [Status::Accepted, Status::Sent, Status::Delivered, Status::Read];

/// A few people of each span of time.
#[derive(Clone, Debug, Default)]
pub struct SkewSamples {
    spans: BTreeMap<u64, Vec<(Millis, JobId)>>,
    /// How many of [`REACHED`] were recalled from earlier runs, and from where on the next.
    recalled: (usize, u32),
}

impl SkewSamples {
    const SPAN_MS: u64 = 5 * 60 * 1000;
    /// People of one span: of so many one will be listed.
    const MAX_JOBS_PER_SPAN: usize = 16;
    /// Spans: these cover two days.
    const MAX_SPANS: usize = 600;
    /// Spans that are looked at on either side.
    const SPANS_AROUND: usize = 2;
    /// Jobs that are recalled at once.
    const PAGE_JOBS: usize = 1024;

    /// Somebody's message was accepted.
    pub fn note(&mut self, at: Millis, job: JobId) {
        let people = self.spans.entry(at.0 / Self::SPAN_MS).or_default();
        if people.len() < Self::MAX_JOBS_PER_SPAN {
            people.push((at, job));
        }
        if self.spans.len() > Self::MAX_SPANS {
            self.spans.pop_first();
        }
    }

    /// Reads on in what the queue has of earlier runs. Whether that was all.
    ///
    /// # Errors
    /// The queue's.
    pub fn recall<Q: Queue>(&mut self, queue: &mut Q) -> Result<bool, QueueError> {
        let (nth, from) = self.recalled;
        let Some(status) = REACHED.get(nth) else { return Ok(true) };
        let page = queue.in_status(*status, JobId(from), Self::PAGE_JOBS)?;
        for (job, record) in &page {
            // Without an id (a flow, the operator's word) nothing in a conversation is known to be theirs.
            let seen = record.deliveries().filter(|(_, delivery)| delivery.id.is_some());
            seen.filter_map(|(_, delivery)| delivery.accepted_at).for_each(|at| self.note(at, *job));
        }
        self.recalled = match page.last() {
            Some((last, _)) if page.len() == Self::PAGE_JOBS => (nth, last.0 + 1),
            _ => (nth + 1, 0),
        };
        Ok(self.recalled.0 == REACHED.len())
    }

    /// Those who were reached next before and after a time, and when.
    pub fn around(&self, at: Millis) -> impl Iterator<Item = (Millis, JobId)> {
        let before = self.spans.range(..=at.0 / Self::SPAN_MS).rev().take(Self::SPANS_AROUND);
        let after = self.spans.range(at.0 / Self::SPAN_MS + 1..).take(Self::SPANS_AROUND);
        before.chain(after).flat_map(|(_, people)| people).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_known_around_any_time() {
        let mut samples = SkewSamples::default();
        let minute = |n: u64| Millis(n * 60_000);
        for n in 0..100 {
            (0..20).for_each(|_| samples.note(minute(n), JobId(u32::try_from(n).unwrap())));
        }
        let around = |n| {
            let mut jobs: Vec<_> = samples.around(minute(n)).map(|(_, job)| job.0).collect();
            jobs.sort_unstable();
            assert!(jobs.len().is_multiple_of(SkewSamples::MAX_JOBS_PER_SPAN));
            jobs.dedup();
            jobs
        };
        assert_eq!(around(52), [45, 50, 55, 60]);
        assert_eq!(around(0), [0, 5, 10]);
        assert_eq!(around(5_000), [90, 95]);
        for n in 0..1_000 {
            samples.note(minute(n * 5), JobId(0));
        }
        assert_eq!(samples.spans.len(), SkewSamples::MAX_SPANS);
    }
}
