//! The Label API: what subscribers can be labelled with.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::ids::LabelId;

use super::client::Client;
use super::done::Created;
use super::envelope::text;
use super::error::ApiError;
use super::fields::Fields;
use super::pages::{Listed, Listing, Pages};
use super::token::Token;
use super::transport::{Method, Transport};

const LIST: Listing = Listing::at("label/list", Method::Get);
const CREATE: &str = "label/create";

/// A handle on the account's labels: "create and fetch labels for subscriber segmentation inside Sendwo".
/// [`Client::labels`] gives it.
///
/// ```no_run
/// # async fn f(client: sendcast::Client) -> Result<(), sendcast::sendwo::ApiError> {
/// let labels = client.labels();
/// if !labels.all().collect().await?.iter().any(|label| label.name.as_deref() == Some("Lead")) {
///     labels.create("Lead").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Labels<'a, T> {
    pub(super) client: &'a Client<T>,
}

/// A label. The documentation shows no answer; a label is read under the names that its siblings use, or as a bare name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Label {
    /// `id`, which `assign-labels` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<LabelId>,
    /// `label_name`
    #[serde(rename = "label_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for Label {
    fn read(row: &Value, _: &Token) -> Option<Label> {
        if let Some(name) = text(row) {
            return Some(Label { name: Some(name), ..Label::default() });
        }
        let mut fields = Fields::of(row)?;
        Some(Label {
            id: fields.id(&["id", "label_id"], LabelId::new),
            name: fields.text(&["label_name", "name"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_ref().map(LabelId::as_str)
    }
}

impl<'a, T: Transport> Labels<'a, T> {
    /// Label List, `label/list`: "labels created inside your Sendwo account", a page of them, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list(&self, page: u32) -> Result<Vec<Label>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Label List, `label/list`: all of them, page after page.
    #[must_use]
    pub fn all(&self) -> Pages<'a, T, Label> {
        self.client.pages(LIST)
    }

    /// Create Label, `label/create`: "a new label for organizing subscribers and campaigns" (`labelName`).
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) where the name is blank.
    pub async fn create(&self, name: &str) -> Result<Created<LabelId>, ApiError> {
        let params = vec![("labelName".into(), ApiError::unless_blank(CREATE, name, "the label's name")?)];
        Ok(self.client.act(CREATE, params, None).await?.created(&["label_id", "id"], LabelId::new))
    }
}
