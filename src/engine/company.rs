//! Who was reached at about a time, as this run saw it: their conversations tell how the server's clock stood then.

use std::collections::BTreeMap;

use crate::domain::ids::JobId;
use crate::domain::time::Millis;

/// A few people of each span of time.
#[derive(Clone, Debug, Default)]
pub struct Company(BTreeMap<u64, Vec<(Millis, JobId)>>);

impl Company {
    const SPAN: u64 = 5 * 60 * 1000;
    /// People of one span: of so many one will be listed.
    const EACH: usize = 4;
    /// Spans: these cover two days.
    const MOST: usize = 600;
    /// Spans that are looked at on either side.
    const AROUND: usize = 2;

    /// Somebody's message was accepted.
    pub fn note(&mut self, at: Millis, job: JobId) {
        let people = self.0.entry(at.0 / Self::SPAN).or_default();
        if people.len() < Self::EACH {
            people.push((at, job));
        }
        if self.0.len() > Self::MOST {
            self.0.pop_first();
        }
    }

    /// Those who were reached next before and after a time, and when.
    pub fn around(&self, at: Millis) -> impl Iterator<Item = (Millis, JobId)> {
        let before = self.0.range(..=at.0 / Self::SPAN).rev().take(Self::AROUND);
        let after = self.0.range(at.0 / Self::SPAN + 1..).take(Self::AROUND);
        before.chain(after).flat_map(|(_, people)| people).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_known_around_any_time() {
        let mut company = Company::default();
        let minute = |n: u64| Millis(n * 60_000);
        for n in 0..100 {
            company.note(minute(n), JobId(u32::try_from(n).unwrap()));
        }
        let around = |n| {
            let mut jobs: Vec<_> = company.around(minute(n)).map(|(_, job)| job.0).collect();
            jobs.sort_unstable();
            jobs
        };
        assert_eq!(around(52), [45, 46, 47, 48, 50, 51, 52, 53, 55, 56, 57, 58, 60, 61, 62, 63]);
        assert_eq!(around(0), [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13]);
        assert_eq!(around(5_000), [90, 91, 92, 93, 95, 96, 97, 98]);
        for n in 0..1_000 {
            company.note(minute(n * 5), JobId(0));
        }
        assert_eq!(company.0.len(), Company::MOST);
    }
}
