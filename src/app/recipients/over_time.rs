//! What happened when: how many people's messages were accepted, delivered, read and failed, by time.
//!
//! Invariants:
//!
//! - It is what the jobs say, as they stand: each person counts once per kind at most, at the time that a report names. Who
//!   leaves a kind (a failed one that is tried again) is taken out of it.
//! - There are never more than [`MAX_BUCKETS`]. Where they would be, several become one; they never become smaller again.

use std::collections::BTreeMap;

use crate::domain::job::{Job, Reach, State};
use crate::domain::status::Status;
use crate::domain::time::Millis;

/// So many buckets at most.
pub const MAX_BUCKETS: usize = 120;

/// How many minutes a bucket may have; past the last, twice as many each time.
const WIDTHS: [u64; 5] = [1, 5, 15, 60, 360];
const MINUTE: u64 = 60_000;

/// What happened in some minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Its begin. Unix time, in milliseconds.
    pub at: Millis,
    /// People whose message the API took, whatever became of it.
    pub accepted: u64,
    /// People whose message reached the phone.
    pub delivered: u64,
    /// People who have read it.
    pub read: u64,
    /// People whose message failed for good.
    pub failed: u64,
}

/// What happened when.
#[derive(Clone, Debug)]
pub struct OverTime {
    minutes: u64,
    /// By how many times `minutes` after 1970; accepted, delivered, read, failed.
    buckets: BTreeMap<u64, [u64; 4]>,
}

impl Default for OverTime {
    fn default() -> OverTime {
        OverTime { minutes: WIDTHS[0], buckets: BTreeMap::new() }
    }
}

impl OverTime {
    /// How many minutes a bucket has.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.minutes
    }

    /// All of them, from the first to the last in which something happened, those in between among them.
    #[must_use]
    pub fn buckets(&self) -> Vec<Bucket> {
        let mut filled =
            self.buckets.iter().filter(|(_, counts)| counts.iter().any(|n| *n > 0)).map(|(at, _)| *at);
        let Some(first) = filled.next() else { return Vec::new() };
        let last = filled.next_back().unwrap_or(first);
        let bucket = |at: u64| {
            let [accepted, delivered, read, failed] = self.buckets.get(&at).copied().unwrap_or_default();
            Bucket { at: Millis(at * self.minutes * MINUTE), accepted, delivered, read, failed }
        };
        (first..=last).map(bucket).collect()
    }

    /// Takes into account what became of a job.
    pub(super) fn change(&mut self, before: &Job, after: &Job) {
        for (kind, (before, after)) in moments(before).into_iter().zip(moments(after)).enumerate() {
            if before == after {
                continue;
            }
            if let Some(at) = before {
                let count = &mut self.bucket(at)[kind];
                *count = count.saturating_sub(1);
            }
            if let Some(at) = after {
                self.bucket(at)[kind] += 1;
            }
        }
    }

    /// That of a moment.
    fn bucket(&mut self, at: Millis) -> &mut [u64; 4] {
        let place = |minutes: u64| at.0 / MINUTE / minutes;
        let ends = self.buckets.keys().next().copied().zip(self.buckets.keys().next_back().copied());
        let here = place(self.minutes);
        let span = |(first, last): (u64, u64)| last.max(here) - first.min(here);
        if ends.is_some_and(|ends| span(ends) >= MAX_BUCKETS as u64) {
            self.merge();
            return self.bucket(at);
        }
        self.buckets.entry(here).or_default()
    }

    /// Fewer, larger ones.
    fn merge(&mut self) {
        let wider = WIDTHS.into_iter().find(|width| *width > self.minutes).unwrap_or(self.minutes * 2);
        let mut merged: BTreeMap<u64, [u64; 4]> = BTreeMap::new();
        for (at, counts) in &self.buckets {
            let into = merged.entry(at * self.minutes / wider).or_default();
            into.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        (self.minutes, self.buckets) = (wider, merged);
    }
}

/// When a person's message was accepted, delivered, read, and failed, as far as it was.
fn moments(job: &Job) -> [Option<Millis>; 4] {
    let best = job.best_delivery();
    let known = |at: Option<Millis>| at.or(job.status_at());
    let (delivered, read) = match (job.state, best) {
        (State::Reached(reach), Some((_, delivery))) => (
            known(delivery.delivered_at.or(delivery.read_at)).filter(|_| reach >= Reach::Delivered),
            known(delivery.read_at).filter(|_| reach == Reach::Read),
        ),
        _ => (None, None),
    };
    let failed = (job.status() == Status::Failed)
        .then(|| best.and_then(|(_, delivery)| delivery.failed_at).or(job.failed_at).or(job.status_at()));
    [
        best.map(|(attempt, delivery)| delivery.accepted_at.unwrap_or(attempt.at)),
        delivered,
        read,
        failed.flatten(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AttemptNo, OwnerId, PlanNo, SenderNo};
    use crate::domain::job::{Event, News};
    use crate::domain::problem::Problem;

    const NO: AttemptNo = AttemptNo(1);

    fn minute(n: u64) -> Millis {
        Millis(1_790_000_040_000 + n * MINUTE)
    }

    fn live(over_time: &mut OverTime, job: &mut Job, event: &Event) {
        let after = job.apply(event).unwrap();
        over_time.change(job, &after);
        *job = after;
    }

    fn claimed(attempt: AttemptNo, at: Millis) -> Event {
        let (sender, plan, owner) = (SenderNo(0), PlanNo(1), OwnerId(1));
        Event::Claimed { attempt, sender, plan, owner, lease_until: at, at }
    }

    fn accepted(over_time: &mut OverTime, at: Millis) -> Job {
        let mut job = Job::queued();
        live(over_time, &mut job, &claimed(NO, at));
        live(over_time, &mut job, &Event::Accepted { attempt: NO, id: None, at });
        job
    }

    fn sums(over_time: &OverTime) -> [u64; 4] {
        over_time.buckets().iter().fold([0; 4], |[a, d, r, f], bucket| {
            [a + bucket.accepted, d + bucket.delivered, r + bucket.read, f + bucket.failed]
        })
    }

    #[test]
    fn each_person_counts_once_per_kind_where_it_happened() {
        let mut over_time = OverTime::default();
        let mut job = accepted(&mut over_time, minute(0));
        let news = |reach, at| Event::News { attempt: NO, news: News::Reached(reach), at };
        // Read is told first: it was delivered by then, and later it is known when.
        live(&mut over_time, &mut job, &news(Reach::Read, minute(3)));
        let told = |over_time: &OverTime| {
            over_time
                .buckets()
                .iter()
                .map(|b| [b.accepted, b.delivered, b.read, b.failed])
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&over_time), [[1, 0, 0, 0], [0; 4], [0; 4], [0, 1, 1, 0]]);
        live(&mut over_time, &mut job, &news(Reach::Delivered, minute(1)));
        assert_eq!(told(&over_time), [[1, 0, 0, 0], [0, 1, 0, 0], [0; 4], [0, 0, 1, 0]]);
        assert_eq!(over_time.buckets()[0].at, minute(0));
    }

    #[test]
    fn who_is_tried_again_failed_no_more() {
        let mut over_time = OverTime::default();
        let mut job = accepted(&mut over_time, minute(0));
        let failed = News::Failed(Problem::coded(131_049, "not now"));
        live(&mut over_time, &mut job, &Event::News { attempt: NO, news: failed, at: minute(2) });
        assert_eq!(sums(&over_time), [1, 0, 0, 1]);
        live(&mut over_time, &mut job, &Event::Retry { not_before: Millis::ZERO });
        assert_eq!(sums(&over_time), [1, 0, 0, 0]);
        live(&mut over_time, &mut job, &claimed(AttemptNo(2), minute(5)));
        live(&mut over_time, &mut job, &Event::Accepted { attempt: AttemptNo(2), id: None, at: minute(5) });
        assert_eq!(sums(&over_time), [1, 0, 0, 0], "one person, not two messages");
        assert_eq!(over_time.buckets()[0].at, minute(5), "by the message that a report tells of");
    }

    #[test]
    fn there_are_never_too_many_and_none_is_lost() {
        let mut over_time = OverTime::default();
        let mut widths = Vec::new();
        let days = 40;
        for n in 0..days * 24 * 4 {
            accepted(&mut over_time, minute(n * 15));
            assert!(over_time.buckets().len() <= MAX_BUCKETS);
            assert_eq!(sums(&over_time)[0], n + 1);
            widths.push(over_time.minutes());
        }
        widths.dedup();
        assert_eq!(widths, [1, 5, 15, 60, 360, 720]);
        // A clock that is wrong by decades makes them wide, and no more.
        accepted(&mut over_time, Millis::ZERO);
        assert!(over_time.buckets().len() <= MAX_BUCKETS);
        assert_eq!(sums(&over_time)[0], days * 24 * 4 + 1);
    }
}
