//! Serving over TCP, with a hand on every connection: an answer may demand that its connection be reset, or
//! closed in the middle of the body.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::Service;

use super::{Sandbox, Wire, hooks};

impl Sandbox {
    /// Serves HTTP/1.1, and posts to workflows, until it is dropped, which also drops every open connection.
    ///
    /// # Errors
    /// Never by itself at present: a connection's error ends that connection, and a failed accept is tried
    /// again.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let router = self.router();
        let mut connections = JoinSet::new();
        // Dropped, and so ended, with the connections.
        let mut webhook_sender = JoinSet::new();
        webhook_sender.spawn(hooks::send_webhooks(self.app));
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => _ = connections.spawn(connection(stream, router.clone())),
                    // Out of descriptors, say: those open now have to end first.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    // Small answers must not wait for more; where it can't be set they merely do.
    let _ = stream.set_nodelay(true);
    let orders = Orders::default();
    let line = Line { stream, orders: orders.clone(), left: None };
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let answer = router.clone().call(request.map(Body::new));
        let orders = orders.clone();
        async move {
            let response = answer.await?;
            if let Some(wire) = response.extensions().get() {
                orders.give(*wire);
            }
            Ok::<_, Infallible>(response)
        }
    });
    // A connection that ends badly is the client's affair or was asked for.
    let _ =
        http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(line), service).await;
}

/// What shall happen to a connection; shared between its requests and its line.
#[derive(Clone, Debug)]
struct Orders(Arc<AtomicUsize>);

const NO_ORDER: usize = usize::MAX;
const RESET: usize = usize::MAX - 1;

impl Default for Orders {
    fn default() -> Orders {
        Orders(Arc::new(AtomicUsize::new(NO_ORDER)))
    }
}

impl Orders {
    fn give(&self, wire: Wire) {
        let order = match wire {
            Wire::Reset => RESET,
            Wire::HoldBack(bytes) => bytes.min(RESET - 1),
        };
        self.0.store(order, Ordering::Relaxed);
    }

    fn read(&self) -> Option<Wire> {
        match self.0.load(Ordering::Relaxed) {
            NO_ORDER => None,
            RESET => Some(Wire::Reset),
            bytes => Some(Wire::HoldBack(bytes)),
        }
    }
}

/// A TCP stream that obeys orders when it is written to.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    orders: Orders,
    /// How many bytes may still be written, once some are to be held back.
    left: Option<usize>,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.orders.read() {
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
            Some(Wire::Reset) => {
                // Without lingering, closing is a RST; the error makes hyper close.
                let _ = self.stream.set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Some(Wire::HoldBack(bytes)) => {
                // hyper hands over a small answer, head and body, in one piece (vectored writes are off).
                let left = self.left.unwrap_or(buf.len().saturating_sub(bytes)).min(buf.len());
                if left == 0 {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                let written = Pin::new(&mut self.stream).poll_write(cx, &buf[..left]);
                if let Poll::Ready(Ok(written)) = written {
                    self.left = Some(left - written);
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
