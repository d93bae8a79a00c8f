//! What is POSTed for one recipient: a message to them, or a change to the account's list.

use serde::{Deserialize, Serialize};

use super::message::Message;
use super::subscriber_action::SubscriberAction;

/// What is POSTed once for one recipient. Plans keep it: new ones go at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payload {
    /// Somebody is written to.
    Message(Message),
    /// Nobody is: the account's list of subscribers changes.
    SubscriberAction(SubscriberAction),
}

impl Payload {
    /// The report's word: of a message its type, `text`, `media`, `buttons` or `flow`; else `subscriber`, `labels` or `note`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Payload::Message(message) => message.kind(),
            Payload::SubscriberAction(action) => action.kind(),
        }
    }

    /// What the recipient gets, where somebody is written to.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self {
            Payload::Message(message) => Some(message),
            Payload::SubscriberAction(_) => None,
        }
    }
}

impl From<Message> for Payload {
    fn from(message: Message) -> Payload {
        Payload::Message(message)
    }
}

impl From<SubscriberAction> for Payload {
    fn from(action: SubscriberAction) -> Payload {
        Payload::SubscriberAction(action)
    }
}
