//! Moments as a report shows them.

use std::io;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

use crate::domain::time::Millis;
use crate::domain::zone;

/// `2026-12-01T10:00:05Z`.
static RFC_3339: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
/// `2026-12-01 10:00:05`: what every spreadsheet takes for a date and a time.
static SPREADSHEET: DateTimePrinter = DateTimePrinter::new().separator(b' ').precision(Some(0));

/// `None` past the year 9999: such a time is a fault and isn't written.
pub(super) fn timestamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}

/// Appends it in RFC 3339, in UTC; `false` where it is no moment of this calendar.
pub(super) fn push_rfc3339(at: Millis, out: &mut Vec<u8>) -> io::Result<bool> {
    let Some(timestamp) = timestamp(at) else { return Ok(false) };
    RFC_3339.print_timestamp(&timestamp, out).map_err(io::Error::other)?;
    Ok(true)
}

/// What a clock in this zone shows, to the second; `None` where it is no moment of this calendar.
pub(super) fn local(at: Millis, zone: &TimeZone) -> Option<DateTime> {
    let shown = zone.to_datetime(timestamp(at)?);
    shown.with().subsec_nanosecond(0).build().ok()
}

/// Appends it as a clock in this zone shows it; nothing where it is no moment of this calendar.
pub(super) fn push_local(at: Millis, zone: &TimeZone, out: &mut Vec<u8>) -> io::Result<()> {
    let Some(timestamp) = timestamp(at) else { return Ok(()) };
    SPREADSHEET.print_datetime(&zone.to_datetime(timestamp), out).map_err(io::Error::other)
}

/// What a zone is called: its IANA name, else its offset from UTC at that moment (`+05:30`).
#[must_use]
pub fn zone_name(zone: &TimeZone, at: Timestamp) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        // Whoever reads it must know what the times mean: an unknown zone counts as UTC.
        None if zone.is_unknown() => "UTC".to_owned(),
        None => zone::offset(zone.to_offset(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc3339(at: Millis) -> String {
        let mut out = Vec::new();
        push_rfc3339(at, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn local(at: Millis, zone: &str) -> String {
        let mut out = Vec::new();
        push_local(at, &TimeZone::get(zone).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_moments() {
        assert_eq!(rfc3339(Millis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Millis(1_795_341_600_999)), "2026-11-22T10:00:00Z");
        assert_eq!(rfc3339(Millis(253_402_000_000_000)), "9999-12-28T12:26:40Z");
        assert_eq!(rfc3339(Millis(253_402_300_800_000)), "");
        assert_eq!(rfc3339(Millis(u64::MAX)), "");
        assert_eq!(local(Millis(1_795_341_600_999), "Asia/Kolkata"), "2026-11-22 15:30:00");
        assert_eq!(local(Millis(1_782_000_000_000), "Europe/Berlin"), "2026-06-21 02:00:00");
        assert_eq!(local(Millis(1_795_341_600_999), "America/New_York"), "2026-11-22 05:00:00");
        assert_eq!(local(Millis(u64::MAX), "UTC"), "");
    }
}
