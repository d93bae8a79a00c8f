//! The hours of the campaign's schedule (**H**): whether something may leave now, and else from when on.
//!
//! Invariant: what is remembered of a clock is no more than the timetable says; it is asked again when that is over, and
//! for any moment before.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::schedule::Timetable;
use crate::domain::time::Millis;

/// For whom there is never a time is asked for again after so long.
const ASK_AGAIN: Duration = Duration::from_secs(30 * 24 * 3600);

/// When the campaign may send.
#[derive(Debug)]
pub struct Hours {
    timetable: Option<Timetable>,
    known: RefCell<HashMap<ZoneSet, Span>>,
}

/// What holds from one moment until another.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Millis,
    until: Millis,
    open: bool,
}

impl Hours {
    /// At all times, or as the timetable says.
    #[must_use]
    pub fn new(timetable: Option<Timetable>) -> Hours {
        Hours { timetable, known: RefCell::default() }
    }

    /// When it may send, by which clocks.
    #[must_use]
    pub fn timetable(&self) -> Option<&Timetable> {
        self.timetable.as_ref()
    }

    /// Until when nothing may leave for this person, and all who are alike; `None` where something may.
    #[must_use]
    pub fn closed_for(&self, phone: Phone, now: Millis) -> Option<(ZoneSet, Millis)> {
        let people = self.timetable.as_ref()?.group(phone);
        self.closed(people, now).map(|until| (people, until))
    }

    /// Until when nothing may leave for anybody, where one clock counts for all; `None` where something may.
    #[must_use]
    pub fn closed_for_all(&self, now: Millis) -> Option<Millis> {
        let one_clock = self.timetable.as_ref().is_some_and(|timetable| !timetable.is_by_recipient());
        if one_clock { self.closed(ZoneSet::UNKNOWN, now) } else { None }
    }

    /// Whether it hasn't begun, by the clock of all.
    #[must_use]
    pub fn is_before_start(&self, now: Millis) -> bool {
        self.timetable.as_ref().and_then(Timetable::starts_at).is_some_and(|start| now < start)
    }

    fn closed(&self, people: ZoneSet, now: Millis) -> Option<Millis> {
        let timetable = self.timetable.as_ref()?;
        let mut known = self.known.borrow_mut();
        let holds = |span: &Span| (span.from..span.until).contains(&now);
        let span = match known.get(&people).copied().filter(holds) {
            Some(span) => span,
            None => {
                let span = ask(timetable, people, now);
                known.insert(people, span);
                span
            }
        };
        (!span.open).then_some(span.until)
    }
}

fn ask(timetable: &Timetable, people: ZoneSet, now: Millis) -> Span {
    let open = timetable.allows(now, people);
    let turns = if open { timetable.closes_at(now, people) } else { timetable.next_open(now, people) };
    Span { from: now, until: turns.unwrap_or(now + ASK_AGAIN), open }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::Schedule;

    #[test]
    fn what_is_remembered_is_what_the_timetable_says() {
        let schedule: Schedule =
            serde_json::from_str(r#"{"hours": "09:00-20:00", "timezone": "recipient", "late": "ask"}"#)
                .unwrap();
        let timetable = Timetable::new(schedule, jiff::tz::TimeZone::UTC);
        let hours = Hours::new(Some(timetable.clone()));
        let mut chance = fastrand::Rng::with_seed(1);
        let mut now = Millis(1_795_341_600_000);
        for _ in 0..3000 {
            // Mostly onwards; sometimes the clock is set.
            let by = chance.u64(0..3_600_000);
            now = if chance.u8(0..20) == 0 { Millis(now.0 - 5 * by) } else { Millis(now.0 + by) };
            for digits in ["919876543210", "12125550123", "18005550123"] {
                let phone = Phone::from_digits(digits).unwrap();
                let told = hours.closed_for(phone, now);
                assert_eq!(told.is_none(), timetable.allows(now, phone.zones()), "{digits} at {now}");
                if let Some((people, until)) = told {
                    assert_eq!(timetable.next_open(now, people), Some(until), "{digits} at {now}");
                }
            }
        }
        assert_eq!((hours.closed_for_all(now), Hours::new(None).closed_for_all(now)), (None, None));
    }
}
