//! Single values of an event, read leniently: what can't be meant is `None`.

use serde_json::{Map, Value};

use crate::domain::ids::MessageId;
use crate::domain::phone::Phone;
use crate::domain::text::{Cell, tidy};

/// No id of WhatsApp's is nearly as long.
const MAX_ID_BYTES: usize = 512;
/// A button's title has at most 20 characters, a list row's 24, and its id 256.
const MAX_TITLE_CHARS: usize = 256;
/// No text is read further; WhatsApp's own have as many characters at most.
const MAX_TEXT_BYTES: usize = 4096;
/// So much of what a person wrote is kept.
const MAX_WORDS_CHARS: usize = 1_000;

/// Kinds of messages with a file, and what a report calls them.
pub(super) const FILES: [(&str, &str); 6] = [
    ("image", "image"),
    ("video", "video"),
    ("audio", "audio"),
    ("voice", "audio"),
    ("document", "document"),
    ("sticker", "sticker"),
];

/// A value as text: texts and numbers, without what stands around them; empty is `None`.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then(|| cut(text, MAX_TEXT_BYTES))
}

/// The first of these fields that holds a text.
pub(super) fn first_text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(fields.get(*name)))
}

/// An id: a text without spaces or control characters, of a length that an id may have.
pub(super) fn id(text: Option<String>) -> Option<MessageId> {
    let text = text?;
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    (plain && text.len() <= MAX_ID_BYTES).then(|| MessageId::new(text))
}

/// A title or an id of a button, on one line.
pub(super) fn label(text: Option<String>) -> Option<String> {
    text.map(|text| tidy(&text, MAX_TITLE_CHARS).into_owned()).filter(|text| !text.is_empty())
}

/// What a report shows of a text that a person wrote: its first words, on one line.
pub(super) fn words(text: &str) -> Option<Cell> {
    let words = tidy(text, MAX_WORDS_CHARS);
    (!words.is_empty()).then(|| Cell::from(words.as_ref()))
}

/// What a report shows of a message of this kind with these words, where it has any.
pub(super) fn bracketed(kind: &str, said: Option<&str>) -> Cell {
    let said = said.and_then(words);
    said.map_or_else(|| format!("[{kind}]").into(), |said| format!("[{kind}] {said}").into())
}

/// A person's number: digits with or without `+` and signs between them, or WhatsApp's `…@c.us`.
pub(super) fn phone(text: Option<String>) -> Option<Phone> {
    let text = text?;
    let number = text.split('@').next().unwrap_or_default();
    let digits: String = number.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')' | '.')).collect();
    Phone::from_digits(&digits)
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
