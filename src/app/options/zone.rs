//! The machine's time zone, and what a zone is called.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::zone;

/// The zone of this machine; UTC where it names none.
#[must_use]
pub fn of_the_machine() -> TimeZone {
    TimeZone::system()
}

/// What a zone is called: its IANA name, else its present offset from UTC (`+05:30`).
#[must_use]
pub fn name(zone: &TimeZone) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        // Whoever reads it must know what the times mean: an unknown zone counts as UTC.
        None if zone.is_unknown() => "UTC".to_owned(),
        None => zone::offset(zone.to_offset(Timestamp::now())),
    }
}
