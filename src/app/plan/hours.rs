//! What a campaign's schedule means for its audience.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::app::App;
use crate::campaign::Campaign;
use crate::domain::format::plural;
use crate::domain::phone::Phone;
use crate::domain::schedule::Timetable;
use crate::sys::clock::Clock;

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

/// Whether each of its people is written to by their own clock.
#[must_use]
pub fn by_recipient(campaign: &Campaign) -> bool {
    campaign.schedule.as_ref().is_some_and(|schedule| schedule.is_by_recipient())
}
