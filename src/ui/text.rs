//! Text as a terminal lays it out: columns, not characters. Wide characters (CJK, emoji) count twice,
//! combining ones nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text without control characters takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// How many columns a character takes by itself.
#[must_use]
pub(super) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text within so many columns: cut, with `…` at its end, where it is longer.
#[must_use]
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else { return Cow::Borrowed("") };
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += char_width(c);
        if used > room {
            break;
        }
        out.push(c);
    }
    let kept = out.trim_end_matches(['\u{200d}', ' ']).len();
    out.truncate(kept);
    out.push('…');
    Cow::Owned(out)
}

/// The text within so many columns: where it is longer, its beginning and its end with `…` in between.
#[must_use]
pub fn cut_in_the_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let tail_columns = columns.saturating_sub(1) / 2;
    let mut tail = text.len();
    for (at, c) in text.char_indices().rev() {
        if width(&text[at..]) > tail_columns {
            break;
        }
        // A mark stands with the character before it.
        tail = if char_width(c) > 0 { at } else { tail };
    }
    let head = cut(text, columns - width(&text[tail..]));
    Cow::Owned(format!("{head}{}", &text[tail..]))
}

/// The text, filled up with spaces on the right.
#[must_use]
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(width(text)))
}

/// The text, filled up with spaces on the left.
#[must_use]
pub fn right(text: &str, columns: usize) -> String {
    format!("{:1$}{text}", "", columns.saturating_sub(width(text)))
}

/// The text in a style, or as it is where there is no colour.
#[must_use]
pub(super) fn paint(style: Style, text: &str, color: bool) -> String {
    if color && style != Style::new() && !text.is_empty() {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

/// One line in several styles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    spans: Vec<(Style, String)>,
}

impl Line {
    /// Appends a piece; one in the style of the last is joined to it.
    pub(super) fn push(&mut self, style: Style, text: &str) {
        match self.spans.last_mut() {
            _ if text.is_empty() => {}
            Some((last, span)) if *last == style => span.push_str(text),
            _ => self.spans.push((style, text.to_owned())),
        }
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        self.spans.iter().map(|(_, text)| width(text)).sum()
    }

    /// It within so many columns, cut with `…` where it is longer.
    #[must_use]
    pub(super) fn cut(&self, columns: usize) -> Line {
        if self.width() <= columns {
            return self.clone();
        }
        let mut out = Line::default();
        let mut room = columns;
        for (style, text) in &self.spans {
            let piece = width(text);
            // The last piece that fits needs a column left for the `…`.
            if piece < room {
                out.push(*style, text);
                room -= piece;
                continue;
            }
            let shorter = format!("{text}…");
            out.push(*style, &cut(&shorter, room));
            break;
        }
        out
    }

    /// As a terminal takes it.
    #[must_use]
    pub(super) fn render(&self, color: bool) -> String {
        let mut out = String::new();
        for (style, text) in &self.spans {
            let _ = write!(out, "{}", paint(*style, text, color));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::{BOLD, GOOD, PLAIN};
    use super::*;

    #[test]
    fn wide_characters_count_twice_and_marks_nothing() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("田中"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("👍"), 2);
        assert_eq!(width("👩‍👩‍👧"), 2);
    }

    #[test]
    fn cutting_never_exceeds_the_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("田中さん", 5), "田中…");
        assert_eq!(cut("田中さん", 4), "田…");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cut("abc", 0), "");
        for columns in 0..20 {
            for text in ["Zoë 👩‍👩‍👧 family", "مريم محمد علي", "名前が長い人", "a b c d e f g"]
            {
                assert!(width(&cut(text, columns)) <= columns, "{text} {columns}");
            }
        }
    }

    #[test]
    fn filling_counts_columns() {
        assert_eq!(format!("{}|", left("田", 4)), "田  |");
        assert_eq!(right("12", 4), "  12");
        assert_eq!(right("12345", 4), "12345");
    }

    #[test]
    fn a_line_is_cut_across_its_pieces() {
        let mut line = Line::default();
        line.push(BOLD, "abc");
        line.push(PLAIN, "def");
        line.push(GOOD, "ghi");
        assert_eq!(line.cut(9).render(false), "abcdefghi");
        assert_eq!(line.cut(8).render(false), "abcdefg…");
        assert_eq!(line.cut(6).render(false), "abcde…");
        assert_eq!(line.cut(3).render(false), "ab…");
        assert_eq!(line.cut(0).render(false), "");
        assert_eq!(line.cut(4).render(true), "\u{1b}[1mabc\u{1b}[0m…");
        for columns in 0..10 {
            assert!(line.cut(columns).width() <= columns);
        }
    }
}
