//! What a campaign's schedule means for its audience.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::app::App;
use crate::campaign::Campaign;
use crate::domain::format::plural;
use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::schedule::{Load, Timetable, ends_at};
use crate::domain::time::Millis;
use crate::sys::clock::Clock;

/// When a campaign would go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// When its first message may leave.
    pub starts: Millis,
    /// When the last one has left, as far as can be told; `None` for in more than ten years.
    pub ends: Option<Millis>,
}

impl Outlook {
    /// From now on; `None` where there is nobody to write to, or never a time.
    #[must_use]
    pub fn of(timetable: Option<&Timetable>, load: &Load, now: Millis) -> Option<Outlook> {
        let opens = |people: &ZoneSet| timetable.map_or(Some(now), |table| table.next_open(now, *people));
        let starts =
            load.people.iter().filter(|(_, n)| *n > 0).filter_map(|(people, _)| opens(people)).min()?;
        Some(Outlook { starts, ends: ends_at(timetable, load, now) })
    }
}

/// Why somebody can never be written to: the zones that their number may be in have no hour of the schedule in common.
pub fn never(app: &App, campaign: &Campaign) -> impl Fn(Phone) -> Option<String> + use<> {
    let zone = app.settings.timezone.clone();
    let by_recipient = campaign.schedule.clone().filter(|schedule| schedule.is_by_recipient());
    let timetable = by_recipient.map(|schedule| Timetable::new(schedule, zone));
    let now = app.clock.now();
    let known = RefCell::new(HashMap::new());
    move |phone| {
        let timetable = timetable.as_ref()?;
        let people = timetable.group(phone);
        let mut known = known.borrow_mut();
        let opens = known.entry(people).or_insert_with(|| timetable.next_open(now, people).is_some());
        let zones = plural(people.names().len() as u64, "time zone", "time zones");
        (!*opens)
            .then(|| format!("the schedule has no time that fits all {zones} in which the number may be"))
    }
}

/// Where people of the same zones are counted for an estimate, none so far; `None` where one clock counts for all.
#[must_use]
pub fn counted(campaign: &Campaign) -> Option<BTreeMap<ZoneSet, u64>> {
    campaign.schedule.as_ref().is_some_and(|schedule| schedule.is_by_recipient()).then(BTreeMap::new)
}
