//! Sendwo's JSON envelope, read tolerantly.
//!
//! Invariants:
//!
//! - Any bytes make an [`Envelope`] or `None`, never a panic.
//! - `ok` is `Some` only for what plainly says success or failure. Being generous here would turn doubt into a
//!   second message (**D**): `"ok"`, `"success"`, `"2"` are `None`.

use serde_json::{Map, Value};

use crate::domain::ids::MessageId;
use crate::domain::outcome::Reply;
use crate::domain::text::tidy;

use super::lenient;
use super::unfold::{is_numbered, unfold};

/// A longer id is none.
const MAX_ID_CHARS: usize = 512;
/// Texts are gathered no deeper.
const MAX_DEPTH: usize = 8;

/// What is to stand in a text's place, if it is to change.
pub type Edit<'e> = &'e dyn Fn(&str) -> Option<String>;

/// `{"status": "1", "message": …, "data": …}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// `status`: `"1"`, `1`, `true` are success; `"0"`, `0`, `false` failure; all else says nothing.
    pub ok: Option<bool>,
    /// `message`: a text after an action, an object or an array for what was asked.
    pub message: Value,
    /// `data`, which carries the message id after a send.
    pub data: Value,
    /// All other fields.
    pub rest: Map<String, Value>,
}

impl Envelope {
    /// Reads a body. `None` unless it is a JSON object. A BOM is passed over, broken UTF-8 replaced.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Envelope> {
        let text = String::from_utf8_lossy(body);
        let Some(Value::Object(mut rest)) = lenient::parse(text.trim_start_matches('\u{feff}')) else {
            return None;
        };
        let mut take = |name| rest.remove(name).unwrap_or(Value::Null);
        let (status, message, data) = (take("status"), take("message"), take("data"));
        Some(Envelope { ok: truth(&status), message, data, rest })
    }

    /// The same with texts in it, names included, replaced by what `edit` makes of them.
    #[must_use]
    pub fn edited(mut self, edit: Edit<'_>) -> Envelope {
        change(&mut self.message, edit);
        change(&mut self.data, edit);
        change_fields(&mut self.rest, edit);
        self
    }

    /// The same, where a list or an object comes as a JSON text within `message` or `data` (as a whole, or an array in a
    /// field, or single rows of it): for what was asked for. An answer to a message keeps its text.
    #[must_use]
    pub fn unfolded(mut self) -> Envelope {
        unfold(&mut self.message);
        unfold(&mut self.data);
        self
    }

    /// What the server says in words: `message` where it is a text, else the texts within it, else those within
    /// `error` or `errors`. A number under `code` or `error_code` becomes `(Error Code : N)`. Not yet cut.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = Vec::new();
        gather(&self.message, MAX_DEPTH, &mut parts);
        for name in ["error", "errors", "reason", "error_code", "code"] {
            if let Some(value) = self.rest.get(name) {
                gather_field(name, value, MAX_DEPTH, &mut parts);
            }
        }
        parts.dedup();
        parts.join("; ")
    }

    /// The id of a message that was taken: `message_id` or `wa_message_id`, in `data`, at the top level, or in
    /// `message`; or Meta's `messages[0].id`.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        [&self.data, &self.message]
            .into_iter()
            .find_map(|value| match value {
                Value::Object(fields) => id_in(fields),
                Value::Array(items) => items.first().and_then(Value::as_object).and_then(id_in),
                _ => None,
            })
            .or_else(|| id_in(&self.rest))
    }

    /// As the domain judges it.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply { ok: self.ok, text: self.text(), message_id: self.message_id(), web_page: false }
    }

    /// The rows of a list, wherever they are: `message` or `data` as an array, or an array within either. An
    /// object with numbers for names is PHP's way of writing an array with gaps.
    #[must_use]
    pub fn rows(&self) -> Vec<&Value> {
        [&self.message, &self.data].into_iter().find_map(array_in).unwrap_or_default()
    }

    /// The rows of an answer that was to be a list: as [`Envelope::rows`], none where it is empty or a sentence stands in
    /// its place. `None` where there is nothing that could be meant for a list: then it is no empty one.
    #[must_use]
    pub fn list(&self) -> Option<Vec<&Value>> {
        let empty = |value: &Value| match value {
            Value::String(_) => true,
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        let parts = [&self.message, &self.data];
        let rows = parts.into_iter().find_map(array_in);
        rows.or_else(|| parts.into_iter().any(empty).then(Vec::new))
    }

    /// The objects that may hold what was asked for: `message`, then `data`; of an array, its first item.
    pub fn objects(&self) -> impl Iterator<Item = &Map<String, Value>> {
        [&self.message, &self.data].into_iter().filter_map(|value| match value {
            Value::Object(fields) => Some(fields),
            Value::Array(items) => items.first().and_then(Value::as_object),
            _ => None,
        })
    }
}

fn change(value: &mut Value, edit: Edit<'_>) {
    match value {
        Value::String(text) => {
            if let Some(edited) = edit(text) {
                *text = edited;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, edit)),
        Value::Object(fields) => change_fields(fields, edit),
        _ => {}
    }
}

fn change_fields(fields: &mut Map<String, Value>, edit: Edit<'_>) {
    fields.values_mut().for_each(|item| change(item, edit));
    if fields.keys().any(|name| edit(name).is_some()) {
        let renamed = std::mem::take(fields).into_iter();
        *fields = renamed.map(|(name, item)| (edit(&name).unwrap_or(name), item)).collect();
    }
}

fn truth(status: &Value) -> Option<bool> {
    match status {
        Value::Bool(ok) => Some(*ok),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => truth_in(text),
        _ => None,
    }
}

/// A status in words.
#[must_use]
fn truth_in(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn id_in(fields: &Map<String, Value>) -> Option<MessageId> {
    let named = ["message_id", "wa_message_id"].into_iter().find_map(|name| id(fields.get(name)?));
    let metas = || id(fields.get("messages")?.get(0)?.get("id")?);
    named.or_else(metas).map(MessageId::new)
}

/// An id as text: a number, or a text without control characters.
#[must_use]
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => usable_id(text).map(str::to_owned),
        _ => None,
    }
}

/// An id without what stands around it.
fn usable_id(text: &str) -> Option<&str> {
    let text = text.trim();
    let usable = !text.is_empty() && text.len() <= MAX_ID_CHARS && !text.chars().any(char::is_control);
    usable.then_some(text)
}

/// A text field, tidied and not empty; numbers are texts too.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => tidy(text, 1000).into_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn array_in(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(fields) if is_numbered(fields) => Some(fields.values().collect()),
        Value::Object(fields) => fields.values().find_map(|value| match value {
            Value::Array(items) => Some(items.iter().collect()),
            Value::Object(fields) if is_numbered(fields) => Some(fields.values().collect()),
            _ => None,
        }),
        _ => None,
    }
}

fn gather(value: &Value, depth: usize, parts: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::String(text) if !text.trim().is_empty() => parts.push(text.trim().to_owned()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, depth - 1, parts)),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, item)| gather_field(name, item, depth - 1, parts));
        }
        _ => {}
    }
}

fn gather_field(name: &str, value: &Value, depth: usize, parts: &mut Vec<String>) {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse::<u32>().ok().map(u64::from),
        _ => None,
    };
    match number {
        Some(code) if matches!(name, "code" | "error_code") => parts.push(format!("(Error Code : {code})")),
        _ => gather(value, depth, parts),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Envelope {
        Envelope::read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn status_comes_in_many_coats_but_only_plain_ones_count() {
        for (status, ok) in [
            (json!("1"), Some(true)),
            (json!(1), Some(true)),
            (json!(1.0), Some(true)),
            (json!(true), Some(true)),
            (json!(" TRUE "), Some(true)),
            (json!("0"), Some(false)),
            (json!(0), Some(false)),
            (json!(false), Some(false)),
            (json!("2"), None),
            (json!("success"), None),
            (json!(null), None),
            (json!(["1"]), None),
        ] {
            assert_eq!(read(&json!({"status": status})).ok, ok, "{status}");
        }
        assert_eq!(read(&json!({"message": "x"})).ok, None);
    }

    #[test]
    fn message_ids_are_found() {
        let id = Some(MessageId::new("wamid.HBg="));
        for body in [
            json!({"data": {"message_id": "wamid.HBg="}}),
            json!({"data": [{"message_id": " wamid.HBg= "}]}),
            json!({"wa_message_id": "wamid.HBg="}),
            json!({"message_id": "wamid.HBg="}),
            json!({"message": {"wa_message_id": "wamid.HBg="}}),
            json!({"data": {"messages": [{"id": "wamid.HBg="}]}}),
        ] {
            assert_eq!(read(&body).message_id(), id, "{body}");
        }
        assert_eq!(read(&json!({"data": {"message_id": 42}})).message_id(), Some(MessageId::new("42")));
        for body in [
            json!({"data": {"message_id": ""}}),
            json!({"data": {"message_id": null}, "message": "sent"}),
            json!({"data": {"message_id": "a\u{0}b"}}),
            json!({"data": {"message_id": "x".repeat(513)}}),
            json!({"data": "wamid.x"}),
        ] {
            assert_eq!(read(&body).message_id(), None, "{body}");
        }
    }

    #[test]
    fn texts_are_gathered() {
        for (body, text) in [
            (json!({"message": "Message sent successfully."}), "Message sent successfully."),
            (json!({"message": {"to": ["The to field is required."]}}), "The to field is required."),
            (json!({"message": "Invalid.", "errors": {"to": ["Required."]}}), "Invalid.; Required."),
            (json!({"error": {"message": "no", "code": 131_047}}), "no; (Error Code : 131047)"),
            (json!({"error": {"message": "no", "code": "131047"}}), "no; (Error Code : 131047)"),
            (json!({"error_code": 131_026}), "(Error Code : 131026)"),
            (json!({"message": null}), ""),
        ] {
            assert_eq!(read(&body).text(), text, "{body}");
        }
    }

    #[test]
    fn what_is_no_envelope_is_none() {
        for body in
            ["", "[]", "\"1\"", "<html>", "{\"status\":\"1\"", "Warning: x {\"status\":\"1\"}", "null"]
        {
            assert!(Envelope::read(body.as_bytes()).is_none(), "{body}");
        }
        assert!(Envelope::read(b"\xef\xbb\xbf {\"status\":\"1\"} \n").is_some());
        assert_eq!(Envelope::read(b"{\"status\":\"1\",\"message\":\"\xff\"}").unwrap().ok, Some(true));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Envelope::read(format!("{{\"message\":{deep}}}").as_bytes()).is_none());
    }

    #[test]
    fn rows_are_found() {
        for body in [
            json!({"message": [{"a": 1}, {"a": 2}]}),
            json!({"message": {"data": [{"a": 1}, {"a": 2}], "page": 1}}),
            json!({"message": "found", "data": [{"a": 1}, {"a": 2}]}),
            json!({"message": {"0": {"a": 1}, "2": {"a": 2}}}),
        ] {
            assert_eq!(read(&body).rows().len(), 2, "{body}");
        }
        for body in [
            json!({"message": "[{\"a\": 1}, {\"a\": 2}]"}),
            json!({"message": "{\"18\": {\"a\": 1}, \"4294967299\": {\"a\": 2}}"}),
            json!({"message": {"18": "{\"a\": 1}", "19": {"a": 2}}}),
            json!({"message": {"data": "[{\"a\": 1}, {\"a\": 2}]"}}),
            json!({"message": {"data": {"7": {"a": 1}, "9": {"a": 2}}}}),
            json!({"message": "found", "data": "[{\"a\": 1}, {\"a\": 2}]"}),
        ] {
            let envelope = read(&body).unfolded();
            assert!(
                envelope.rows().len() == 2 && envelope.rows().iter().all(|row| row.is_object()),
                "{body}"
            );
        }
        let object = read(&json!({"message": "{\"name\": \"Ana\", \"note\": \"[sic\"}"})).unfolded();
        assert_eq!(object.objects().next().unwrap()["note"], "[sic");
        assert_eq!(read(&json!({"message": "[nothing] found"})).unfolded().text(), "[nothing] found");
        assert!(read(&json!({"message": "nothing found"})).rows().is_empty());
        assert_eq!(read(&json!({"message": {"0": {"a": 1}}})).list().map(|rows| rows.len()), Some(1));
        for empty in [json!([]), json!({}), json!("nothing found")] {
            assert_eq!(read(&json!({"status": "1", "message": empty})).list(), Some(vec![]));
        }
        for none in [json!(null), json!(5), json!(true), json!({"total": 0})] {
            assert_eq!(read(&json!({"status": "1", "message": none})).list(), None, "{none}");
        }
    }

    pub(in crate::sendwo) fn any_json() -> impl Strategy<Value = Value> {
        let names = prop_oneof![
            Just("status"),
            Just("message"),
            Just("data"),
            Just("message_id"),
            Just("wa_message_id"),
            Just("messages"),
            Just("id"),
            Just("error"),
            Just("errors"),
            Just("code"),
            Just("x"),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(json!("1")),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            let names = names.clone().prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((names, inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_panics(value in any_json(), cut in any::<prop::sample::Index>()) {
            let bytes = value.to_string().into_bytes();
            if let Some(envelope) = Envelope::read(&bytes) {
                let _ = (envelope.reply(), envelope.rows().len(), envelope.objects().count());
            }
            // Every beginning of an envelope is unreadable: nothing is judged by half an answer.
            let cut = cut.index(bytes.len());
            if value.is_object() {
                prop_assert!(Envelope::read(&bytes[..cut]).is_none());
            }
        }
    }
}
