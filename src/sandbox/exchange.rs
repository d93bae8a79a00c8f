//! The way of one request: read, admitted, faulted by what the fault plan says, handled, answered.

use std::future;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;

use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;

use super::accounts::{Account, App};
use super::answer::{self, Refusal, Wire};
use super::book::Change;
use super::chaos::{FaultDecision, FaultTarget};
use super::fault::{FaultKind, Scope, Stage};
use super::params::{Params, is_multipart};
use super::state::State;

/// Larger bodies are refused unread.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Reads and judges what a send carries beside number and recipient.
pub(super) type ReadMessage = fn(&Params<'_>) -> Result<Message, Refusal>;

/// Answers a question.
pub(super) type Question = fn(&mut State, &Params<'_>, Millis) -> Result<Response, Refusal>;

/// Reads and judges a change, and says how it will be answered. It changes nothing.
pub(super) type Judge = fn(&State, &Params<'_>, Millis) -> Result<Judged, Refusal>;

/// A change that may be made. Its answer is released once it is written down.
pub(super) struct Judged {
    pub(super) change: Change,
    pub(super) answer: Response,
}

/// What an endpoint does.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// Sends a message.
    Send(ReadMessage),
    /// Changes something else.
    Change(Judge),
    /// Answers a question.
    Ask(Question, About),
}

/// An endpoint.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    /// Below `/api/v1`.
    pub(super) path: &'static str,
    pub(super) handler: Handler,
}

/// What a question is counted as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Delivery,
    Conversation,
    Account,
}

/// Runs one request through `endpoint`.
pub(super) async fn handle(app: App, endpoint: Endpoint, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        app.first().state().tally.refused("too_large");
        return answer::http_error(413, None);
    };
    if is_multipart(&parts.headers) {
        app.first().state().tally.refused("multipart");
        return answer::refusal_with(
            415,
            "Send the parameters as application/x-www-form-urlencoded or as JSON.",
        );
    }
    let params = Params::read(&parts, &body);

    let Some(token) = params.get("apiToken") else {
        app.first().state().refused("no_token");
        return answer::to_login(parts.headers.get(header::HOST));
    };
    let Some(account) = app.admit(token) else {
        app.first().state().refused("unauthenticated");
        return answer::unauthenticated();
    };
    let decision = account.state().arrived(
        endpoint,
        FaultTarget {
            scope: endpoint.handler.scope(),
            number: params.get("phoneNumberId").unwrap_or_default(),
            to: ["to", "subscriberId", "phoneNumber"]
                .iter()
                .find_map(|name| params.get(name))
                .and_then(phone),
            now: app.now(),
        },
    );

    if !decision.latency.is_zero() {
        tokio::time::sleep(decision.latency).await;
    }
    if let Some(response) = fault(&decision, Stage::Before).await {
        return response;
    }
    let response = respond(&app, account, endpoint.handler, &params, &decision);
    if !decision.slow.is_zero() {
        tokio::time::sleep(decision.slow).await;
    }
    if decision.fault == Some(FaultKind::CutAfter) {
        let half = response.body().size_hint().lower() / 2;
        return answer::on_the_wire(response, Wire::HoldBack(usize::try_from(half).unwrap_or(1).max(1)));
    }
    match fault(&decision, Stage::After).await {
        Some(faulted) => faulted,
        None => response,
    }
}

/// A recipient as the API takes it: digits with the country code; a `+` is forgiven.
pub(super) fn phone(text: &str) -> Option<Phone> {
    let text = text.trim();
    Phone::from_digits(text.strip_prefix('+').unwrap_or(text))
}

/// What the fault plan answers at this stage, if anything. A hang never returns.
async fn fault(decision: &FaultDecision, now: Stage) -> Option<Response> {
    match decision.fault.as_ref()? {
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

impl Handler {
    fn scope(self) -> Scope {
        match self {
            Handler::Send(_) => Scope::Sends,
            Handler::Change(_) => Scope::Changes,
            Handler::Ask(..) => Scope::Gets,
        }
    }
}

fn respond(
    app: &App,
    account: &Account,
    handler: Handler,
    params: &Params<'_>,
    decision: &FaultDecision,
) -> Response {
    let now = app.now();
    let mut state = account.state();
    let answer = match handler {
        Handler::Send(read) => send(&mut state, read, params, decision, now),
        Handler::Change(judge) => judge(&state, params, now).map(|judged| kept(app, &mut state, judged)),
        Handler::Ask(question, _) => question(&mut state, params, now),
    };
    answer.unwrap_or_else(|refusal| {
        state.tally.refused(refusal.counted);
        answer::refused(&refusal.text)
    })
}

/// Writes the change down and lets its answer go.
fn kept(app: &App, state: &mut State, judged: Judged) -> Response {
    match state.book.keep(judged.change) {
        Ok(()) => {
            app.wake();
            judged.answer
        }
        Err(_) => {
            state.tally.refused("ledger");
            answer::server_error()
        }
    }
}

fn send(
    state: &mut State,
    read: ReadMessage,
    params: &Params<'_>,
    decision: &FaultDecision,
    now: Millis,
) -> Result<Response, Refusal> {
    let from = params.required("phoneNumberId")?;
    let to = params.required("to")?;
    let message = read(params)?;
    let to = phone(to).ok_or_else(|| {
        Refusal::bad_value(131_009, "Parameter value is not valid: to is a phone number with country code.")
    })?;
    match decision.fault {
        Some(FaultKind::Code(code)) => return Err(Refusal::code(code)),
        Some(FaultKind::Limit { http_429: false, .. }) => return Err(Refusal::code(130_429)),
        _ => {}
    }
    match state.accept(from, to, &message, decision.news, now) {
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
