//! Which packages there are.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::User;

const LIST: Listing = Listing::at("user/package/list", Method::Get);

/// One of the "available Sendwo packages that are visible for the account". Each field is `None` where the answer
/// lacks it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Package {
    /// `id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `package_name`
    #[serde(rename = "package_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `package_type`, for instance `subscription`.
    #[serde(rename = "package_type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `validity`; the documentation names no unit, its 30 look like days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<u64>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for Package {
    fn read(row: &Value, _: &Token) -> Option<Package> {
        let mut fields = Fields::of(row)?;
        Some(Package {
            id: fields.id(&["id", "package_id"], |id| id),
            name: fields.text(&["package_name", "name"]),
            kind: fields.text(&["package_type"]),
            validity: fields.number(&["validity"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl<'a, T: Transport> User<'a, T> {
    /// Package List, `user/package/list`: a page of it, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn packages(&self, page: u32) -> Result<Vec<Package>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Package List, `user/package/list`: all pages.
    #[must_use]
    pub fn all_packages(&self) -> Pages<'a, T, Package> {
        self.client.pages(LIST)
    }
}
