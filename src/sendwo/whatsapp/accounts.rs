//! Which numbers the account can send from.

use serde_json::Value;

use crate::domain::ids::NumberId;

use super::super::envelope::{id, text};
use super::super::error::ApiError;
use super::super::transport::{Method, Transport};
use super::WhatsApp;

const LIST: &str = "whatsapp/connect/account/list";

/// A number that is connected in Sendwo's dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedNumber {
    /// `phone_number_id`: what a campaign's `from` names.
    pub number: NumberId,
    /// `display_phone_number`, for people; Sendwo may mask it.
    pub display: Option<String>,
    /// `verified_name`, or `whatsapp_business_name`.
    pub name: Option<String>,
    /// `whatsapp_business_account_id`
    pub business_account: Option<String>,
}

impl ConnectedNumber {
    /// Reads a row; `None` where it names no number.
    pub(in super::super) fn read(row: &Value) -> Option<ConnectedNumber> {
        let field = |name: &str| row.get(name).and_then(text);
        Some(ConnectedNumber {
            number: NumberId::new(row.get("phone_number_id").and_then(id)?),
            display: field("display_phone_number"),
            name: field("verified_name").or_else(|| field("whatsapp_business_name")),
            business_account: field("whatsapp_business_account_id"),
        })
    }
}

impl<T: Transport> WhatsApp<'_, T> {
    /// Connect Account, `whatsapp/connect/account/list`: "connected WhatsApp Business accounts and phone number
    /// IDs". A harmless question, also asked to learn whether the server is back.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn connected_numbers(&self) -> Result<Vec<ConnectedNumber>, ApiError> {
        let envelope = self.client.ask(Method::Get, LIST, Vec::new()).await?;
        Ok(envelope.rows().into_iter().filter_map(ConnectedNumber::read).collect())
    }
}
