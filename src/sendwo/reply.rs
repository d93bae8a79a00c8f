//! What an answer to a message says, whatever its body is.

use super::envelope::{Edit, Envelope};
use crate::domain::outcome::Reply;

/// The reply of a body of any kind: an envelope, a web page, or the plain text of what is neither. `edit` may change
/// every text in it.
#[must_use]
pub fn read(body: &[u8], content_type: Option<&str>, edit: Edit<'_>) -> Option<Reply> {
    if let Some(envelope) = Envelope::read(body) {
        let mut reply = envelope.edited(edit).reply();
        // What was a number, or was in pieces, is a text only now.
        reply.text = edit(&reply.text).unwrap_or(reply.text);
        return Some(reply);
    }
    let said = |text: String, web_page| Reply { ok: None, text, message_id: None, web_page };
    let start = body.trim_ascii_start();
    let declared = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    if !start.is_empty() && (declared || start.starts_with(b"<")) {
        return Some(said(String::new(), true));
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    let plain = !text.is_empty() && !text.starts_with(['{', '[']);
    plain.then(|| said(edit(text).unwrap_or_else(|| text.to_owned()), false))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_told_and_a_page_is_known_for_one() {
        let said = |body: &[u8], kind| read(body, kind, &|_| None);
        let text = said(b"Forbidden", Some("text/plain")).unwrap();
        assert_eq!((&*text.text, text.web_page), ("Forbidden", false));
        let page = Some(Reply { ok: None, text: String::new(), message_id: None, web_page: true });
        assert_eq!(said(b"Forbidden", Some("text/html; charset=utf-8")), page);
        assert_eq!(said(b"\n<!doctype html>", None), page);
        assert_eq!(said(b"<html>\xff", None), page);
        assert_eq!(said(b"", Some("text/html")), None);
        assert_eq!(said(b"{", None), None);
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
