//! Which numbers the account can send from.

use serde::Serialize;
use serde_json::Value;

use crate::domain::ids::NumberId;

use super::super::envelope::{id, text};
use super::super::error::ApiError;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::WhatsApp;

const LIST: Listing = Listing::at("whatsapp/connect/account/list", Method::Get);

/// A number that is connected in Sendwo's dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectedNumber {
    /// `id`: of the account's entry, not of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `phone_number_id`: what a campaign's `from` names.
    #[serde(rename = "phone_number_id")]
    pub number: NumberId,
    /// `display_phone_number`, for people; Sendwo may mask it.
    #[serde(rename = "display_phone_number", skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `verified_name`, or `whatsapp_business_name`.
    #[serde(rename = "verified_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `whatsapp_business_account_id`
    #[serde(rename = "whatsapp_business_account_id", skip_serializing_if = "Option::is_none")]
    pub business_account: Option<String>,
}

impl ConnectedNumber {
    /// Reads a row; `None` where it names no number.
    pub(in super::super) fn read(row: &Value) -> Option<ConnectedNumber> {
        let field = |name: &str| row.get(name).and_then(text);
        Some(ConnectedNumber {
            id: row.get("id").and_then(id),
            number: NumberId::new(row.get("phone_number_id").and_then(id)?),
            display: field("display_phone_number"),
            name: field("verified_name").or_else(|| field("whatsapp_business_name")),
            business_account: field("whatsapp_business_account_id"),
        })
    }
}

impl Listed for ConnectedNumber {
    fn read(row: &Value, _: &Token) -> Option<ConnectedNumber> {
        ConnectedNumber::read(row)
    }

    fn identity(&self) -> Option<&str> {
        Some(self.number.as_str())
    }
}

impl<'a, T: Transport> WhatsApp<'a, T> {
    /// Connect Account, `whatsapp/connect/account/list`: "connected WhatsApp Business accounts and phone number
    /// IDs", the first page of them. A harmless question, also asked to learn whether the server is back.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn connected_numbers(&self) -> Result<Vec<ConnectedNumber>, ApiError> {
        self.client.page(LIST, 1).await
    }

    /// Connect Account, `whatsapp/connect/account/list`: all of them, page after page.
    #[must_use]
    pub fn all_connected_numbers(&self) -> Pages<'a, T, ConnectedNumber> {
        self.client.pages(LIST)
    }
}
