//! A request's parameters as PHP software sees them: form, JSON and query string in one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::Value;

use crate::domain::message::Button;

use super::answer::Refusal;

/// Names and values, borrowed from the request where nothing had to be decoded. What comes later wins; the
/// body comes after the query string.
#[derive(Debug)]
pub(super) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// Reads the query string and the body. A body that is no JSON is read as a form; JSON that can't be
    /// read counts as empty, as it does there.
    pub(super) fn read(parts: &'a Parts, body: &'a Bytes) -> Params<'a> {
        let mut pairs = Vec::with_capacity(8);
        if let Some(query) = parts.uri.query() {
            pairs.extend(url::form_urlencoded::parse(query.as_bytes()));
        }
        if is_json(&parts.headers) {
            if let Ok(value) = serde_json::from_slice(body) {
                flatten("", &value, &mut pairs);
            }
        } else if !body.is_empty() {
            pairs.extend(url::form_urlencoded::parse(body));
        }
        Params(pairs)
    }

    /// The value, unless it is missing or blank (which is the same to the software behind the API).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| &**value).filter(|value| !value.trim().is_empty())
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A whole number, where there is one.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.trim().parse().ok()
    }

    /// `buttons[n][id]` and `buttons[n][title]`, in the order of `n`; what is missing is empty.
    pub(super) fn buttons(&self) -> Vec<Button> {
        let mut buttons: BTreeMap<u32, Button> = BTreeMap::new();
        for (key, value) in &self.0 {
            let place = key.strip_prefix("buttons[").and_then(|rest| rest.split_once("]["));
            let Some((n, field)) = place else { continue };
            let Ok(n) = n.parse() else { continue };
            let button =
                buttons.entry(n).or_insert_with(|| Button { id: String::new(), title: String::new() });
            match field {
                "id]" => button.id = value.to_string(),
                "title]" => button.title = value.to_string(),
                _ => {}
            }
        }
        buttons.into_values().collect()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = content_type(headers);
    kind == "application/json" || kind.ends_with("+json")
}

/// Whether the body is a multipart form, which isn't read here.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("multipart/")
}

/// What the body is, in lower case and without parameters.
fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Nested JSON becomes PHP's bracketed names: `{"buttons":[{"id":"a"}]}` is `buttons[0][id]=a`.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(key, value)| flatten(&inner(key), value, pairs)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| flatten(&inner(&n.to_string()), value, pairs));
        }
        Value::String(text) => pairs.push((name.to_owned().into(), text.clone().into())),
        Value::Bool(_) | Value::Number(_) => pairs.push((name.to_owned().into(), value.to_string().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, kind: &str, body: &'static str, check: impl FnOnce(&Params<'_>)) {
        let request = axum::http::Request::post(uri).header(header::CONTENT_TYPE, kind).body(());
        let (parts, ()) = request.expect("a request").into_parts();
        check(&Params::read(&parts, &Bytes::from_static(body.as_bytes())));
    }

    #[test]
    fn form_json_and_query_mean_the_same() {
        let check = |params: &Params<'_>| {
            assert_eq!(params.get("message"), Some("Hi & bye"));
            let buttons = params.buttons();
            assert_eq!(buttons.len(), 2);
            assert_eq!((buttons[1].id.as_str(), buttons[1].title.as_str()), ("b", "B"));
        };
        let form = "buttons[1][id]=b&buttons%5B1%5D%5Btitle%5D=B&buttons[0][id]=a&buttons[0][title]=A&message=Hi+%26+bye";
        read("/", "application/x-www-form-urlencoded", form, check);
        let json = r#"{"message":"Hi & bye","buttons":[{"id":"a","title":"A"},{"id":"b","title":"B"}]}"#;
        read("/", "application/json; charset=utf-8", json, check);
        read(&format!("/?{form}"), "application/x-www-form-urlencoded", "", check);
    }

    #[test]
    fn the_body_wins_and_blanks_are_missing() {
        read("/?to=1&flowId=7", "application/x-www-form-urlencoded", "to=2&message=+&to=3", |params| {
            assert_eq!(params.get("to"), Some("3"));
            assert_eq!(params.number("flowId"), Some(7));
            assert_eq!(params.get("message"), None);
            assert_eq!(params.get("caption"), None);
        });
        read("/?to=1", "application/json", "{broken", |params| assert_eq!(params.get("to"), Some("1")));
    }
}
