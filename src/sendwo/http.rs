//! The network itself, over reqwest.
//!
//! Invariants:
//!
//! - One call makes one request: no redirect is followed (a 307 would POST the token to another host), and nothing is
//!   sent again. hyper alone may move a request to a fresh connection, and only where it handed the request back
//!   unwritten.
//! - Only an error of the connector ([`reqwest::Error::is_connect`]) proves that nothing was sent: refused, DNS, TLS, a
//!   connect timeout, a proxy that refuses the tunnel. Everything else is [`CallError::Lost`].
//! - reqwest's error prints the URL, and with it the token: `root_cause` strips it, and no other file sees the type.
//! - What is on this machine is never asked through a proxy.
//!
//! No other file makes a connection, but the sandbox's webhook sender, to loopback alone.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};

use super::base_url::BaseUrl;
use super::rate_limit;
use super::transport::{CallError, MAX_BODY, Method, Request, Response, Transport};
use crate::domain::text::{TEXT_LIMIT, tidy};

/// A pooled connection that the server has closed makes a send ambiguous; idle ones are closed before that is likely.
const POOL_IDLE: Duration = Duration::from_secs(2);
/// The longest `Retry-After` that is believed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How long to wait for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, DNS and TLS within.
    pub connect: Duration,
    /// For the whole answer, from the start of the connection. Longer than `connect`: where it ends first, nobody knows
    /// whether something was sent.
    pub request: Duration,
}

impl Default for Timeouts {
    /// 10 s and 30 s.
    fn default() -> Timeouts {
        Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(30) }
    }
}

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The route to the server, where it isn't the system's own: as curl's `--cacert`, `--proxy` and `--resolve`.
#[derive(Clone, Default)]
pub struct Route {
    /// Trust the certificates in this PEM text and no others.
    pub roots: Option<String>,
    /// Go through this proxy, whatever the system says.
    pub proxy: Option<String>,
    /// Look names up here.
    pub names: Option<Lookup>,
}

impl fmt::Debug for Route {
    /// A proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

/// A [`Lookup`], as reqwest wants it.
struct Resolver(Lookup);

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found = (self.0)(name.as_str());
        Box::pin(async move {
            // The URL's own port takes the place of 0.
            let addresses = found?.into_iter().map(|address| SocketAddr::new(address, 0));
            let addresses: reqwest::dns::Addrs = Box::new(addresses);
            Ok(addresses)
        })
    }
}

/// The HTTP client couldn't be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't set up the HTTP client: {0}")]
pub struct TransportError(String);

/// Requests over HTTP/1.1, or HTTP/2 where TLS negotiates it. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    base: BaseUrl,
    timeouts: Timeouts,
}

impl fmt::Debug for HttpTransport {
    /// A proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("base", &self.base).finish_non_exhaustive()
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

    /// As [`HttpTransport::new`], over a route of its own.
    ///
    /// # Errors
    /// As [`HttpTransport::new`]; also when the certificates or the proxy's address can't be read.
    pub fn over(base: BaseUrl, timeouts: Timeouts, route: Route) -> Result<HttpTransport, TransportError> {
        let failed = |error| TransportError(root_cause(error));
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, JSON);
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sendcast/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .pool_idle_timeout(POOL_IDLE)
            .connect_timeout(timeouts.connect);
        if let Some(proxy) = &route.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(failed)?);
        } else if base.is_loopback() {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &route.roots {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(failed)?;
            builder = builder.tls_certs_only(roots);
        } else if base.is_loopback() && !base.is_tls() && route.proxy.is_none() {
            // Nothing here speaks TLS: spares the 20 ms that loading the system's certificates takes.
            builder = builder.tls_certs_only([]);
        }
        if let Some(names) = route.names {
            builder = builder.dns_resolver(Arc::new(Resolver(names)));
        }
        let client = builder.build().map_err(failed)?;
        Ok(HttpTransport { client, base, timeouts })
    }

    /// The API's address.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    fn put_together(&self, request: &Request, limit: Duration) -> reqwest::Request {
        let mut url = self.base.join(request.path);
        let form = request.encoded();
        let mut ready = match request.method {
            Method::Get => {
                url.set_query(Some(&form));
                reqwest::Request::new(reqwest::Method::GET, url)
            }
            Method::Post => {
                let mut ready = reqwest::Request::new(reqwest::Method::POST, url);
                ready.headers_mut().insert(CONTENT_TYPE, FORM);
                *ready.body_mut() = Some(form.into());
                ready
            }
        };
        *ready.timeout_mut() = Some(limit);
        ready
    }

    fn fault(&self, error: reqwest::Error, limit: Duration) -> CallError {
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => {
                CallError::NeverConnected(format!("no connection within {:?}", self.timeouts.connect))
            }
            (true, false) => CallError::NeverConnected(root_cause(error)),
            (false, true) => CallError::Lost(format!("no whole answer within {limit:?}")),
            (false, false) => CallError::Lost(root_cause(error)),
        }
    }
}

/// The only place where an error of reqwest's becomes a text: without the URL, the deepest cause alone.
fn root_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    tidy(&deepest.to_string(), TEXT_LIMIT).into_owned()
}

impl Transport for HttpTransport {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let limit = request.timeout.unwrap_or(self.timeouts.request);
        let ready = self.put_together(request, limit);
        let mut answer = self.client.execute(ready).await.map_err(|error| self.fault(error, limit))?;
        let headers = answer.headers();
        let mut response = Response {
            http: answer.status().as_u16(),
            retry_after: retry_after(headers),
            rate_limit: rate_limit::read(headers, written_at(headers)),
            redirect: answer.status().is_redirection() && headers.contains_key(LOCATION),
            content_type: text(headers, CONTENT_TYPE).map(str::to_owned),
            body: Vec::new(),
        };
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.fault(error, limit))? {
            if response.body.len() + chunk.len() > MAX_BODY {
                return Err(CallError::Lost("the answer is longer than 1 MiB".to_owned()));
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After`: seconds, or an HTTP date. A date counts from the answer's own `Date`, else from our clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    let wait = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let until = http_date(value)?;
        Duration::from_secs(u64::try_from(until - written_at(headers)?).unwrap_or(0))
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// When an answer was written, in seconds since the epoch: by its own `Date`, else by our clock.
fn written_at(headers: &HeaderMap) -> Option<i64> {
    text(headers, DATE).and_then(http_date).or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(now.as_secs()).ok()
    })
}

/// Seconds since the epoch of an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn http_date(value: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok().map(|at| at.as_second())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::*;
    use crate::sendwo::{PlainHttp, Token};

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

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_str(date).unwrap());
            }
            retry_after(&headers)
        };
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(read("120", None), seconds(120));
        assert_eq!(read(" 0 ", None), seconds(0));
        assert_eq!(read("99999999999999999999999", None), Some(MAX_RETRY_AFTER));
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT", date), seconds(30));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT", date), seconds(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT", None), seconds(0));
        assert_eq!(read("Fri, 31 Dec 2100 23:59:59 GMT", None), Some(MAX_RETRY_AFTER));
        for value in ["", "soon", "-5", "1.5", "5s"] {
            assert_eq!(read(value, date), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
