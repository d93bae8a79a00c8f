//! Meta's own shape: `entry[].changes[].value` with `statuses[]` and `messages[]`. Source: Meta's pages on
//! WhatsApp's webhooks.

use serde_json::{Map, Value};

use super::clean::{first_text, id, label, phone, text};
use super::event::{Button, Hook, HookDelivery, HookReply};
use crate::domain::codes;
use crate::domain::job::News;
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
    hooks.extend(objects(value, "statuses").filter_map(delivery));
    hooks.extend(objects(value, "messages").filter_map(reply));
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

/// Of several errors the first: code, then what says most.
fn problem(status: &Map<String, Value>) -> Problem {
    let without = || Problem::new("WhatsApp reported it as failed without a reason");
    let Some(error) = objects(status, "errors").next() else { return without() };
    let details = error.get("error_data").and_then(Value::as_object);
    let details = details.and_then(|data| text(data.get("details")));
    let said = details.or_else(|| first_text(error, &["message", "title"])).unwrap_or_default();
    match text(error.get("code")) {
        Some(code) => codes::problem(&format!("(Error Code : {code} ) {said}")),
        None if said.is_empty() => without(),
        None => codes::problem(&said),
    }
}

fn reply(message: &Map<String, Value>) -> Option<Hook> {
    let (said, button) = content(message);
    let from = phone(text(message.get("from")));
    let context = message.get("context").and_then(Value::as_object);
    let answers = id(context.and_then(|context| text(context.get("id"))));
    if from.is_none() && answers.is_none() {
        return None;
    }
    Some(Hook::Reply(HookReply {
        from,
        id: id(text(message.get("id"))),
        answers,
        button,
        text: said,
        at: message.get("timestamp").and_then(Moment::read),
    }))
}

/// What was written, and which button was pressed: a reply button, a list's row, or a template's quick reply.
fn content(message: &Map<String, Value>) -> (Option<String>, Option<Button>) {
    let part = |name: &str| message.get(name).and_then(Value::as_object);
    let pressed = part("interactive").and_then(|interactive| {
        ["button_reply", "list_reply"].iter().find_map(|kind| interactive.get(*kind)?.as_object())
    });
    let (id, title) = match (pressed, part("button")) {
        (Some(pressed), _) => (text(pressed.get("id")), text(pressed.get("title"))),
        (None, Some(button)) => (text(button.get("payload")), text(button.get("text"))),
        (None, None) => return (part("text").and_then(|said| text(said.get("body"))), None),
    };
    let title = label(title);
    let button =
        label(id).or_else(|| title.clone()).map(|id| Button { id, title: title.clone().unwrap_or_default() });
    (title, button)
}
