//! WhatsApp API: the recent conversation with one person, in the shape of the sibling platforms.
//!
//! Rows come newest first, a page at a time. What was sent shows up as the payload that went to Meta, as
//! text in `message_content`, what a person replied as the payload that came from there. What a flow says is
//! not known here, so flows leave no rows.

use axum::Router;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::table::ask;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::book::Reply;
use crate::sandbox::exchange::About;
use crate::sandbox::params::Params;
use crate::sandbox::reply::payload as reply_payload;
use crate::sandbox::state::{Entry, State};
use crate::sandbox::subscribers::{phone_in, sibling_id};

/// The account's own id.
const BOT_ID: u32 = 10;

pub(super) fn routes() -> Router<App> {
    ask("/whatsapp/conversation", conversation, About::Conversation)
}

#[derive(Serialize)]
struct Row {
    id: u64,
    whatsapp_bot_subscriber_subscriber_id: String,
    whatsapp_bot_id: u32,
    sender: &'static str,
    agent_name: Option<String>,
    message_content: String,
    conversation_time: String,
    wa_message_id: String,
    reaction_data: Option<String>,
    message_status: Option<&'static str>,
    delivery_status_updated_at: Option<String>,
    failed_reason: String,
}

/// One row's source: a message by its place in the accepted log, or a reply by its place in the book.
enum Said<'a> {
    Sent(u32, Entry),
    Replied(u32, &'a Reply),
}

impl Said<'_> {
    fn at(&self) -> Millis {
        match self {
            Said::Sent(_, entry) => entry.at,
            Said::Replied(_, reply) => reply.at,
        }
    }

    fn is_at(&self, state: &State, number: &str) -> bool {
        match self {
            Said::Sent(_, entry) => state.number_of(entry) == number,
            Said::Replied(_, reply) => reply.number == number,
        }
    }
}

fn conversation(state: &mut State, params: &Params<'_>, now: Millis) -> Result<Response, Refusal> {
    let subscriber = params.required("subscriberId")?;
    let subscribers = state.book.subscribers();
    // An id first; what is nobody's id may be a phone number.
    let person = subscribers.named(subscriber).map(|named| named.phone).or_else(|| phone_in(subscriber));
    let person = person.ok_or_else(Refusal::no_subscriber)?;
    let (messages, replies) = (state.messages_to(person), state.book.replies_of(person));
    if messages.is_none() && replies.is_none() && subscribers.by_phone(person).is_none() {
        return Err(Refusal::no_subscriber());
    }
    // Both newest first; of the same moment, the reply is the newer.
    let mut messages = messages
        .into_iter()
        .flatten()
        .filter(|(_, entry)| entry.is_shown())
        .map(|(nth, entry)| Said::Sent(nth, entry))
        .peekable();
    let mut replies =
        replies.into_iter().flatten().map(|(place, reply)| Said::Replied(place, reply)).peekable();
    let said = std::iter::from_fn(|| match (messages.peek(), replies.peek()) {
        (Some(message), Some(reply)) if message.at() > reply.at() => messages.next(),
        (_, Some(_)) => replies.next(),
        (_, None) => messages.next(),
    });

    let rows = state.options.conversation.rows.max(1);
    let rows = params.number("limit").filter(|limit| *limit > 0).map_or(rows, |limit| limit.min(rows));
    let page = params.number("page").unwrap_or(1).max(1);
    let lag = state.options.conversation.lag;
    let number = params.get("phoneNumberId");
    let shown: Result<Vec<Row>, _> = said
        .filter(|said| said.at() + lag <= now)
        .filter(|said| number.is_none_or(|number| said.is_at(state, number)))
        .skip((page - 1).saturating_mul(rows))
        .take(rows)
        .map(|said| match said {
            Said::Sent(nth, entry) => row(state, nth, &entry, person, now),
            Said::Replied(place, reply) => Ok(reply_row(state, place, reply)),
        })
        .collect();
    Ok(shown.map_or_else(|_| answer::server_error(), |rows| answer::success(&rows)))
}

fn row(state: &State, nth: u32, entry: &Entry, person: Phone, now: Millis) -> std::io::Result<Row> {
    let progress = state.progress(nth, entry, now);
    let record = state.record(entry)?;
    Ok(Row {
        id: u64::from(nth) * 2 + 1,
        whatsapp_bot_subscriber_subscriber_id: sibling_id(person),
        whatsapp_bot_id: BOT_ID,
        sender: "bot",
        agent_name: None,
        message_content: payload(&record.message, person).to_string(),
        conversation_time: state.local(entry.at),
        wa_message_id: state.id(nth, entry),
        reaction_data: None,
        // Null until there is news of it, as in the siblings' documentation.
        message_status: (progress.status != Status::Accepted).then(|| progress.status.word()),
        delivery_status_updated_at: Some(state.local(progress.updated)),
        failed_reason: progress.failed.map(|_| answer::coded(entry.code())).unwrap_or_default(),
    })
}

fn reply_row(state: &State, place: u32, reply: &Reply) -> Row {
    let id = state.book.reply_id(place, reply);
    Row {
        id: u64::from(place) * 2 + 2,
        whatsapp_bot_subscriber_subscriber_id: sibling_id(reply.from),
        whatsapp_bot_id: BOT_ID,
        sender: "user",
        agent_name: None,
        message_content: reply_payload(&id, reply).to_string(),
        conversation_time: state.local(reply.at),
        wa_message_id: id,
        reaction_data: None,
        message_status: None,
        delivery_status_updated_at: None,
        failed_reason: String::new(),
    }
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
