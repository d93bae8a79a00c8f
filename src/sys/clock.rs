//! Time as a trait: wall time for the record, monotonic time for waiting.

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

/// The machine's own clock. Once started it never goes back: a wall clock that is set back is bridged by the
/// monotonic one, one that jumps ahead (or a machine that slept) is believed.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Millis,
    origin: std::time::Instant,
}

impl SystemClock {
    /// Starts now.
    #[must_use]
    pub fn start() -> SystemClock {
        SystemClock { start: wall(), origin: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        wall().max(self.start + self.origin.elapsed())
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
