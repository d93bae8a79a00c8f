//! What a cell of a workbook can hold.

use std::borrow::Cow;
use std::io;

use jiff::civil::{DateTime, date};
use rust_xlsxwriter::XlsxError;

/// The longest text of a cell, in UTF-16 units.
const MAX_UNITS: usize = 32_767;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The text as a cell holds it: one that is too long is cut, and ends with `…`. Control characters and U+FFFE are written
/// by the workbook's own escapes, as Excel does.
pub(super) fn fit(text: &str) -> Cow<'_, str> {
    // A character takes as many bytes in UTF-8 as units in UTF-16, or more.
    if text.len() <= MAX_UNITS || text.encode_utf16().count() <= MAX_UNITS {
        return Cow::Borrowed(text);
    }
    let mut units = 1;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= MAX_UNITS
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    Cow::Owned(cut)
}

/// A date as a workbook counts it: days since the end of 1899, its time as a fraction.
pub(super) fn serial(at: DateTime) -> f64 {
    // Excel takes 1900 for a leap year; nothing of a report is as old as that.
    let days = (at.date() - date(1899, 12, 30)).get_days();
    let time = at.time();
    let seconds = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(days) + f64::from(seconds) / DAY
}

/// The system's error, where it is one.
pub(super) fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error,
        error => io::Error::other(format!("the workbook can't be made: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_a_cell_ends() {
        for text in ["", "short", &"a".repeat(MAX_UNITS), &"ä".repeat(MAX_UNITS), &"😀".repeat(MAX_UNITS / 2)]
        {
            assert!(matches!(fit(text), Cow::Borrowed(_)), "{}", text.len());
        }
        for text in ["a".repeat(MAX_UNITS + 1), "😀".repeat(MAX_UNITS / 2 + 1)] {
            let cut = fit(&text);
            assert!(cut.encode_utf16().count() <= MAX_UNITS && cut.ends_with('…'));
            assert!(cut.encode_utf16().count() >= MAX_UNITS - 1, "no more is cut than must be");
        }
    }

    #[test]
    fn dates_are_days() {
        let days = |text: &str| serial(text.parse().unwrap());
        assert!((days("2026-11-22T00:00:00") - 46_348.0).abs() < 1e-9);
        assert!((days("1970-01-01T12:00:00") - 25_569.5).abs() < 1e-9);
        assert!((days("2026-11-22T23:59:59") - 46_348.999_988_425_9).abs() < 1e-9);
    }
}
