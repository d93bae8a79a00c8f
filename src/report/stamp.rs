//! RFC 3339 in UTC with seconds, without an allocation: a report has up to five times in every row.

use crate::domain::time::Millis;

/// `2026-11-22T10:00:00Z`.
pub(super) type Stamp = [u8; 20];

/// From the year 10000 on four digits aren't enough; such a time is a fault and isn't written.
const END: u64 = 253_402_300_800;

/// The same text as [`Millis::rfc3339`]; `None` where that is empty.
#[must_use]
pub(super) fn stamp(at: Millis) -> Option<Stamp> {
    let seconds = at.0 / 1000;
    if seconds >= END {
        return None;
    }
    let (year, month, day) = civil(seconds / 86_400);
    let of_day = seconds % 86_400;
    let mut out = *b"0000-00-00T00:00:00Z";
    digits(&mut out[0..4], year);
    digits(&mut out[5..7], month);
    digits(&mut out[8..10], day);
    digits(&mut out[11..13], of_day / 3600);
    digits(&mut out[14..16], of_day / 60 % 60);
    digits(&mut out[17..19], of_day % 60);
    Some(out)
}

/// Year, month and day from days since 1970-01-01. Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`, for days from the epoch on.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

fn digits(out: &mut [u8], mut value: u64) {
    for byte in out.iter_mut().rev() {
        *byte = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: Millis) -> String {
        stamp(at).map(|s| String::from_utf8(s.to_vec()).unwrap()).unwrap_or_default()
    }

    #[test]
    fn known_moments() {
        assert_eq!(text(Millis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(text(Millis(1_795_341_600_999)), "2026-11-22T10:00:00Z");
        assert_eq!(text(Millis(951_782_400_000)), "2000-02-29T00:00:00Z");
        assert_eq!(text(Millis((END - 1) * 1000)), "9999-12-31T23:59:59Z");
        assert_eq!(stamp(Millis(END * 1000)), None);
        assert_eq!(stamp(Millis(u64::MAX)), None);
    }

    #[test]
    fn it_agrees_with_jiff_on_every_day_of_four_centuries_and_beyond() {
        // One moment of each day, at a time of day that moves along.
        for day in 0..160_000u64 {
            let at = Millis((day * 86_400 + day * 37 % 86_400) * 1000 + day % 1000);
            assert_eq!(text(at), at.rfc3339(), "day {day}");
        }
    }
}
