//! How much a server took lately: in the last second, and in the last minute.

use crate::domain::time::Millis;

const FINE: u64 = 20;
const COARSE: u64 = 1_000;

/// Counts in slots: fifty of a fiftieth of a second, sixty of a second.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Borne {
    fine: Slots<50>,
    coarse: Slots<60>,
}

impl Default for Borne {
    fn default() -> Borne {
        Borne { fine: Slots::new(FINE), coarse: Slots::new(COARSE) }
    }
}

impl Borne {
    /// One more.
    pub(super) fn add(&mut self, now: Millis) {
        self.fine.add(now);
        self.coarse.add(now);
    }

    /// A second's worth, over the last second.
    pub(super) fn in_a_second(&self, now: Millis) -> f64 {
        self.fine.sum(now)
    }

    /// A second's worth, over the last minute.
    pub(super) fn in_a_minute(&self, now: Millis) -> f64 {
        self.coarse.sum(now) / 60.0
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Slots<const N: usize> {
    width: u64,
    /// The slot's number since the epoch, and its count.
    counts: [(u64, u32); N],
}

impl<const N: usize> Slots<N> {
    fn new(width: u64) -> Slots<N> {
        Slots { width, counts: [(0, 0); N] }
    }

    fn add(&mut self, now: Millis) {
        let slot = now.0 / self.width;
        let place = usize::try_from(slot % N as u64).unwrap_or(0);
        if let Some(count) = self.counts.get_mut(place) {
            *count = if count.0 == slot { (slot, count.1 + 1) } else { (slot, 1) };
        }
    }

    fn sum(&self, now: Millis) -> f64 {
        let slot = now.0 / self.width;
        let recent = self.counts.iter().filter(|(at, _)| *at <= slot && slot - at < N as u64);
        f64::from(recent.map(|(_, count)| count).sum::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_remembers_a_second_and_a_minute() {
        let mut borne = Borne::default();
        let mut now = Millis(1_000_000);
        for _ in 0..1_200 {
            borne.add(now);
            now = now + Duration::from_millis(25);
        }
        assert!((borne.in_a_second(now) - 40.0).abs() <= 1.0, "{}", borne.in_a_second(now));
        assert!((borne.in_a_minute(now) - 20.0).abs() <= 0.5, "half a minute at 40/s");
        assert!(borne.in_a_second(now + Duration::from_secs(2)) == 0.0);
        assert!(borne.in_a_minute(now + Duration::from_secs(61)) == 0.0);
    }
}
