//! Which modules are enabled.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::envelope::text;
use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::User;

const LIST: Listing = Listing::at("user/module/list", Method::Post);

/// One of the "modules enabled in your Sendwo account, such as broadcast, live chat, AI chatbot, flows, catalog, and
/// API developer access". The documentation shows no answer: a row is read as the usage log names its modules, or as a
/// bare name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Module {
    /// `id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `module_name`
    #[serde(rename = "module_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for Module {
    fn read(row: &Value, _: &Token) -> Option<Module> {
        if let Some(name) = text(row) {
            return Some(Module { name: Some(name), ..Module::default() });
        }
        let mut fields = Fields::of(row)?;
        Some(Module {
            id: fields.id(&["id", "module_id"], |id| id),
            name: fields.text(&["module_name", "name"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl<'a, T: Transport> User<'a, T> {
    /// Module List, `user/module/list`: a page of it, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn modules(&self, page: u32) -> Result<Vec<Module>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Module List, `user/module/list`: all pages.
    #[must_use]
    pub fn all_modules(&self) -> Pages<'a, T, Module> {
        self.client.pages(LIST)
    }
}
