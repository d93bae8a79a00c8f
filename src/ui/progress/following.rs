//! What is still waited for once everything is sent, and until when.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::snapshot::{RunState, Snapshot};

/// `everybody delivered; waiting for reads until 14:05, Ctrl-C is fine`; nothing where deliveries aren't followed.
pub(super) fn following(snapshot: &Snapshot, zone: &TimeZone) -> Option<String> {
    let until = snapshot.until.filter(|_| snapshot.state == RunState::Tracking)?;
    let counts = &snapshot.counts;
    let lost = counts[Status::Failed] + counts[Status::InDoubt];
    let what = match (counts.reached() == counts.arrived(), lost) {
        (true, 0) => "everybody delivered; waiting for reads",
        (true, _) => "all that were accepted are delivered; waiting for reads",
        (false, _) => "waiting for deliveries",
    };
    Some(format!("{what} until {}, Ctrl-C is fine", clock(until, zone)))
}

/// `14:05`
fn clock(at: Millis, zone: &TimeZone) -> String {
    let moment = i64::try_from(at.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.map(|moment| moment.to_zoned(zone.clone()).strftime("%H:%M").to_string()).unwrap_or_default()
}
