//! What a person wrote or pressed, as Meta tells of it.

use serde_json::{Value, json};

use super::book::Reply;

/// The message of a person in Meta's shape.
pub(super) fn payload(id: &str, reply: &Reply) -> Value {
    let mut payload = json!({
        "from": reply.from.digits(),
        "id": id,
        "timestamp": (reply.at.0 / 1_000).to_string(),
    });
    match &reply.button {
        Some(button) => {
            payload["type"] = "interactive".into();
            let pressed = json!({"id": button, "title": reply.text});
            payload["interactive"] = json!({"type": "button_reply", "button_reply": pressed});
        }
        None => {
            payload["type"] = "text".into();
            payload["text"] = json!({"body": reply.text});
        }
    }
    payload
}
