//! Texts from outside, made fit to be shown and kept.
//!
//! Invariant: what leaves here carries no control, escape or bidi character, and no line break.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// At most so many characters of a server's text are kept.
pub const TEXT_LIMIT: usize = 300;

/// A text from outside, fit for a terminal, a journal and a report: no control, escape or bidi characters,
/// single spaces, at most `limit` characters (then `…`).
#[must_use]
pub fn tidy(text: &str, limit: usize) -> Cow<'_, str> {
    if is_tidy(text, limit) { Cow::Borrowed(text) } else { Cow::Owned(tidied(text, limit)) }
}

/// Whether it is fit as it is, by a look that is short: most texts of servers are.
fn is_tidy(text: &str, limit: usize) -> bool {
    let plain = text.len() <= limit && text.bytes().fold(true, |plain, b| plain & matches!(b, b' '..=b'~'));
    plain && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

fn tidied(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut left = limit;
    let mut gap = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // A control sequence goes whole, or its letters would stay as litter.
            if chars.next_if_eq(&'[').is_some() {
                while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            continue;
        }
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        if left <= usize::from(gap) {
            out.push('…');
            break;
        }
        if gap {
            out.push(' ');
            left -= 1;
            gap = false;
        }
        out.push(c);
        left -= 1;
    }
    out
}

/// Bidi controls and marks without a width that only mislead; joiners stay, scripts and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A short text, one of very many: up to 24 bytes stand where they are, without an allocation.
pub type Cell = compact_str::CompactString;

/// Reads a shared text with one allocation; serde makes a `String` of it first, and a `Box`.
///
/// # Errors
/// When it is no text.
pub fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    struct Shared;
    impl Visitor<'_> for Shared {
        type Value = Arc<str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Arc<str>, E> {
            Ok(text.into())
        }
    }
    deserializer.deserialize_str(Shared)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_tidied() {
        assert_eq!(tidy("a\u{1b}[31;1mred\u{1b}[0m\r\n\tb\u{7}\u{202e}c\u{9b}d", 99), "ared bcd");
        assert_eq!(tidy("नमस्ते 👨‍👩‍👧", 99), "नमस्ते 👨‍👩‍👧");
        assert_eq!(tidy("one two", 3), "one…");
        assert_eq!(tidy("one", 3), "one");
        assert_eq!(tidy("", 3), "");
    }

    proptest! {
        #[test]
        fn what_looks_fit_is_fit(text in "[ -~é\n]{0,12}", limit in 0usize..14) {
            if is_tidy(&text, limit) {
                prop_assert_eq!(tidied(&text, limit), text);
            }
        }

        #[test]
        fn whatever_comes_out_is_fit(text in any::<String>(), limit in 0usize..50) {
            let out = tidy(&text, limit);
            prop_assert!(out.chars().count() <= limit + 1);
            prop_assert!(!out.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(&tidy(&out, limit + 1), &out);
        }
    }
}
