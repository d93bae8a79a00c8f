//! The network itself, over hyper.
//!
//! Invariants:
//!
//! - One call makes one request: no redirect is followed (a 307 would POST the token to another host), and nothing
//!   is sent again. A request moves to a fresh connection only where hyper handed it back unwritten.
//! - Only a connection that didn't come about proves that nothing was sent: refused, DNS, TLS, a connect timeout, a
//!   proxy that refuses the tunnel. Everything else is [`CallError::Lost`](super::CallError::Lost).
//! - What is on this machine is never asked through a proxy.

mod connect;
mod connection;
mod pool;
mod retry_after;
mod route;
mod transport;

pub use route::{Lookup, Route};
pub use transport::{HttpTransport, Timeouts, TransportError};
