//! What an answer to a message says, whatever its body is.

use std::borrow::Cow;

use serde::Deserialize;

use super::envelope::{Edit, Envelope, truth_in, usable_id};
use crate::domain::ids::MessageId;
use crate::domain::outcome::Reply;

/// The reply of a body of any kind: an envelope, or the plain text of one that is neither JSON nor HTML. `edit`
/// may change every text in it.
#[must_use]
pub fn read(body: &[u8], content_type: Option<&str>, edit: Edit<'_>) -> Option<Reply> {
    if let Some(reply) = Plain::read(body).and_then(|plain| plain.reply(edit)) {
        return Some(reply);
    }
    if let Some(envelope) = Envelope::read(body) {
        return Some(of_tree(envelope, edit));
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    let html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let plain = !text.is_empty() && !html && !text.starts_with(['<', '{', '[']);
    plain.then(|| Reply { ok: None, text: edit(text).unwrap_or_else(|| text.to_owned()), message_id: None })
}

fn of_tree(envelope: Envelope, edit: Edit<'_>) -> Reply {
    let mut reply = envelope.edited(edit).reply();
    // What was a number, or was in pieces, is a text only now.
    reply.text = edit(&reply.text).unwrap_or(reply.text);
    reply
}

/// An answer as nearly all are: three texts without escapes, and nothing else. It is read without a tree, in a third of
/// the time, and says what the tree would say; one that differs in anything is left to that.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain<'b> {
    status: &'b str,
    message: &'b str,
    data: PlainData<'b>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainData<'b> {
    message_id: &'b str,
}

impl Plain<'_> {
    fn read(body: &[u8]) -> Option<Plain<'_>> {
        // Serde takes an array for an object's fields in their order.
        if body.contains(&b'[') { None } else { serde_json::from_slice(body).ok() }
    }

    fn reply(&self, edit: Edit<'_>) -> Option<Reply> {
        if edit("message_id").is_some() {
            return None;
        }
        let edited = |text| edit(text).map_or(Cow::Borrowed(text), Cow::Owned);
        let (text, id) = (edited(self.message), edited(self.data.message_id));
        let message_id = usable_id(&id).map(MessageId::new);
        Some(Reply { ok: truth_in(self.status), text: text.trim().to_owned(), message_id })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::envelope::tests::any_json;
    use super::*;

    #[test]
    fn an_answer_as_nearly_all_are_is_read_without_a_tree() {
        let body = include_bytes!("../../samples/api/send-ok.json");
        let plain = Plain::read(body).and_then(|plain| plain.reply(&|_| None));
        assert!(plain.is_some_and(|reply| reply.ok == Some(true) && reply.message_id.is_some()));
        assert!(Plain::read(br#"["1", "sent", ["wamid.x"]]"#).is_none());
        assert!(Plain::read(br#"{"status": "1", "message": "sent", "data": ["wamid.x"]}"#).is_none());
    }

    #[test]
    fn a_text_is_a_reply_and_a_page_is_none() {
        let said = |body: &[u8], kind| read(body, kind, &|_| None);
        assert_eq!(said(b"Forbidden", Some("text/plain")).unwrap().text, "Forbidden");
        assert_eq!(said(b"Forbidden", Some("text/html; charset=utf-8")), None);
        assert_eq!(said(b"<!doctype html>", None), None);
        assert_eq!(said(b"", None), None);
    }

    #[test]
    fn a_number_that_becomes_a_text_is_edited_as_one() {
        let body = json!({"status": "0", "error": {"code": 31_337_000}}).to_string();
        let edit = |text: &str| text.contains("31337000").then(|| "…".to_owned());
        assert_eq!(read(body.as_bytes(), None, &edit).unwrap().text, "…");
    }

    proptest! {
        /// However near a body comes to such an answer, it says what the tree says.
        #[test]
        fn with_or_without_a_tree_the_same_is_said(
            status in prop_oneof![Just(json!("1")), Just(json!("0")), Just(json!(1)), "[01 tTrRuUeE]{0,5}".prop_map(Value::from)],
            message in prop_oneof!["[ a-z.]{0,12}".prop_map(Value::from), ".{0,8}".prop_map(Value::from), any_json()],
            id in prop_oneof!["[ a-zA-Z.=]{0,20}".prop_map(Value::from), ".{0,8}".prop_map(Value::from), any_json()],
            name in prop_oneof![4 => Just("message_id"), 1 => Just("wa_message_id")],
            more in prop::option::of(any_json()),
            as_array in prop::bool::weighted(0.1),
            secret in prop_oneof![8 => Just("canary"), 1 => Just("message_id"), 1 => Just("a")],
        ) {
            let data = if as_array { json!([id]) } else { json!({name: id}) };
            let mut body = json!({"status": status, "message": message, "data": data});
            if let (Some(more), Some(fields)) = (more, body.as_object_mut()) {
                fields.insert("x".to_owned(), more);
            }
            let edit = |text: &str| text.contains(secret).then(|| text.replace(secret, "…"));
            for body in [body.to_string(), serde_json::to_string_pretty(&body).unwrap()] {
                let tree = of_tree(Envelope::read(body.as_bytes()).unwrap(), &edit);
                prop_assert_eq!(read(body.as_bytes(), None, &edit), Some(tree), "{}", body);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, None, &|_| None);
        }
    }
}
