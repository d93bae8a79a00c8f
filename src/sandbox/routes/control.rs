//! The sandbox's own pages, which need no token: what it has seen, what it holds, and what goes wrong in it.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::time::Millis;
use crate::sandbox::answer;
use crate::sandbox::exchange::phone;
use crate::sandbox::fault::{FaultError, FaultPlan};
use crate::sandbox::state::{App, Entry, State as Account};
use crate::sandbox::stats::Stats;

/// Messages to a page, unless asked for fewer or more.
const PAGE: usize = 1_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sandbox/stats", get(stats))
        .route("/sandbox/messages", get(messages))
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/faults", get(faults).post(set_faults))
}

async fn stats(State(app): State<App>) -> Json<Stats> {
    Json(app.state().stats())
}

/// What to list: of one recipient, or everything; a page at a time, in the order of acceptance.
#[derive(Deserialize)]
struct Listing {
    to: Option<String>,
    page: Option<usize>,
    limit: Option<usize>,
}

async fn messages(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    let now = app.now();
    let state = app.state();
    let limit = listing.limit.unwrap_or(PAGE).max(1);
    let skip = (listing.page.unwrap_or(1).max(1) - 1).saturating_mul(limit);
    let listed: Vec<(u32, Entry)> = match &listing.to {
        Some(to) => {
            let mut all: Vec<_> =
                phone(to).and_then(|to| state.messages_to(to)).into_iter().flatten().collect();
            all.reverse();
            all.into_iter().skip(skip).take(limit).collect()
        }
        None => state.messages(skip).take(limit).collect(),
    };
    let told: std::io::Result<Vec<Value>> =
        listed.iter().map(|(nth, entry)| describe(&state, *nth, entry, now)).collect();
    match told {
        Ok(messages) => answer::json(StatusCode::OK, json!({ "messages": messages }).to_string()),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn describe(state: &Account, nth: u32, entry: &Entry, now: Millis) -> std::io::Result<Value> {
    let record = state.record(entry)?;
    let progress = state.progress(nth, entry, now);
    Ok(json!({
        "message_id": entry.is_shown().then(|| state.id(nth, entry)),
        "to": entry.to.digits(),
        "from": record.from,
        "type": entry.kind_word(),
        "accepted_at": entry.at.0,
        "status": progress.status.word(),
        "message": record.message,
    }))
}

async fn reset(State(app): State<App>) -> Response {
    let now = app.now();
    match app.state().reset(now) {
        Ok(()) => answer::json(StatusCode::OK, r#"{"reset":true}"#.to_owned()),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn faults(State(app): State<App>) -> Response {
    plan(&app)
}

/// Takes a plan's text as the body.
async fn set_faults(State(app): State<App>, body: String) -> Response {
    match body.parse() {
        Ok::<FaultPlan, FaultError>(faults) => {
            app.state().set_faults(faults);
            plan(&app)
        }
        Err(error) => failed(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn plan(app: &App) -> Response {
    let faults = app.state().options.faults.to_string();
    answer::json(StatusCode::OK, json!({ "faults": faults }).to_string())
}

fn failed(status: StatusCode, error: &str) -> Response {
    answer::json(status, json!({ "error": error }).to_string())
}
