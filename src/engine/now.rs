//! One moment, by both clocks.

use tokio::time::Instant;

use crate::domain::time::Millis;
use crate::sys::clock::Clock;

/// A moment: the monotonic clock is waited by, the wall's is written down.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// By the monotonic clock.
    pub instant: Instant,
    /// By the wall's.
    pub wall: Millis,
}

impl Now {
    /// Reads both.
    #[must_use]
    pub fn read(clock: &impl Clock) -> Now {
        Now { instant: Instant::now(), wall: clock.now() }
    }

    /// When the wall clock will show `at`, unless it is set meanwhile; now, where it has.
    #[must_use]
    pub fn instant_of(self, at: Millis) -> Instant {
        self.instant + at.since(self.wall)
    }
}
