//! How long a campaign takes by its pace, its quota and its schedule: time as it would go by, in steps.
//!
//! An estimate: it knows nothing of refusals, of what others send, and of who among those whose time it is goes first.

use std::collections::VecDeque;
use std::time::Duration;

use super::Timetable;
use crate::domain::phone::ZoneSet;
use crate::domain::time::Millis;

/// The window that a quota counts in.
const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// What takes longer is told as never.
const MAX_SPAN: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// What is to be sent, and what limits it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// How many messages, to people who are alike in the schedule.
    pub people: Vec<(ZoneSet, u64)>,
    /// Messages a second, all numbers together; `None` for no limit.
    pub per_second: Option<f64>,
    /// How many people in any 24 hours.
    pub daily: Option<u64>,
    /// How many places of those are taken, and when the first of them is free again.
    pub taken: Option<(Millis, u64)>,
}

/// How a campaign goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// When the first message leaves.
    pub starts: Millis,
    /// When the last one has left; `None` where that is never, or not within ten years.
    pub ends: Option<Millis>,
    /// The stretches in which messages leave, in order.
    pub spans: Vec<(Millis, Millis)>,
}

impl Forecast {
    /// How long messages leave, all stretches together.
    #[must_use]
    pub fn sending(&self) -> Duration {
        self.spans.iter().map(|(from, until)| until.since(*from)).sum()
    }

    fn sends(&mut self, from: Millis, until: Millis) {
        match self.spans.last_mut() {
            Some((_, last)) if *last >= from => *last = until,
            _ => self.spans.push((from, until)),
        }
    }
}

/// When the last message leaves, where it begins at `from`; `None` where it never does, or not within ten years.
#[must_use]
pub fn ends_at(timetable: Option<&Timetable>, load: &Load, from: Millis) -> Option<Millis> {
    forecast(timetable, load, from)?.ends
}

/// How it goes out, where it begins at `from`; `None` where nothing ever leaves.
#[must_use]
pub fn forecast(timetable: Option<&Timetable>, load: &Load, from: Millis) -> Option<Forecast> {
    let mut going = Forecast { starts: from, ..Forecast::default() };
    going.ends = go(timetable, load, from, &mut going);
    let starts = going.spans.first().map(|(from, _)| *from);
    going.starts = starts.or(going.ends)?;
    Some(going)
}

/// Goes through time step by step and notes when messages leave. When the last one has.
fn go(timetable: Option<&Timetable>, load: &Load, from: Millis, going: &mut Forecast) -> Option<Millis> {
    let mut left = load.people.clone();
    left.retain(|(_, people)| *people > 0);
    let mut quota = load.daily.map(|daily| Quota::new(daily, load.taken));
    let mut now = from;
    while !left.is_empty() {
        if now.since(from) > MAX_SPAN {
            return None;
        }
        let opens = |(people, _): &(ZoneSet, u64)| next_open(timetable, now, *people);
        let opening: Option<Vec<Millis>> = left.iter().map(opens).collect();
        // Whose time comes next, of whom the one whose ends first.
        let opening = opening?;
        let first = *opening.iter().min()?;
        let closes = |at: usize| timetable.and_then(|table| table.closes_at(first, left[at].0));
        let open = (0..left.len()).filter(|at| opening[*at] == first);
        let (at, until) =
            open.map(|at| (at, closes(at))).min_by_key(|(_, until)| until.unwrap_or(Millis(u64::MAX)))?;
        now = first;
        let (room, free) = quota.as_mut().map_or((u64::MAX, None), |quota| quota.room(now));
        if room == 0 {
            now = free?;
            continue;
        }
        let in_time = until.map_or(u64::MAX, |until| fits(load.per_second, until.since(now)));
        // What a step can't hold is for the next opening.
        let count = left[at].1.min(room).min(in_time.max(1));
        let ends = now + lasts(load.per_second, count);
        if let Some(quota) = &mut quota {
            quota.sent.push_back((now + WINDOW, ends + WINDOW, count));
        }
        going.sends(now, ends);
        left[at].1 -= count;
        left.retain(|(_, people)| *people > 0);
        now = ends;
    }
    Some(now)
}

fn next_open(timetable: Option<&Timetable>, now: Millis, people: ZoneSet) -> Option<Millis> {
    timetable.map_or(Some(now), |table| table.next_open(now, people))
}

/// How many messages fit into so much time.
fn fits(per_second: Option<f64>, time: Duration) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
    per_second.map_or(u64::MAX, |rate| (rate * time.as_secs_f64()) as u64)
}

/// How much time so many messages take.
fn lasts(per_second: Option<f64>, count: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let seconds = per_second.map_or(0.0, |rate| count as f64 / rate);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The rolling window, as steps that were sent: when the first and the last place of each is free again.
struct Quota {
    daily: u64,
    sent: VecDeque<(Millis, Millis, u64)>,
}

impl Quota {
    fn new(daily: u64, taken: Option<(Millis, u64)>) -> Quota {
        let taken = taken.map(|(free, count)| (free, free, count)).into_iter();
        Quota { daily, sent: taken.collect() }
    }

    /// How many places are free now; where none is, when some are. A step's places come back as fast as they were taken, so
    /// that they are all counted as free once its first is.
    fn room(&mut self, now: Millis) -> (u64, Option<Millis>) {
        while self.sent.front().is_some_and(|(first, ..)| *first <= now) {
            self.sent.pop_front();
        }
        let taken: u64 = self.sent.iter().map(|(.., count)| count).sum();
        (self.daily.saturating_sub(taken), self.sent.front().map(|(first, ..)| *first))
    }
}
