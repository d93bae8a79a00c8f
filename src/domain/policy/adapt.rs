//! The rate that a number really bears, found by throttles: × 0.7 until the window clears, then 0.97 of the
//! rate that was throttled, then slow probing up to the ceiling.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Millis;

/// One number's adaptive rate, in POSTs a second. Times are handed in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adaptive {
    ceiling: f64,
    current: f64,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// At the ceiling.
    Free,
    /// Throttled; falling until the window clears. Remembers the lowest rate that was still throttled.
    Falling { throttled: f64, last_cut: Millis, last_throttle: Millis },
    /// Probing upward, faster the longer it goes well.
    Probing { since: Millis, stepped: Millis },
}

impl Adaptive {
    /// How long without a throttle until the window counts as clear.
    pub const CLEAR: Duration = Duration::from_secs(2);
    /// Cuts within this time of one another are one: answers in flight tell of the old rate.
    const CUT_GAP: Duration = Duration::from_secs(1);
    const CUT: f64 = 0.7;
    const RESUME: f64 = 0.97;
    const STEP: Duration = Duration::from_secs(1);
    /// Never slower than one in ten seconds.
    const FLOOR: f64 = 0.1;

    /// Starts at the ceiling, a rate per second.
    #[must_use]
    pub fn new(ceiling: f64) -> Adaptive {
        Adaptive { ceiling, current: ceiling, phase: Phase::Free }
    }

    /// The rate at the moment.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.current
    }

    /// Whether the number is below its ceiling for being throttled.
    #[must_use]
    pub fn lowered(&self) -> bool {
        self.current < self.ceiling
    }

    /// A new ceiling; what was learnt below it stays.
    pub fn set_ceiling(&mut self, ceiling: f64) {
        if self.phase == Phase::Free {
            self.current = ceiling;
        }
        self.ceiling = ceiling;
        self.current = self.current.min(ceiling);
    }

    /// The server throttled. Returns whether the rate changed.
    pub fn throttled(&mut self, now: Millis) -> bool {
        if let Phase::Falling { last_cut, last_throttle, .. } = &mut self.phase {
            *last_throttle = now;
            if now.since(*last_cut) < Self::CUT_GAP {
                return false;
            }
        }
        let throttled = self.current;
        self.current = (self.current * Self::CUT).max(Self::FLOOR.min(self.ceiling));
        self.phase = Phase::Falling { throttled, last_cut: now, last_throttle: now };
        true
    }

    /// Time passes. Returns whether the rate changed.
    pub fn tick(&mut self, now: Millis) -> bool {
        match self.phase {
            Phase::Free => false,
            Phase::Falling { throttled, last_throttle, .. } => {
                if now.since(last_throttle) < Self::CLEAR {
                    return false;
                }
                self.current = (throttled * Self::RESUME).min(self.ceiling);
                self.phase = Phase::Probing { since: now, stepped: now };
                true
            }
            Phase::Probing { since, stepped } => {
                if now.since(stepped) < Self::STEP {
                    return false;
                }
                // A tenth of a percent at first; after a quarter of a minute the limit has evidently moved.
                let quiet = now.since(since).as_secs_f64();
                let factor = if quiet < 10.0 { 1.002 } else { (1.0 + quiet / 100.0).min(1.5) };
                self.current *= factor;
                self.phase = Phase::Probing { since, stepped: now };
                if self.current >= self.ceiling {
                    self.current = self.ceiling;
                    self.phase = Phase::Free;
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_until_clear_then_resumes_below_and_probes_up() {
        let mut rate = Adaptive::new(80.0);
        let mut now = Millis(1_000_000);
        for _ in 0..3 {
            assert!(rate.throttled(now));
            assert!(!rate.throttled(now), "answers in flight tell of the old rate");
            now = now + Duration::from_secs(1);
        }
        assert!((rate.rate() - 80.0 * 0.343).abs() < 1e-6);
        now = now + Adaptive::CLEAR;
        assert!(rate.tick(now));
        assert!((rate.rate() - 80.0 * 0.49 * 0.97).abs() < 1e-6, "0.97 of the last rate that was throttled");
        for _ in 0..60 {
            now = now + Duration::from_secs(1);
            rate.tick(now);
        }
        assert!(!rate.lowered(), "back at the ceiling, never above: {}", rate.rate());
    }
}
