//! What was said with one person, as Sendwo lists it.

use serde_json::Value;

use crate::domain::ids::{MessageId, SubscriberId};
use crate::domain::phone::Phone;
use crate::domain::problem::Problem;

use super::super::envelope::id;
use super::super::error::ApiError;
use super::super::moment::Moment;
use super::super::pages::{Listed, Listing, Pages, Question};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::WhatsApp;
use super::content::Content;
use super::status::{DeliveryStatus, report_in};

const LIST: Listing = Listing::at("whatsapp/conversation", Method::Get);

/// Whose conversation: `subscriberId` takes either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person<'a> {
    /// Sendwo's id of a subscriber.
    Id(&'a str),
    /// A phone number.
    Phone(Phone),
}

impl<'a> From<&'a str> for Person<'a> {
    fn from(id: &'a str) -> Person<'a> {
        Person::Id(id)
    }
}

impl<'a> From<&'a SubscriberId> for Person<'a> {
    fn from(id: &'a SubscriberId) -> Person<'a> {
        Person::Id(id.as_str())
    }
}

impl From<Phone> for Person<'_> {
    fn from(phone: Phone) -> Self {
        Person::Phone(phone)
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A bot or the API did, as campaigns do (`bot`).
    Ours,
    /// Somebody of the business did, by hand (`agent`).
    Agent,
    /// The person did (`user`).
    Theirs,
}

/// One message of a conversation. Fields are `None` where the row lacks them or has them in an unknown shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationRow {
    /// `wa_message_id`
    pub id: Option<MessageId>,
    /// `sender`
    pub direction: Option<Direction>,
    /// `message_content`, as far as it was understood.
    pub content: Content,
    /// `conversation_time`
    pub at: Option<Moment>,
    /// `message_status`
    pub status: Option<DeliveryStatus>,
    /// Why it failed, where it did.
    pub problem: Option<Problem>,
}

impl Listed for ConversationRow {
    const TOLERANT: bool = true;

    fn read(row: &Value, token: &Token) -> Option<ConversationRow> {
        self::row(row, token)
    }

    fn identity(&self) -> Option<&str> {
        Some(self.id.as_ref()?.as_str())
    }

    fn about(mut self, phone: Phone) -> ConversationRow {
        self.problem = self.problem.map(|problem| problem.about(phone));
        self
    }
}

impl<'a, T: Transport> WhatsApp<'a, T> {
    /// Get Conversation, `whatsapp/conversation`: "recent WhatsApp conversation data for a subscriber or phone
    /// number". Pages count from 1; the end is an empty page or one that repeats.
    ///
    /// # Errors
    /// [`ApiError`]; a person who is unknown to Sendwo may be among them.
    pub async fn conversation(
        &self,
        who: impl Into<Person<'_>>,
        page: u32,
    ) -> Result<Vec<ConversationRow>, ApiError> {
        self.client.page(question(who.into()), page).await
    }

    /// Get Conversation, `whatsapp/conversation`: all of it, page after page, in the server's order.
    #[must_use]
    pub fn whole_conversation<'p>(&self, who: impl Into<Person<'p>>) -> Pages<'a, T, ConversationRow> {
        self.client.pages(question(who.into()))
    }
}

fn question(who: Person<'_>) -> Question {
    let (who, about) = match who {
        Person::Id(id) => (id.to_owned(), None),
        Person::Phone(phone) => (phone.digits(), Some(phone)),
    };
    Question { listing: LIST, params: vec![("subscriberId".into(), who)], about }
}

fn row(value: &Value, token: &Token) -> Option<ConversationRow> {
    let fields = value.as_object()?;
    let first = |names: &[&str]| names.iter().find_map(|name| fields.get(*name).filter(|v| !v.is_null()));
    let (report, _) = report_in(fields, token);
    let at = ["conversation_time", "message_time", "timestamp", "time", "created_at"];
    Some(ConversationRow {
        id: first(&["wa_message_id", "message_id"]).and_then(id).map(MessageId::new),
        direction: first(&["sender", "direction"]).and_then(direction),
        content: first(&["message_content", "content", "message", "text"])
            .map(Content::read)
            .unwrap_or_default(),
        at: at.iter().find_map(|name| Moment::read(fields.get(*name)?)),
        status: report.status,
        problem: report.problem,
    })
}

fn direction(value: &Value) -> Option<Direction> {
    match value.as_str()?.trim().to_ascii_lowercase().as_str() {
        "bot" | "api" | "business" | "outgoing" | "out" | "outbound" => Some(Direction::Ours),
        "agent" | "admin" | "human" | "team" | "operator" => Some(Direction::Agent),
        "user" | "subscriber" | "customer" | "contact" | "incoming" | "in" | "inbound" => {
            Some(Direction::Theirs)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::domain::job::Reach;

    use super::*;

    fn row(value: &Value) -> Option<ConversationRow> {
        super::row(value, &Token::new("9|CANARY-canary").unwrap())
    }

    #[test]
    fn a_sibling_platforms_rows_are_read() {
        let found = row(&json!({
            "id": 5, "sender": "bot", "message_content": "{\"text\":{\"body\":\"Hi Amit\"}}",
            "conversation_time": "2024-07-28 13:21:03", "wa_message_id": "wamid.1=",
            "message_status": "read", "failed_reason": ""
        }))
        .unwrap();
        assert_eq!(found.id, Some(MessageId::new("wamid.1=")));
        assert_eq!(found.direction, Some(Direction::Ours));
        assert_eq!(found.content.text.as_deref(), Some("Hi Amit"));
        assert_eq!(found.at, Moment::parse("2024-07-28 13:21:03"));
        assert_eq!(found.status, Some(DeliveryStatus::Reached(Reach::Read)));
        assert_eq!(found.problem, None);
    }

    #[test]
    fn odd_rows_are_read_as_far_as_they_go() {
        assert_eq!(row(&json!("text")), None);
        assert_eq!(row(&json!({})), Some(ConversationRow::default()));
        let odd = json!({"sender": 7, "message_content": 5, "conversation_time": [], "wa_message_id": {}});
        assert_eq!(row(&odd), Some(ConversationRow::default()));
        let epoch = row(&json!({"sender": "user", "message": "Hello", "timestamp": 1_722_172_863})).unwrap();
        assert_eq!(epoch.direction, Some(Direction::Theirs));
        assert_eq!(epoch.content.text.as_deref(), Some("Hello"));
        assert!(matches!(epoch.at, Some(Moment::Exact(_))));
        let failed =
            row(&json!({"message_status": "failed", "failed_reason": "(Error Code : 131026)"})).unwrap();
        assert_eq!(failed.problem.unwrap().code, Some(131_026));
    }
}
