//! The flat shape, as platforms built on Sendwo's software post it: `webhook_type`, `wa_message_id`,
//! `message_status`, `status_time`, `failed_reason`; for what comes in `chat_id`, `user_message`, `postbackid`.
//! Source: reports of integrators; Sendwo's documentation shows no sample.

use serde_json::{Map, Value};

use super::clean::{FILES, bracketed, first_text, id, label, phone, words};
use super::event::{Button, Hook, HookDelivery, HookMarketing, HookReply, Wish};
use super::meta::OPT_OUT;
use crate::domain::codes;
use crate::domain::ids::NumberId;
use crate::domain::job::News;
use crate::domain::problem::Problem;
use crate::sendwo::{DeliveryStatus, Moment};

const MESSAGE: [&str; 3] = ["wa_message_id", "message_id", "messageId"];
const STATUS: [&str; 3] = ["message_status", "delivery_status", "status"];
/// Not `subscriber_id`: Sendwo numbers its subscribers, and such a number may look like somebody's phone.
const WHO: [&str; 4] = ["chat_id", "phone_number", "phone", "from"];
const TEXT: [&str; 8] = [
    "user_message",
    "message_text",
    "text",
    "caption",
    "media_caption",
    "file_caption",
    "edited_message",
    "new_message",
];
/// Who it is where the number is missing.
const USER: [&str; 4] = ["from_user_id", "user_id", "subscriber_id", "whatsapp_user_id"];
const BUTTON: [&str; 4] = ["postbackid", "postback_id", "postback", "button_id"];
/// Kinds without a file, and what a report calls them.
const PLAIN_KINDS: [(&str, &str); 2] = [("location", "location"), ("contacts", "contact")];
/// Who wrote it, where that is the business itself.
const OURS: [&str; 5] = ["bot", "agent", "api", "admin", "business"];
const ANSWERS: [&str; 4] = ["context_id", "reply_to_message_id", "reply_to", "context_message_id"];

/// The event that these fields tell of, if it is one of the flat shape.
pub(super) fn read(fields: &Map<String, Value>, hooks: &mut Vec<Hook>) {
    if fields.contains_key("entry") {
        return;
    }
    let kind = first_text(fields, &["webhook_type", "event_type", "type"]).unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    let incoming = has(&TEXT) || has(&BUTTON) || (kind_of(fields).is_some() && !has(&STATUS));
    if kind.contains("status") || !incoming {
        hooks.extend(delivery(fields));
        hooks.extend(stopped_marketing(fields));
    } else {
        hooks.extend(reply(fields));
    }
}

/// A status that says that the person stopped marketing messages, whoever's message it was.
fn stopped_marketing(fields: &Map<String, Value>) -> Option<Hook> {
    let said = first_text(fields, &["failed_reason", "reason", "error"])?;
    codes::problem(&said).code.filter(|code| *code == OPT_OUT)?;
    let from = WHO.iter().find_map(|name| phone(first_text(fields, &[name])))?;
    let at = moment(fields, &["status_time", "timestamp", "updated_at"]);
    Some(Hook::Marketing(HookMarketing {
        from: Some(from),
        user: None,
        wish: Wish::Stop,
        code: Some(OPT_OUT),
        at,
    }))
}

fn delivery(fields: &Map<String, Value>) -> Option<Hook> {
    let id = id(first_text(fields, &MESSAGE))?;
    let words = STATUS.iter().filter_map(|name| fields.get(*name)?.as_str());
    let status = words.filter_map(DeliveryStatus::from_word).next()?;
    let news = match status {
        DeliveryStatus::Reached(reach) => News::Reached(reach),
        DeliveryStatus::Failed => News::Failed(problem(fields)),
    };
    let times = ["status_time", "delivery_status_updated_at", "timestamp", "updated_at"];
    Some(Hook::Delivery(HookDelivery { id, news, at: moment(fields, &times) }))
}

fn problem(fields: &Map<String, Value>) -> Problem {
    let said = first_text(fields, &["failed_reason", "reason", "error"]);
    let problem = match said {
        Some(text) => codes::problem(&text),
        None => Problem::new("WhatsApp reported it as failed without a reason"),
    };
    match phone(first_text(fields, &WHO)) {
        Some(phone) => problem.about(phone),
        None => problem,
    }
}

/// What a report calls a message that isn't one of words.
fn kind_of(fields: &Map<String, Value>) -> Option<&'static str> {
    let kind = first_text(fields, &["message_type"])?.to_ascii_lowercase();
    FILES.iter().chain(&PLAIN_KINDS).find(|(name, _)| *name == kind).map(|(_, called)| *called)
}

fn reply(fields: &Map<String, Value>) -> Option<Hook> {
    // What WhatsApp itself notes in a conversation, and what the business wrote.
    let noted = |name| first_text(fields, &[name]).is_some_and(|word| word.eq_ignore_ascii_case("system"));
    let sender = first_text(fields, &["sender"]).unwrap_or_default().to_ascii_lowercase();
    if ["message_type", "type", "sender"].into_iter().any(noted) || OURS.contains(&sender.as_str()) {
        return None;
    }
    let text = first_text(fields, &TEXT);
    let button = label(first_text(fields, &BUTTON))
        .map(|id| Button { id, title: label(text.clone()).unwrap_or_default() });
    let from = WHO.iter().find_map(|name| phone(first_text(fields, &[name])));
    let answers = id(first_text(fields, &ANSWERS));
    let user = first_text(fields, &USER);
    if from.is_none() && answers.is_none() && user.is_none() {
        return None;
    }
    let edited = ["edited_message", "new_message"].iter().any(|name| fields.contains_key(*name));
    let pressed = button.as_ref().filter(|button| button.title.is_empty()).map(|button| button.id.as_str());
    let shown = text.as_deref().and_then(words).or_else(|| pressed.and_then(words));
    let shown = shown.or_else(|| kind_of(fields).map(|kind| bracketed(kind, None)));
    Some(Hook::Reply(HookReply {
        from,
        number: first_text(fields, &["phone_number_id"]).map(NumberId::new),
        user,
        id: id(first_text(fields, &MESSAGE)),
        answers,
        button,
        words: shown.filter(|_| !edited),
        stop: None,
        text,
        at: moment(fields, &["message_time", "conversation_time", "timestamp", "created_at", "time"]),
    }))
}

fn moment(fields: &Map<String, Value>, names: &[&str]) -> Option<Moment> {
    names.iter().find_map(|name| Moment::read(fields.get(*name)?))
}
