//! How far a message got.

use serde_json::{Map, Value};

use crate::domain::codes;
use crate::domain::ids::MessageId;
use crate::domain::job::Reach;
use crate::domain::problem::Problem;

use super::super::envelope::Envelope;
use super::super::error::ApiError;
use super::super::moment::Moment;
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::WhatsApp;

const STATUS: &str = "whatsapp/message/delivery-status";

/// What the API says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It got this far.
    Reached(Reach),
    /// It won't be delivered.
    Failed,
}

impl DeliveryStatus {
    /// Reads the API's word, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<DeliveryStatus> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "accepted" => DeliveryStatus::Reached(Reach::Accepted),
            "sent" => DeliveryStatus::Reached(Reach::Sent),
            "delivered" => DeliveryStatus::Reached(Reach::Delivered),
            // A voice message that was listened to is told as `played`.
            "read" | "played" => DeliveryStatus::Reached(Reach::Read),
            "failed" => DeliveryStatus::Failed,
            _ => return None,
        })
    }

    /// The API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DeliveryStatus::Reached(Reach::Accepted) => "accepted",
            DeliveryStatus::Reached(Reach::Sent) => "sent",
            DeliveryStatus::Reached(Reach::Delivered) => "delivered",
            DeliveryStatus::Reached(Reach::Read) => "read",
            DeliveryStatus::Failed => "failed",
        }
    }
}

/// A message's delivery. All of it is what was said, nothing is inferred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// `None` where there was no word, or an unknown one: it changes nothing.
    pub status: Option<DeliveryStatus>,
    /// When the status last changed (`delivery_status_updated_at`).
    pub updated_at: Option<Moment>,
    /// When it was sent, where told.
    pub sent_at: Option<Moment>,
    /// When it was delivered, where told.
    pub delivered_at: Option<Moment>,
    /// `read_time`
    pub read_at: Option<Moment>,
    /// `failed_time`
    pub failed_at: Option<Moment>,
    /// `failed_reason`, or a sentence that says there is none. `None` unless the status is failed.
    pub problem: Option<Problem>,
}

impl DeliveryReport {
    /// When the status came about: its own time where told, else the last change.
    #[must_use]
    pub fn status_at(&self) -> Option<Moment> {
        let own = match self.status? {
            DeliveryStatus::Reached(Reach::Accepted) => None,
            DeliveryStatus::Reached(Reach::Sent) => self.sent_at,
            DeliveryStatus::Reached(Reach::Delivered) => self.delivered_at,
            DeliveryStatus::Reached(Reach::Read) => self.read_at,
            DeliveryStatus::Failed => self.failed_at,
        };
        own.or(self.updated_at)
    }
}

impl<T: Transport> WhatsApp<'_, T> {
    /// Message Delivery Status, `whatsapp/message/delivery-status`.
    ///
    /// # Errors
    /// [`ApiError`]; an unknown word is none of them.
    pub async fn delivery_status(&self, id: &MessageId) -> Result<DeliveryReport, ApiError> {
        let params = vec![("messageId".into(), id.as_str().to_owned())];
        let envelope = self.client.ask(Method::Get, STATUS, params).await?;
        let (report, unknown) = read(&envelope, self.client.token());
        if let Some(word) = unknown {
            self.client.unknown_word("delivery status", &word);
        }
        Ok(report)
    }
}

/// The report, and the word that stood where a status was expected and is none.
fn read(envelope: &Envelope, token: &Token) -> (DeliveryReport, Option<String>) {
    let mut unknown = None;
    let mut report = DeliveryReport::default();
    for fields in envelope.objects() {
        let (found, word) = report_in(fields, token);
        unknown = unknown.or(word);
        if found.status.is_some() {
            return (found, None);
        }
        if report == DeliveryReport::default() {
            report = found;
        }
    }
    if let Value::String(text) = &envelope.message {
        report.status = DeliveryStatus::from_word(text);
        if report.status.is_some() {
            unknown = None;
            report.problem = problem(report.status, envelope.rest.get("failed_reason"), token);
        } else if unknown.is_none() && !text.trim().is_empty() {
            unknown = Some(text.clone());
        }
    }
    (report, unknown)
}

/// Where the status stands in an object, in the order in which it is believed.
const STATUS_FIELDS: [&str; 3] = ["message_status", "delivery_status", "status"];

/// Reads delivery fields of an object; also of a conversation's row.
pub(super) fn report_in(fields: &Map<String, Value>, token: &Token) -> (DeliveryReport, Option<String>) {
    let words = || STATUS_FIELDS.iter().filter_map(|name| fields.get(*name)?.as_str());
    let status = words().find_map(DeliveryStatus::from_word);
    let unknown = if status.is_some() {
        None
    } else {
        words().find(|word| word.chars().any(char::is_alphabetic)).map(str::to_owned)
    };
    let time = |names: &[&str]| names.iter().find_map(|name| Moment::read(fields.get(*name)?));
    let report = DeliveryReport {
        status,
        updated_at: time(&["delivery_status_updated_at", "status_time", "updated_at"]),
        sent_at: time(&["sent_time", "sent_at"]),
        delivered_at: time(&["delivered_time", "delivery_time", "delivered_at"]),
        read_at: time(&["read_time", "read_at"]),
        failed_at: time(&["failed_time", "failed_at"]),
        problem: problem(status, fields.get("failed_reason"), token),
    };
    (report, unknown)
}

fn problem(status: Option<DeliveryStatus>, reason: Option<&Value>, token: &Token) -> Option<Problem> {
    if status != Some(DeliveryStatus::Failed) {
        return None;
    }
    let reason = match reason {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    Some(if reason.trim().is_empty() {
        Problem::new("WhatsApp reported it as failed without a reason")
    } else {
        codes::problem(&token.scrub(reason))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(body: &Value) -> (DeliveryReport, Option<String>) {
        read(&Envelope::read(body.to_string().as_bytes()).unwrap(), &Token::new("9|CANARY-canary").unwrap())
    }

    #[test]
    fn the_status_is_found_wherever_it_stands() {
        let delivered = Some(DeliveryStatus::Reached(Reach::Delivered));
        for body in [
            json!({"status": "1", "message": {"message_status": "delivered"}}),
            json!({"status": "1", "message": {"delivery_status": "Delivered"}}),
            json!({"status": "1", "message": {"status": " DELIVERED "}}),
            json!({"status": "1", "message": {"status": "1", "message_status": "delivered"}}),
            json!({"status": "1", "message": [{"message_status": "delivered"}]}),
            json!({"status": "1", "message": "Status found", "data": {"status": "delivered"}}),
            json!({"status": "1", "data": {"message_status": "delivered"}}),
            json!({"status": "1", "message": "delivered"}),
        ] {
            let (report, unknown) = report(&body);
            assert_eq!((report.status, unknown), (delivered, None), "{body}");
        }
    }

    #[test]
    fn a_sibling_platforms_answer_is_read_whole() {
        let (report, _) = report(&json!({"status": "1", "message": {
            "message_status": "failed", "delivery_status_updated_at": "2024-07-28 13:21:03",
            "read_time": null, "failed_time": "2024-07-28 13:21:02",
            "failed_reason": "(Error Code : 131050) User opted out"}}));
        assert_eq!(report.status, Some(DeliveryStatus::Failed));
        assert_eq!(report.problem.as_ref().unwrap().code, Some(131_050));
        assert_eq!(report.status_at(), Moment::parse("2024-07-28 13:21:02"));
        assert_eq!(report.updated_at, Moment::parse("2024-07-28 13:21:03"));
        assert_eq!(report.read_at, None);
    }

    #[test]
    fn a_reason_that_repeats_the_token_is_told_without_it() {
        let said = "x".repeat(290);
        let (report, _) = report(&json!({"message": {
            "message_status": "failed", "failed_reason": format!("{said} 9|CANARY-canary")}}));
        let reason = report.problem.unwrap().reason;
        assert!(!reason.contains("CANARY"), "not even cut off: {reason}");
    }

    #[test]
    fn unknown_words_change_nothing_and_are_told() {
        let (found, unknown) =
            report(&json!({"message": {"message_status": "teleported", "failed_reason": "x"}}));
        assert_eq!((found, unknown.as_deref()), (DeliveryReport::default(), Some("teleported")));
        let (found, unknown) = report(&json!({"status": "1", "message": {"status": "1"}}));
        assert_eq!((found.status, unknown), (None, None));
        let (found, _) = report(&json!({"message": {"message_status": "failed"}}));
        assert!(found.problem.unwrap().reason.contains("without a reason"));
    }
}
