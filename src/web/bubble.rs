//! A message as its recipient will read it, as HTML: a bubble, with the marks rendered. Media is named and never loaded.

use anstyle::{Effects, Style};
use maud::{Markup, html};

use crate::domain::message::Message;
use crate::ui::{markup, sanitize};

/// The message.
pub fn bubble(message: &Message) -> Markup {
    html! {
        div.chat {
            div.bubble {
                @match message {
                    Message::Text { body } => p { (rich(body)) },
                    Message::Media { kind, url, caption } => {
                        p.media { strong { (kind.word()) } " " span.address { (sanitize::line(url)) } }
                        @if let Some(caption) = caption { p { (rich(caption)) } }
                    }
                    Message::Buttons { body, .. } => p { (rich(body)) },
                    Message::Flow { flow_id } => {
                        p.media { strong { "flow " (sanitize::line(flow_id.as_str())) } }
                        p { "What it says is set up in Sendwo." }
                    }
                }
            }
            @if let Message::Buttons { buttons, .. } = message {
                @for button in buttons { div.bubble-button { (sanitize::line(&button.title)) } }
            }
        }
    }
}

/// WhatsApp's marks as what they mean.
fn rich(text: &str) -> Markup {
    let mut runs: Vec<(Style, String)> = Vec::new();
    for (letter, style) in markup::parse(&sanitize::block(text)) {
        match runs.last_mut() {
            Some((same, run)) if *same == style => run.push(letter),
            _ => runs.push((style, letter.to_string())),
        }
    }
    let has = |style: Style, effect| style.get_effects().contains(effect);
    html! {
        @for (style, run) in runs {
            @let run = html! { @if has(style, Effects::DIMMED) { code { (run) } } @else { (run) } };
            @let run = html! { @if has(style, Effects::STRIKETHROUGH) { s { (run) } } @else { (run) } };
            @let run = html! { @if has(style, Effects::ITALIC) { em { (run) } } @else { (run) } };
            @if has(style, Effects::BOLD) { strong { (run) } } @else { (run) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_shown_and_what_came_from_outside_is_text() {
        let body = "Hi *Asha*, _~no~_ `x` <script>alert(1)</script>".to_owned();
        let shown = bubble(&Message::Text { body }).into_string();
        assert!(shown.contains("<strong>Asha</strong>"), "{shown}");
        assert!(shown.contains("<em><s>no</s></em> <code>x</code> &lt;script&gt;"), "{shown}");
    }
}
