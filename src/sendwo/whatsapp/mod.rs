//! The WhatsApp API: connected numbers, messages, deliveries, conversations. One file for each question.

mod accounts;
mod content;
mod conversation;
mod outcome;
mod send;
mod status;

pub use accounts::ConnectedNumber;
pub use content::Content;
pub use conversation::{ConversationRow, Direction, Person};
pub use outcome::SendOutcome;
pub use status::{DeliveryReport, DeliveryStatus};

use super::client::Client;

/// A handle on the account's WhatsApp numbers and messages: [`Client::whatsapp`].
///
/// ```no_run
/// # async fn f(client: sendcast::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let whatsapp = client.whatsapp();
/// for number in whatsapp.connected_numbers().await? {
///     println!("{} {}", number.number, number.name.unwrap_or_default());
/// }
/// let sent = whatsapp.send_text("PHONE-NUMBER-ID", "+91 98765 43210".parse()?, "Hello!").await;
/// if let Some(id) = sent.message_id() {
///     println!("{:?}", whatsapp.delivery_status(id).await?.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WhatsApp<'a, T> {
    pub(super) client: &'a Client<T>,
}
