//! The wire: HTTP/1.1 for whoever posts webhooks, usually through a tunnel or a proxy that speaks TLS.
//!
//! | request | answer |
//! |---|---|
//! | `POST /<secret>` or `/hooks/<secret>` | 200 once its events are on disk; 503 where they can't be kept: post it again |
//! | `GET` there with `hub.mode=subscribe`, `hub.verify_token`, `hub.challenge` | the challenge, where the token is the path's secret (Meta's verification) |
//! | another method there | 405 |
//! | anything else | 404 |
//! | a body beyond 1 MiB | 413 |
//! | not signed as it has to be | 401 |
//! | neither JSON nor a form | 400 |
//!
//! Bounded against whoever means harm: time for a body, its length, and what [`http`] bounds.

use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::intake::Intake;
use super::read::read;
use super::secret::PathSecret;
use super::signature::{HEADER, SigningSecret};
use crate::sys::http;

/// A longer body is refused. Meta's are below 3 MiB by its documentation, and in practice a few KiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// Meta's challenge is a short number.
const MAX_CHALLENGE_BYTES: usize = 256;

/// What the server goes by.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// The secret of the path.
    pub path: PathSecret,
    /// With one, unsigned bodies are refused.
    pub signing: Option<SigningSecret>,
    /// How long a head, and a body, may take.
    pub timeout: Duration,
}

impl ListenerConfig {
    /// The usual timeout.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
}

type Answer = Response<Full<Bytes>>;

/// Serves until `closing` is set (or its sender gone): then nobody new is let in, and what has begun is answered. Runs on
/// a `LocalSet`.
pub async fn serve(
    listener: TcpListener,
    config: ListenerConfig,
    intake: Intake,
    closing: watch::Receiver<bool>,
) {
    let (timeout, config) = (config.timeout, Rc::new(config));
    let service = move |request| {
        let (config, intake) = (Rc::clone(&config), intake.clone());
        async move { answer(request, &config, &intake).await }
    };
    http::serve(listener, None, timeout, service, closing).await;
}

async fn answer(request: Request<Incoming>, config: &ListenerConfig, intake: &Intake) -> Answer {
    if !config.path.opens(request.uri().path()) {
        return plain(StatusCode::NOT_FOUND, "not found\n");
    }
    match *request.method() {
        Method::POST => posted(request, config, intake).await,
        Method::GET => verification(request.uri().query().unwrap_or_default(), config),
        _ => {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "post webhooks here\n");
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            answer
        }
    }
}

/// Meta asks once, with a GET, whether the URL is really ours.
fn verification(query: &str, config: &ListenerConfig) -> Answer {
    let (mut mode, mut token, mut challenge) = (None, None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "hub.mode" => mode = Some(value),
            "hub.verify_token" => token = Some(value),
            "hub.challenge" => challenge = Some(value),
            _ => {}
        }
    }
    match (mode, token, challenge) {
        (None, None, None) => plain(StatusCode::OK, "sendcast takes webhooks in here\n"),
        (Some(mode), Some(token), Some(challenge))
            if mode == "subscribe" && config.path.is(&token) && challenge.len() <= MAX_CHALLENGE_BYTES =>
        {
            plain(StatusCode::OK, challenge.into_owned())
        }
        _ => plain(StatusCode::FORBIDDEN, "the verify token is the path's secret\n"),
    }
}

async fn posted(request: Request<Incoming>, config: &ListenerConfig, intake: &Intake) -> Answer {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let body = match tokio::time::timeout(config.timeout, Limited::new(body, MAX_BODY_BYTES).collect()).await
    {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, "a webhook has at most 1 MiB\n");
        }
        Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST, "the body broke off\n"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the body took too long\n"),
    };
    if let Some(secret) = &config.signing
        && !header(HEADER).is_some_and(|signature| secret.signs(signature, &body))
    {
        tracing::warn!("refused a webhook: it isn't signed with the secret");
        return plain(StatusCode::UNAUTHORIZED, "the signature doesn't fit\n");
    }
    let Ok(hooks) = read(&body, header(CONTENT_TYPE.as_str())) else {
        tracing::warn!(bytes = body.len(), "refused a webhook: its body is neither JSON nor a form");
        return plain(StatusCode::BAD_REQUEST, "neither JSON nor a form\n");
    };
    if hooks.is_empty() {
        tracing::debug!(bytes = body.len(), "a webhook tells nothing that concerns campaigns");
        return plain(StatusCode::OK, "ok\n");
    }
    match intake.keep(hooks).await {
        Ok(()) => plain(StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(%error, "could not store webhook events; the sender is asked to post them again");
            let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "can't be kept now; post it again\n");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
            answer
        }
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    answer
}
