//! What a campaign's schedule means for its audience.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::app::App;
use crate::campaign::Campaign;
use crate::domain::format::plural;
use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::schedule::Timetable;
use crate::domain::time::Millis;
use crate::sys::clock::Clock;

/// Who can never be written to: the zones that their number may be in have no hour of the schedule in common.
pub struct Never {
    /// Where everybody has a clock of their own.
    timetable: Option<Timetable>,
    now: Millis,
    /// Whether there is such an hour, by zones.
    known: RefCell<HashMap<ZoneSet, bool>>,
}

impl Never {
    /// By a campaign's schedule.
    #[must_use]
    pub fn of(app: &App, campaign: &Campaign) -> Never {
        let by_recipient = campaign.schedule.clone().filter(|schedule| schedule.is_by_recipient());
        let zone = app.settings.timezone.clone();
        let timetable = by_recipient.map(|schedule| Timetable::new(schedule, zone));
        Never { timetable, now: app.clock.now(), known: RefCell::default() }
    }

    /// Why this person can't be, where they can't.
    #[must_use]
    pub fn reason(&self, phone: Phone) -> Option<String> {
        let timetable = self.timetable.as_ref()?;
        let people = timetable.group(phone);
        let mut known = self.known.borrow_mut();
        let opens = known.entry(people).or_insert_with(|| timetable.next_open(self.now, people).is_some());
        let zones = plural(people.names().len() as u64, "time zone", "time zones");
        (!*opens)
            .then(|| format!("the schedule has no time that fits all {zones} in which the number may be"))
    }
}

/// Whether each of its people is written to by their own clock.
#[must_use]
pub fn by_recipient(campaign: &Campaign) -> bool {
    campaign.schedule.as_ref().is_some_and(|schedule| schedule.is_by_recipient())
}
