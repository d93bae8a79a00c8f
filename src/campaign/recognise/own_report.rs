//! Our own reports, read again as an audience.

/// Columns that only a report has together, in every version of it.
const MARKS: [&str; 8] =
    ["row", "to", "status", "type", "message_id", "attempts", "error_code", "accepted_at"];

/// Whether these are the columns of a report.
pub(in crate::campaign) fn is_report(columns: &[String]) -> bool {
    MARKS.iter().all(|mark| columns.iter().any(|column| column == mark))
}

/// A cell of a report without the `'` that keeps a spreadsheet from taking it for a formula.
pub(in crate::campaign) fn without_guard(cell: &str) -> &str {
    match cell.strip_prefix('\'').filter(|rest| is_guarded(rest)) {
        Some(rest) => rest,
        None => cell,
    }
}

/// Whether a report writes this text behind a `'`.
fn is_guarded(text: &str) -> bool {
    let starts =
        |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    starts(text) || text.split(';').skip(1).any(|part| starts(part.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_is_taken_off_and_nothing_else() {
        for (cell, expected) in [
            ("'=1+1", "=1+1"),
            ("'+91 98765 43210", "+91 98765 43210"),
            ("'-5", "-5"),
            ("'@x", "@x"),
            ("'＝1", "＝1"),
            ("'\nx", "\nx"),
            ("'a;=1", "a;=1"),
            ("'tis the season", "'tis the season"),
            ("''=1", "''=1"),
            ("=1", "=1"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(without_guard(cell), expected, "{cell:?}");
        }
    }
}
