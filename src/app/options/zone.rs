//! The machine's time zone, and what a zone is called.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::report::zone_name;

/// The zone of this machine; UTC where it names none.
#[must_use]
pub fn of_the_machine() -> TimeZone {
    TimeZone::system()
}

/// What a zone is called: its IANA name, else its present offset from UTC (`+05:30`).
#[must_use]
pub fn name(zone: &TimeZone) -> String {
    zone_name(zone, Timestamp::now())
}
