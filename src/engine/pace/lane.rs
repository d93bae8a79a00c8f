//! One sending number of a run: its directory, its pace, and whether it may send at the moment.

use std::time::Duration;

use tokio::time::Instant;

use super::number::{Hold, Number};
use super::pacer::Pacer;
use crate::domain::ids::SenderNo;
use crate::domain::policy::Lesson;
use crate::domain::rate::Rate;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;
use crate::queue::QueueError;

/// Why a number waits, for people.
pub const THROTTLED: &str = "WhatsApp asked to send more slowly";
pub const USED_UP: &str = "the server's limit is used up";
/// A learnt rate is stored anew when it has moved by this share.
const NOTED: f64 = 0.05;

/// One number of a run.
#[derive(Debug)]
pub struct Lane {
    /// Its position in the campaign's list.
    pub sender: SenderNo,
    number: Number,
    pacer: Option<Pacer>,
    rate: Rate,
    /// Its rate when it was last closed.
    last_rate: Option<f64>,
    next_lock: Instant,
    waiting_for_lock: bool,
    /// Nothing before this moment, also when the lane was closed in between.
    hold_until: Instant,
    /// The learnt rate as it is stored, and when it may be stored again.
    noted: Lesson,
    next_note: Instant,
}

impl Lane {
    /// A lane that has taken nothing yet.
    #[must_use]
    pub fn new(sender: SenderNo, number: Number, rate: Rate) -> Lane {
        let now = Instant::now();
        Lane {
            sender,
            number,
            pacer: None,
            rate,
            last_rate: rate.per_second(),
            next_lock: now,
            waiting_for_lock: false,
            hold_until: now,
            noted: Lesson::default(),
            next_note: now,
        }
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> &Number {
        &self.number
    }

    /// Becomes the number's only sender, if it can; the pace goes on where the last one left it. `Some(true)`
    /// at the moment when it begins to wait for another campaign.
    ///
    /// # Errors
    /// The disk's.
    pub fn try_open(&mut self, now: Millis) -> Result<Opened, QueueError> {
        if self.pacer.is_some() {
            return Ok(Opened::Yes);
        }
        if Instant::now() < self.next_lock {
            return Ok(Opened::Waiting { news: false });
        }
        if !self.number.try_lock()? {
            self.next_lock = Instant::now() + Duration::from_millis(500);
            let news = !std::mem::replace(&mut self.waiting_for_lock, true);
            return Ok(Opened::Waiting { news });
        }
        self.waiting_for_lock = false;
        let mut pacer = self.number.pacer(self.rate, now)?;
        pacer.hold(self.hold_until);
        self.noted = pacer.lesson();
        self.pacer = Some(pacer);
        Ok(Opened::Now)
    }

    /// Lets other campaigns send from the number.
    pub fn close(&mut self) {
        if let Some(pacer) = self.pacer.take() {
            self.last_rate = pacer.rate();
        }
        self.number.unlock();
    }

    /// Takes up to `want` permits.
    pub fn take(&mut self, want: usize) -> usize {
        self.pacer.as_mut().map_or(0, |pacer| pacer.take(want))
    }

    /// When the next permit can be had; `None` while another campaign sends from the number.
    #[must_use]
    pub fn next(&self) -> Instant {
        self.pacer.as_ref().map_or(self.next_lock, Pacer::next)
    }

    /// The pause between two POSTs at the moment.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.pacer.as_ref().map_or(Duration::ZERO, Pacer::interval)
    }

    /// POSTs a second at the moment, or when there last were any; `None` without a limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.pacer.as_ref().map_or(self.last_rate, Pacer::rate)
    }

    /// The number waits.
    ///
    /// # Errors
    /// The disk's.
    pub fn hold(&mut self, pause: Duration, why: &str, now: Millis) -> Result<(), QueueError> {
        self.hold_for(pause);
        self.keep(pause, why, now)
    }

    /// A message that left at `left` was answered, and not throttled.
    ///
    /// # Errors
    /// The disk's.
    pub fn accepted(&mut self, left: Instant, now: Millis) -> Result<(), QueueError> {
        if let Some(pacer) = &mut self.pacer {
            pacer.accepted(left);
        }
        self.note(now)
    }

    /// The server throttled a message that left at `left`, and asks for a rest.
    ///
    /// # Errors
    /// The disk's.
    pub fn throttled(
        &mut self,
        left: Instant,
        asked: Option<Duration>,
        now: Millis,
    ) -> Result<(), QueueError> {
        if let Some(pacer) = &mut self.pacer {
            pacer.throttled(left, asked);
        }
        let rest = asked.unwrap_or(Duration::ZERO);
        self.hold_for(rest);
        self.keep(rest, THROTTLED, now)?;
        self.note(now)
    }

    /// The server told of its limit with the answer to a message that left at `left`. Returns how long the number
    /// waits: nothing remains of it.
    ///
    /// # Errors
    /// The disk's.
    pub fn told(&mut self, left: Instant, word: RateLimit, now: Millis) -> Result<Duration, QueueError> {
        let rest = self.pacer.as_mut().map_or(Duration::ZERO, |pacer| pacer.told(left, word));
        self.hold_for(rest);
        self.keep(rest, USED_UP, now)?;
        Ok(rest)
    }

    /// Stores what was learnt where it has changed, at most once a second.
    fn note(&mut self, now: Millis) -> Result<(), QueueError> {
        let Some(pacer) = &self.pacer else { return Ok(()) };
        let lesson = pacer.lesson();
        if same(lesson.rate, self.noted.rate) && same(lesson.chance, self.noted.chance)
            || Instant::now() < self.next_note
        {
            return Ok(());
        }
        self.next_note = Instant::now() + Duration::from_secs(1);
        self.noted = lesson;
        self.number.keep_learnt(lesson, now)
    }

    fn hold_for(&mut self, pause: Duration) {
        self.hold_until = self.hold_until.max(Instant::now() + pause);
        if let Some(pacer) = &mut self.pacer {
            pacer.hold(self.hold_until);
        }
    }

    /// Stores a hold, for whoever sends from the number next.
    fn keep(&mut self, pause: Duration, why: &str, now: Millis) -> Result<(), QueueError> {
        // In whole seconds: what was in flight together asks for the same, milliseconds apart.
        let until = Millis((now + pause).0.next_multiple_of(1000));
        let longer = self.number.hold_at(now).is_none_or(|hold| hold.until < until);
        if !pause.is_zero() && longer {
            self.number.keep_hold(Hold { until, since: now, why: why.to_owned() })?;
        }
        Ok(())
    }
}

/// Whether a number that was learnt has hardly moved.
fn same(learnt: Option<f64>, noted: Option<f64>) -> bool {
    match (learnt, noted) {
        (Some(learnt), Some(noted)) => (learnt / noted - 1.0).abs() < NOTED,
        (learnt, noted) => learnt.is_none() && noted.is_none(),
    }
}

/// What became of an attempt to open a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was open.
    Yes,
    /// It was opened just now.
    Now,
    /// Another campaign sends from the number.
    Waiting {
        /// It has just begun to wait.
        news: bool,
    },
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::ids::NumberId;
    use crate::sys::memory_disk::MemoryDisk;

    const NOW: Millis = Millis(1_795_341_600_000);

    fn lane(disk: &MemoryDisk) -> Lane {
        let number = Number::open(Arc::new(disk.clone()), "/n".into(), NumberId::new("N")).unwrap();
        let mut lane = Lane::new(SenderNo(0), number, "max".parse().unwrap());
        assert_eq!(lane.try_open(NOW).unwrap(), Opened::Now);
        lane
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_goes_on_while_the_lane_is_closed() {
        let disk = MemoryDisk::new();
        for pause in [Duration::from_millis(800), Duration::from_secs(7)] {
            let mut lane = lane(&disk);
            let end = Instant::now() + pause;
            lane.throttled(Instant::now(), Some(pause), NOW).unwrap();
            // A pause by the operator, and the end of it.
            lane.close();
            tokio::time::advance(Duration::from_millis(100)).await;
            assert_eq!(lane.try_open(NOW + Duration::from_millis(100)).unwrap(), Opened::Now);
            assert_eq!(lane.take(5), 0);
            assert!(lane.next() >= end);
            tokio::time::sleep_until(lane.next()).await;
            assert!(lane.take(5) > 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_is_kept_for_the_next_process_however_short() {
        let disk = MemoryDisk::new();
        let pause = Duration::from_millis(700);
        lane(&disk).throttled(Instant::now(), Some(pause), NOW).unwrap();
        let next = lane(&disk);
        assert!(next.next() >= Instant::now() + pause);
    }
}
