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
//! Bounded against whoever means harm: connections at once, time for a head and for a body, length of a body.

use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::intake::Intake;
use super::read::read;
use super::secret::PathSecret;
use super::signature::{HEADER, SigningSecret};

/// A longer body is refused. Meta's are below 3 MiB by its documentation, and in practice a few KiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// Connections at once; others wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
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
    mut closing: watch::Receiver<bool>,
) {
    let config = Rc::new(config);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let ask = closing.clone();
    loop {
        // A place is never refused: nobody closes them.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (config, intake, closing) = (Rc::clone(&config), intake.clone(), ask.clone());
                    connections.spawn_local(async move {
                        connection(stream, config, intake, closing).await;
                        drop(place);
                    });
                }
                // Out of descriptors, say: those open now have to end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            _ = closing.wait_for(|closing| *closing) => break,
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    config: Rc<ListenerConfig>,
    intake: Intake,
    mut closing: watch::Receiver<bool>,
) {
    let timeout = config.timeout;
    let service = service_fn(move |request| {
        let (config, intake) = (Rc::clone(&config), intake.clone());
        async move { Ok::<_, Infallible>(answer(request, &config, &intake).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeout).max_buf_size(16 << 10);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Whoever posts has to do with a connection that ends badly, not we.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = closing.wait_for(|closing| *closing) => {
            serving.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(timeout, serving).await;
        }
    }
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
