//! Label API: the labels of the account. The documentation shows no answers; names follow its style.

use axum::Router;
use axum::response::Response;
use serde_json::json;

use super::page::page;
use super::table::{ask_by_get, change};
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::book::Change;
use crate::sandbox::exchange::Judged;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

pub(super) fn routes() -> Router<App> {
    ask_by_get("/label/list", list).merge(change("/label/create", create))
}

fn list(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let row = |(id, name)| json!({"id": id, "label_name": name});
    page(state.options.lists, params, state.book.labels().map(row))
}

fn create(state: &State, params: &Params<'_>, _: Millis) -> Result<Judged, Refusal> {
    let name = params.required("labelName")?.trim();
    if state.book.labels().any(|(_, known)| known.to_lowercase() == name.to_lowercase()) {
        return Err(Refusal::plain("label_exists", "Label already exists."));
    }
    let id = state.book.next_label();
    Ok(Judged {
        change: Change::LabelCreated { id, name: name.to_owned() },
        answer: answer::created("Label created successfully.", "label_id", id),
    })
}
