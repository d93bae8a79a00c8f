//! A faithful local imitation of the Sendwo API, with faults: the witness of every test, and what
//! `--sandbox` talks to.
//!
//! Invariants:
//!
//! - **What was answered with `"status":"1"` is in the ledger.** A message is written to the ledger file
//!   before its answer is released, with one `write(2)`: a `kill -9` of this process forgets nothing that it
//!   accepted (a power cut may; nothing is synced). The counts are those of the ledger and of nothing else.
//! - **Statuses need no timer.** Where a message stands follows from its id, the time of its acceptance and
//!   the clock: it is computed when somebody asks, and an id from an earlier process is answered alike.
//! - **It shares no judgement with the client.** Limits, texts and shapes are written here once more, from
//!   Sendwo's documentation and what is known of its siblings; only types are borrowed.
//! - It speaks plain HTTP/1.1 to 127.0.0.1, prints nothing, and keeps texts and numbers in the ledger alone.
//!
//! One [`Sandbox`] is one account behind one axum [`Router`]: call it in process
//! ([`Sandbox::router`]), serve it ([`Sandbox::serve`]), or have it on a thread of its own
//! ([`spawn_in_thread`]). Connection faults (resets, cut-off bodies) are asked for by a [`Wire`] extension on
//! the response: [`Sandbox::serve`] carries it out on the TCP connection, an in-process caller may read it.
//!
//! Each resource of the API has its file in `routes`.

mod answer;
mod arrivals;
mod chance;
mod chaos;
mod exchange;
mod fault;
mod ledger;
mod options;
mod params;
mod progress;
mod routes;
mod serve;
mod state;
mod stats;
mod thread;
mod wamid;

use std::io;
use std::sync::Arc;

use axum::Router;

use crate::domain::time::Millis;
use crate::sys::clock::Clock;

pub use answer::Wire;
pub use chance::{Share, ShareError, Span, SpanError};
pub use fault::{Fault, FaultError, FaultKind, FaultPlan, Scope, Stage, When};
pub use options::{Conversation, Delivery, SandboxOptions};
pub use stats::{NumberStats, Stats};
pub use thread::{Running, spawn_in_thread};

use state::{App, Shared};

/// Where the sandbox reads the wall time.
pub type SandboxClock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Any clock, as the sandbox takes it.
#[must_use]
pub fn clock(from: impl Clock + Send + Sync) -> SandboxClock {
    Arc::new(move || from.now())
}

/// One imitated account. Clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    app: App,
}

impl Sandbox {
    /// Opens the ledger (where `options` names a directory) and takes up what it holds.
    ///
    /// # Errors
    /// When the directory or the ledger in it can't be read or written, is in use by another sandbox, or is
    /// damaged in its middle (a torn last line is cut off); when `options` make no sense.
    pub fn new(options: SandboxOptions, clock: SandboxClock) -> io::Result<Sandbox> {
        Ok(Sandbox { app: Arc::new(Shared::open(options, clock)?) })
    }

    /// The whole API, below `/api/v1`, and the sandbox's own pages below `/sandbox`.
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.app))
    }

    /// What it has accepted and seen so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.app.state().stats()
    }

    /// Replaces the fault plan; the counts of the old one's hits are kept.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.app.state().set_faults(plan);
    }
}
