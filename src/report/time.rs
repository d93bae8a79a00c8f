//! Moments as a report shows them.

use std::io;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

use crate::domain::time::Millis;

/// `2026-12-01T10:00:05Z`.
static RFC_3339: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
/// `2026-12-01 10:00:05`: what every spreadsheet takes for a date and a time.
static SPREADSHEET: DateTimePrinter = DateTimePrinter::new().separator(b' ').precision(Some(0));

/// `None` past the year 9999: such a time is a fault and isn't written.
fn timestamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}

/// Appends it in RFC 3339, in UTC; `false` where it is no moment of this calendar.
pub(super) fn push_rfc3339(at: Millis, out: &mut Vec<u8>) -> io::Result<bool> {
    let Some(timestamp) = timestamp(at) else { return Ok(false) };
    RFC_3339.print_timestamp(&timestamp, out).map_err(io::Error::other)?;
    Ok(true)
}

/// Appends it as a clock in this zone shows it; nothing where it is no moment of this calendar.
pub(super) fn push_local(at: Millis, zone: &TimeZone, out: &mut Vec<u8>) -> io::Result<()> {
    let Some(timestamp) = timestamp(at) else { return Ok(()) };
    SPREADSHEET.print_datetime(&zone.to_datetime(timestamp), out).map_err(io::Error::other)
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
