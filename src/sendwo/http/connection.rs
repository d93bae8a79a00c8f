//! One connection, and a request on it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::connect::{Connected, Stream};

pub(super) type Body = Full<Bytes>;

/// Why there is no answer, with the request where it never left.
pub(super) type Unanswered = TrySendError<Request<Body>>;

/// A connection that takes requests.
pub(super) enum Connection {
    /// HTTP/1.1: one request at a time.
    One(Box<One>),
    /// HTTP/2: many, on clones of the handle. A task of its own drives it.
    Many(http2::SendRequest<Body>),
}

impl Connection {
    /// Speaks on what was connected.
    pub async fn begin(connected: Connected) -> hyper::Result<Connection> {
        let io = TokioIo::new(connected.stream);
        if connected.is_http2 {
            let (requests, driver) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(driver);
            return Ok(Connection::Many(requests));
        }
        // Head and body are a few hundred bytes: one buffer, one write, one TLS record.
        let (requests, driver) = http1::Builder::new().writev(false).handshake(io).await?;
        Ok(Connection::One(Box::new(One { requests, driver: Driver(Some(driver)) })))
    }

    /// Whether requests on it are written as HTTP/2 wants them.
    pub fn is_http2(&self) -> bool {
        matches!(self, Connection::Many(_))
    }

    /// Sends a request and waits for the answer's head.
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Unanswered> {
        match self {
            Connection::One(one) => {
                let answer = one.requests.try_send_request(request);
                one.driver.drive(answer).await
            }
            Connection::Many(requests) => requests.try_send_request(request).await,
        }
    }

    /// The next piece of the answer's body.
    pub async fn piece(&mut self, body: &mut Incoming) -> Option<hyper::Result<Bytes>> {
        loop {
            let frame = match self {
                Connection::One(one) => one.driver.drive(body.frame()).await,
                Connection::Many(_) => body.frame().await,
            };
            match frame?.map(hyper::body::Frame::into_data) {
                Ok(Ok(piece)) => return Some(Ok(piece)),
                // Trailers say nothing to us.
                Ok(Err(_)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// HTTP/1.1. Whoever waits for an answer drives the connection itself: no task to wake, and nothing happens on one that
/// is idle.
pub(super) struct One {
    requests: http1::SendRequest<Body>,
    driver: Driver,
}

impl One {
    /// Whether it takes another request, as far as is known: it has no answer left to read, and the server hasn't
    /// closed it.
    pub fn is_ready(&mut self) -> impl Future<Output = bool> {
        poll_fn(|cx| {
            self.driver.poll(cx);
            Poll::Ready(matches!(self.requests.poll_ready(cx), Poll::Ready(Ok(()))))
        })
    }
}

struct Driver(Option<http1::Connection<TokioIo<Stream>, Body>>);

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) {
        // How it ended is told to whoever waits for an answer; to one whose request it didn't take, when it is dropped.
        self.0.take_if(|connection| Pin::new(connection).poll(cx).is_ready());
    }

    async fn drive<F: Future>(&mut self, waited_for: F) -> F::Output {
        let mut waited_for = pin!(waited_for);
        poll_fn(|cx| {
            if let Poll::Ready(output) = waited_for.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            self.poll(cx);
            waited_for.as_mut().poll(cx)
        })
        .await
    }
}
