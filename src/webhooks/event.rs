//! What a webhook tells, whichever shape it came in.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{MessageId, NumberId};
use crate::domain::job::News;
use crate::domain::phone::Phone;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::sendwo::Moment;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// A message of ours got further, or failed.
    Delivery(HookDelivery),
    /// A person wrote, or pressed a button.
    Reply(HookReply),
    /// A person changed what they allow in WhatsApp's own settings.
    Marketing(HookMarketing),
}

/// How the opt-out list says that WhatsApp told of it: such an entry is lifted where WhatsApp tells that the person wants
/// marketing messages again, and no other is.
pub const STOPPED_MARKETING: &str = "stopped marketing messages";

/// What a person allows (Meta's `user_preferences`, code 131050 with the person's number).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookMarketing {
    /// Who; `None` where it is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phone>,
    /// The person's id with the business, where there is no number. It isn't kept in the inbox.
    #[serde(skip)]
    pub user: Option<String>,
    /// What they want.
    pub wish: Wish,
    /// The code by which it is known, where no preference told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// When, as it was told.
    #[serde(with = "moment", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// What a person wants of marketing messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// No more of them.
    Stop,
    /// To get them again.
    Resume,
}

/// News of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookDelivery {
    /// The message (flat `wa_message_id`, Meta's `statuses[].id`).
    pub id: MessageId,
    /// How far it got, or why it failed. A reason tells at most the last digits of the recipient's number, where the
    /// event names it.
    pub news: News,
    /// When, as it was told (flat `status_time`, Meta's `timestamp`).
    #[serde(with = "moment", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// What a person sent: words, a button's or a list's choice, a picture, a place, a reaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookReply {
    /// Who (flat `chat_id`, Meta's `messages[].from`); `None` where it is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phone>,
    /// The account's number that it came in at (Meta's `metadata.phone_number_id`), where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberId>,
    /// The reply's own id: one that is told twice has it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The message of ours that it answers (Meta's `context.id`, a reaction's `message_id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// The button that was pressed; `None` for a text or anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Button>,
    /// What a report shows of it: its first words, or its kind in brackets. `None` where it answers nothing: an earlier
    /// message was edited, a reaction taken back, or its kind is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Cell>,
    /// What of it says that the person wants no more messages. Whoever takes webhooks in knows the words for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Cell>,
    /// The person's id with the business, or the number of the subscriber, where it is told. It isn't kept.
    #[serde(skip)]
    pub user: Option<String>,
    /// All that was written, also as a caption or by an edit, to be searched for a stop. It isn't kept.
    #[serde(skip)]
    pub text: Option<String>,
    /// When, as it was told.
    #[serde(with = "moment", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

impl HookReply {
    /// When it was sent: as it was told where that names a zone, else when it was received, which is never before.
    #[must_use]
    pub fn sent_at(&self, received: Millis) -> Millis {
        sent_at(self.at, received)
    }
}

impl HookMarketing {
    /// When it was said, as [`HookReply::sent_at`].
    #[must_use]
    pub fn sent_at(&self, received: Millis) -> Millis {
        sent_at(self.at, received)
    }
}

fn sent_at(told: Option<Moment>, received: Millis) -> Millis {
    match told {
        Some(Moment::Exact(at)) => at.min(received),
        Some(Moment::Naive(_)) | None => received,
    }
}

/// A button, as it was pressed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Button {
    /// Its id (flat `postbackid`, Meta's `button_reply.id`, a template button's `payload`).
    pub id: String,
    /// What stands on it, where that was told.
    #[serde(default)]
    pub title: String,
}

/// A moment as JSON: milliseconds where it is exact, else what the clock showed.
mod moment {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    use crate::sendwo::Moment;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(moment: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
        match moment {
            Some(Moment::Exact(at)) => serializer.serialize_u64(at.0),
            Some(Moment::Naive(shown)) => serializer.collect_str(shown),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
        Ok(Moment::read(&Value::deserialize(deserializer)?))
    }
}
