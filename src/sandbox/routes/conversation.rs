//! WhatsApp API: the recent conversation with one person, in the shape of the sibling platforms.
//!
//! Rows come newest first, a page at a time. What was sent shows up as the payload that went to Meta, as
//! text in `message_content`. What a flow says is not known here, so flows leave no rows.

use axum::Router;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::table::ask;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::exchange::{About, phone};
use crate::sandbox::params::Params;
use crate::sandbox::state::{App, Entry, State};

/// The account's id in subscriber ids of this software, `PHONE-10`.
const BOT_ID: u32 = 10;

/// The documentation's sample subscriber, whom a fresh account knows: its number, its id, its placeholder.
const SAMPLE: (&str, &str, &str) = ("919876543210", "501", "SUBSCRIBER-ID");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/whatsapp/conversation", ask(conversation, About::Conversation))
}

#[derive(Serialize)]
struct Row {
    id: u32,
    whatsapp_bot_subscriber_subscriber_id: String,
    whatsapp_bot_id: u32,
    sender: &'static str,
    agent_name: Option<String>,
    message_content: String,
    conversation_time: String,
    wa_message_id: String,
    reaction_data: Option<String>,
    message_status: Option<&'static str>,
    delivery_status_updated_at: String,
    failed_reason: String,
}

fn conversation(state: &mut State, params: &Params<'_>, now: Millis) -> Result<Response, Refusal> {
    let subscriber = params.required("subscriberId")?;
    let is_sample = subscriber == SAMPLE.1 || subscriber == SAMPLE.2;
    let person =
        phone(if is_sample { SAMPLE.0 } else { subscriber.strip_suffix("-10").unwrap_or(subscriber) });
    let unknown = || Refusal::plain("unknown_subscriber", "Subscriber not found.");
    let person = person.ok_or_else(unknown)?;
    let Some(messages) = state.messages_to(person) else {
        return if is_sample || person.digits() == SAMPLE.0 {
            Ok(answer::success(&[(); 0]))
        } else {
            Err(unknown())
        };
    };

    let rows = state.options.conversation.rows.max(1);
    let rows = params.number("limit").filter(|limit| *limit > 0).map_or(rows, |limit| limit.min(rows));
    let page = params.number("page").unwrap_or(1).max(1);
    let visible_from = |entry: &Entry| entry.at + state.options.conversation.lag;
    let number = params.get("phoneNumberId");
    let shown: Result<Vec<Row>, _> = messages
        .filter(|(_, entry)| entry.is_shown() && visible_from(entry) <= now)
        .filter(|(_, entry)| number.is_none_or(|number| entry.is_from(state, number)))
        .skip((page - 1).saturating_mul(rows))
        .take(rows)
        .map(|(nth, entry)| row(state, nth, &entry, person, now))
        .collect();
    Ok(shown.map_or_else(|_| answer::server_error(), |rows| answer::success(&rows)))
}

fn row(state: &State, nth: u32, entry: &Entry, person: Phone, now: Millis) -> std::io::Result<Row> {
    let progress = state.progress(nth, entry, now);
    let record = state.record(entry)?;
    Ok(Row {
        id: nth.saturating_add(1),
        whatsapp_bot_subscriber_subscriber_id: format!("{}-{BOT_ID}", person.digits()),
        whatsapp_bot_id: BOT_ID,
        sender: "bot",
        agent_name: None,
        message_content: payload(&record.message, person).to_string(),
        conversation_time: state.local(entry.at),
        wa_message_id: state.id(nth, entry),
        reaction_data: None,
        // Null until there is news of it, as in the siblings' documentation.
        message_status: (progress.status != Status::Accepted).then(|| progress.status.word()),
        delivery_status_updated_at: state.local(progress.updated),
        failed_reason: progress.failed.map(|_| answer::coded(entry.code())).unwrap_or_default(),
    })
}

/// What goes to Meta for this message.
fn payload(message: &Message, to: Phone) -> Value {
    let (kind, content) = match message {
        Message::Text { body } => ("text", json!({"preview_url": false, "body": body})),
        Message::Media { kind, url, caption } => {
            let mut media = json!({"link": url});
            if let Some(caption) = caption {
                media["caption"] = caption.as_str().into();
            }
            (kind.word(), media)
        }
        Message::Buttons { body, buttons } => {
            let buttons: Vec<Value> = buttons
                .iter()
                .map(|button| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}}))
                .collect();
            ("interactive", json!({"type": "button", "body": {"text": body}, "action": {"buttons": buttons}}))
        }
        Message::Flow { flow_id } => ("flow", json!({"id": flow_id})),
    };
    let mut payload = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to.digits(),
        "type": kind,
    });
    payload[kind] = content;
    payload
}
