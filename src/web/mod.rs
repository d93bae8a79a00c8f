//! The dashboard that `sendcast serve` opens: the whole job of a marketer in a browser, over the use cases of `app`.
//!
//! A page is a function from values to HTML ([`maud`]), and every step has its URL. A request passes the door ([`door`]:
//! host, origin, who asks), finds its route ([`routes`]), brings its session ([`session`]), and is answered by one plain
//! function on a thread of its own, which calls a use case with an operator that collects what is said. Forms work without
//! script; [`assets`] holds the one script that keeps a page alive.
//!
//! Invariants:
//!
//! - A page does what a command does, over the same data directory, and keeps nothing of a campaign in memory that isn't
//!   derived from there. What is kept: sessions, notices, and what is being read.
//! - A run is a process of its own ([`runs`]): it outlives page, server and terminal. It sends what was reviewed and nothing
//!   else (`--expect`).
//! - Every route needs a session but those that [`routes`] opens by name; every request that changes something needs our own
//!   `Origin` and the session's form token; a `GET` changes nothing.
//! - Nothing that comes from outside is markup: maud escapes it, and nothing here says otherwise.
//! - No page asks any other server for anything.

pub mod answer;
pub mod asked;
pub mod assets;
pub mod attempts;
mod bubble;
pub mod dashboard;
pub mod door;
mod layout;
mod looking;
pub mod opening;
mod operator;
mod pages;
pub mod password;
mod rounds;
pub mod routes;
pub mod runs;
pub mod server;
pub mod session;
mod state;
pub mod taking_up;

pub use dashboard::{Address, Beyond, Dashboard};
pub use runs::Launcher;
