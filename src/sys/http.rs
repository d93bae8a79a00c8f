//! A small HTTP/1.1 server: one connection after the other, each request handed to a service.
//!
//! Bounded against whoever means harm: connections at once, time for a head and its length. How long a body may be, and how
//! long it may take, is the service's to bound.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Connections at once; others wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
/// A longer head is refused with 431.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Who has connected; among each request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Serves until `closing` is set (or its sender gone): then nobody new is let in, and what has begun is answered, within
/// `timeout`, which is also what a head may take, and with `tls` a handshake. Runs on a `LocalSet`.
pub async fn serve<S, F, B>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    timeout: Duration,
    service: S,
    mut closing: watch::Receiver<bool>,
) where
    S: Fn(Request<Incoming>) -> F + Clone + 'static,
    F: Future<Output = Response<B>> + 'static,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let ask = closing.clone();
    loop {
        // A place is never refused: nobody closes them.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (service, closing, tls) = (service.clone(), ask.clone(), tls.clone());
                    let peer = Peer(peer);
                    connections.spawn_local(async move {
                        match tls {
                            None => connection(stream, peer, timeout, service, closing).await,
                            // Whoever can't shake hands isn't answered.
                            Some(tls) => {
                                if let Ok(Ok(stream)) = tokio::time::timeout(timeout, tls.accept(stream)).await {
                                    connection(stream, peer, timeout, service, closing).await;
                                }
                            }
                        }
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

async fn connection<S, F, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: Peer,
    timeout: Duration,
    service: S,
    mut closing: watch::Receiver<bool>,
) where
    S: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let answer = service(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeout).max_buf_size(MAX_HEAD_BYTES);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Whoever connects has to do with a connection that ends badly, not we.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = closing.wait_for(|closing| *closing) => {
            serving.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(timeout, serving).await;
        }
    }
}
