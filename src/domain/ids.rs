//! Identifiers. Each is its own type, so that none can stand in for another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::shared;

/// A job's number within its round, from 0, in the order in which rows were first planned.
///
/// It never changes: an edited file gives new rows new numbers and leaves the old ones alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u32);

/// The n-th intent of a job, from 1. Every intent gets a new number, also one that was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptNo(pub u32);

/// The n-th frozen plan of a round, from 1; an edited file makes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanNo(pub u32);

/// Position of a sending number in the campaign's `from` list, fixed when a row is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SenderNo(pub u16);

/// Who claims: one process's run. Random, so that two machines never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnerId(pub u64);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "shared")] pub Arc<str>);

        impl $name {
            /// Wraps the text as it is.
            #[must_use]
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// WhatsApp's id of an accepted message (`wamid.…`). Ends in `=` at times: percent-encode it.
    MessageId
}
text_id! {
    /// Sendwo's `phone_number_id`: which connected number sends.
    NumberId
}
text_id! {
    /// An order's own name; the same order given twice has the same id and is applied once.
    OrderId
}
text_id! {
    /// Sendwo's `subscriber_id`: a person on the account's list.
    SubscriberId
}
text_id! {
    /// Sendwo's id of a label.
    LabelId
}
text_id! {
    /// Sendwo's id of a connected catalog.
    CatalogId
}
text_id! {
    /// Sendwo's id of a webhook workflow.
    WorkflowId
}
