//! Cells and server texts may carry escape sequences that move the cursor, rename the window or turn text
//! around. Here they lose them.
//!
//! Taken out: C0 and C1 control characters, DEL, whole escape sequences, the controls of the bidirectional
//! algorithm, the two Unicode line separators, and spaces without a width, which only make two names look alike.
//! Joiners stay: names in many scripts, and emoji, need them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::iter::Peekable;
use std::str::Chars;

/// A text on one line: line breaks and tabs become a space each.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, Keep::Nothing)
}

/// A text of several lines: line breaks and tabs stay.
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    clean(text, Keep::Layout)
}

/// A text of ours, laid out and coloured: line breaks, tabs and colour sequences (SGR) stay.
#[must_use]
pub fn styled(text: &str) -> Cow<'_, str> {
    clean(text, Keep::Colours)
}

/// A JSON text: what a terminal could take for an order is written as an escape, so the value stays what it was.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hostile(c) && c != '\n' {
            // Writing to a string can't fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A document on its way to a terminal, line by line as [`block`].
#[derive(Debug)]
pub struct Lines<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Lines<W> {
    /// Into `out`.
    pub fn new(out: W) -> Lines<W> {
        Lines { out, line: Vec::new() }
    }

    fn pass(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        let done = self.out.write_all(block(&text).as_bytes());
        self.line.clear();
        done
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(line);
            if line.ends_with(b"\n") {
                self.pass()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass()?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Lines<W> {
    fn drop(&mut self) {
        // As a buffered writer's: who must know flushes before.
        let _ = self.flush();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Keep {
    Nothing,
    Layout,
    Colours,
}

fn is_hostile(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

fn clean(text: &str, keep: Keep) -> Cow<'_, str> {
    let layout = keep >= Keep::Layout;
    let passes = |c: char| !is_hostile(c) || (layout && matches!(c, '\n' | '\t'));
    let Some(first) = text.char_indices().find(|(_, c)| !passes(*c)).map(|(at, _)| at) else {
        return Cow::Borrowed(text);
    };
    let (good, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(good);
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if passes(c) => out.push(c),
            '\u{1b}' => {
                if let Some(colour) = skip_escape(&mut chars)
                    && keep == Keep::Colours
                {
                    out.push_str(&format!("\u{1b}[{colour}m"));
                }
            }
            '\u{9b}' => {
                skip_control_sequence(&mut chars);
            }
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(if layout { '\n' } else { ' ' }),
            '\t' => out.push(' '),
            _ => {}
        }
    }
    Cow::Owned(out)
}

/// Skips what follows an ESC. Tells the parameters where it was a colour sequence.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    match chars.peek() {
        Some('[') => {
            chars.next();
            return skip_control_sequence(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        _ => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
    }
    None
}

/// Parameters, intermediates and the final character of a control sequence (ECMA-48).
fn skip_control_sequence(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut parameters = String::new();
    while let Some(c) = chars.next_if(|c| matches!(c, ' '..='?')) {
        parameters.push(c);
    }
    let end = chars.next_if(|c| matches!(c, '@'..='~'))?;
    let colour = end == 'm' && parameters.bytes().all(|b| b.is_ascii_digit() || matches!(b, b';' | b':'));
    colour.then_some(parameters)
}

/// A command string (window title, link, …) up to its end. One that never ends hides nothing: only its
/// introducer goes.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    let mut ahead = chars.clone();
    while let Some(c) = ahead.next() {
        let ended = match c {
            '\u{7}' | '\u{9c}' => true,
            '\u{1b}' => ahead.next_if_eq(&'\\').is_some(),
            '\n' => return,
            _ => false,
        };
        if ended {
            *chars = ahead;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_not_copied() {
        for text in ["", "Asha", "मीरा 👩‍👩‍👧 Ωμέγα", "مريم", "Zoë\u{200d}x"] {
            assert!(matches!(line(text), Cow::Borrowed(t) if t == text));
        }
        assert!(matches!(block("a\n\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_go_whole() {
        assert_eq!(line("a\u{1b}[2Jb\u{1b}[1;31mc\u{1b}[0m"), "abc");
        assert_eq!(line("a\u{1b}]0;owned\u{7}b\u{1b}]8;;http://x\u{1b}\\link"), "ablink");
        assert_eq!(line("a\u{1b}Pq#0;1\u{1b}\\b"), "ab");
        assert_eq!(line("a\u{1b}(Bb\u{1b}cc\u{1b}"), "abc");
        assert_eq!(line("a\u{9b}31mb\u{9d}0;x\u{9c}c\u{90}y\u{9c}d"), "abcd");
    }

    #[test]
    fn an_unended_string_hides_nothing() {
        assert_eq!(line("before\u{1b}]0;after"), "before0;after");
        assert_eq!(block("a\u{1b}]0;b\nc\u{7}"), "a0;b\nc");
        assert_eq!(line("a\u{1b}[31"), "a");
    }

    #[test]
    fn control_and_bidi_characters_go() {
        assert_eq!(line("a\u{0}b\u{8}c\u{7f}d\u{81}e"), "abcde");
        assert_eq!(line("invoice\u{202e}fdp.exe\u{2066}\u{2069}\u{200f}\u{61c}"), "invoicefdp.exe");
    }

    #[test]
    fn json_keeps_its_value() {
        let text = serde_json::to_string("a\u{1b}[2J\u{9b}31m\u{202e}\u{7f}b\u{200b}").unwrap();
        assert_eq!(json(&text), r#""a\u001b[2J\u009b31m\u202e\u007fb\u200b""#);
        assert_eq!(
            serde_json::from_str::<String>(&json(&text)).unwrap(),
            "a\u{1b}[2J\u{9b}31m\u{202e}\u{7f}b\u{200b}"
        );
        assert!(matches!(json("{\"a\": \"मीरा\"}"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_document_is_cleaned_line_by_line() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        for piece in ["a\u{1b}]0;x", "y\u{7}b\nc\u{1b}", "[2Jd\n", "e\u{202e}f"] {
            lines.write_all(piece.as_bytes()).unwrap();
        }
        drop(lines);
        assert_eq!(String::from_utf8(out).unwrap(), "ab\ncd\nef");
    }

    #[test]
    fn lines_are_kept_or_joined() {
        assert_eq!(line("a\r\nb\nc\td\re\u{2028}f"), "a b c d e f");
        assert_eq!(block("a\r\nb\nc\td\re\u{2029}f"), "a\nb\nc\td\ne\nf");
    }

    #[test]
    fn our_own_colours_pass_where_they_are_asked_for() {
        let ours = "\u{1b}[1m\u{1b}[38;5;12mbold\u{1b}[0m\n";
        assert_eq!(styled(ours), ours);
        assert_eq!(styled("\u{1b}[2K\u{1b}[31mred\u{1b}[?25l\u{1b}]0;x\u{7}"), "\u{1b}[31mred");
    }

    #[test]
    fn nothing_hostile_is_ever_left() {
        // Every pair of an interesting character with another, in every mode.
        let odd = "\u{1b}\u{9b}[]P\\mA0;\u{7}\r\n\t\u{202e}\u{9c}x\u{85} ?";
        for a in odd.chars() {
            for b in odd.chars() {
                for c in odd.chars() {
                    let text: String = [a, b, c, '\u{1b}', '[', 'K', a].iter().collect();
                    assert!(!line(&text).contains(is_hostile), "{text:?}");
                    let block = block(&text).replace(['\n', '\t'], "");
                    assert!(!block.contains(is_hostile), "{text:?}");
                }
            }
        }
    }
}
