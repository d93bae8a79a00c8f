//! The guard against cells that a spreadsheet would take for a formula, and its inverse.
//!
//! A name like `=HYPERLINK(…)` in an audience, or in a text from a server, would run when a report is opened. Behind a
//! `'` it is text. The beginning of the cell decides; but a spreadsheet that takes another separator than the file's
//! cuts cells in two, so that places inside of a cell count where a cell would begin then.
//!
//! Invariant: [`unguard`] of what [`guard`] made is the text as it was, whatever it was.

use std::borrow::Cow;

/// What keeps a cell from being a formula.
const GUARD: char = '\'';

/// Where a cell may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of the text.
    First,
    /// Behind a `;` or a tab.
    Cell,
    /// Behind a comma or at a line's beginning, where `500,-` and `- a list's item` are everyday texts.
    Line,
}

impl Place {
    fn behind(byte: u8) -> Option<Place> {
        match byte {
            b';' | b'\t' => Some(Place::Cell),
            b',' | b'\n' | b'\r' => Some(Place::Line),
            _ => None,
        }
    }
}

/// The text, behind a `'` where a spreadsheet would take it, or a part of it, for a formula: `= + - @` (also full-width),
/// a tab, CR or LF first, or one of these signs where a cell would begin for another separator. There it also gets a
/// `'` of its own.
#[must_use]
pub fn guard(text: &str) -> Cow<'_, str> {
    let mut inside = formulas_inside(text).peekable();
    if !is_formula(text.as_bytes(), Place::First) && inside.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 4);
    out.push(GUARD);
    let mut done = 0;
    for at in inside {
        out.push_str(&text[done..at]);
        out.push(GUARD);
        done = at;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The text as it was before [`guard`]; as it is, where it isn't one that was guarded.
#[must_use]
pub fn unguard(text: &str) -> Cow<'_, str> {
    let Some(rest) = text.strip_prefix(GUARD) else { return Cow::Borrowed(text) };
    let inside: Vec<usize> = formulas_inside(rest).collect();
    let is_none = inside.is_empty() && !is_formula(rest.as_bytes(), Place::First);
    if is_none || inside.iter().any(|at| !rest[*at..].starts_with(GUARD)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(rest.len());
    let mut done = 0;
    for at in inside {
        out.push_str(&rest[done..at]);
        done = at + GUARD.len_utf8();
    }
    if done == 0 {
        return Cow::Borrowed(rest);
    }
    out.push_str(&rest[done..]);
    Cow::Owned(out)
}

/// Where a formula would begin, but for the text's own beginning.
fn formulas_inside(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter_map(|(at, byte)| {
        let place = Place::behind(*byte)?;
        is_formula(&bytes[at + 1..], place).then_some(at + 1)
    })
}

/// Whether a formula begins here. A `'` before it makes no difference, so that the guard's own can be told from those
/// that were there; nor do quotation marks further in, which the other separator may have made the field's own.
fn is_formula(bytes: &[u8], place: Place) -> bool {
    let is_quote = |byte: &&u8| **byte == b'\'' || (**byte == b'"' && place != Place::First);
    let quotes = bytes.iter().take_while(is_quote).count();
    match &bytes[quotes..] {
        [b'=' | b'@', ..] | [0xef, 0xbc, 0x9d | 0xa0, ..] => true,
        [b'+' | b'-', ..] | [0xef, 0xbc, 0x8b | 0x8d, ..] => place != Place::Line,
        [b'\t' | b'\r' | b'\n', ..] => place == Place::First,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_stands_behind_a_guard() {
        for formula in [
            "=1+1", "+4912345", "-5", "@SUM(A1)", "\tx", "\rx", "\n=1", "=", "＝1", "＋1", "－1", "＠a",
            "'=1",
        ] {
            assert!(guard(formula).starts_with('\''), "{formula}");
            assert_eq!(unguard(&guard(formula)), formula);
        }
        assert_eq!(guard("-5"), "'-5");
        for text in
            ["", "a=b", " =1", "'a", "5-3", "ünï", "+", "500,-", "Hi\n- one\n- two", "a; b", "\"-5\" pipe"]
        {
            if text != "+" {
                assert_eq!(guard(text), text);
            }
        }
    }

    #[test]
    fn a_cell_that_another_separator_would_begin_is_guarded_too() {
        for (text, guarded) in [
            ("a;=1", "'a;'=1"),
            ("a\t-1;@b", "'a\t'-1;'@b"),
            ("a,=1", "'a,'=1"),
            ("a\n=1", "'a\n'=1"),
            ("a;\"=1", "'a;'\"=1"),
            ("=1;=2", "'=1;'=2"),
        ] {
            assert_eq!(guard(text), guarded);
            assert_eq!(unguard(guarded), text);
        }
    }

    #[test]
    fn what_was_not_guarded_stays() {
        for text in ["", "'", "'90s", "it's", "=1", "a;'=1", "''a", "'a;=1"] {
            assert_eq!(unguard(text), text);
        }
    }

    proptest! {
        #[test]
        fn unguard_is_the_inverse(text in "[a'\"=+@;,\t\n\r＝－é -]{0,12}") {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), &*text);
            // Cut at either separator, no cell is a formula.
            for (at, cell) in guarded.split([';', '\t']).enumerate() {
                let cell = if at > 0 { cell.trim_start_matches('"') } else { cell };
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '＝', '－']), "{}", guarded);
            }
        }

        #[test]
        fn unguard_is_the_inverse_of_any_text(text in any::<String>()) {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), &*text);
        }
    }
}
