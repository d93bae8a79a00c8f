//! When the POSTs of each number came: the witness of the pace.
//!
//! The largest count in any second is exact to the clock's millisecond: of every window of 1,000 ms that ends
//! with an arrival, the fullest is kept as they come in; no window is fuller than one of these.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::domain::time::Millis;

use super::stats::NumberStats;

/// A number's place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberNo(u16);

/// The numbers that were ever named, in the order in which they were.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    index: HashMap<Box<str>, NumberNo>,
    logs: Vec<Log>,
}

#[derive(Debug, Default)]
struct Log {
    name: Box<str>,
    posts: u64,
    /// Arrivals of the last 1,000 ms.
    last: VecDeque<u64>,
    max_per_second: u64,
    /// Arrivals in each second of wall time that had any, rising.
    seconds: Vec<(u64, u64)>,
}

impl Numbers {
    /// The place of this number, new or known; `None` when there are too many already.
    pub(super) fn place(&mut self, name: &str) -> Option<NumberNo> {
        if let Some(no) = self.index.get(name) {
            return Some(*no);
        }
        let no = NumberNo(u16::try_from(self.logs.len()).ok()?);
        self.index.insert(name.into(), no);
        self.logs.push(Log { name: name.into(), ..Log::default() });
        Some(no)
    }

    /// Its name.
    pub(super) fn name(&self, no: NumberNo) -> &str {
        self.logs.get(usize::from(no.0)).map_or("", |log| &log.name)
    }

    /// Notes one POST.
    pub(super) fn arrived(&mut self, no: NumberNo, now: Millis) {
        let Some(log) = self.logs.get_mut(usize::from(no.0)) else { return };
        // A clock that steps back must not unsort the window: such an arrival counts as at the last one.
        let now = now.0.max(log.last.back().copied().unwrap_or(0));
        while log.last.front().is_some_and(|at| now - at >= 1_000) {
            log.last.pop_front();
        }
        log.last.push_back(now);
        log.posts += 1;
        log.max_per_second = log.max_per_second.max(log.last.len() as u64);
        match log.seconds.last_mut() {
            Some((second, count)) if *second == now / 1_000 => *count += 1,
            _ => log.seconds.push((now / 1_000, 1)),
        }
    }

    /// What is told of each number.
    pub(super) fn stats(&self) -> BTreeMap<String, NumberStats> {
        let told = |log: &Log| NumberStats {
            posts: log.posts,
            max_per_second: log.max_per_second,
            seconds: log.seconds.iter().copied().collect(),
        };
        self.logs.iter().map(|log| (log.name.to_string(), told(log))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_second_is_found_wherever_it_starts() {
        let mut numbers = Numbers::default();
        let no = numbers.place("N").expect("room");
        // 500…1,499 holds five, though no full second of the clock holds more than three.
        for at in [0, 500, 999, 1_000, 1_200, 1_499, 2_500] {
            numbers.arrived(no, Millis(10_000 + at));
        }
        let stats = &numbers.stats()["N"];
        assert_eq!((stats.posts, stats.max_per_second), (7, 5));
        assert_eq!(stats.seconds.values().copied().collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(numbers.place("N"), Some(no));
        assert_eq!(numbers.name(no), "N");
    }

    #[test]
    fn a_clock_that_steps_back_hides_no_burst() {
        let mut numbers = Numbers::default();
        let no = numbers.place("N").expect("room");
        for at in [5_000, 1_000, 1_001, 1_002] {
            numbers.arrived(no, Millis(at));
        }
        assert_eq!(numbers.stats()["N"].max_per_second, 4);
    }
}
