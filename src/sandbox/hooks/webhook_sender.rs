//! Posts what is due, with a few POSTs in flight at a time, over kept connections to loopback.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::domain::time::Millis;
use crate::sandbox::accounts::App;

use super::due::{note_told, take_due};
use super::post::HookPost;
use super::target::address;

/// POSTs in flight at a time.
const MAX_IN_FLIGHT: usize = 8;

/// POSTs taken out of an account at a time, and so how many may wait.
const MAX_WAITING_POSTS: usize = 256;

/// How often it is looked for new messages while somebody listens. The clock may be a test's: no wait is
/// longer.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How long a target may take over one POST.
const POST_TIMEOUT: Duration = Duration::from_secs(5);

/// The waits before a POST is tried again; after the last it is dropped.
const RETRY_DELAYS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(1_000),
    Duration::from_millis(3_000),
];

/// A POST on its way, of the account with this place in the list.
struct Job {
    account: usize,
    post: HookPost,
}

/// What became of one.
struct Done {
    account: usize,
    /// How often it was tried in vain.
    refused: u64,
    /// The connection, where it was taken.
    line: Option<Line>,
}

/// A kept connection.
struct Line {
    to: SocketAddr,
    requests: SendRequest<Full<Bytes>>,
    /// Drives it; ends with it.
    _driver: JoinSet<()>,
}

/// Posts for as long as it is polled.
pub async fn send_webhooks(app: App) -> Infallible {
    let mut waiting: VecDeque<Job> = VecDeque::new();
    let mut flying: JoinSet<Done> = JoinSet::new();
    let mut idle: Vec<Line> = Vec::new();
    loop {
        // Registered before it is looked, so that no change falls in between.
        let changed = app.changed();
        let mut next: Option<Millis> = None;
        if waiting.is_empty() {
            for (account, posted) in app.all().enumerate() {
                let mut state = posted.state();
                if flying.is_empty() && note_told(&mut state).is_err() {
                    state.tally.refused("ledger");
                }
                let taken = take_due(&mut state, app.now(), MAX_WAITING_POSTS);
                waiting.extend(taken.posts.into_iter().map(|post| Job { account, post }));
                next = next.into_iter().chain(taken.next).min();
            }
        }
        while flying.len() < MAX_IN_FLIGHT
            && let Some(job) = waiting.pop_front()
        {
            let to = address(&job.post.target);
            let kept = idle.iter().position(|line| Some(line.to) == to).map(|at| idle.swap_remove(at));
            flying.spawn(deliver(job, kept));
        }
        // With posts waiting, the next thing is that one in flight ends.
        let wait = async {
            match next {
                _ if !waiting.is_empty() => std::future::pending().await,
                // There is more to take in, but others may go first.
                Some(at) if at <= app.now() => tokio::task::yield_now().await,
                Some(_) => tokio::time::sleep(POLL_INTERVAL).await,
                None => changed.await,
            }
        };
        tokio::select! {
            Some(finished) = flying.join_next() => {
                // None panics, and nobody aborts them.
                let Ok(done) = finished else { continue };
                if let Some(account) = app.all().nth(done.account) {
                    account.state().events.stats_mut().add(done.line.is_some(), done.refused);
                }
                idle.extend(done.line.filter(|_| idle.len() < MAX_IN_FLIGHT));
            }
            () = wait => {}
        }
    }
}

/// Posts it until it is taken, or often enough.
async fn deliver(job: Job, mut kept: Option<Line>) -> Done {
    let mut refused = 0;
    for wait in [Duration::ZERO].into_iter().chain(RETRY_DELAYS) {
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        // A kept connection may have been closed meanwhile: that says nothing of the target.
        let mut answer = match kept.take() {
            Some(line) => in_time(post(line, &job.post)).await,
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        if answer.is_err() {
            answer = in_time(async { post(Line::to(&job.post).await?, &job.post).await }).await;
        }
        if let Ok(Some(line)) = answer {
            return Done { account: job.account, refused, line: Some(line) };
        }
        refused += 1;
    }
    Done { account: job.account, refused, line: None }
}

async fn in_time<T>(doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(POST_TIMEOUT, doing).await?
}

/// Posts it once, on this connection, which comes back where the target took it; `None` where it refused.
async fn post(mut line: Line, post: &HookPost) -> io::Result<Option<Line>> {
    let url = &post.target;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::post(path).header(HOST, host).header(CONTENT_TYPE, post.content_type);
    if let Some(signature) = &post.signature {
        request = request.header("X-Hub-Signature-256", signature);
    }
    let request = request.body(Full::new(Bytes::from(post.body.clone()))).map_err(io::Error::other)?;
    line.requests.ready().await.map_err(io::Error::other)?;
    let answer = line.requests.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let mut body = answer.into_body();
    while let Some(piece) = body.frame().await {
        piece.map_err(io::Error::other)?;
    }
    Ok(status.is_success().then_some(line))
}

impl Line {
    async fn to(post: &HookPost) -> io::Result<Line> {
        let to = address(&post.target).ok_or(io::ErrorKind::PermissionDenied)?;
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (requests, driver) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // How it ended is seen by whoever posts on it.
            let _ = driver.await;
        });
        Ok(Line { to, requests, _driver: tasks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_dropped_after_some_tries() {
        let closed =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let post = HookPost {
            workflow: 1,
            target: format!("http://{closed}/hook").parse().expect("a URL"),
            content_type: "application/json",
            body: b"{}".to_vec(),
            signature: None,
        };
        let begun = tokio::time::Instant::now();
        let done = deliver(Job { account: 0, post }, None).await;
        assert_eq!((done.refused, done.line.is_none()), (5, true));
        assert!(begun.elapsed() >= RETRY_DELAYS.iter().sum::<Duration>());
    }
}
