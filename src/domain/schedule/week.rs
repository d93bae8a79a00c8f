//! Hours that come again every week, by the clock of one zone.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{Days, Hours};
use crate::domain::time::Millis;

/// What hasn't opened or closed within a year doesn't.
pub(super) const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

/// Hours of the days of a week. Hours that go over midnight belong to the day on which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Week {
    pub hours: Hours,
    pub days: Days,
}

impl Week {
    /// Whether it is time, by this clock.
    pub(super) fn is_open(self, at: Timestamp, zone: &TimeZone) -> bool {
        let local = zone.to_datetime(at);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let (opens, closes) = (i32::from(self.hours.opens()), i32::from(self.hours.closes()));
        let today = local.weekday();
        if self.hours.is_over_midnight() {
            (minute >= opens && self.days.has(today)) || (minute < closes && self.days.has(today.previous()))
        } else {
            (opens..closes).contains(&minute) && self.days.has(today)
        }
    }

    /// The first moment from `from` on at which it is time, or at which it isn't, as asked; `None` where there is none
    /// within a year.
    pub(super) fn next(self, from: Timestamp, zone: &TimeZone, open: bool) -> Option<Timestamp> {
        let last = from.checked_add(SignedDuration::try_from(YEAR).ok()?).ok()?;
        let mut at = from;
        while self.is_open(at, zone) != open {
            at = self.next_edge(at, zone)?;
            if at > last {
                return None;
            }
        }
        Some(at)
    }

    /// The next moment after this at which it may begin or cease to be time: what the clock shows then, or that it is set.
    /// Between two of them nothing changes.
    fn next_edge(self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let is_set = zone.following(at).next().map(|set| set.timestamp());
        let today = zone.to_datetime(at).date();
        // From yesterday on: the clock may be set back over midnight.
        let dates = (-1..=2).filter_map(|days| today.checked_add(days.days()).ok());
        let edges = dates.flat_map(|date| self.edges_on(date, zone)).filter(|edge| *edge > at);
        edges.chain(is_set).min()
    }

    /// When this day's hours begin and end, and when the day does. A time that the clock skips isn't there; one that it
    /// shows twice is there twice.
    fn edges_on(self, date: Date, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let minutes = [0, self.hours.opens(), self.hours.closes() % (24 * 60)];
        minutes.into_iter().flat_map(move |minute| moments(date_time(date, minute), zone)).flatten()
    }
}

fn date_time(date: Date, minute: u16) -> DateTime {
    let part = |n: u16| i8::try_from(n).unwrap_or(0);
    date.to_datetime(Time::new(part(minute / 60), part(minute % 60), 0, 0).unwrap_or_default())
}

/// When a zone's clock shows this: once, twice or never.
fn moments(wall: DateTime, zone: &TimeZone) -> [Option<Timestamp>; 2] {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset.to_timestamp(wall).ok(), None],
        AmbiguousOffset::Gap { .. } => [None, None],
        AmbiguousOffset::Fold { before, after } => {
            [before.to_timestamp(wall).ok(), after.to_timestamp(wall).ok()]
        }
    }
}

/// As jiff counts; `None` beyond its years.
pub(super) fn timestamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}

/// As the record counts; `None` before 1970.
pub(super) fn millis(at: Timestamp) -> Option<Millis> {
    u64::try_from(at.as_millisecond()).ok().map(Millis)
}
