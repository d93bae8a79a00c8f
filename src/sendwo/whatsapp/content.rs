//! What a message of a conversation says, out of the JSON text in which Sendwo keeps it.
//!
//! Invariant: texts come out as they were written, to be compared with what was sent. Nothing is trimmed, cut
//! or cleaned here; whoever prints them does that.

use serde_json::{Map, Value};

use super::super::lenient;

/// Nested no deeper; JSON texts within JSON texts count too.
const MAX_DEPTH: usize = 16;

/// A message's content, as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The text, or the body of buttons.
    pub text: Option<String>,
    /// A medium's caption.
    pub caption: Option<String>,
    /// A medium's address, where it is one (`http…`).
    pub media_url: Option<String>,
    /// Titles of reply buttons, in order.
    pub buttons: Vec<String>,
}

impl Content {
    /// Reads `message_content`: a JSON text or a value; what isn't JSON is itself the text.
    #[must_use]
    pub fn read(value: &Value) -> Content {
        let mut content = Content::default();
        match value {
            Value::String(text) => content.read_text(text, MAX_DEPTH),
            Value::Object(_) | Value::Array(_) => content.walk(value, MAX_DEPTH),
            _ => {}
        }
        content
    }

    fn read_text(&mut self, text: &str, depth: usize) {
        match lenient::parse(text) {
            Some(Value::String(inner)) if depth > 0 => self.read_text(&inner, depth - 1),
            Some(value @ (Value::Object(_) | Value::Array(_))) if depth > 0 => {
                self.walk(&value, depth - 1);
                // A person may write what happens to be JSON.
                if *self == Content::default() {
                    self.text = Some(text.to_owned());
                }
            }
            _ if !text.is_empty() => self.text = Some(text.to_owned()),
            _ => {}
        }
    }

    /// Level by level, so that a body is found before the texts of its buttons.
    fn walk(&mut self, value: &Value, depth: usize) {
        let mut level = vec![value];
        for _ in 0..depth {
            let mut next = Vec::new();
            for value in level {
                match value {
                    Value::Object(fields) => {
                        self.take(fields);
                        next.extend(
                            fields.iter().filter(|(name, _)| *name != "buttons").map(|(_, value)| value),
                        );
                    }
                    Value::Array(items) => next.extend(items),
                    _ => {}
                }
            }
            level = next;
        }
    }

    fn take(&mut self, fields: &Map<String, Value>) {
        let string = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        // Meta's header of buttons says `"type": "text"` and isn't the body.
        let within = |outer: &str, inner: &str| fields.get(outer)?.get(inner)?.as_str();
        if self.text.is_none() {
            self.text = within("text", "body")
                .or_else(|| within("body", "text"))
                .or_else(|| ["text", "body", "message", "message_body"].into_iter().find_map(string))
                .map(str::to_owned);
        }
        if self.caption.is_none() {
            self.caption = string("caption").map(str::to_owned);
        }
        if self.media_url.is_none() {
            let is_url = |text: &&str| text.starts_with("http://") || text.starts_with("https://");
            self.media_url = ["link", "url", "media_url", "mediaUrl", "file_url", "file"]
                .into_iter()
                .find_map(|name| string(name).filter(is_url))
                .map(str::to_owned);
        }
        if self.buttons.is_empty()
            && let Some(buttons) = fields.get("buttons").and_then(Value::as_array)
        {
            let title = |button: &Value| {
                let inner = button.get("reply").unwrap_or(button);
                inner.get("title").or_else(|| inner.get("text")).and_then(Value::as_str).map(str::to_owned)
            };
            self.buttons = buttons.iter().filter_map(title).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> Option<String> {
        let by_value = Content::read(value);
        // The same, once more wrapped in a JSON text, as Sendwo keeps it.
        let by_text = Content::read(&Value::String(value.to_string()));
        assert_eq!(by_value, by_text, "{value}");
        by_value.text
    }

    #[test]
    fn texts_are_found_in_every_likely_shape() {
        for value in [
            json!("Hi Amit"),
            json!({"text": "Hi Amit"}),
            json!({"message": "Hi Amit"}),
            json!({"body": "Hi Amit"}),
            json!({"type": "text", "text": {"body": "Hi Amit", "preview_url": false}}),
            json!({"messaging_product": "whatsapp", "to": "9198", "type": "text", "text": {"body": "Hi Amit"}}),
            json!({"message": {"text": "Hi Amit"}}),
            json!([{"text": {"body": "Hi Amit"}}]),
            json!({"entry": [{"changes": [{"value": {"messages": [{"text": {"body": "Hi Amit"}}]}}]}]}),
        ] {
            assert_eq!(text(&value).as_deref(), Some("Hi Amit"), "{value}");
        }
        assert_eq!(Content::read(&json!("Hi\nAmit ")).text.as_deref(), Some("Hi\nAmit "));
        assert_eq!(Content::read(&json!("[1]")).text.as_deref(), Some("[1]"));
        assert_eq!(Content::read(&json!("42")).text.as_deref(), Some("42"));
        assert_eq!(Content::read(&json!("")), Content::default());
        assert_eq!(Content::read(&json!(null)), Content::default());
    }

    #[test]
    fn media_and_buttons_are_told_apart() {
        let image = Content::read(
            &json!({"type": "image", "image": {"link": "https://e.com/p.jpg", "caption": "Pic"}}),
        );
        assert_eq!(image.media_url.as_deref(), Some("https://e.com/p.jpg"));
        assert_eq!((image.text, image.caption.as_deref()), (None, Some("Pic")));
        let buttons = Content::read(&json!({"type": "interactive", "interactive": {
            "type": "button", "header": {"type": "text", "text": "Head"}, "body": {"text": "Choose"},
            "action": {"buttons": [{"reply": {"id": "a", "title": "A"}}, {"title": "B"}]}}}));
        assert_eq!(buttons.text.as_deref(), Some("Choose"));
        assert_eq!(buttons.buttons, ["A", "B"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_plain_text_comes_back(text in ".{1,60}") {
            let content = Content::read(&Value::String(text.clone()));
            if serde_json::from_str::<Value>(&text).is_err() {
                prop_assert_eq!(content.text, Some(text));
            }
        }
    }
}
