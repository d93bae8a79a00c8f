//! How the server's clock stands to ours.
//!
//! Sendwo writes times without a zone, and its clock may be minutes off. A message whose acceptance was seen
//! and that stands in a conversation tells both at once, as one difference. It holds for the time around it
//! only: a zone may change by daylight saving, so of several samples the one that lies nearest counts, and it is
//! sure only where no change can lie between: zones change on quarters of an hour.
//!
//! Where it isn't sure nothing is found by it, and *unseen* allows for a change of two hours. A status tells the zone alone,
//! which is good for showing times.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::time::Millis;
use crate::sendwo::Moment;

/// The difference, as far as it has been learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockSkew {
    naive: Samples,
    exact: Samples,
    /// The zone alone, from times that may be minutes late: good enough to show times by.
    zone: Option<i64>,
}

/// Milliseconds by which the server's writing is ahead of our clock, and when that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Samples {
    by_span: BTreeMap<u64, (i64, Millis)>,
    /// One of each zone.
    zones: Vec<i64>,
}

/// A moment by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It was then, but for what seeing an acceptance takes.
    Sure(Millis),
    /// It was about then: the zone may have changed since it was learnt, or nothing shows how the clock stands.
    About(Millis),
}

impl Samples {
    const SPAN_MS: u64 = 5 * 60 * 1000;
    /// Older ones are forgotten: these cover two days.
    const MAX_SPANS: usize = 600;
    /// Samples of one zone differ by what seeing an acceptance takes; those of two, by a quarter of an hour.
    const SAME_ZONE_WITHIN_MS: u64 = 2 * 60 * 1000;

    fn learn(&mut self, difference: i64, at: Millis) {
        // Seeing an acceptance takes its time, by which the difference seems smaller than it is.
        let best = self.by_span.entry(at.0 / Self::SPAN_MS).or_insert((difference, at));
        *best = (difference, at).max(*best);
        if self.by_span.len() > Self::MAX_SPANS {
            self.by_span.pop_first();
        }
        if self.zones.iter().all(|zone| !Self::same_zone(*zone, difference)) {
            self.zones.push(difference);
        }
    }

    fn same_zone(a: i64, b: i64) -> bool {
        a.abs_diff(b) <= Self::SAME_ZONE_WITHIN_MS
    }

    /// The difference at a time, by the sample that is nearest, and whether no change can lie between.
    fn around(&self, at: Millis) -> Option<(i64, bool)> {
        let before = self.by_span.range(..=at.0 / Self::SPAN_MS).next_back().map(|(_, sample)| *sample);
        let after = self.by_span.range(at.0 / Self::SPAN_MS..).next().map(|(_, sample)| *sample);
        let away = |(_, seen): &(i64, Millis)| seen.0.abs_diff(at.0);
        let (difference, seen) = before.into_iter().chain(after).min_by_key(away)?;
        let quarter =
            |at: Millis| at.0.saturating_add_signed(difference) / ClockSkew::QUARTER_HOUR_MS.unsigned_abs();
        let agree = before.zip(after).is_some_and(|((a, _), (b, _))| Self::same_zone(a, b));
        Some((difference, agree || quarter(seen) == quarter(at)))
    }

    /// When the server wrote `local`: by the one zone that surely held then, or about then, if it was about `near`.
    fn read(&self, local: Millis, near: Millis) -> Option<Reading> {
        let by = |difference: i64| Millis(local.0.saturating_add_signed(-difference));
        let held = |zone: i64| {
            let (difference, sure) = self.around(by(zone))?;
            (sure && Self::same_zone(zone, difference)).then_some(by(difference))
        };
        let mut sure = self.zones.iter().filter_map(|zone| held(*zone));
        match (sure.next(), sure.next()) {
            (Some(at), None) => Some(Reading::Sure(at)),
            _ => self.around(near).map(|(difference, _)| Reading::About(by(difference))),
        }
    }
}

impl ClockSkew {
    const QUARTER_HOUR_MS: i64 = 15 * 60 * 1000;
    /// Zones reach 14 h, and a clock may be wrong on top of that.
    const MAX_SKEW_MS: i64 = 15 * 60 * 60 * 1000;
    /// A status' time is this much younger than the acceptance, at most…
    pub const MAX_STATUS_DELAY: Duration = Duration::from_secs(5 * 60);
    /// …or seems this much older, by the server's clock.
    const MAX_STATUS_EARLY_MS: i64 = 60 * 1000;

    /// In a conversation the server wrote `moment` for what was accepted `at`.
    pub fn learn(&mut self, moment: Moment, at: Millis) {
        let Some(difference) = difference(moment, at) else { return };
        if difference.abs() <= Self::MAX_SKEW_MS {
            let samples = match moment {
                Moment::Naive(_) => &mut self.naive,
                Moment::Exact(_) => &mut self.exact,
            };
            samples.learn(difference, at);
        }
    }

    /// The server wrote `moment` for a step of delivery that came soon after `at`. Zones lie on quarters of an
    /// hour, so a reading that is a little later than one tells the zone, and no more than that.
    pub fn learn_zone(&mut self, moment: Moment, at: Millis) {
        let Moment::Naive(_) = moment else { return };
        let Some(difference) = difference(moment, at) else { return };
        let quarter = (difference + Self::MAX_STATUS_EARLY_MS).div_euclid(Self::QUARTER_HOUR_MS)
            * Self::QUARTER_HOUR_MS;
        let late = u128::from((difference - quarter).unsigned_abs());
        if quarter.abs() <= Self::MAX_SKEW_MS && late <= Self::MAX_STATUS_DELAY.as_millis() {
            self.zone = Some(quarter);
        }
    }

    /// Whether a conversation has told it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !(self.naive.by_span.is_empty() && self.exact.by_span.is_empty())
    }

    /// Whether a time without a zone can be shown by more than a guess.
    #[must_use]
    pub fn knows_zone(&self) -> bool {
        self.zone.is_some() || !self.naive.by_span.is_empty()
    }

    /// Whether it is sure for this time.
    #[must_use]
    pub fn is_sure_at(&self, at: Millis) -> bool {
        let sure = |samples: &Samples| samples.around(at).is_some_and(|(_, sure)| sure);
        sure(&self.naive) || sure(&self.exact)
    }

    /// When a moment was by our clock, if it was about `near`. `None` without a zone that is known.
    #[must_use]
    pub fn utc(&self, moment: Moment, near: Millis) -> Option<Reading> {
        let written = moment.as_utc()?;
        match moment {
            Moment::Naive(_) => self.naive.read(written, near),
            Moment::Exact(_) => {
                // It tells its zone itself; the server's clock may be wrong all the same.
                Some(match self.exact.around(near) {
                    Some((difference, _)) => {
                        Reading::Sure(Millis(written.0.saturating_add_signed(-difference)))
                    }
                    None => Reading::About(written),
                })
            }
        }
    }

    /// The same, to be shown: by the zone alone, or as UTC, where nothing better is known.
    #[must_use]
    pub fn shown(&self, moment: Moment, near: Millis) -> Option<Millis> {
        self.utc(moment, near)
            .map(|reading| match reading {
                Reading::Sure(at) | Reading::About(at) => at,
            })
            .or_else(|| Some(Millis(moment.as_utc()?.0.saturating_add_signed(-self.zone.unwrap_or(0)))))
    }
}

fn difference(moment: Moment, at: Millis) -> Option<i64> {
    let local = i64::try_from(moment.as_utc()?.0).ok()?;
    local.checked_sub(i64::try_from(at.0).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Millis = Millis(1_795_341_600_000);
    const HOUR: i64 = 3600 * 1000;
    const MINUTE: i64 = 60 * 1000;

    /// What a clock shows that is so far ahead of UTC.
    fn written(at: Millis, ahead: i64) -> Moment {
        let local = i64::try_from(at.0).unwrap() + ahead;
        let zoned = jiff::Timestamp::from_millisecond(local).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        Moment::Naive(zoned.datetime())
    }

    fn after(ms: i64) -> Millis {
        Millis(AT.0.saturating_add_signed(ms))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as it is answered")]
    fn sure(ms: i64) -> Option<Reading> {
        Some(Reading::Sure(after(ms)))
    }

    #[test]
    fn zone_and_a_clock_that_is_wrong_are_learnt_as_one() {
        for ahead in [0, 330 * MINUTE, -12 * HOUR - 4 * MINUTE, 14 * HOUR + 4 * MINUTE, -3 * MINUTE] {
            let mut skew = ClockSkew::default();
            let moment = written(after(MINUTE), ahead);
            assert_eq!((skew.utc(moment, AT), skew.is_known()), (None, false));
            // The acceptance was seen 2 s after it, then another one at once.
            skew.learn(written(AT, ahead), after(2_000));
            assert_eq!(skew.utc(moment, AT), sure(MINUTE + 2_000));
            skew.learn(written(AT, ahead), AT);
            assert_eq!(skew.utc(moment, AT), sure(MINUTE));
        }
        let mut skew = ClockSkew::default();
        skew.learn(written(AT, 16 * HOUR), AT);
        assert!(!skew.is_known());
    }

    #[test]
    fn of_several_samples_the_nearest_counts_and_is_sure_where_the_zone_cannot_have_changed() {
        let mut skew = ClockSkew::default();
        skew.learn(written(after(-2 * HOUR), HOUR), after(-2 * HOUR));
        skew.learn(written(after(2 * HOUR), 2 * HOUR), after(2 * HOUR));
        let utc = |skew: &ClockSkew, ms: i64, ahead| skew.utc(written(after(ms), ahead), after(ms));
        assert_eq!(utc(&skew, -HOUR, HOUR), Some(Reading::About(after(-HOUR))));
        assert_eq!(utc(&skew, HOUR, 2 * HOUR), Some(Reading::About(after(HOUR))));
        // Within a quarter of an hour.
        let (quarter, minute) = (-2 * HOUR + 14 * MINUTE, -2 * HOUR - MINUTE);
        assert_eq!(utc(&skew, quarter, HOUR), sure(quarter));
        assert_eq!(utc(&skew, minute, HOUR), Some(Reading::About(after(minute))));
        assert!(skew.is_sure_at(after(quarter)) && !skew.is_sure_at(AT));
        // Between two that agree.
        skew.learn(written(after(-4 * HOUR), HOUR), after(-4 * HOUR));
        assert_eq!(utc(&skew, -3 * HOUR, HOUR), sure(-3 * HOUR));
        // In the hour that a clock shows twice it may have been either time.
        let mut back = ClockSkew::default();
        for (at, zone) in [(-3 * HOUR, 2 * HOUR), (0, 2 * HOUR), (5 * MINUTE, HOUR), (3 * HOUR, HOUR)] {
            back.learn(written(after(at), zone), after(at));
        }
        assert_eq!(utc(&back, -2 * HOUR, 2 * HOUR), sure(-2 * HOUR));
        assert_eq!(utc(&back, 2 * HOUR, HOUR), sure(2 * HOUR));
        assert_eq!(utc(&back, -HOUR / 2, 2 * HOUR), Some(Reading::About(after(-HOUR / 2))));
        // The quarters are those of the server's clock.
        let mut slow = ClockSkew::default();
        slow.learn(written(after(MINUTE), HOUR - 4 * MINUTE), after(MINUTE));
        assert_eq!(utc(&slow, 3 * MINUTE, HOUR - 4 * MINUTE), sure(3 * MINUTE));
        assert!(!slow.is_sure_at(after(5 * MINUTE)));
    }

    #[test]
    fn an_exact_time_needs_no_zone_but_its_clock_may_be_wrong() {
        let mut skew = ClockSkew::default();
        let exact = |at: Millis| Moment::Exact(at);
        assert_eq!(skew.utc(exact(AT), AT), Some(Reading::About(AT)));
        skew.learn(exact(after(-3 * MINUTE)), AT);
        assert_eq!(skew.utc(exact(AT), AT), sure(3 * MINUTE));
        assert_eq!(skew.utc(written(AT, 0), AT), None);
    }

    #[test]
    fn a_status_tells_the_zone_alone_and_only_soon_after_the_acceptance() {
        let mut skew = ClockSkew::default();
        let now = written(AT, 330 * MINUTE);
        assert_eq!(skew.shown(now, AT), Some(after(330 * MINUTE)));
        skew.learn_zone(written(AT, 340 * MINUTE), AT);
        assert_eq!(skew.shown(now, AT), Some(after(330 * MINUTE)));
        skew.learn_zone(written(AT, 334 * MINUTE), AT);
        assert_eq!((skew.shown(now, AT), skew.utc(now, AT)), (Some(AT), None));
    }
}
