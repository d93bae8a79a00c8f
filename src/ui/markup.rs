//! WhatsApp's formatting marks, as its apps show them: `*bold*`, `_italic_`, `~struck~`, `` `code` ``,
//! ` ```monospace``` `.
//!
//! A mark opens before a character that is no space and behind one that is no letter or digit; it closes the
//! other way round, on the same line (monospace may span lines). Marks nest; in code they are text.

use anstyle::Style;

/// A character and how it looks.
pub type Glyph = (char, Style);

/// The text with its marks taken out and their meaning put in. It has no control characters but `\n`.
#[must_use]
pub fn parse(text: &str) -> Vec<Glyph> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::with_capacity(chars.len());
    spans(&chars, 0, chars.len(), Style::new(), &mut out);
    out
}

/// The text as it is, marks and all.
#[must_use]
pub(super) fn plain(text: &str) -> Vec<Glyph> {
    text.chars().map(|c| (c, Style::new())).collect()
}

fn spans(chars: &[char], start: usize, end: usize, style: Style, out: &mut Vec<Glyph>) {
    let mut at = start;
    while at < end {
        let found = mark(chars, at, end, style).and_then(|mark| {
            let inside = at + mark.len;
            closing(chars, at, end, &mark).map(|close| (mark, inside, close))
        });
        let Some((mark, inside, close)) = found else {
            out.push((chars[at], style));
            at += 1;
            continue;
        };
        if mark.is_code {
            out.extend(chars[inside..close].iter().map(|c| (*c, mark.style)));
        } else {
            spans(chars, inside, close, mark.style, out);
        }
        at = close + mark.len;
    }
}

struct Mark {
    character: char,
    /// How many of the character make the mark.
    len: usize,
    style: Style,
    is_code: bool,
}

/// The mark that may open here.
fn mark(chars: &[char], at: usize, end: usize, style: Style) -> Option<Mark> {
    let behind_a_word = at > 0 && chars[at - 1].is_alphanumeric();
    if behind_a_word {
        return None;
    }
    let character = chars[at];
    let three = chars.get(at..(at + 3).min(end)) == Some(&['`'; 3]);
    let (len, style, is_code) = match character {
        '*' => (1, style.bold(), false),
        '_' => (1, style.italic(), false),
        '~' => (1, style.strikethrough(), false),
        '`' if three => (3, style.dimmed(), true),
        '`' => (1, style.dimmed(), true),
        _ => return None,
    };
    Some(Mark { character, len, style, is_code })
}

/// Where the mark that opens at `at` closes.
fn closing(chars: &[char], at: usize, end: usize, mark: &Mark) -> Option<usize> {
    let inside = at + mark.len;
    let spans_lines = mark.len == 3;
    let first = *chars.get(inside).filter(|_| inside < end)?;
    if first == mark.character || (first.is_whitespace() && !spans_lines) {
        return None;
    }
    for close in inside + 1..end {
        if chars[close] == '\n' && !spans_lines {
            return None;
        }
        let after = close + mark.len;
        let is_mark = after <= end && chars[close..after].iter().all(|c| *c == mark.character);
        let behind_text = spans_lines || !chars[close - 1].is_whitespace();
        let before_a_word = chars.get(after).is_some_and(|c| c.is_alphanumeric());
        if is_mark && behind_text && !before_a_word {
            return Some(close);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bold in `<b>`, italic in `<i>`, struck in `<s>`, code in `<c>`.
    fn html(text: &str) -> String {
        let mut out = String::new();
        let mut last = Style::new();
        for (c, style) in parse(text).into_iter().chain([('\0', Style::new())]) {
            if style != last {
                let effects = |style: Style| {
                    let e = style.get_effects();
                    [
                        (anstyle::Effects::BOLD, "b"),
                        (anstyle::Effects::ITALIC, "i"),
                        (anstyle::Effects::STRIKETHROUGH, "s"),
                        (anstyle::Effects::DIMMED, "c"),
                    ]
                    .into_iter()
                    .filter(move |(effect, _)| e.contains(*effect))
                    .map(|(_, name)| name)
                    .collect::<String>()
                };
                out.push_str(&format!("<{}>", effects(style)));
                last = style;
            }
            if c != '\0' {
                out.push(c);
            }
        }
        out
    }

    #[test]
    fn marks_become_their_meaning() {
        assert_eq!(
            html("Hi *Asha*, _really_ ~not~ `x*y*` ok"),
            "Hi <b>Asha<>, <i>really<> <s>not<> <c>x*y*<> ok"
        );
        assert_eq!(html("*bold _and italic_*"), "<b>bold <bi>and italic<>");
        assert_eq!(html("```two\nlines *x*```."), "<c>two\nlines *x*<>.");
        assert_eq!(html("(*a*) \"_b_\""), "(<b>a<>) \"<i>b<>\"");
    }

    #[test]
    fn what_is_no_mark_stays() {
        for text in [
            "2*3*4",
            "snake_case_name",
            "* item",
            "a * b * c",
            "*open",
            "**",
            "*a\nb*",
            "5 ~ 6",
            "*a *b",
            "`",
        ] {
            assert_eq!(html(text), text);
        }
    }

    #[test]
    fn a_wall_of_marks_is_read_in_no_time() {
        let wall = "*a ".repeat(1400);
        assert_eq!(parse(&wall).len(), wall.len(), "none of them closes");
        let nested = "*_~`".repeat(1000);
        assert!(parse(&nested).len() < nested.len());
    }
}
