//! Addresses at which nobody answers: a port that is closed, a queue that is full, a name that isn't known.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sendcast::sendwo::{Lookup, Route};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::server::serve;
use super::witness::Post;

/// A port that is ours while nobody listens on it.
pub struct Port {
    address: SocketAddr,
    _held: TcpSocket,
}

impl Port {
    pub fn hold() -> Port {
        let held = reusable("127.0.0.1:0".parse().unwrap());
        Port { address: held.local_addr().unwrap(), _held: held }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn listen(&self, backlog: u32) -> TcpListener {
        reusable(self.address).listen(backlog).unwrap()
    }
}

fn reusable(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// Serves one connection on this thread's runtime, then stops listening: what was pooled is dead from here on.
pub async fn serve_once(listener: TcpListener, post: &Arc<Post>) -> TcpListener {
    let (stream, _) = listener.accept().await.unwrap();
    let _served = post.serving();
    serve(stream, post).await;
    listener
}

/// Connections that fill a listener's queue, so that the next one isn't answered.
pub async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    const SOON: Duration = Duration::from_millis(20);
    let mut held = Vec::new();
    while let Ok(stream) = tokio::time::timeout(SOON, TcpStream::connect(address)).await {
        held.push(stream.unwrap());
        assert!(held.len() < 100, "the queue never filled");
    }
    held
}

/// Names that are known, until they aren't.
#[derive(Clone, Default)]
pub struct Names(Arc<AtomicBool>);

impl Names {
    pub fn set_known(&self, known: bool) {
        self.0.store(known, Ordering::SeqCst);
    }

    pub fn route(&self) -> Route {
        let known = self.0.clone();
        let lookup: Lookup = Arc::new(move |_| match known.load(Ordering::SeqCst) {
            true => Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
            false => Err(std::io::Error::other("no such name")),
        });
        Route { names: Some(lookup), ..Route::default() }
    }
}
