//! A lane's server over HTTP/1.1, plain or within TLS: answers warm-ups well and spoils what it is told to.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::server::TlsStream;

use super::super::faults::{Fault, fine};
use super::http2;
use super::tls::{Authority, tunnel};
use super::witness::Post;

/// A connection, with TCP at its bottom.
pub trait Plug: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Plug for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Plug for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Servers on a thread of their own, so that both sides run at the same moment.
pub struct Servers {
    handle: Handle,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Servers {
    pub fn start() -> Servers {
        let (told, handle) = std::sync::mpsc::channel();
        let (end, ended) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            told.send(runtime.handle().clone()).unwrap();
            let _ = runtime.block_on(ended);
        });
        Servers { handle: handle.recv().unwrap(), end: Some(end), thread: Some(thread) }
    }

    /// Runs a server's side here.
    pub fn spawn(&self, side: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(side);
    }

    /// A server that listens until everything ends.
    pub async fn listen(&self, post: &Arc<Post>, speaks: Speaks) -> SocketAddr {
        let (told, address) = tokio::sync::oneshot::channel();
        let post = post.clone();
        self.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, post.clone(), speaks.clone()));
            }
        });
        address.await.unwrap()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// What a server speaks.
#[derive(Clone)]
pub enum Speaks {
    Http,
    Tls(Arc<Authority>),
    /// A proxy's tunnel, then TLS.
    Tunnel(Arc<Authority>),
}

async fn connection(mut stream: TcpStream, post: Arc<Post>, speaks: Speaks) {
    let _served = post.serving();
    let authority = match &speaks {
        Speaks::Http => return serve(stream, &post).await,
        Speaks::Tls(authority) => authority,
        Speaks::Tunnel(authority) => {
            if !tunnel(&mut stream, &post).await {
                return;
            }
            authority
        }
    };
    // Faults of HTTP begin once the handshake is done.
    let Some(stream) = authority.accept(stream, &post).await else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2::serve(stream, &post).await;
    } else {
        serve(stream, &post).await;
    }
}

pub async fn serve<S: Plug>(mut stream: S, post: &Arc<Post>) {
    let mut served = 0;
    loop {
        if let Some(fault) = post.fault()
            && fault.strikes_unread(stream.tcp()).await
        {
            return;
        }
        let mut bytes = Vec::new();
        let request = tokio::select! {
            biased;
            request = read_request(&mut stream, &mut bytes, post) => request,
            () = post.now.notified(), if served > 0 && post.moment().is_some() => None,
        };
        let Some((path, body)) = request else {
            // Either the client has gone, or it is the moment.
            if let Some(moment) = post.moment()
                && moment.strike(&mut stream).await
            {
                read_on(&mut stream, bytes, post).await;
            }
            return;
        };
        let fault = post.fault();
        let to = post.whole(&path, &body, served > 0);
        served += 1;
        let Some(fault) = fault else {
            post.answered_well(to);
            if stream.write_all(fine().as_bytes()).await.is_err() {
                return;
            }
            continue;
        };
        if !spoil(&mut stream, fault, to, post).await {
            return;
        }
    }
}

/// Spoils a request that was read. Whether the connection stays.
async fn spoil<S: Plug>(stream: &mut S, fault: Fault, to: String, post: &Arc<Post>) -> bool {
    if fault == Fault::ResetAfterRequest {
        let _ = stream.tcp().set_zero_linger();
        return false;
    }
    if let Some(http) = fault.http() {
        post.saw().answered.insert(to, http);
    }
    let written = stream.write_all(&fault.answer()).await;
    let _ = stream.flush().await;
    if fault.hangs() {
        // Until the client gives up; what it still says is read.
        let _ = stream.read_to_end(&mut Vec::new()).await;
        return false;
    }
    written.is_ok() && fault.is_answered()
}

/// A connection on which nothing is answered any more, and all is read.
async fn read_on<S: Plug>(stream: &mut S, mut bytes: Vec<u8>, post: &Arc<Post>) {
    while let Some((path, body)) = read_request(stream, &mut bytes, post).await {
        post.whole(&path, &body, true);
        bytes.clear();
    }
}

/// Reads one request; its path and its body. `bytes` keeps what was read of one that stays incomplete.
async fn read_request<S: Plug>(
    stream: &mut S,
    bytes: &mut Vec<u8>,
    post: &Arc<Post>,
) -> Option<(String, String)> {
    loop {
        let text = String::from_utf8_lossy(bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let path = head.split(' ').nth(1).unwrap_or_default();
                return Some((path.to_owned(), body.to_owned()));
            }
        }
        let before = bytes.len();
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
        post.saw().begun += u64::from(before == 0);
    }
}
