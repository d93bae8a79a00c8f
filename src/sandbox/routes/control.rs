//! The sandbox's own pages: what it has seen, what it holds, and what goes wrong in it. They are about the
//! first account, or about the one whose token is given as `?token=`.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::time::Millis;
use crate::sandbox::accounts::{Account, App};
use crate::sandbox::answer;
use crate::sandbox::book::Workflow;
use crate::sandbox::exchange::phone;
use crate::sandbox::fault::{FaultError, FaultPlan};
use crate::sandbox::state::{Entry, State as AccountState};
use crate::sandbox::subscribers::{Note, Subscriber};

/// Rows to a page, unless asked for fewer or more.
const DEFAULT_PAGE_ROWS: usize = 1_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sandbox/stats", get(stats))
        .route("/sandbox/messages", get(messages))
        .route("/sandbox/subscribers", get(subscribers))
        .route("/sandbox/workflows", get(workflows))
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/faults", get(faults).post(set_faults))
}

/// Whose page, which of its rows, of one person or of everybody.
#[derive(Deserialize)]
struct Listing {
    token: Option<String>,
    to: Option<String>,
    page: Option<usize>,
    limit: Option<usize>,
}

impl Listing {
    /// How many rows come before the page, and how many are on it.
    fn page(&self) -> (usize, usize) {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE_ROWS).max(1);
        ((self.page.unwrap_or(1).max(1) - 1).saturating_mul(limit), limit)
    }

    /// A page about the account that is meant.
    fn about(&self, app: &App, tell: impl FnOnce(&Account) -> Response) -> Response {
        about(app, self.token.as_deref(), tell)
    }
}

/// A page about the account with this token; about the first without one.
pub(super) fn about(app: &App, token: Option<&str>, tell: impl FnOnce(&Account) -> Response) -> Response {
    match token.map_or_else(|| Some(app.first()), |token| app.admit(token)) {
        Some(account) => tell(account),
        None => failed(StatusCode::NOT_FOUND, "no account has this token"),
    }
}

async fn stats(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    listing.about(&app, |account| Json(account.state().stats()).into_response())
}

/// Of one recipient, or everything, in the order of acceptance.
async fn messages(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    let now = app.now();
    listing.about(&app, |account| {
        let state = account.state();
        let (skip, limit) = listing.page();
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
            Ok(messages) => fine(&json!({ "messages": messages })),
            Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    })
}

fn describe(state: &AccountState, nth: u32, entry: &Entry, now: Millis) -> std::io::Result<Value> {
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

/// Subscribers with their notes, which the API itself doesn't show.
async fn subscribers(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    listing.about(&app, |account| {
        let state = account.state();
        let known = state.book.subscribers();
        let (skip, limit) = listing.page();
        let note = |note: &Note| json!({"at": note.at.0, "note": note.text});
        let told = |subscriber: &Subscriber| {
            json!({
                "subscriber_id": subscriber.id,
                "phone_number": subscriber.phone.digits(),
                "first_name": subscriber.first_name,
                "last_name": subscriber.last_name,
                "labels": state.book.labels_of(subscriber),
                "notes": subscriber.notes.iter().map(note).collect::<Vec<_>>(),
            })
        };
        let rows: Vec<Value> = match &listing.to {
            Some(to) => phone(to).and_then(|to| known.by_phone(to)).into_iter().map(told).collect(),
            None => known.all().iter().skip(skip).take(limit).map(told).collect(),
        };
        fine(&json!({ "subscribers": rows }))
    })
}

/// Workflows, and whether they are contacted.
async fn workflows(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    listing.about(&app, |account| {
        let state = account.state();
        let told = |workflow: &Workflow| {
            json!({
                "id": workflow.id,
                "workflow_name": workflow.name,
                "target_url": workflow.target,
                "created_at": workflow.at.0,
                "contacted": workflow.is_local,
            })
        };
        let rows: Vec<Value> = state.book.workflows().iter().map(told).collect();
        fine(&json!({ "workflows": rows }))
    })
}

async fn reset(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    let now = app.now();
    listing.about(&app, |account| match account.state().reset(now) {
        Ok(()) => fine(&json!({"reset": true})),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    })
}

async fn faults(State(app): State<App>, Query(listing): Query<Listing>) -> Response {
    listing.about(&app, plan)
}

/// Takes a plan's text as the body.
async fn set_faults(State(app): State<App>, Query(listing): Query<Listing>, body: String) -> Response {
    listing.about(&app, |account| match body.parse() {
        Ok::<FaultPlan, FaultError>(faults) => {
            account.state().set_faults(faults);
            plan(account)
        }
        Err(error) => failed(StatusCode::BAD_REQUEST, &error.to_string()),
    })
}

fn plan(account: &Account) -> Response {
    fine(&json!({ "faults": account.state().options.faults.to_string() }))
}

pub(super) fn fine(told: &Value) -> Response {
    answer::json(StatusCode::OK, told.to_string())
}

pub(super) fn failed(status: StatusCode, error: &str) -> Response {
    answer::json(status, json!({ "error": error }).to_string())
}
