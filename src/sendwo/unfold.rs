//! Lists and objects that come as JSON within a text, and arrays that come as objects with numbers for names.

use serde_json::{Map, Value};

use super::lenient;

/// A list or an object out of a text that holds one.
fn folded(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['[', '{']) {
        return None;
    }
    lenient::parse(text).filter(|value| value.is_array() || value.is_object())
}

/// Puts lists and objects in the place of texts that hold them: the value itself, an array in one of its fields, or single
/// rows.
pub(super) fn unfold(value: &mut Value) {
    if let Value::String(text) = value
        && let Some(unfolded) = folded(text)
    {
        *value = unfolded;
    }
    let row = |row: &mut Value| {
        if let Some(unfolded) = row.as_str().and_then(folded).filter(Value::is_object) {
            *row = unfolded;
        }
    };
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(row),
        Value::Object(fields) if is_numbered(fields) => fields.values_mut().for_each(row),
        Value::Object(fields) => {
            for field in fields.values_mut() {
                if let Some(unfolded) = field.as_str().and_then(folded).filter(Value::is_array) {
                    *field = unfolded;
                }
            }
        }
        _ => {}
    }
}

/// PHP's way of writing an array with gaps: an object with numbers for names.
pub(super) fn is_numbered(fields: &Map<String, Value>) -> bool {
    !fields.is_empty() && fields.keys().all(|name| name.parse::<u64>().is_ok())
}
