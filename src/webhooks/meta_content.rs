//! What a person's message holds, in Meta's own shape.
//!
//! Invariant: only what is known to be something that the person sends has words. An unknown kind may be anything (a poll, a
//! message that was deleted) and answers nothing.

use serde_json::{Map, Value};

use super::clean::{FILES, bracketed, label, text, words};
use super::event::Button;
use crate::domain::text::Cell;

/// What a message holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// All that was written.
    pub(super) text: Option<String>,
    /// What a report shows of it.
    pub(super) words: Option<Cell>,
    /// The button that was pressed.
    pub(super) button: Option<Button>,
    /// The message of ours that the content itself names.
    pub(super) answers: Option<String>,
}

/// A moving picture comes as a film.
const GIF: (&str, &str) = ("gif", "video");

/// Reads it: a reply button, a list's row or a template's quick reply; a text, a file, a place, a contact, an order, a form's
/// answer, a reaction.
pub(super) fn content(message: &Map<String, Value>) -> Content {
    let part = |name: &str| message.get(name).and_then(Value::as_object);
    let interactive = part("interactive");
    let pressed = interactive.and_then(|interactive| {
        ["button_reply", "list_reply"].iter().find_map(|kind| interactive.get(*kind)?.as_object())
    });
    if let Some(pressed) = pressed {
        return chosen(text(pressed.get("id")), text(pressed.get("title")));
    }
    if let Some(button) = part("button") {
        return chosen(text(button.get("payload")), text(button.get("text")));
    }
    if let Some(reaction) = part("reaction") {
        let answers = text(reaction.get("message_id"));
        // Without a sign it was taken back.
        return Content {
            answers,
            words: text(reaction.get("emoji")).as_deref().and_then(words),
            ..Content::default()
        };
    }
    let body = match message.get("text") {
        Some(Value::Object(said)) => text(said.get("body")),
        said => text(said),
    };
    if let Some(said) = body {
        return written(said);
    }
    // A caption stands for itself.
    for (name, called) in FILES.into_iter().chain([GIF]) {
        let Some(file) = message.get(name) else { continue };
        let caption = file.as_object().and_then(|file| text(file.get("caption")));
        return match caption.or_else(|| text(message.get("caption"))) {
            Some(caption) => written(caption),
            None => unwritten(bracketed(called, None)),
        };
    }
    if let Some(place) = part("location") {
        let named = ["name", "address"].into_iter().filter_map(|name| text(place.get(name)));
        let named: Vec<_> = named.collect();
        let at = || Some(format!("{}, {}", text(place.get("latitude"))?, text(place.get("longitude"))?));
        let said = if named.is_empty() { at() } else { Some(named.join(", ")) };
        return unwritten(bracketed("location", said.as_deref()));
    }
    if message.contains_key("contacts") {
        return unwritten(bracketed("contact", None));
    }
    if let Some(order) = part("order") {
        return Content {
            text: text(order.get("text")),
            words: Some(bracketed("order", text(order.get("text")).as_deref())),
            ..Content::default()
        };
    }
    if let Some(form) = interactive.and_then(|interactive| interactive.get("nfm_reply")?.as_object()) {
        return unwritten(bracketed("form", text(form.get("body")).as_deref()));
    }
    text(message.get("caption")).map(written).unwrap_or_default()
}

fn chosen(id: Option<String>, title: Option<String>) -> Content {
    let (id, title) = (label(id), label(title));
    let button =
        id.or_else(|| title.clone()).map(|id| Button { id, title: title.clone().unwrap_or_default() });
    let shown =
        button.as_ref().map(|button| if button.title.is_empty() { &button.id } else { &button.title });
    Content { words: shown.map(|shown| shown.as_str().into()), text: title, button, answers: None }
}

fn written(said: String) -> Content {
    Content { words: words(&said), text: Some(said), ..Content::default() }
}

fn unwritten(words: Cell) -> Content {
    Content { words: Some(words), ..Content::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_has_its_words_and_unknown_kinds_have_none() {
        let shown = |message: Value| {
            let content = content(message.as_object().unwrap());
            content.words.map_or_else(String::new, |words| words.to_string())
        };
        for (message, words) in [
            (json!({"type": "text", "text": {"body": " two\nlines\u{7} "}}), "two lines"),
            (json!({"interactive": {"list_reply": {"id": "s", "title": "Small"}}}), "Small"),
            (json!({"interactive": {"button_reply": {"id": "s"}}}), "s"),
            (json!({"button": {"payload": "p", "text": "Yes"}}), "Yes"),
            (json!({"image": {"id": "1", "caption": "like this?"}}), "like this?"),
            (json!({"image": {"id": "1"}}), "[image]"),
            (json!({"audio": {"id": "1", "voice": true}}), "[audio]"),
            (json!({"document": {"filename": "a.pdf"}}), "[document]"),
            (json!({"sticker": {"id": "1"}}), "[sticker]"),
            (json!({"location": {"latitude": 18.5, "longitude": 73.9}}), "[location] 18.5, 73.9"),
            (
                json!({"location": {"latitude": 1, "name": "Shop", "address": "Pune"}}),
                "[location] Shop, Pune",
            ),
            (json!({"contacts": [{"name": {"formatted_name": "A third person"}}]}), "[contact]"),
            (json!({"order": {"text": "please", "product_items": []}}), "[order] please"),
            (json!({"interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent"}}}), "[form] Sent"),
            (json!({"reaction": {"message_id": "wamid.1", "emoji": "👍"}}), "👍"),
            (json!({"reaction": {"message_id": "wamid.1"}}), ""),
            (json!({"type": "unsupported", "errors": [{"code": 131_051}]}), ""),
            (json!({"type": "request_welcome"}), ""),
        ] {
            assert_eq!(shown(message.clone()), words, "{message}");
        }
        let long = shown(json!({"text": {"body": "é".repeat(2_000)}}));
        assert_eq!(long.chars().count(), 1_001, "it ends with an ellipsis");
        let reaction = json!({"reaction": {"message_id": "wamid.1", "emoji": "👍"}});
        assert_eq!(content(reaction.as_object().unwrap()).answers.as_deref(), Some("wamid.1"));
    }
}
