//! What an answer to a message says, whatever its body is.

use super::envelope::{Edit, Envelope};
use crate::domain::outcome::Reply;

/// The reply of a body of any kind: an envelope, or the plain text of one that is neither JSON nor HTML. `edit`
/// may change every text in it.
#[must_use]
pub fn read(body: &[u8], content_type: Option<&str>, edit: Edit<'_>) -> Option<Reply> {
    if let Some(envelope) = Envelope::read(body) {
        let mut reply = envelope.edited(edit).reply();
        // What was a number, or was in pieces, is a text only now.
        reply.text = edit(&reply.text).unwrap_or(reply.text);
        return Some(reply);
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    let html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let plain = !text.is_empty() && !html && !text.starts_with(['<', '{', '[']);
    plain.then(|| Reply { ok: None, text: edit(text).unwrap_or_else(|| text.to_owned()), message_id: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

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
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, None, &|_| None);
        }
    }
}
