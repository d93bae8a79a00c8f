//! How fast it goes: POSTs a second over the last few seconds.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Counts over a sliding span, in slots of half a second.
#[derive(Debug)]
pub struct Meter {
    started: Instant,
    slots: VecDeque<(Instant, u64)>,
}

impl Meter {
    const SPAN: Duration = Duration::from_secs(5);
    const SLOT: Duration = Duration::from_millis(500);

    /// An empty meter.
    #[must_use]
    pub fn new() -> Meter {
        Meter { started: Instant::now(), slots: VecDeque::new() }
    }

    /// So many more.
    pub fn add(&mut self, count: u64) {
        let now = Instant::now();
        match self.slots.back_mut() {
            Some((since, sum)) if now - *since < Self::SLOT => *sum += count,
            _ => self.slots.push_back((now, count)),
        }
        self.forget(now);
    }

    /// A second's worth.
    pub fn per_second(&mut self) -> f64 {
        let now = Instant::now();
        self.forget(now);
        let sum: u64 = self.slots.iter().map(|(_, n)| n).sum();
        let span = (now - self.started).min(Self::SPAN).max(Self::SLOT);
        #[expect(clippy::cast_precision_loss, reason = "a display")]
        let sum = sum as f64;
        sum / span.as_secs_f64()
    }

    fn forget(&mut self, now: Instant) {
        while self.slots.front().is_some_and(|(since, _)| now - *since > Self::SPAN) {
            self.slots.pop_front();
        }
    }
}
