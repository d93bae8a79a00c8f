//! A message as its recipient will read it: a bubble, with the marks rendered, media named and buttons boxed.

use anstyle::Style;

use crate::domain::message::Message;

use super::markup::{Glyph, parse, plain};
use super::sanitize;
use super::style::{BOLD, DIM, HINT};
use super::text::{Line, char_width};

/// No bubble is wider inside, however wide the terminal.
const WIDEST: usize = 56;

/// Border and padding on both sides.
const FRAME: usize = 4;

/// The message as text with a newline after each line, at most `columns` wide (but at least 12). Without
/// colour the formatting marks stay as they were typed.
#[must_use]
pub fn render(message: &Message, columns: usize, color: bool) -> String {
    let room = columns.saturating_sub(FRAME).clamp(8, WIDEST);
    let rich = |text: &str| {
        let text = sanitize::block(text).replace('\t', "    ");
        wrap(&if color { parse(&text) } else { plain(&text) }, room)
    };
    let styled = |style: Style, text: &str| {
        let glyphs: Vec<Glyph> = sanitize::line(text).chars().map(|c| (c, style)).collect();
        wrap(&glyphs, room)
    };
    let mut body = Vec::new();
    let mut buttons = Vec::new();
    match message {
        Message::Text { body: text } => body.extend(rich(text)),
        Message::Media { kind, url, caption } => {
            body.extend(styled(BOLD, &format!("[{}]", kind.word())));
            body.extend(styled(DIM, url));
            if let Some(caption) = caption {
                body.push(Line::default());
                body.extend(rich(caption));
            }
        }
        Message::Buttons { body: text, buttons: titles } => {
            body.extend(rich(text));
            buttons.extend(titles.iter().map(|button| styled(HINT, &button.title)));
        }
        Message::Flow { flow_id } => {
            body.extend(styled(BOLD, &format!("[flow {flow_id}]")));
            body.extend(styled(DIM, "What it says is set up in Sendwo."));
        }
    }
    let every = body.iter().chain(buttons.iter().flatten());
    let inside = every.map(Line::width).max().unwrap_or(0).max(8);
    let edge = |left: char, right: char| format!("{left}{}{right}\n", "─".repeat(inside + 2));
    let mut out = edge('╭', '╮');
    for line in &body {
        row(&mut out, line, 0, inside, color);
    }
    for button in &buttons {
        out.push_str(&edge('├', '┤'));
        for line in button {
            row(&mut out, line, inside.saturating_sub(line.width()) / 2, inside, color);
        }
    }
    out.push_str(&edge('╰', '╯'));
    out
}

fn row(out: &mut String, line: &Line, indent: usize, inside: usize, color: bool) {
    let fill = inside.saturating_sub(indent + line.width());
    out.push_str("│ ");
    out.push_str(&" ".repeat(indent));
    out.push_str(&line.render(color));
    out.push_str(&" ".repeat(fill));
    out.push_str(" │\n");
}

/// Breaks into lines: at line breaks, else between words, else inside a word that is too long.
fn wrap(glyphs: &[Glyph], room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for paragraph in glyphs.split(|(c, _)| *c == '\n') {
        let mut rest = paragraph;
        loop {
            let fits = fitting(rest, room);
            if fits == rest.len() {
                lines.push(to_line(rest));
                break;
            }
            // A space right behind what fits ends the line as well.
            let space = rest[..=fits].iter().rposition(|(c, _)| *c == ' ').filter(|at| *at > 0);
            match space {
                Some(at) => {
                    lines.push(to_line(&rest[..at]));
                    rest = &rest[at + 1..];
                }
                None => {
                    lines.push(to_line(&rest[..fits]));
                    rest = &rest[fits..];
                }
            }
        }
    }
    lines
}

/// How many glyphs fit; at least one, so that wrapping always gets on.
fn fitting(glyphs: &[Glyph], room: usize) -> usize {
    let mut used = 0;
    for (at, (c, _)) in glyphs.iter().enumerate() {
        used += char_width(*c);
        if used > room {
            return at.max(1);
        }
    }
    glyphs.len()
}

fn to_line(glyphs: &[Glyph]) -> Line {
    let mut line = Line::default();
    for (c, style) in glyphs {
        line.push(*style, c.encode_utf8(&mut [0; 4]));
    }
    line
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::text::width;
    use super::*;
    use crate::domain::message::{Button, MediaKind};

    fn text(body: &str) -> Message {
        Message::Text { body: body.into() }
    }

    #[test]
    fn a_text_is_wrapped_between_words() {
        let message =
            text("Hi Asha, 20% off till *Sunday*.\n\nSee you at the shop around the corner\u{1b}[2J!");
        assert_snapshot!(render(&message, 32, false), @r"
        ╭────────────────────────────╮
        │ Hi Asha, 20% off till      │
        │ *Sunday*.                  │
        │                            │
        │ See you at the shop around │
        │ the corner!                │
        ╰────────────────────────────╯
        ");
    }

    #[test]
    fn marks_are_rendered_where_there_is_colour() {
        let shown = render(&text("till *Sunday*"), 80, true);
        assert!(shown.contains("till \u{1b}[1mSunday\u{1b}[0m"), "{shown:?}");
        assert!(!shown.contains('*'));
    }

    #[test]
    fn media_are_named_with_their_caption() {
        let message = Message::Media {
            kind: MediaKind::Image,
            url: "https://example.com/diwali.jpg".into(),
            caption: Some("Our new _lamps_".into()),
        };
        assert_snapshot!(render(&message, 80, false), @r"
        ╭────────────────────────────────╮
        │ [image]                        │
        │ https://example.com/diwali.jpg │
        │                                │
        │ Our new _lamps_                │
        ╰────────────────────────────────╯
        ");
    }

    #[test]
    fn buttons_are_boxed() {
        let button = |title: &str| Button { id: title.into(), title: title.into() };
        let message = Message::Buttons {
            body: "Will you come, さくら?".into(),
            buttons: vec![button("Yes"), button("No, thank you")],
        };
        assert_snapshot!(render(&message, 80, false), @r"
        ╭────────────────────────╮
        │ Will you come, さくら? │
        ├────────────────────────┤
        │          Yes           │
        ├────────────────────────┤
        │     No, thank you      │
        ╰────────────────────────╯
        ");
    }

    #[test]
    fn a_flow_says_where_its_text_is() {
        assert_snapshot!(render(&Message::Flow { flow_id: "4711".into() }, 80, false), @r"
        ╭───────────────────────────────────╮
        │ [flow 4711]                       │
        │ What it says is set up in Sendwo. │
        ╰───────────────────────────────────╯
        ");
    }

    #[test]
    fn every_line_is_as_wide_as_the_others_and_none_too_wide() {
        let long =
            format!("{} {} 田中さくらさん {}", "x".repeat(90), "word ".repeat(30), "e\u{301}".repeat(70));
        for columns in [0, 12, 20, 40, 200] {
            let shown = render(&text(&long), columns, false);
            let widths: Vec<_> = shown.lines().map(width).collect();
            assert!(widths.iter().all(|w| *w == widths[0]), "{shown}");
            assert!(widths[0] <= columns.clamp(12, WIDEST + FRAME), "{shown}");
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            assert_eq!(letters(&shown), letters(&long), "nothing is lost");
        }
    }
}
