//! `POST /sandbox/reply`: a person writes, or presses a button.
//!
//! Parameters, as form or JSON: `from` (their phone), `text` or `button` (the id of one; `title` too, unless a
//! message to them carries it), `number` (that it comes in at; the one that wrote to them last), `token`.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::json;

use super::control::{about, failed, fine};
use crate::domain::message::{Button, Message};
use crate::domain::time::Millis;
use crate::sandbox::accounts::{Account, App};
use crate::sandbox::book::{Change, Reply};
use crate::sandbox::exchange::phone;
use crate::sandbox::params::Params;
use crate::sandbox::state::State as AccountState;

/// Larger bodies are refused.
const MAX_BODY_BYTES: usize = 1 << 16;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sandbox/reply", post(reply))
}

async fn reply(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return failed(StatusCode::PAYLOAD_TOO_LARGE, "a reply is smaller");
    };
    let params = Params::read(&parts, &body);
    about(&app, params.get("token"), |account| kept(&app, account, &params))
}

fn kept(app: &App, account: &Account, params: &Params<'_>) -> Response {
    let mut state = account.state();
    let reply = match read(&state, params, app.now()) {
        Ok(reply) => reply,
        Err(wrong) => return failed(StatusCode::BAD_REQUEST, wrong),
    };
    let place = state.book.reply_count();
    if let Err(error) = state.book.keep(Change::Replied(reply)) {
        return failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    }
    app.wake();
    let id =
        u32::try_from(place).ok().and_then(|nth| Some(state.book.reply_id(nth, state.book.reply(place)?)));
    fine(&json!({ "message_id": id }))
}

fn read(state: &AccountState, params: &Params<'_>, now: Millis) -> Result<Reply, &'static str> {
    let from = params.get("from").and_then(phone);
    let from = from.ok_or("`from` must be a phone number with country code")?;
    let mut messages = state.messages_to(from).into_iter().flatten();
    let (text, button, to) = match (params.get("text"), params.get("button")) {
        (Some(text), None) => (text.to_owned(), None, messages.next().map(|(nth, _)| nth)),
        (None, Some(id)) => {
            let carrying = |(nth, entry)| Some((nth, title(&state.record(&entry).ok()?.message, id)?));
            let found = messages.find_map(carrying);
            let (to, known) = found.map_or((None, None), |(nth, title)| (Some(nth), Some(title)));
            let title = params.get("title").map(str::to_owned).or(known);
            let title = title.ok_or("no message to them has this button; give its `title` too")?;
            (title, Some(id.to_owned()), to)
        }
        _ => return Err("give either `text` or `button`"),
    };
    let latest = state.messages_to(from).and_then(|mut messages| messages.next());
    let number = match (params.get("number"), &latest) {
        (Some(number), _) => number,
        (None, Some((_, entry))) => state.number_of(entry),
        (None, None) => state.listed_numbers().next().unwrap_or_default(),
    };
    Ok(Reply { at: now, from, number: number.to_owned(), text, button, to })
}

/// The title of the button with this id, where the message has one.
fn title(message: &Message, id: &str) -> Option<String> {
    let Message::Buttons { buttons, .. } = message else { return None };
    buttons.iter().find(|button: &&Button| button.id == id).map(|button| button.title.clone())
}
