//! The Webhook Workflow API: where Sendwo tells of what happens.

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::domain::ids::WorkflowId;

use super::client::Client;
use super::done::Created;
use super::error::ApiError;
use super::fields::Fields;
use super::pages::{Listed, Listing, Pages};
use super::token::Token;
use super::transport::{Method, Transport};

const LIST: Listing = Listing::at("webhook/workflow/list", Method::Get);
const CREATE: &str = "webhook/workflow/create";

/// A handle on the account's webhook workflows: "receive or process WhatsApp events, automate business actions, and
/// connect Sendwo with external systems".
/// [`Client::webhooks`] gives it.
///
/// ```no_run
/// # async fn f(client: sendcast::Client) -> Result<(), sendcast::sendwo::ApiError> {
/// let webhooks = client.webhooks();
/// let created = webhooks.create("deliveries", "https://example.com/hooks/sendwo").await?;
/// println!("{:?}: {:?}", created.id, created.done.text);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Webhooks<'a, T> {
    pub(super) client: &'a Client<T>,
}

/// A webhook workflow. The documentation shows no answer; it is read under the likely names, and all else is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Workflow {
    /// `id`, or `workflow_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<WorkflowId>,
    /// `workflow_name`
    #[serde(rename = "workflow_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `target_url`: whom it tells. Its path may hold a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_url: Option<String>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Listed for Workflow {
    fn read(row: &Value, _: &Token) -> Option<Workflow> {
        let mut fields = Fields::of(row)?;
        Some(Workflow {
            id: fields.id(&["id", "workflow_id"], WorkflowId::new),
            name: fields.text(&["workflow_name", "workflowName", "name"]),
            target_url: fields.text(&["target_url", "targetUrl", "webhook_url", "url"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_ref().map(WorkflowId::as_str)
    }
}

impl<'a, T: Transport> Webhooks<'a, T> {
    /// Workflow List, `webhook/workflow/list`: "webhook workflows created in your Sendwo dashboard", a page of them,
    /// from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list(&self, page: u32) -> Result<Vec<Workflow>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Workflow List, `webhook/workflow/list`: all of them, page after page.
    #[must_use]
    pub fn all(&self) -> Pages<'a, T, Workflow> {
        self.client.pages(LIST)
    }

    /// Create Workflow, `webhook/workflow/create`: "a webhook workflow for automation, data forwarding, or external app
    /// communication" (`workflowName`, `targetUrl`).
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) where the name is blank, or the address is none of `http` or `https`.
    pub async fn create(&self, name: &str, target_url: &str) -> Result<Created<WorkflowId>, ApiError> {
        let (name, target) =
            (ApiError::unless_blank(CREATE, name, "the workflow's name")?, target_url.trim());
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if !Url::parse(target).is_ok_and(|url| is_web(&url)) {
            return Err(ApiError::invalid(CREATE, "the target isn't an address that begins with https://"));
        }
        let params = vec![("workflowName".into(), name), ("targetUrl".into(), target.to_owned())];
        Ok(self.client.act(CREATE, params, None).await?.created(&["workflow_id", "id"], WorkflowId::new))
    }
}
