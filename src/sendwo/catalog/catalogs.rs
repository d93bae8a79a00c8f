//! Which catalogs are connected.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::ids::CatalogId;

use super::super::done::Done;
use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::Catalogs;

const LIST: Listing = Listing::at("catalog/list", Method::Get);
const SYNC: &str = "catalog/sync";

/// A connected catalog. The documentation shows no answer; it is read under the likely names, and all else is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Catalog {
    /// `catalog_id`, which `sync` takes; `id` where there is no other.
    #[serde(rename = "catalog_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<CatalogId>,
    /// `catalog_name`
    #[serde(rename = "catalog_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for Catalog {
    fn read(row: &Value, _: &Token) -> Option<Catalog> {
        let mut fields = Fields::of(row)?;
        Some(Catalog {
            id: fields.id(&["catalog_id", "id"], CatalogId::new),
            name: fields.text(&["catalog_name", "name"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_ref().map(CatalogId::as_str)
    }
}

impl<'a, T: Transport> Catalogs<'a, T> {
    /// Catalog List, `catalog/list`: "connected WhatsApp catalog details", a page of them, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list(&self, page: u32) -> Result<Vec<Catalog>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Catalog List, `catalog/list`: all of them, page after page.
    #[must_use]
    pub fn all(&self) -> Pages<'a, T, Catalog> {
        self.client.pages(LIST)
    }

    /// Sync Catalog, `catalog/sync`: "sync the connected catalog data with your Sendwo dashboard" (`catalogId`).
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) where the id is blank.
    pub async fn sync(&self, catalog: &CatalogId) -> Result<Done, ApiError> {
        let id = ApiError::unless_blank(SYNC, catalog.as_str(), "the catalog's id")?;
        self.client.act(SYNC, vec![("catalogId".into(), id)], None).await
    }
}
