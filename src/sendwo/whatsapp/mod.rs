//! The WhatsApp API: connected numbers, messages, deliveries, conversations. One file for each question.

mod accounts;
mod content;
mod conversation;
mod send;
mod status;

pub use accounts::ConnectedNumber;
pub use content::Content;
pub use conversation::{ConversationRow, Direction, Person};
pub use status::{DeliveryReport, DeliveryStatus};

use super::client::Client;

/// A handle on the account's WhatsApp numbers and messages.
#[derive(Debug)]
pub struct WhatsApp<'a, T> {
    pub(super) client: &'a Client<T>,
}
