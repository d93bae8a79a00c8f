//! Time as a trait: wall time for the record, monotonic time for waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::domain::time::Millis;

/// Where the engine reads the time. Waiting goes through tokio's timer, which tests can pause; `instant`
/// is its monotonic reading, `now` the wall's, which may jump.
pub trait Clock: Clone + 'static {
    /// Wall time.
    fn now(&self) -> Millis;
    /// Monotonic time.
    fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// A wall clock's readings as one that never goes back: where it is set back, the monotonic clock bridges what is
/// missing; where it jumps ahead (or the machine slept), it is believed.
#[derive(Clone, Copy, Debug)]
pub struct Onwards {
    shown: Millis,
    at: Instant,
}

impl Onwards {
    /// Begins with what the wall shows at `at`.
    #[must_use]
    pub fn from(wall: Millis, at: Instant) -> Onwards {
        Onwards { shown: wall, at }
    }

    /// The time, where the wall shows `wall` at `at`.
    pub fn read(&mut self, wall: Millis, at: Instant) -> Millis {
        let bridged = self.shown + at.saturating_duration_since(self.at);
        if wall > bridged {
            *self = Onwards::from(wall, at);
        }
        wall.max(bridged)
    }
}

/// The machine's own clock. Once started it never goes back ([`Onwards`]); clones are the same one.
#[derive(Clone, Debug)]
pub struct SystemClock(Arc<Mutex<Onwards>>);

impl SystemClock {
    /// Starts now.
    #[must_use]
    pub fn start() -> SystemClock {
        SystemClock(Arc::new(Mutex::new(Onwards::from(wall(), Instant::now()))))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let mut onwards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        onwards.read(wall(), Instant::now())
    }
}

fn wall() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Wall time that runs with tokio's (pausable) clock from a fixed start: virtual time for tests.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    start: Millis,
    origin: Instant,
}

impl VirtualClock {
    /// Starts at `start`. Call it inside a runtime.
    #[must_use]
    pub fn starting_at(start: Millis) -> VirtualClock {
        VirtualClock { start, origin: Instant::now() }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        self.start + self.origin.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on_whatever_is_set() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut clock = Onwards::from(Millis(10_000), start);
        assert_eq!(clock.read(Millis(11_000), start + second), Millis(11_000));
        // Set back: bridged.
        assert_eq!(clock.read(Millis(2_000), start + 2 * second), Millis(12_000));
        // Set ahead: believed; and back again: bridged from there.
        assert_eq!(clock.read(Millis(90_000), start + 3 * second), Millis(90_000));
        assert_eq!(clock.read(Millis(14_000), start + 4 * second), Millis(91_000));
    }
}
