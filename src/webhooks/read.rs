//! From a body to its events: JSON or a form, Meta's shape or the flat one, one event or several.
//!
//! Lenient: unknown fields, words and kinds of events are passed over, bytes that are no text and halves of characters are
//! replaced. Only what is neither JSON nor a form is
//! [`Unreadable`].

use serde_json::{Map, Value};

use crate::sendwo::lenient;

use super::event::Hook;
use super::{flat, meta};

/// No single body holds more events than this; Meta sends at most 1,000 in one.
const MAX_EVENTS_PER_BODY: usize = 10_000;

/// The body is neither JSON nor a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is neither JSON nor a form")]
pub struct Unreadable;

/// Reads the events of a body. None, where it is of a kind that sendcast has no use for.
///
/// # Errors
/// [`Unreadable`].
pub fn read(body: &[u8], content_type: Option<&str>) -> Result<Vec<Hook>, Unreadable> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let value = match lenient::parse(&String::from_utf8_lossy(body)) {
        Some(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => Value::Object(form(body, content_type).ok_or(Unreadable)?),
    };
    let mut hooks = Vec::new();
    each_object(&value, &mut |fields| {
        meta::read(fields, &mut hooks);
        flat::read(fields, &mut hooks);
    });
    hooks.truncate(MAX_EVENTS_PER_BODY);
    Ok(hooks)
}

/// The body's object, or each of its list; a form may carry the whole as JSON in `payload` or `data`.
fn each_object(value: &Value, each: &mut dyn FnMut(&Map<String, Value>)) {
    let objects: &[Value] = match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    };
    for fields in objects.iter().filter_map(Value::as_object) {
        each(fields);
        for name in ["payload", "data", "body", "event"] {
            match fields.get(name) {
                Some(Value::Object(inner)) => each(inner),
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).for_each(&mut *each),
                Some(Value::String(text)) if text.trim_start().starts_with('{') => {
                    if let Some(Value::Object(inner)) = lenient::parse(text) {
                        each(&inner);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A form's fields; `data[wa_message_id]`, PHP's way of nesting, counts as `wa_message_id`.
fn form(body: &[u8], content_type: Option<&str>) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let said = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("x-www-form-urlencoded"));
    let looks_so = text.split('&').next().is_some_and(|pair| {
        pair.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.[]%".contains(&b))
        })
    });
    if text.is_empty() || !(said || looks_so) {
        return None;
    }
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let inner = name.strip_suffix(']').and_then(|name| name.rsplit('[').next()).filter(|n| !n.is_empty());
        let name = inner.unwrap_or(&name).to_owned();
        fields.entry(name).or_insert_with(|| Value::String(value.into_owned()));
    }
    Some(fields)
}
