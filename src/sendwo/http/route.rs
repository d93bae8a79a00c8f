//! The way to the server, where it isn't the system's own.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The way to the server, where it isn't the system's own: as curl's `--cacert`, `--proxy` and `--resolve`.
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

/// Finds the addresses of a name: by a [`Lookup`], else by the system.
#[derive(Clone)]
pub(super) struct Names(pub Option<Lookup>);

type Found = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Names {
    type Response = Found;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Found>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = match lookup {
                // The URL's own port takes the place of 0.
                Some(lookup) => {
                    lookup(name.as_str())?.into_iter().map(|address| SocketAddr::new(address, 0)).collect()
                }
                None => GaiResolver::new().call(name).await?.collect(),
            };
            Ok(found.into_iter())
        })
    }
}
