//! The way of one request: read, admitted, struck by what the fault plan says, handled, answered.

use std::future;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;

use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;

use super::answer::{self, Refusal, Wire};
use super::chaos::{Strikable, Weather};
use super::fault::{FaultKind, Stage};
use super::params::Params;
use super::state::{App, State};

/// Larger bodies are refused unread.
const MAX_BODY: usize = 1 << 20;

/// Reads and judges what a send carries beside number and recipient.
pub(super) type ReadMessage = fn(&Params<'_>) -> Result<Message, Refusal>;

/// Answers a question.
pub(super) type Question = fn(&mut State, &Params<'_>, Millis) -> Result<Response, Refusal>;

/// What an endpoint does.
#[derive(Clone, Copy)]
pub(super) enum Endpoint {
    /// Sends a message.
    Send(ReadMessage),
    /// Answers a question.
    Ask(Question, About),
}

/// What a question is counted as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Delivery,
    Conversation,
    Account,
}

/// Runs one request through `endpoint`.
pub(super) async fn exchange(app: App, endpoint: Endpoint, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        app.state().tally.refused("too_large");
        return answer::http_error(413, None);
    };
    let params = Params::read(&parts, &body);

    let weather = {
        let mut state = app.state();
        state.tally.requests += 1;
        match params.get("apiToken") {
            None => {
                state.tally.refused("no_token");
                return answer::to_login(parts.headers.get(header::HOST));
            }
            Some(token) if !state.admits(token) => {
                state.tally.refused("unauthenticated");
                return answer::unauthenticated();
            }
            Some(_) => {}
        }
        if let Endpoint::Ask(_, about) = endpoint {
            match about {
                About::Delivery => state.tally.polls += 1,
                About::Conversation => state.tally.lookups += 1,
                About::Account => {}
            }
        }
        state.arrived(Strikable {
            is_send: matches!(endpoint, Endpoint::Send(_)),
            number: params.get("phoneNumberId").unwrap_or_default(),
            to: params.get("to").or_else(|| params.get("subscriberId")).and_then(phone),
            now: app.now(),
        })
    };

    if !weather.latency.is_zero() {
        tokio::time::sleep(weather.latency).await;
    }
    if let Some(response) = strike(&weather, Stage::Before).await {
        return response;
    }
    let response = handle(&app, endpoint, &params, &weather);
    if !weather.slow.is_zero() {
        tokio::time::sleep(weather.slow).await;
    }
    if weather.strike == Some(FaultKind::CutAfter) {
        let half = response.body().size_hint().lower() / 2;
        return answer::on_the_wire(response, Wire::HoldBack(usize::try_from(half).unwrap_or(1).max(1)));
    }
    match strike(&weather, Stage::After).await {
        Some(struck) => struck,
        None => response,
    }
}

/// A recipient as the API takes it: digits with the country code; a `+` is forgiven.
pub(super) fn phone(text: &str) -> Option<Phone> {
    let text = text.trim();
    Phone::from_digits(text.strip_prefix('+').unwrap_or(text))
}

/// What the fault plan answers at this stage, if anything. A hang never returns.
async fn strike(weather: &Weather, now: Stage) -> Option<Response> {
    match weather.strike.as_ref()? {
        FaultKind::Http { status, stage, retry_after } if *stage == now => {
            Some(answer::http_error(*status, *retry_after))
        }
        FaultKind::Limit { http_429: true, .. } if now == Stage::Before => {
            Some(answer::http_error(429, Some(1)))
        }
        FaultKind::Reset(stage) if *stage == now => {
            Some(answer::on_the_wire(answer::server_error(), Wire::Reset))
        }
        FaultKind::Hang(stage) if *stage == now => future::pending().await,
        FaultKind::Html(stage) if *stage == now => Some(answer::garbage()),
        FaultKind::Upstream(stage) if *stage == now => Some(answer::refused(
            "cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received",
        )),
        _ => None,
    }
}

fn handle(app: &App, endpoint: Endpoint, params: &Params<'_>, weather: &Weather) -> Response {
    let now = app.now();
    let mut state = app.state();
    let answer = match endpoint {
        Endpoint::Send(read) => send(&mut state, read, params, weather, now),
        Endpoint::Ask(question, _) => question(&mut state, params, now),
    };
    answer.unwrap_or_else(|refusal| {
        state.tally.refused(refusal.counted);
        answer::refused(&refusal.text)
    })
}

fn send(
    state: &mut State,
    read: ReadMessage,
    params: &Params<'_>,
    weather: &Weather,
    now: Millis,
) -> Result<Response, Refusal> {
    let from = params.required("phoneNumberId")?;
    let to = params.required("to")?;
    let message = read(params)?;
    let to = phone(to).ok_or_else(|| {
        Refusal::bad_value(131_009, "Parameter value is not valid: to is a phone number with country code.")
    })?;
    match weather.strike {
        Some(FaultKind::Code(code)) => return Err(Refusal::code(code)),
        Some(FaultKind::Limit { http_429: false, .. }) => return Err(Refusal::code(130_429)),
        _ => {}
    }
    match state.accept(from, to, &message, weather.news, now) {
        Ok(accepted) => Ok(match accepted? {
            Some(id) => answer::sent(&id),
            None => answer::success(&"Bot flow triggered successfully."),
        }),
        Err(_) => {
            state.tally.refused("ledger");
            Ok(answer::server_error())
        }
    }
}
