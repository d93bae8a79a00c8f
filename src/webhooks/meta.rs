//! Meta's own shape: `entry[].changes[].value` with `statuses[]` and `messages[]`. Source: Meta's pages on
//! WhatsApp's webhooks.

use serde_json::{Map, Value};

use super::clean::{first_text, id, phone, text};
use super::event::{Hook, HookDelivery, HookMarketing, HookReply, Wish};
use super::meta_content::{Content, content};
use crate::domain::codes;
use crate::domain::ids::NumberId;
use crate::domain::job::News;
use crate::domain::phone::Phone;
use crate::domain::problem::Problem;
use crate::sendwo::{DeliveryStatus, Moment};

/// Every event below `entry`, or of a bare `value`.
pub(super) fn read(fields: &Map<String, Value>, hooks: &mut Vec<Hook>) {
    for entry in objects(fields, "entry") {
        for change in objects(entry, "changes") {
            if let Some(Value::Object(value)) = change.get("value") {
                events(value, hooks);
            }
        }
    }
    if let Some(Value::Object(value)) = fields.get("value") {
        events(value, hooks);
    }
    events(fields, hooks);
}

fn events(value: &Map<String, Value>, hooks: &mut Vec<Hook>) {
    for status in objects(value, "statuses") {
        hooks.extend(delivery(status));
        hooks.extend(stopped_marketing(status));
    }
    let one = value.get("contacts").and_then(Value::as_array).filter(|contacts| contacts.len() == 1);
    let one = one.and_then(|contacts| contacts[0].as_object());
    let number = value.get("metadata").and_then(Value::as_object);
    let number = number.and_then(|metadata| text(metadata.get("phone_number_id"))).map(NumberId::new);
    hooks.extend(objects(value, "messages").filter_map(|message| reply(message, one, number.as_ref())));
    hooks.extend(objects(value, "user_preferences").filter_map(|wish| preference(wish, one)));
}

fn objects<'v>(fields: &'v Map<String, Value>, name: &str) -> impl Iterator<Item = &'v Map<String, Value>> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn delivery(status: &Map<String, Value>) -> Option<Hook> {
    let id = id(text(status.get("id")))?;
    let news = match DeliveryStatus::from_word(status.get("status")?.as_str()?)? {
        DeliveryStatus::Reached(reach) => News::Reached(reach),
        DeliveryStatus::Failed => {
            let problem = problem(status);
            let about = phone(text(status.get("recipient_id")));
            News::Failed(about.map_or_else(|| problem.clone(), |phone| problem.about(phone)))
        }
    };
    let at = status.get("timestamp").and_then(Moment::read);
    Some(Hook::Delivery(HookDelivery { id, news, at }))
}

/// Of several errors the one that says that the person wants no more, else the first: code, then what says most.
fn problem(status: &Map<String, Value>) -> Problem {
    let without = || Problem::new("WhatsApp reported it as failed without a reason");
    let code = |error: &&Map<String, Value>| text(error.get("code")).and_then(|code| code.parse().ok());
    let stopped = objects(status, "errors").find(|error| code(error).is_some_and(is_opt_out));
    let Some(error) = stopped.or_else(|| objects(status, "errors").next()) else { return without() };
    let details = error.get("error_data").and_then(Value::as_object);
    let details = details.and_then(|data| text(data.get("details")));
    let said = details.or_else(|| first_text(error, &["message", "title"])).unwrap_or_default();
    match text(error.get("code")) {
        Some(code) => codes::problem(&format!("(Error Code : {code} ) {said}")),
        None if said.is_empty() => without(),
        None => codes::problem(&said),
    }
}

/// A status that says that the person stopped marketing messages, whoever's message it was.
fn stopped_marketing(status: &Map<String, Value>) -> Option<Hook> {
    let codes = objects(status, "errors").filter_map(|error| text(error.get("code")));
    codes.filter_map(|code| code.parse().ok()).find(|code| is_opt_out(*code))?;
    let from = phone(text(status.get("recipient_id")))?;
    let at = status.get("timestamp").and_then(Moment::read);
    Some(Hook::Marketing(HookMarketing {
        from: Some(from),
        user: None,
        wish: Wish::Stop,
        code: Some(OPT_OUT),
        at,
    }))
}

/// The code that says that a person stopped marketing messages.
pub(super) const OPT_OUT: u32 = 131_050;

fn is_opt_out(code: u32) -> bool {
    code == OPT_OUT
}

/// Who an object of one event is about: its number, its id with the business; `one` is the only contact of the body.
fn person(
    fields: &Map<String, Value>,
    names: &[&str],
    one: Option<&Map<String, Value>>,
) -> (Option<Phone>, Option<String>) {
    let told = names.iter().find_map(|name| phone(text(fields.get(*name))));
    let from = told.or_else(|| phone(text(one.and_then(|contact| contact.get("wa_id")))));
    let ids = ["from_user_id", "user_id", "parent_user_id"];
    let user = first_text(fields, &ids).or_else(|| first_text(one?, &ids));
    (from, user)
}

/// An entry of `user_preferences`.
fn preference(wish: &Map<String, Value>, one: Option<&Map<String, Value>>) -> Option<Hook> {
    let category = text(wish.get("category")).unwrap_or_default();
    if !category.is_empty() && !category.contains("marketing") {
        return None;
    }
    let value = wish_of(&text(wish.get("value"))?)?;
    marketing(wish, value, one)
}

fn marketing(fields: &Map<String, Value>, wish: Wish, one: Option<&Map<String, Value>>) -> Option<Hook> {
    let (from, user) = person(fields, &["wa_id", "from"], one);
    let at = fields.get("timestamp").and_then(Moment::read);
    Some(Hook::Marketing(HookMarketing { from, user, wish, code: None, at }))
}

fn wish_of(value: &str) -> Option<Wish> {
    match value.to_ascii_lowercase().as_str() {
        "stop" | "stopped" | "opt_out" => Some(Wish::Stop),
        "resume" | "resumed" | "opt_in" => Some(Wish::Resume),
        _ => None,
    }
}

fn reply(
    message: &Map<String, Value>,
    one: Option<&Map<String, Value>>,
    number: Option<&NumberId>,
) -> Option<Hook> {
    // What WhatsApp itself notes in a conversation is no reply; one of these tells of a preference.
    if let Some(system) = message.get("system").and_then(Value::as_object) {
        let wish = wish_of(&text(system.get("marketing"))?)?;
        return marketing(message, wish, one);
    }
    let kind = text(message.get("type")).unwrap_or_default();
    if kind.eq_ignore_ascii_case("system") {
        return None;
    }
    // An edited message says what it says now, which may be a stop. Whether it was an answer was told by what it said first.
    let edited = ["edit", "edited_message"].iter().find_map(|name| message.get(*name)?.as_object());
    let inner = edited.and_then(|edit| edit.get("message").and_then(Value::as_object).or(Some(edit)));
    let Content { text: said, words, button, answers: about } = content(inner.unwrap_or(message));
    let (from, user) = person(message, &["from", "wa_id"], one);
    let context = |of: &Map<String, Value>| text(of.get("context")?.as_object()?.get("id"));
    let answers = id(about.or_else(|| context(message)).or_else(|| context(inner?)));
    if from.is_none() && answers.is_none() && user.is_none() {
        return None;
    }
    Some(Hook::Reply(HookReply {
        from,
        number: number.cloned(),
        user,
        id: id(text(message.get("id"))),
        answers,
        button,
        words: words.filter(|_| inner.is_none()),
        stop: None,
        text: said,
        at: message.get("timestamp").and_then(Moment::read),
    }))
}
