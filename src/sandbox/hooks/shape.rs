//! How an event is told: flat, as the sibling platforms post it, or in Meta's own shape.

use serde_json::{Value, json};

use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::answer;
use crate::sandbox::book::Reply;
use crate::sandbox::options::HookShape;
use crate::sandbox::reply;
use crate::sandbox::subscribers::sibling_id;

/// What is told of.
pub enum News<'a> {
    /// A message's status.
    Status {
        id: String,
        status: Status,
        at: Millis,
        to: Phone,
        /// Meta's code, where it failed.
        code: u32,
        number: &'a str,
    },
    /// A reply.
    Reply {
        id: String,
        reply: &'a Reply,
        first_name: &'a str,
        /// The id of the message that it answers.
        context: Option<String>,
    },
}

/// The body in this shape, with its type. `local` writes a time in the server's zone.
pub fn body(shape: HookShape, news: &News<'_>, local: impl Fn(Millis) -> String) -> (&'static str, Vec<u8>) {
    match shape {
        HookShape::Flat => {
            let fields = flat(news, local).into_iter().map(|(name, value)| (name.to_owned(), value.into()));
            ("application/json", Value::Object(fields.collect()).to_string().into_bytes())
        }
        HookShape::Form => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(flat(news, local));
            ("application/x-www-form-urlencoded", form.finish().into_bytes())
        }
        HookShape::Meta => ("application/json", meta(news).to_string().into_bytes()),
    }
}

fn flat(news: &News<'_>, local: impl Fn(Millis) -> String) -> Vec<(&'static str, String)> {
    match news {
        News::Status { id, status, at, code, .. } => vec![
            ("webhook_type", "message_status_change".to_owned()),
            ("wa_message_id", id.clone()),
            ("message_status", status.word().to_owned()),
            ("status_time", local(*at)),
            ("failed_reason", reason(*status, *code)),
        ],
        News::Reply { id, reply, first_name, .. } => vec![
            ("chat_id", reply.from.digits()),
            ("user_message", reply.text.clone()),
            ("subscriber_id", sibling_id(reply.from)),
            ("wa_message_id", id.clone()),
            ("postbackid", reply.button.clone().unwrap_or_default()),
            ("first_name", (*first_name).to_owned()),
        ],
    }
}

fn reason(status: Status, code: u32) -> String {
    if status == Status::Failed { answer::coded(code) } else { String::new() }
}

fn meta(news: &News<'_>) -> Value {
    let number = match news {
        News::Status { number, .. } => number,
        News::Reply { reply, .. } => reply.number.as_str(),
    };
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number, "phone_number_id": number},
    });
    match news {
        News::Status { id, status, at, to, code, .. } => {
            let mut told = json!({
                "id": id,
                "status": status.word(),
                "timestamp": (at.0 / 1_000).to_string(),
                "recipient_id": to.digits(),
            });
            if *status == Status::Failed {
                told["errors"] = json!([{"code": code, "title": answer::title(*code)}]);
            }
            value["statuses"] = json!([told]);
        }
        News::Reply { id, reply, first_name, context } => {
            let mut message = reply::payload(id, reply);
            if let Some(context) = context {
                message["context"] = json!({"from": number, "id": context});
            }
            value["contacts"] = json!([{"profile": {"name": first_name}, "wa_id": reply.from.digits()}]);
            value["messages"] = json!([message]);
        }
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "WABA_ID", "changes": [{"field": "messages", "value": value}]}],
    })
}
