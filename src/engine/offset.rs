//! How the server's clock stands to ours.
//!
//! Sendwo writes times without a zone, and its clock may be minutes off. A message whose acceptance was seen
//! and that stands in a conversation tells both at once, as one difference. It holds for the time around it
//! only: a zone may change by daylight saving, so of several samples the one that lies nearest counts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::time::Millis;
use crate::sendwo::Moment;

/// The difference, as far as it has been learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    naive: Samples,
    exact: Samples,
    /// The zone alone, from times that may be minutes late: good enough to show times by.
    zone: Option<i64>,
}

/// Milliseconds by which the server's writing is ahead of our clock, by the span in which that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Samples(BTreeMap<u64, i64>);

impl Samples {
    const SPAN: u64 = 5 * 60 * 1000;
    /// Older ones are forgotten: these cover two days.
    const MOST: usize = 600;

    fn learn(&mut self, difference: i64, at: Millis) {
        // Seeing an acceptance takes its time, by which the difference seems smaller than it is.
        let best = self.0.entry(at.0 / Self::SPAN).or_insert(difference);
        *best = difference.max(*best);
        if self.0.len() > Self::MOST {
            self.0.pop_first();
        }
    }

    /// The sample nearest to a time, and how many spans away it is.
    fn nearest(&self, at: Millis) -> Option<(u64, i64)> {
        let span = at.0 / Self::SPAN;
        let before = self.0.range(..=span).next_back();
        let after = self.0.range(span..).next();
        let away = |(other, difference): (&u64, &i64)| (other.abs_diff(span), *difference);
        before.into_iter().chain(after).map(away).min_by_key(|(spans, _)| *spans)
    }
}

impl Offset {
    const QUARTER: i64 = 15 * 60 * 1000;
    /// Zones reach 14 h, and a clock may be wrong on top of that.
    const FARTHEST: i64 = 15 * 60 * 60 * 1000;
    /// A sample this near decides; a farther one is better than none.
    const NEAR: u64 = 60 * 60 * 1000 / Samples::SPAN;
    /// A status' time is this much younger than the acceptance, at most…
    pub const LATE: Duration = Duration::from_secs(5 * 60);
    /// …or seems this much older, by the server's clock.
    const EARLY: i64 = 60 * 1000;

    /// In a conversation the server wrote `moment` for what was accepted `at`.
    pub fn learn(&mut self, moment: Moment, at: Millis) {
        let Some(difference) = difference(moment, at) else { return };
        if difference.abs() <= Self::FARTHEST {
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
        let quarter = (difference + Self::EARLY).div_euclid(Self::QUARTER) * Self::QUARTER;
        let late = u128::from((difference - quarter).unsigned_abs());
        if quarter.abs() <= Self::FARTHEST && late <= Self::LATE.as_millis() {
            self.zone = Some(quarter);
        }
    }

    /// Whether a conversation has told it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !(self.naive.0.is_empty() && self.exact.0.is_empty())
    }

    /// Whether a conversation has told it for about this time.
    #[must_use]
    pub fn is_known_near(&self, at: Millis) -> bool {
        let near = |samples: &Samples| samples.nearest(at).is_some_and(|(spans, _)| spans <= Self::NEAR);
        near(&self.naive) || near(&self.exact)
    }

    /// When a moment was by our clock, if it was about `near`. `None` without a zone that is known.
    #[must_use]
    pub fn utc(&self, moment: Moment, near: Millis) -> Option<Millis> {
        let difference = match moment {
            Moment::Naive(_) => self.naive.nearest(near)?.1,
            Moment::Exact(_) => self.exact.nearest(near).map_or(0, |(_, difference)| difference),
        };
        Some(Millis(moment.as_utc()?.0.saturating_add_signed(-difference)))
    }

    /// The same, to be shown: by the zone alone, or as UTC, where nothing better is known.
    #[must_use]
    pub fn shown(&self, moment: Moment, near: Millis) -> Option<Millis> {
        self.utc(moment, near)
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

    #[test]
    fn zone_and_a_clock_that_is_wrong_are_learnt_as_one() {
        for ahead in [0, 330 * MINUTE, -12 * HOUR - 4 * MINUTE, 14 * HOUR + 4 * MINUTE, -3 * MINUTE] {
            let mut offset = Offset::default();
            let moment = written(after(MINUTE), ahead);
            assert_eq!((offset.utc(moment, AT), offset.is_known()), (None, false));
            // The acceptance was seen 2 s after it, then another one at once.
            offset.learn(written(AT, ahead), after(2_000));
            assert_eq!(offset.utc(moment, AT), Some(after(MINUTE + 2_000)));
            offset.learn(written(AT, ahead), AT);
            assert_eq!(offset.utc(moment, AT), Some(after(MINUTE)));
        }
        let mut offset = Offset::default();
        offset.learn(written(AT, 16 * HOUR), AT);
        assert!(!offset.is_known());
    }

    #[test]
    fn of_several_samples_the_nearest_counts() {
        let mut offset = Offset::default();
        offset.learn(written(after(-2 * HOUR), HOUR), after(-2 * HOUR));
        offset.learn(written(after(2 * HOUR), 2 * HOUR), after(2 * HOUR));
        let utc = |at: Millis, ahead| offset.utc(written(at, ahead), at);
        assert_eq!(utc(after(-HOUR), HOUR), Some(after(-HOUR)));
        assert_eq!(utc(after(HOUR), 2 * HOUR), Some(after(HOUR)));
        assert!(offset.is_known_near(after(-HOUR)) && !offset.is_known_near(AT));
    }

    #[test]
    fn an_exact_time_needs_no_zone_but_its_clock_may_be_wrong() {
        let mut offset = Offset::default();
        let exact = |at: Millis| Moment::Exact(at);
        assert_eq!(offset.utc(exact(AT), AT), Some(AT));
        offset.learn(exact(after(-3 * MINUTE)), AT);
        assert_eq!(offset.utc(exact(AT), AT), Some(after(3 * MINUTE)));
        assert_eq!(offset.utc(written(AT, 0), AT), None);
    }

    #[test]
    fn a_status_tells_the_zone_alone_and_only_soon_after_the_acceptance() {
        let mut offset = Offset::default();
        let now = written(AT, 330 * MINUTE);
        assert_eq!(offset.shown(now, AT), Some(after(330 * MINUTE)));
        offset.learn_zone(written(AT, 340 * MINUTE), AT);
        assert_eq!(offset.shown(now, AT), Some(after(330 * MINUTE)));
        offset.learn_zone(written(AT, 334 * MINUTE), AT);
        assert_eq!((offset.shown(now, AT), offset.utc(now, AT)), (Some(AT), None));
    }
}
