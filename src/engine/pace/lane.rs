//! One sending number of a run: whose turn it is, and its pace.
//!
//! Several runs of a data directory take turns on a number. A run keeps its pacer from turn to turn; its clock stands
//! still in between, so that what it learns is about its own sending.

use std::time::Duration;

use tokio::time::Instant;

use super::pacer::{Pacer, SLACK};
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::policy::Lesson;
use crate::domain::priority::Priority;
use crate::domain::problem::Problem;
use crate::domain::rate::Rate;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;
use crate::queue::{Hold, LESSON_LASTS, LastPost, Permits, QueueError};

/// Why a number waits, for people.
pub const THROTTLED: &str = "WhatsApp asked to send more slowly";
pub const USED_UP: &str = "the server's limit is used up";
/// A learnt rate is stored anew, and another run's taken over, where it has moved by this share.
const NOTED: f64 = 0.05;
/// The wall clock isn't believed about a rest shorter than this.
const DISTRUST: Duration = Duration::from_secs(10);
/// A learnt rate is stored so often at most.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// How often a turn is asked for while another run has it.
const ASK_FOR_TURN: Duration = Duration::from_millis(10);

/// One number of a run.
#[derive(Debug)]
pub struct Lane {
    /// Its position in the campaign's list.
    pub sender: SenderNo,
    permits: Box<dyn Permits>,
    pacer: Pacer,
    /// It has the turn.
    is_open: bool,
    priority: Priority,
    next_try: Instant,
    /// Since when it waits for its turn.
    waiting_since: Option<Instant>,
    /// Since when the hold is in force that was last taken up.
    taken_up: Option<Millis>,
    /// The learnt rate as it is stored, and when it may be stored again.
    noted: Lesson,
    next_note: Instant,
    /// Why it may not send any more.
    blocked: Option<Problem>,
}

impl Lane {
    /// A lane that has taken nothing yet.
    #[must_use]
    pub fn new(sender: SenderNo, permits: Box<dyn Permits>, rate: Rate, priority: Priority) -> Lane {
        let now = Instant::now();
        let mut pacer = Pacer::new(rate, Duration::ZERO, Lesson::default());
        pacer.pause();
        Lane {
            sender,
            permits,
            pacer,
            is_open: false,
            priority,
            next_try: now,
            waiting_since: None,
            taken_up: None,
            noted: Lesson::default(),
            next_note: now,
            blocked: None,
        }
    }

    /// Why it may not send any more, where it may not.
    #[must_use]
    pub fn blocked(&self) -> Option<&Problem> {
        self.blocked.as_ref()
    }

    /// It may not send any more, or may again.
    pub fn set_blocked(&mut self, problem: Option<Problem>) {
        self.blocked = problem;
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> &NumberId {
        self.permits.number()
    }

    /// Until when the number is held.
    #[must_use]
    pub fn held_until(&self) -> Instant {
        self.pacer.held_until()
    }

    /// Takes the turn, where it can; the pace goes on where the last sender left it.
    ///
    /// # Errors
    /// The store's.
    pub fn try_open(&mut self, now: Millis) -> Result<Opened, QueueError> {
        let at = Instant::now();
        if self.is_open {
            return Ok(Opened::Yes);
        }
        if at < self.next_try {
            return Ok(Opened::Waiting);
        }
        if !self.permits.try_turn(at)? {
            self.next_try = at + ASK_FOR_TURN;
            self.waiting_since.get_or_insert(at);
            return Ok(Opened::Waiting);
        }
        self.waiting_since = None;
        let stored = self.permits.lesson(now)?.filter(|lesson| !same(*lesson, self.noted));
        let is_forgotten = self.pacer.paused_for() > LESSON_LASTS;
        self.pacer.resume(stored.or_else(|| is_forgotten.then(Lesson::default)));
        self.noted = self.pacer.lesson();
        self.pacer.begin(rest(&*self.permits, self.pacer.interval(), now)?);
        self.is_open = true;
        Ok(Opened::Now(self.take_up_hold(now)))
    }

    /// Shares the number with whoever else is in line. `wants`: it has something to send. `true` where its turn ended:
    /// nothing more may leave.
    ///
    /// # Errors
    /// The store's.
    pub fn share(&mut self, wants: bool, now: Millis) -> Result<bool, QueueError> {
        if self.is_open {
            self.note(now, Instant::now())?;
        }
        let ended = self.permits.share(Instant::now())?;
        if self.is_open {
            self.take_up_hold(now);
        }
        let leaves = !wants && (!self.is_open || !self.permits.others().is_empty());
        if leaves {
            return Ok(self.close());
        }
        if ended {
            self.is_open = false;
            self.pacer.pause();
            self.waiting_since = Some(Instant::now());
        }
        Ok(ended)
    }

    /// Lets other runs send from the number, and doesn't stand in line. Whether it had the turn.
    pub fn close(&mut self) -> bool {
        self.permits.leave();
        self.waiting_since = None;
        self.pacer.pause();
        std::mem::take(&mut self.is_open)
    }

    /// Notes that a POST is about to start.
    ///
    /// # Errors
    /// The store's.
    pub fn note_post(&mut self, at: Millis) -> Result<(), QueueError> {
        self.permits.note_post(at)
    }

    /// Whether its turn is used up, and others are in line.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.permits.is_used_up(Instant::now())
    }

    /// Campaigns that send from the number, too.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.permits.others().into_iter().map(|party| party.campaign.as_str())
    }

    /// For how long it has waited for its turn.
    #[must_use]
    pub fn waits_for_turn(&self) -> Option<Duration> {
        self.waiting_since.map(|since| since.elapsed())
    }

    /// The share of the number's time that is this run's.
    #[must_use]
    pub fn time_share(&self) -> f64 {
        let others: u32 = self.permits.others().iter().map(|party| party.priority.weight()).sum();
        let own = self.priority.weight();
        f64::from(own) / f64::from(own + others)
    }

    /// Takes up to `want` permits.
    pub fn take(&mut self, want: usize) -> usize {
        if self.is_open { self.pacer.take(want) } else { 0 }
    }

    /// When the next permit can be had, or the turn asked for.
    #[must_use]
    pub fn next(&self) -> Instant {
        if self.is_open { self.pacer.next() } else { self.next_try }
    }

    /// The pause between two POSTs at the moment.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.pacer.interval()
    }

    /// POSTs a second, in its turns; `None` without a limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.pacer.rate()
    }

    /// The number waits.
    ///
    /// # Errors
    /// The disk's.
    pub fn hold(&mut self, pause: Duration, why: &str, now: Millis) -> Result<(), QueueError> {
        self.pacer.hold(Instant::now() + pause);
        self.keep(pause, why, now)
    }

    /// A message that left at `left` was answered, and not throttled.
    ///
    /// # Errors
    /// The disk's.
    pub fn accepted(&mut self, left: Instant, now: Millis) -> Result<(), QueueError> {
        self.pacer.accepted(left);
        self.note(now, self.next_note)
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
        self.pacer.throttled(left, asked);
        self.keep(asked.unwrap_or(Duration::ZERO), THROTTLED, now)?;
        self.note(now, self.next_note)
    }

    /// The server told of its limit with the answer to a message that left at `left`. Returns how long the number
    /// waits: nothing remains of it.
    ///
    /// # Errors
    /// The disk's.
    pub fn told(&mut self, left: Instant, word: RateLimit, now: Millis) -> Result<Duration, QueueError> {
        let rest = self.pacer.told(left, word);
        self.keep(rest, USED_UP, now)?;
        Ok(rest)
    }

    /// Stores what was learnt where it has changed: during a turn, and not before `from`.
    fn note(&mut self, now: Millis, from: Instant) -> Result<(), QueueError> {
        let lesson = self.pacer.lesson();
        if !self.is_open || same(lesson, self.noted) || Instant::now() < from {
            return Ok(());
        }
        self.next_note = Instant::now() + NOTE_EVERY;
        self.noted = lesson;
        self.permits.keep_lesson(lesson, now)
    }

    /// Waits for a hold that another sender kept, once: a wall clock that is set back would renew it.
    fn take_up_hold(&mut self, now: Millis) -> Option<Hold> {
        let hold = self.permits.hold(now).filter(|hold| self.taken_up != Some(hold.since))?;
        self.taken_up = Some(hold.since);
        self.pacer.hold(Instant::now() + hold.until.since(now));
        Some(hold)
    }

    /// Stores a hold, for whoever sends from the number.
    fn keep(&mut self, pause: Duration, why: &str, now: Millis) -> Result<(), QueueError> {
        // In whole seconds: what was in flight together asks for the same, milliseconds apart.
        let until = Millis((now + pause).0.next_multiple_of(1000));
        let longer = self.permits.hold(now).is_none_or(|hold| hold.until < until);
        if !pause.is_zero() && longer {
            self.permits.keep_hold(Hold { until, since: now, why: why.to_owned() })?;
            self.taken_up = Some(now);
        }
        Ok(())
    }
}

/// How long a turn waits before its first POST: until an interval has passed since the last one, and since now. The wall
/// clock may have been set ahead in between, so that only an interval longer than [`DISTRUST`] is counted by it.
fn rest(permits: &dyn Permits, interval: Duration, now: Millis) -> Result<Duration, QueueError> {
    Ok(match permits.last_post()? {
        LastPost::Never => Duration::ZERO,
        // A time in the future (the clock was set back) waits one interval at most; the pacer sees to it.
        LastPost::At(last) if last > now => Duration::MAX,
        // The last sender may have been early by its slack.
        LastPost::At(last) => {
            let interval = interval + 2 * SLACK;
            interval.saturating_sub(now.since(last)).max(interval.min(DISTRUST))
        }
        LastPost::Unknown => {
            let number = permits.number();
            tracing::warn!(%number, "the record of this number's last message is unreadable; waiting one interval before the next");
            Duration::MAX
        }
    })
}

/// Whether what was learnt has hardly moved.
fn same(learnt: Lesson, noted: Lesson) -> bool {
    let near = |learnt: Option<f64>, noted: Option<f64>| match (learnt, noted) {
        (Some(learnt), Some(noted)) => (learnt / noted - 1.0).abs() < NOTED,
        (learnt, noted) => learnt.is_none() && noted.is_none(),
    };
    near(learnt.rate, noted.rate) && near(learnt.chance, noted.chance)
}

/// What became of an attempt to open a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was open.
    Yes,
    /// It was opened just now; with a hold that another sender left.
    Now(Option<Hold>),
    /// It is another run's turn.
    Waiting,
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::domain::ids::{NumberId, OwnerId};
    use crate::queue::local::open_permits;
    use crate::sys::disk::Disk as _;
    use crate::sys::home::Home;
    use crate::sys::memory_disk::MemoryDisk;

    const NOW: Millis = Millis(1_795_341_600_000);

    fn permits(disk: &MemoryDisk, owner: u64) -> Box<dyn Permits> {
        let (disk, home) = (Arc::new(disk.clone()), Home::new("/data"));
        let open = open_permits(disk, home, OwnerId(owner), "diwali".to_owned(), Priority::Normal);
        open(&NumberId::new("N")).unwrap()
    }

    fn lane_at(disk: &MemoryDisk, owner: u64, rate: &str) -> Lane {
        Lane::new(SenderNo(0), permits(disk, owner), rate.parse().unwrap(), Priority::Normal)
    }

    /// An open one.
    fn lane(disk: &MemoryDisk) -> Lane {
        let mut lane = lane_at(disk, 1, "max");
        assert!(matches!(lane.try_open(NOW).unwrap(), Opened::Now(_)));
        lane
    }

    /// How long the first permit of a new process is waited for.
    fn waits(disk: &MemoryDisk, rate: &str, now: Millis) -> Duration {
        let mut lane = lane_at(disk, 2, rate);
        assert_eq!(lane.try_open(now).unwrap(), Opened::Now(None));
        lane.next() - Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_waits_an_interval_whatever_the_clock_says() {
        let disk = MemoryDisk::new();
        assert_eq!(waits(&disk, "10/s", NOW), Duration::ZERO, "a number that never sent goes at once");
        permits(&disk, 1).note_post(NOW).unwrap();
        for now in [NOW, NOW + Duration::from_millis(99), NOW + Duration::from_secs(86_400), Millis(1)] {
            let wait = waits(&disk, "10/s", now);
            assert!((100..=110).contains(&wait.as_millis()), "{now}: {wait:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_an_hour_only_the_last_seconds_are_not_believed() {
        let disk = MemoryDisk::new();
        permits(&disk, 1).note_post(NOW).unwrap();
        // 0.995 of the rate is emitted.
        let hour = 3_618;
        let wait = |after: u64| waits(&disk, "1/h", NOW + Duration::from_secs(after)).as_secs();
        assert_eq!((wait(0), wait(600)), (hour, hour - 600));
        assert_eq!((wait(hour), wait(86_400)), (10, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_learnt_lasts_ten_minutes_and_damage_is_passed_over() {
        let disk = MemoryDisk::new();
        let number = permits(&disk, 1);
        let rate = |after: u64| {
            let mut lane = lane_at(&disk, 2, "80/s");
            lane.try_open(NOW + Duration::from_secs(after)).unwrap();
            lane.rate()
        };
        assert_eq!(rate(0), Some(80.0));
        number.keep_lesson(Lesson { rate: Some(9.7), chance: Some(0.01) }, NOW).unwrap();
        assert_eq!(number.lesson(NOW).unwrap().unwrap().chance, Some(0.01));
        assert_eq!((rate(1), rate(600), rate(601)), (Some(9.7), Some(9.7), Some(80.0)));
        let path = Path::new("/data/numbers/N/learnt.json");
        for damaged in [
            &b""[..],
            b"\0\0\0\0",
            br#"{"version":1,"rate":-1,"at":1795341600000}"#,
            br#"{"version":2,"rate":9.7,"at":1795341600000}"#,
        ] {
            disk.edit(path, |bytes| *bytes = damaged.to_vec()).unwrap();
            assert_eq!(rate(1), Some(80.0), "{damaged:?}");
        }
        number.keep_lesson(Lesson::default(), NOW).unwrap();
        assert_eq!(rate(1), Some(80.0));
        assert!(disk.exists(path).unwrap());
    }

    /// Sends for so long, and looks about like the run loop.
    async fn send(lane: &mut Lane, span: Duration) -> usize {
        let (until, mut sent) = (Instant::now() + span, 0);
        while Instant::now() < until {
            lane.share(true, NOW).unwrap();
            if lane.try_open(NOW).unwrap() != Opened::Waiting && lane.take(1) > 0 {
                lane.note_post(NOW).unwrap();
                sent += 1;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn two_lanes_take_turns_and_lose_next_to_nothing() {
        let disk = MemoryDisk::new();
        let (mut one, mut two) = (lane_at(&disk, 1, "20/s"), lane_at(&disk, 2, "20/s"));
        let span = Duration::from_secs(60);
        let (one, two) = tokio::join!(send(&mut one, span), send(&mut two, span));
        assert!(one.abs_diff(two) <= 25 && (1130..=1200).contains(&(one + two)), "{one} and {two}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_learnt_the_other_takes_over_in_its_next_turn() {
        let disk = MemoryDisk::new();
        let (mut one, mut two) = (lane_at(&disk, 1, "20/s"), lane_at(&disk, 2, "20/s"));
        let both = async |one: &mut Lane, two: &mut Lane| {
            tokio::join!(send(one, Duration::from_secs(10)), send(two, Duration::from_secs(10)))
        };
        both(&mut one, &mut two).await;
        let lesson = Lesson { rate: Some(5.0), chance: None };
        permits(&disk, 3).keep_lesson(lesson, NOW).unwrap();
        both(&mut one, &mut two).await;
        assert_eq!((one.rate(), two.rate()), (Some(5.0), Some(5.0)));
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
            assert_eq!(
                lane.try_open(NOW + Duration::from_millis(100)).unwrap(),
                Opened::Now(None),
                "it knows"
            );
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
