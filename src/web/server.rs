//! A request's way: door, route, session, body, the function that answers it, headers.

use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::app::AppError;
use crate::sys::disk::is_full;
use crate::sys::http;
use crate::sys::platform;
use crate::web::answer::{Answer, Content, Cookie};
use crate::web::asked::{Asked, Fields, Upload};
use crate::web::dashboard::Dashboard;
use crate::web::door;
use crate::web::layout;
use crate::web::routes::{self, Access, Does, MAX_FILE_BYTES, MAX_FORM_BYTES, Met};
use crate::web::session::Entered;

/// How long a head, a form, and each piece of an upload may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that are answered at once: others wait for a thread.
const MAX_AT_ONCE: usize = 64;
/// Uploads at once: others are asked to come again.
const MAX_UPLOADS: usize = 4;
/// How often what nobody looks at any more is let go of.
const TIDY_EVERY: Duration = Duration::from_secs(20);
/// How much of a download waits for the browser.
const DOWNLOAD_CHUNK: usize = 64 << 10;

/// The header by which the page's script says that it asks.
const BY_SCRIPT: HeaderName = HeaderName::from_static("x-sendcast");
/// The form token of a request that brings a file.
const FORM_TOKEN: HeaderName = HeaderName::from_static("x-form-token");
/// The name of a file that is brought.
const FILE_NAME: HeaderName = HeaderName::from_static("x-file-name");
/// What the script and a form get once their session is over.
const SESSION_OVER: &str = "this page's link has run out\n";

type Body = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

/// The headers of every answer. Nothing but our own script and style runs or loads, nobody frames us, and nothing is kept.
const HEADERS: [(&str, &str); 9] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sendcast",
    ),
    ("x-content-type-options", "nosniff"),
    // Without any, a browser sends a form of ours with `Origin: null`. No other server is told.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
];

/// Serves until `closing` is set (or its sender gone). Runs on a `LocalSet`.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    dashboard: Arc<Dashboard>,
    closing: watch::Receiver<bool>,
) {
    let tidied = Arc::clone(&dashboard);
    let server = Rc::new(Server {
        dashboard,
        threads: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        uploads: Semaphore::new(MAX_UPLOADS),
    });
    let service = move |request| {
        let server = Rc::clone(&server);
        async move { server.answer(request).await }
    };
    let tidying = async {
        loop {
            tokio::time::sleep(TIDY_EVERY).await;
            tidied.rounds.tidy(tidied.now());
        }
    };
    tokio::select! {
        () = http::serve(listener, tls, TIMEOUT, service, closing) => {}
        () = tidying => {}
    }
}

struct Server {
    dashboard: Arc<Dashboard>,
    threads: Arc<Semaphore>,
    uploads: Semaphore,
}

impl Server {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        match self.lead(&head, body).await {
            Ok(answer) => self.finish(&head.headers, answer),
            Err(refused) => self.finish(&head.headers, *refused),
        }
    }

    /// Leads a request to the function that answers it.
    ///
    /// # Errors
    /// What it gets on the way, where it doesn't come so far.
    async fn lead(&self, head: &Parts, body: Incoming) -> Result<Answer, Box<Answer>> {
        let dashboard = &self.dashboard;
        dashboard.door.admit(head).map_err(|refusal| text(refusal.status(), refusal.text()))?;
        dashboard.heed_password();
        let cookie = cookie(&head.headers, &dashboard.cookie);
        let session = cookie.as_deref().and_then(|cookie| dashboard.sessions().find(cookie, dashboard.now()));
        let by_script = head.headers.contains_key(BY_SCRIPT);
        let met: Vec<Met> = routes::at(head.uri.path()).collect();
        let is_open = met.iter().any(|met| met.route.access == Access::Open);
        // Whoever isn't let in doesn't learn what is there.
        if session.is_none() && !is_open {
            return Err(if by_script || !door::is_safe(&head.method) {
                text(StatusCode::UNAUTHORIZED, SESSION_OVER)
            } else {
                Box::new(
                    Answer::page(layout::entrance(dashboard.is_beyond, None))
                        .status(StatusCode::UNAUTHORIZED),
                )
            });
        }
        if met.is_empty() {
            return Err(Box::new(
                Answer::page(layout::not_found(session.as_ref())).status(StatusCode::NOT_FOUND),
            ));
        }
        let Some(Met { route, trial, params }) = met.into_iter().find(|met| met.route.does.is(&head.method))
        else {
            return Err(text(StatusCode::METHOD_NOT_ALLOWED, "this address isn't asked in this way\n"));
        };
        let mut asked = Incomplete {
            form: Fields::default(),
            upload: None,
            query: Fields::parse(head.uri.query().unwrap_or_default().as_bytes()),
        };
        match route.does {
            Does::Show => {}
            Does::Change => {
                asked.form = form(head, body).await?;
                guard(session.as_ref(), asked.form.get("token"))?;
            }
            Does::Bring => {
                let token = head.headers.get(FORM_TOKEN).and_then(|token| token.to_str().ok());
                guard(session.as_ref(), token)?;
                asked.upload = Some(self.upload(head, body).await?);
            }
        }
        // A place is never refused: nobody closes them.
        let place = Arc::clone(&self.threads).acquire_owned().await;
        let peer = head.extensions.get::<http::Peer>().map(|peer| peer.0.ip());
        let (dashboard, method, path) =
            (Arc::clone(dashboard), head.method.clone(), head.uri.path().to_owned());
        let answered = tokio::task::spawn_blocking(move || {
            let _place = place;
            let Incomplete { form, upload, query } = asked;
            let app = dashboard.app();
            let asked = Asked {
                method,
                path,
                trial,
                params,
                query,
                form,
                upload,
                session,
                live: by_script,
                peer,
                cookie,
                app,
            };
            let answer = (route.handler)(&dashboard, &asked);
            answer.unwrap_or_else(|error| failed(&asked, &error))
        });
        // Its thread is gone only where it panicked.
        answered.await.map_err(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n"))
    }

    /// Takes a file in, as it comes. It goes when nobody takes it.
    async fn upload(&self, head: &Parts, mut body: Incoming) -> Result<Upload, Box<Answer>> {
        let large = || {
            let most = MAX_FILE_BYTES >> 20;
            text(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the file is larger than {most} MB, which is the most\n"),
            )
        };
        if body.size_hint().lower() > MAX_FILE_BYTES {
            return Err(large());
        }
        let Ok(_place) = self.uploads.try_acquire() else {
            let busy =
                text(StatusCode::SERVICE_UNAVAILABLE, "other files are being uploaded; try it again\n");
            return Err(Box::new(Answer { retry_after: Some(5), ..*busy }));
        };
        let disk = |error: io::Error| {
            if is_full(&error) {
                return text(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "the disk is full: nothing was kept of the file\n",
                );
            }
            text(StatusCode::INTERNAL_SERVER_ERROR, format!("the file can't be kept: {error}\n"))
        };
        let dir = self.dashboard.uploads();
        self.dashboard.disk.create_dir_all(&dir).map_err(disk)?;
        let name = platform::random_hex::<8>().map_err(disk)?;
        let upload = Upload { path: dir.join(format!("{name}.part")), name: file_name(&head.headers) };
        let mut file = tokio::fs::File::create_new(&upload.path).await.map_err(disk)?;
        let mut bytes = 0;
        loop {
            let frame = tokio::time::timeout(TIMEOUT, body.frame()).await;
            let frame = frame.map_err(|_| text(StatusCode::REQUEST_TIMEOUT, "the file took too long\n"))?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|_| text(StatusCode::BAD_REQUEST, "the file broke off\n"))?;
            let Ok(data) = frame.into_data() else { continue };
            bytes += data.len() as u64;
            if bytes > MAX_FILE_BYTES {
                return Err(large());
            }
            file.write_all(&data).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        file.sync_all().await.map_err(disk)?;
        Ok(upload)
    }

    /// What our cookie is called, and whether it is for TLS alone.
    fn cookie(&self) -> (&str, &'static str) {
        (&self.dashboard.cookie, if self.dashboard.is_beyond { "; Secure" } else { "" })
    }

    /// Makes an answer what goes over the wire.
    fn finish(&self, asked: &HeaderMap, answer: Answer) -> Response<Body> {
        let Answer { mut status, content, location, cookie, etag, retry_after } = answer;
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let mut set = |name: HeaderName, value: &str| {
            // What is no header is left out: it holds a name that somebody made up.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        if let Some(etag) = &etag {
            set(ETAG, etag);
        }
        if let Some(location) = &location {
            set(LOCATION, location);
        }
        if let Some(seconds) = retry_after {
            set(RETRY_AFTER, &seconds.to_string());
        }
        match cookie {
            Cookie::Keep => {}
            Cookie::Set(value) => {
                let (name, secure) = self.cookie();
                set(SET_COOKIE, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"));
            }
            Cookie::Clear => {
                let (name, secure) = self.cookie();
                set(SET_COOKIE, &format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}"));
            }
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            set(ALLOW, "GET, HEAD, POST, PUT");
        }
        let body = match content {
            _ if etag.is_some()
                && asked.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()) == etag.as_deref() =>
            {
                status = StatusCode::NOT_MODIFIED;
                Either::Left(Full::default())
            }
            Content::Empty => Either::Left(Full::default()),
            Content::Html(html) => {
                set(CONTENT_TYPE, "text/html; charset=utf-8");
                Either::Left(Full::from(html))
            }
            Content::Text(text) => {
                set(CONTENT_TYPE, "text/plain; charset=utf-8");
                Either::Left(Full::from(text))
            }
            Content::Asset(media_type, bytes) => {
                set(CONTENT_TYPE, media_type);
                set(CACHE_CONTROL, "private, max-age=31536000, immutable");
                Either::Left(Full::from(bytes))
            }
            Content::Download { name, media_type, write } => {
                set(CONTENT_TYPE, media_type);
                set(CONTENT_DISPOSITION, &format!("attachment; filename=\"{}\"", plain_name(&name)));
                let (sender, channel) = Channel::new(4);
                let dashboard = Arc::clone(&self.dashboard);
                tokio::task::spawn_blocking(move || {
                    let mut out = Sending {
                        sender,
                        buffer: Vec::with_capacity(DOWNLOAD_CHUNK),
                        runtime: Handle::current(),
                    };
                    match write(&dashboard.app(), &mut out)
                        .and_then(|()| out.flush().map_err(|error| AppError::failed(error.to_string())))
                    {
                        Ok(()) => {}
                        // The browser is told by a download that breaks off; what came so far isn't all.
                        Err(error) => {
                            tracing::warn!(%error, "a download broke off");
                            out.sender.abort(io::Error::other("broke off"));
                        }
                    }
                });
                Either::Right(channel)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// What a body brought.
struct Incomplete {
    form: Fields,
    upload: Option<Upload>,
    query: Fields,
}

/// Writes into a body that is being sent.
struct Sending {
    sender: Sender<Bytes, io::Error>,
    buffer: Vec<u8>,
    runtime: Handle,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= DOWNLOAD_CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.buffer);
        if piece.is_empty() {
            return Ok(());
        }
        let sent = self.runtime.block_on(self.sender.send_data(Bytes::from(piece)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// Reads a form.
async fn form(head: &Parts, body: Incoming) -> Result<Fields, Box<Answer>> {
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if media_type != "application/x-www-form-urlencoded" {
        return Err(text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this address takes forms\n"));
    }
    let read = tokio::time::timeout(TIMEOUT, Limited::new(body, MAX_FORM_BYTES).collect()).await;
    match read {
        Ok(Ok(body)) => Ok(Fields::parse(&body.to_bytes())),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(text(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long\n"))
        }
        Ok(Err(_)) => Err(text(StatusCode::BAD_REQUEST, "the form broke off\n")),
        Err(_) => Err(text(StatusCode::REQUEST_TIMEOUT, "the form took too long\n")),
    }
}

/// Lets through what carries its session's form token. A request without a session is to an open route.
fn guard(session: Option<&Entered>, token: Option<&str>) -> Result<(), Box<Answer>> {
    match session {
        Some(session) if token != Some(&*session.form_token) => {
            Err(text(StatusCode::FORBIDDEN, "this form is from an earlier session: load the page again\n"))
        }
        _ => Ok(()),
    }
}

/// The value of our cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (found, value) = pair.trim().split_once('=')?;
            (found == name).then(|| value.to_owned())
        })
}

/// What a file is called that is brought: for show alone.
fn file_name(headers: &HeaderMap) -> String {
    let given = headers.get(FILE_NAME).and_then(|name| name.to_str().ok()).unwrap_or_default();
    // The script escapes it, since headers are ASCII.
    let name = Fields::parse(format!("n={}", given.replace('+', "%2B")).as_bytes())
        .get("n")
        .unwrap_or_default()
        .to_owned();
    name.chars().take(200).collect()
}

/// A name that stands between quotes in a header.
fn plain_name(name: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    name.chars().map(plain).collect()
}

/// What stands for a page that couldn't be made.
fn failed(asked: &Asked, error: &AppError) -> Answer {
    let status = match (error.is_usage(), error.disk_full) {
        (_, true) => StatusCode::INSUFFICIENT_STORAGE,
        (true, _) => StatusCode::BAD_REQUEST,
        (false, _) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Answer::page(layout::failed(asked, error)).status(status)
}

fn text(status: StatusCode, text: impl Into<String>) -> Box<Answer> {
    Box::new(Answer { content: Content::Text(text.into()), ..Answer::empty(status) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; sendcast-85=no; sendcast-8585=yes"));
        assert_eq!(cookie(&headers, "sendcast-8585").as_deref(), Some("yes"));
        assert_eq!(cookie(&headers, "sendcast-858"), None);
    }

    #[test]
    fn a_file_is_called_as_the_script_wrote_it_and_a_download_plainly() {
        let mut headers = HeaderMap::new();
        headers.insert(FILE_NAME, HeaderValue::from_static("..%2F..%2Foptout.csv"));
        assert_eq!(file_name(&headers), "../../optout.csv");
        assert_eq!(plain_name("a\r\nx: y\"\u{202e}.csv"), "a__x_ y__.csv");
    }
}
