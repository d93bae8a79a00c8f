//! What was ordered.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::Catalogs;

const LIST: Listing = Listing::at("catalog/order/list", Method::Get);

/// One of the "WhatsApp catalog orders captured through Sendwo". The documentation shows no answer; it is read under the
/// likely names, and all else is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CatalogOrder {
    /// `order_id`, or `id`.
    #[serde(rename = "order_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `order_status`, or `status`: in Sendwo's words.
    #[serde(rename = "order_status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it comes to, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// `currency`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When it was made, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// What else was said: who ordered, and what.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for CatalogOrder {
    fn read(row: &Value, _: &Token) -> Option<CatalogOrder> {
        let mut fields = Fields::of(row)?;
        Some(CatalogOrder {
            id: fields.id(&["order_id", "id"], |id| id),
            status: fields.text(&["order_status", "status"]),
            total: fields.text(&["total", "order_total", "total_amount", "amount"]),
            currency: fields.text(&["currency"]),
            created_at: fields.text(&["created_at", "order_time", "ordered_at"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl<'a, T: Transport> Catalogs<'a, T> {
    /// Catalog Order List, `catalog/order/list`: a page of the orders, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn orders(&self, page: u32) -> Result<Vec<CatalogOrder>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Catalog Order List, `catalog/order/list`: all orders, page after page.
    #[must_use]
    pub fn all_orders(&self) -> Pages<'a, T, CatalogOrder> {
        self.client.pages(LIST)
    }
}
