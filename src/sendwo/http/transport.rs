//! The transport: a request's way to the server and the answer's way back.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Uri;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, USER_AGENT,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{BoxError, Connector};
use super::connection::{Body, Connection};
use super::pool::{Loan, Pool};
use super::retry_after::retry_after;
use super::route::Route;
use crate::domain::text::{TEXT_LIMIT, tidy};
use crate::sendwo::base_url::BaseUrl;
use crate::sendwo::transport::{CallError, MAX_BODY, Method, Request, Response, Transport};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("sendcast/", env!("CARGO_PKG_VERSION")));

/// How long to wait for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, DNS and TLS within.
    pub connect: Duration,
    /// For the whole answer, from the start of the connection.
    pub request: Duration,
}

impl Default for Timeouts {
    /// 10 s and 30 s.
    fn default() -> Timeouts {
        Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(30) }
    }
}

/// The HTTP client couldn't be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't set up the HTTP client: {0}")]
pub struct TransportError(String);

/// Requests over HTTP/1.1, or HTTP/2 where TLS negotiates it. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpTransport(Arc<Way>);

struct Way {
    base: BaseUrl,
    host: HeaderValue,
    timeouts: Timeouts,
    connector: Connector,
    pool: Pool,
    addresses: Mutex<Vec<((&'static str, bool), Uri)>>,
}

impl fmt::Debug for HttpTransport {
    /// A proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("base", self.base()).finish_non_exhaustive()
    }
}

impl HttpTransport {
    /// Sets up the client, over the system's certificates, proxies and names; connects to nothing yet.
    ///
    /// # Errors
    /// When TLS or the proxy settings of the system can't be set up.
    pub fn new(base: BaseUrl, timeouts: Timeouts) -> Result<HttpTransport, TransportError> {
        HttpTransport::over(base, timeouts, Route::default())
    }

    /// As [`HttpTransport::new`], over a way of its own.
    ///
    /// # Errors
    /// As [`HttpTransport::new`]; also when the certificates or the proxy's address can't be read.
    pub fn over(base: BaseUrl, timeouts: Timeouts, route: Route) -> Result<HttpTransport, TransportError> {
        let failed = |error: BoxError| TransportError(said(&*error));
        let connector = Connector::new(&base, route, timeouts.connect).map_err(failed)?;
        let host = base.authority().parse().map_err(|error| failed(Box::new(error)))?;
        Ok(HttpTransport(Arc::new(Way {
            base,
            host,
            timeouts,
            connector,
            pool: Pool::default(),
            addresses: Mutex::default(),
        })))
    }

    /// The API's address.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.0.base
    }
}

impl Way {
    /// The request, as it goes over the wire. HTTP/1.1 names the path alone, and the host beside it; HTTP/2 and a proxy
    /// want the whole address.
    fn put_together(&self, request: &Request, is_http2: bool) -> Result<hyper::Request<Body>, BoxError> {
        let proxy = self.connector.plain_proxy();
        let whole = is_http2 || proxy.is_some();
        let form = request.encoded();
        let (method, uri, body) = match request.method {
            Method::Get => (hyper::Method::GET, self.address(request.path, whole, &form)?, Bytes::new()),
            Method::Post => {
                (hyper::Method::POST, self.known_address(request.path, whole)?, Bytes::from(form))
            }
        };
        let mut ready = hyper::Request::new(Body::new(body));
        *ready.method_mut() = method;
        *ready.uri_mut() = uri;
        let headers = ready.headers_mut();
        headers.reserve(6);
        if !is_http2 {
            headers.insert(HOST, self.host.clone());
        }
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, AGENT);
        if request.method == Method::Post {
            headers.insert(CONTENT_TYPE, FORM);
        }
        if let Some(Some(auth)) = proxy {
            headers.insert(PROXY_AUTHORIZATION, auth.clone());
        }
        Ok(ready)
    }

    fn address(&self, path: &str, whole: bool, query: &str) -> Result<Uri, BoxError> {
        let mut address = if whole { self.base.origin() } else { String::new() };
        for part in [self.base.path(), "/", path, if query.is_empty() { "" } else { "?" }, query] {
            address.push_str(part);
        }
        Ok(address.try_into()?)
    }

    /// The address of what is POSTed: there are few, and each is read once.
    fn known_address(&self, path: &'static str, whole: bool) -> Result<Uri, BoxError> {
        let mut known = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, uri)) = known.iter().find(|(key, _)| *key == (path, whole)) {
            return Ok(uri.clone());
        }
        let uri = self.address(path, whole, "")?;
        known.push(((path, whole), uri.clone()));
        Ok(uri)
    }

    async fn connect(&self) -> Result<Loan, CallError> {
        let connect = async {
            let connected = self.connector.connect().await?;
            Ok::<_, BoxError>(Connection::begin(connected).await?)
        };
        match timeout(self.timeouts.connect, connect).await {
            Ok(Ok(connection)) => Ok(self.pool.lend(connection)),
            Ok(Err(error)) if !timed_out(&*error) => Err(CallError::NeverConnected(said(&*error))),
            _ => {
                let why = format!("no connection within {:?}", self.timeouts.connect);
                Err(CallError::NeverConnected(why))
            }
        }
    }

    /// One request on a connection of the pool, or on a fresh one where hyper hands it back unwritten.
    async fn exchange(&self, request: &Request, left: &Cell<bool>) -> Result<Response, CallError> {
        loop {
            let pooled = self.pool.take().await;
            let is_fresh = pooled.is_none();
            let mut loan = match pooled {
                Some(loan) => loan,
                // Apart: what it takes to connect would be carried along by every request that needs no connection.
                None => Box::pin(self.connect()).await?,
            };
            let ready = self.put_together(request, loan.connection.is_http2());
            // What can't even be put together was never sent.
            let ready = ready.map_err(|error| CallError::NeverConnected(said(&*error)))?;
            left.set(true);
            let mut answer = match loan.connection.send(ready).await {
                Ok(answer) => answer,
                Err(error) if error.message().is_some() && !is_fresh => {
                    left.set(false);
                    loan.retire();
                    continue;
                }
                Err(error) => return Err(CallError::Lost(said(error.error()))),
            };
            let headers = answer.headers();
            let mut response = Response {
                http: answer.status().as_u16(),
                retry_after: retry_after(headers),
                redirect: answer.status().is_redirection() && headers.contains_key(LOCATION),
                content_type: text(headers, CONTENT_TYPE).map(str::to_owned),
                body: Vec::new(),
            };
            while let Some(piece) = loan.connection.piece(answer.body_mut()).await {
                let piece = piece.map_err(|error| CallError::Lost(said(&error)))?;
                if response.body.len() + piece.len() > MAX_BODY {
                    return Err(CallError::Lost("the answer is longer than 1 MiB".to_owned()));
                }
                response.body.extend_from_slice(&piece);
            }
            loan.give_back();
            return Ok(response);
        }
    }
}

impl Transport for HttpTransport {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let limit = request.timeout.unwrap_or(self.0.timeouts.request);
        let left = Cell::new(false);
        let within = timeout_at(Instant::now() + limit, self.0.exchange(request, &left)).await;
        within.unwrap_or_else(|_| {
            let why = format!("no whole answer within {limit:?}");
            Err(if left.get() { CallError::Lost(why) } else { CallError::NeverConnected(why) })
        })
    }
}

/// An error's deepest cause.
fn said(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    tidy(&deepest.to_string(), TEXT_LIMIT).into_owned()
}

/// Whether one of several addresses took all of its share of the time.
fn timed_out(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        cause = error.source();
    }
    false
}

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::sendwo::{Lookup, PlainHttp, Token};

    const SHORT: Timeouts =
        Timeouts { connect: Duration::from_millis(150), request: Duration::from_secs(20) };

    fn request(method: Method) -> Request {
        Request {
            method,
            path: "whatsapp/send-text-message",
            params: vec![("to".into(), "919876543210".into())],
            token: Token::new("9|CANARY-canary").unwrap(),
            timeout: None,
        }
    }

    fn base(text: &str) -> BaseUrl {
        BaseUrl::parse(text, PlainHttp::Anywhere).unwrap()
    }

    fn never(result: Result<Response, CallError>) -> String {
        let shown = format!("{result:?}");
        assert!(!shown.contains("CANARY") && !shown.contains("secret"), "{shown}");
        match result {
            Err(CallError::NeverConnected(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    /// Answers every connection with these bytes as soon as something was read, then closes.
    async fn server(answer: &'static [u8]) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let witness = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let n = stream.read(&mut buffer).await.unwrap_or(0);
                witness.lock().unwrap().extend_from_slice(&buffer[..n]);
                let _ = stream.write_all(answer).await;
            }
        });
        (address, seen)
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_was_never_connected_to() {
        let nowhere: Lookup = Arc::new(|_| Err(io::Error::other("no such name")));
        let route = Route { names: Some(nowhere), ..Route::default() };
        let transport = HttpTransport::over(base("http://nothing.localhost"), SHORT, route).unwrap();
        for method in [Method::Get, Method::Post] {
            assert_eq!(never(transport.call(&request(method)).await), "no such name");
        }
    }

    #[tokio::test]
    async fn a_failing_tls_handshake_was_never_connected() {
        let (address, seen) = server(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let transport = HttpTransport::new(base(&format!("https://{address}")), Timeouts::default()).unwrap();
        never(transport.call(&request(Method::Post)).await);
        // The witness saw a handshake's beginning and nothing of the request.
        let seen = seen.lock().unwrap();
        assert!(!seen.is_empty() && !String::from_utf8_lossy(&seen).contains("POST"));
    }

    #[tokio::test]
    async fn a_tls_handshake_that_hangs_ends_with_the_connect_timeout() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let transport = HttpTransport::new(base(&url), SHORT).unwrap();
        assert_eq!(never(transport.call(&request(Method::Post)).await), "no connection within 150ms");
    }

    #[tokio::test]
    async fn a_proxy_that_refuses_the_tunnel_never_saw_the_request() {
        let (address, seen) = server(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
        let route = Route { proxy: Some(format!("http://me:secret@{address}")), ..Route::default() };
        let transport =
            HttpTransport::over(base("https://nothing.invalid"), Timeouts::default(), route).unwrap();
        for method in [Method::Get, Method::Post] {
            never(transport.call(&request(method)).await);
        }
        let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
        assert!(seen.starts_with("CONNECT nothing.invalid:443") && !seen.contains("CANARY"), "{seen}");
    }

    #[tokio::test]
    async fn behind_a_plain_proxy_only_a_missing_proxy_is_a_proof() {
        let (address, seen) = server(b"HTTP/1.1 502 Bad").await;
        let through = |proxy: String| {
            let route = Route { proxy: Some(proxy), ..Route::default() };
            HttpTransport::over(base("http://nothing.invalid"), Timeouts::default(), route).unwrap()
        };
        let result = through(format!("http://{address}")).call(&request(Method::Post)).await;
        assert!(matches!(result, Err(CallError::Lost(_))), "{result:?}");
        assert!(String::from_utf8_lossy(&seen.lock().unwrap()).contains("CANARY"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = listener.local_addr().unwrap();
        drop(listener);
        never(through(format!("http://me:secret@{gone}")).call(&request(Method::Post)).await);
    }
    #[tokio::test]
    async fn a_connection_that_waits_too_long_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let transport = HttpTransport::new(base(&url), Timeouts::default()).unwrap();
        let served = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            for _ in 0..2 {
                assert!(stream.read(&mut buffer).await.unwrap() > 0);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
            }
            stream
        };
        let asked = async {
            for _ in 0..2 {
                assert_eq!(transport.call(&request(Method::Post)).await.unwrap().http, 200);
            }
        };
        let (mut stream, ()) = tokio::join!(served, asked);
        // From here on time passes as soon as nothing else does.
        tokio::time::pause();
        let idle = Instant::now();
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
        let waited = idle.elapsed();
        assert!(waited > Duration::from_millis(1_500) && waited < Duration::from_secs(3), "{waited:?}");
    }
}
