//! Webhook Workflow API: where the account's events are posted to. The documentation shows no answers; names
//! follow its style. What is fired, and where to, is in `sandbox/hooks`.

use axum::Router;
use axum::response::Response;
use serde_json::json;
use url::Url;

use super::page::page;
use super::table::{ask_by_get, change};
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::book::{Change, Workflow};
use crate::sandbox::exchange::Judged;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

pub(super) fn routes() -> Router<App> {
    ask_by_get("/webhook/workflow/list", list).merge(change("/webhook/workflow/create", create))
}

fn list(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let row = |workflow: &Workflow| {
        json!({
            "id": workflow.id,
            "workflow_name": workflow.name,
            "target_url": workflow.target,
            "created_at": state.local(workflow.at),
        })
    };
    page(state.options.lists, params, state.book.workflows().iter().map(row))
}

fn create(state: &State, params: &Params<'_>, now: Millis) -> Result<Judged, Refusal> {
    let name = params.required("workflowName")?.trim();
    let target = params.required("targetUrl")?.trim();
    let is_url =
        Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !is_url {
        return Err(Refusal::wrong("targetUrl", "must be a valid URL."));
    }
    let id = state.book.workflows().len() as u64 + 1;
    Ok(Judged {
        change: Change::WorkflowCreated { id, at: now, name: name.to_owned(), target: target.to_owned() },
        answer: answer::created("Webhook workflow created successfully.", "workflow_id", id),
    })
}
