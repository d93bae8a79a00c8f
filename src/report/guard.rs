//! The guard against cells that a spreadsheet would take for a formula.
//!
//! A name like `=HYPERLINK(…)` in an audience, or in a server's text, would run when the report is opened.
//! The first character decides; whatever stands further in is text.

use std::borrow::Cow;

/// What keeps a cell from being a formula.
pub(super) const GUARD: &str = "'";

/// Whether a spreadsheet would take a cell with this text for a formula: `= + - @`, tab or CR first.
#[must_use]
pub(super) fn is_formula(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// The text, behind a `'` where a spreadsheet would take it for a formula.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_decides() {
        for formula in ["=1+1", "+4912345", "-5", "@SUM(A1)", "\tx", "\rx", "="] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["", "a=b", " =1", "'=1", "5-3", "ünï", "\n=1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
