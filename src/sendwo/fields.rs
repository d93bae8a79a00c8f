//! The fields of a record, read tolerantly; what nobody asked for is kept.
//!
//! Invariant: a field that was read, under whichever of its names, isn't among those that are left: a record that is
//! written out again never has a name twice.

use serde_json::{Map, Value};

use crate::domain::phone::Phone;

use super::envelope::{id, text};

/// A record on its way into a type.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Of an object that says something; anything else is no record.
    pub fn of(value: &Value) -> Option<Fields> {
        value.as_object().filter(|fields| !fields.is_empty()).map(|fields| Fields(fields.clone()))
    }

    /// The first of these names that holds what can be read; the first is how it is documented, or how it is written
    /// out again.
    pub fn take<R>(&mut self, names: &[&str], read: impl Fn(&Value) -> Option<R>) -> Option<R> {
        let (name, found) = names.iter().find_map(|name| Some((*name, read(self.0.get(*name)?)?)))?;
        self.0.shift_remove(name);
        if let Some(documented) = names.first() {
            self.0.shift_remove(*documented);
        }
        Some(found)
    }

    /// An id: a number or a text.
    pub fn id<I>(&mut self, names: &[&str], new: impl FnOnce(String) -> I) -> Option<I> {
        self.take(names, id).map(new)
    }

    /// A text, or a number as one.
    pub fn text(&mut self, names: &[&str]) -> Option<String> {
        self.take(names, text)
    }

    /// A whole number, or a text of digits.
    pub fn number(&mut self, names: &[&str]) -> Option<u64> {
        self.take(names, number)
    }

    /// A person's number with its country code: the server knows what it is, so it is not doubted, as long as it has
    /// the digits of one.
    pub fn phone(&mut self, names: &[&str]) -> Option<Phone> {
        self.take(names, phone)
    }

    /// Names in a list: texts, objects with one of these names for theirs, or a text with commas.
    pub fn names(&mut self, names: &[&str], within: &[&str]) -> Vec<String> {
        self.take(names, |value| listed(value, within)).unwrap_or_default()
    }

    /// What is left.
    pub fn rest(self) -> Map<String, Value> {
        self.0
    }
}

/// A whole number, or a text of digits.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn phone(value: &Value) -> Option<Phone> {
    let text = text(value)?;
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.'));
    let plain = plain && !text.starts_with('-');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Phone::from_digits(digits.strip_prefix("00").unwrap_or(&digits)).filter(|_| plain)
}

fn listed(value: &Value, within: &[&str]) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::Object(fields) => within.iter().find_map(|name| fields.get(*name).and_then(text)),
        value => text(value),
    };
    Some(match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        Value::Object(fields) => fields.values().filter_map(one).collect(),
        Value::String(all) => {
            all.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }
        Value::Null => Vec::new(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_read_is_gone_and_the_rest_stays() {
        let mut fields = Fields::of(&json!({"id": {}, "label_id": 12, "name": [], "x": 1})).unwrap();
        assert_eq!(fields.id(&["id", "label_id"], |id| id).as_deref(), Some("12"));
        assert_eq!(fields.text(&["name"]), None);
        assert_eq!(Value::Object(fields.rest()), json!({"name": [], "x": 1}));
        for none in [json!({}), json!([1]), json!("x"), json!(null)] {
            assert!(Fields::of(&none).is_none());
        }
    }

    #[test]
    fn numbers_of_people_are_taken_as_the_server_writes_them() {
        for (value, digits) in [
            (json!("919876543210"), Some("919876543210")),
            (json!(919_876_543_210_u64), Some("919876543210")),
            (json!("+91 98765-43210"), Some("919876543210")),
            (json!("00919876543210"), Some("919876543210")),
            (json!("+91 98765 XXXXX"), None),
            (json!("12"), None),
            (json!(null), None),
            (json!(-919_876_543_210_i64), None),
        ] {
            assert_eq!(phone(&value).map(Phone::digits).as_deref(), digits, "{value}");
        }
    }

    #[test]
    fn lists_of_names_come_in_several_shapes() {
        for value in [
            json!(["Lead", "VIP"]),
            json!("Lead, VIP,"),
            json!({"0": "Lead", "3": {"label_name": "VIP"}}),
            json!([{"id": 12, "label_name": "Lead"}, {"name": "VIP"}, {}, null]),
        ] {
            assert_eq!(listed(&value, &["label_name", "name"]).unwrap(), ["Lead", "VIP"], "{value}");
        }
        assert_eq!(listed(&json!(null), &[]), Some(vec![]));
        assert_eq!(listed(&json!(7), &[]), None);
    }
}
