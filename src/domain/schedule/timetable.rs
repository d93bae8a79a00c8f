//! A schedule with its clocks: what is asked before something leaves.

use std::fmt;
use std::slice;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::week::{self, Week, YEAR};
use super::{Days, Hours, Late, Schedule, WhoseZone};
use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;

/// Later than this isn't in time any more.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// When a campaign may send, to whom. People of one [`ZoneSet`] are alike in it; where everybody is under one clock, that is
/// everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Timetable {
    schedule: Schedule,
    /// The clock of all, or of those whose own nobody knows.
    home: TimeZone,
}

impl Timetable {
    /// By this zone's clock where the schedule names none, and for people whose own zone nobody knows.
    #[must_use]
    pub fn new(schedule: Schedule, default: TimeZone) -> Timetable {
        let home = match &schedule.timezone {
            Some(WhoseZone::Everybody(zone)) => zone.zone().clone(),
            _ => default,
        };
        Timetable { schedule, home }
    }

    /// What it is made of.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The clock of all, or of those whose own nobody knows.
    #[must_use]
    pub fn home(&self) -> &TimeZone {
        &self.home
    }

    /// Whether different people may have different hours.
    #[must_use]
    pub fn is_by_recipient(&self) -> bool {
        self.schedule.is_by_recipient()
    }

    /// Who this person is alike with.
    #[must_use]
    pub fn group(&self, phone: Phone) -> ZoneSet {
        if self.is_by_recipient() { phone.zones() } else { ZoneSet::UNKNOWN }
    }

    /// Whether something may leave for these people now.
    #[must_use]
    pub fn allows(&self, at: Millis, people: ZoneSet) -> bool {
        let Some(moment) = week::timestamp(at) else { return false };
        let (zones, week) = (self.zones(people), self.week());
        self.starts_for(zones).is_some_and(|start| start <= at)
            && zones.iter().all(|zone| week.is_open(moment, zone))
    }

    /// The first moment from `at` on at which something may leave for these people; `None` where there is none within a
    /// year, as of hours that people of several zones never have in common.
    #[must_use]
    pub fn next_open(&self, at: Millis, people: ZoneSet) -> Option<Millis> {
        let (zones, week) = (self.zones(people), self.week());
        let begin = at.max(self.starts_for(zones)?);
        let mut moment = week::timestamp(begin)?;
        let last = week::timestamp(begin + YEAR)?;
        while moment <= last {
            let opens = |zone: &TimeZone| week.next(moment, zone, true);
            let latest = zones.iter().map(opens).try_fold(moment, |latest, at| Some(latest.max(at?)))?;
            if latest == moment {
                return week::millis(moment);
            }
            moment = latest;
        }
        None
    }

    /// The first moment from `at` on at which nothing may leave for these people; `None` where there is none within a year.
    #[must_use]
    pub fn closes_at(&self, at: Millis, people: ZoneSet) -> Option<Millis> {
        if !self.allows(at, people) {
            return Some(at);
        }
        let (moment, week) = (week::timestamp(at)?, self.week());
        let closes = |zone| week.next(moment, zone, false);
        self.zones(people).iter().filter_map(closes).min().and_then(week::millis)
    }

    /// When it begins, by the clock of all; without a start, it has begun.
    #[must_use]
    pub fn starts_at(&self) -> Option<Millis> {
        self.schedule.start.and_then(|start| start.in_zone(&self.home))
    }

    /// When its time comes: the first of its hours from its start on, by the clock of all; `None` without a start.
    #[must_use]
    pub fn time_comes(&self) -> Option<Millis> {
        self.next_open(self.starts_at()?, ZoneSet::UNKNOWN)
    }

    /// When its time came, where that was missed: more than a quarter of an hour ago, and nothing was sent.
    #[must_use]
    pub fn missed(&self, counts: &Counts, now: Millis) -> Option<Millis> {
        let unsent = [Status::Queued, Status::Skipped, Status::Cancelled];
        let nothing_sent = counts.iter().all(|(status, n)| n == 0 || unsent.contains(&status));
        self.time_comes().filter(|came| nothing_sent && now > *came + GRACE)
    }

    /// What becomes of it when the start was missed.
    #[must_use]
    pub fn late(&self) -> Late {
        self.schedule.late
    }

    fn zones(&self, people: ZoneSet) -> &[TimeZone] {
        match people.zones() {
            zones if self.is_by_recipient() && !zones.is_empty() => zones,
            _ => slice::from_ref(&self.home),
        }
    }

    fn week(&self) -> Week {
        let Schedule { hours, days, .. } = &self.schedule;
        Week { hours: hours.unwrap_or(Hours::ALL_DAY), days: days.unwrap_or(Days::ALL) }
    }

    /// When it begins for people who may be in any of these zones: when it has in all.
    fn starts_for(&self, zones: &[TimeZone]) -> Option<Millis> {
        match self.schedule.start {
            None => Some(Millis::ZERO),
            Some(start) => zones
                .iter()
                .map(|zone| start.in_zone(zone))
                .try_fold(Millis::ZERO, |latest, at| Some(latest.max(at?))),
        }
    }
}

impl fmt::Display for Timetable {
    /// `09:00-20:00 on mon, tue in Asia/Kolkata`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schedule { hours, days, .. } = &self.schedule;
        match hours {
            Some(hours) => write!(f, "{hours}")?,
            None => f.write_str("all day")?,
        }
        if let Some(days) = days {
            write!(f, " on {days}")?;
        }
        match self.home.iana_name() {
            _ if self.is_by_recipient() => f.write_str(" by each recipient's own clock"),
            Some(name) => write!(f, " in {name}"),
            None => f.write_str(" by this machine's clock"),
        }
    }
}
