//! A faithful local imitation of the Sendwo API, with faults: the witness of every test, and what
//! `--sandbox` talks to.
//!
//! Invariants:
//!
//! - **What was answered with `"status":"1"` is on file.** A message is written to the accepted log, any other change
//!   to the book beside it, before its answer is released, with one `write(2)`: a `kill -9` of this process
//!   forgets nothing that it accepted (a power cut may; nothing is synced). The counts are those of the accepted log
//!   and of nothing else.
//! - **Statuses need no timer.** Where a message stands follows from its id, the time of its acceptance and
//!   the clock: it is computed when somebody asks, and an id from an earlier process is answered alike.
//! - **It shares no judgement with the client.** Limits, texts and shapes are written here once more, from
//!   Sendwo's documentation and what is known of its siblings; only types are borrowed.
//! - It speaks plain HTTP/1.1 to 127.0.0.1, prints nothing, and keeps texts and numbers in its files alone.
//!
//! One [`Sandbox`] is one account (or several, told apart by their tokens) behind one axum [`Router`]: call it
//! in process ([`Sandbox::router`]), serve it ([`Sandbox::serve`]), or have it on a thread of its own
//! ([`spawn_in_thread`]). Connection faults (resets, cut-off bodies) are asked for by a [`Wire`] extension on
//! the response: [`Sandbox::serve`] carries it out on the TCP connection, an in-process caller may read it.
//!
//! Workflows whose target is on this machine are posted to (`hooks`); people reply where they are asked to
//! (`POST /sandbox/reply`) or by themselves ([`Replies`]).
//!
//! Each resource of the API has its file in `routes`.

mod accepted_log;
mod accounts;
mod answer;
mod arrivals;
mod book;
mod chance;
mod chaos;
mod exchange;
mod fault;
mod forget;
mod hooks;
mod lines;
mod options;
mod params;
mod progress;
mod reply;
mod routes;
mod serve;
mod state;
mod stats;
mod subscribers;
mod thread;
mod wamid;

use std::io;
use std::sync::Arc;

use axum::Router;

use crate::domain::time::Millis;
use crate::sys::clock::Clock;

pub use answer::Wire;
pub use chance::{Share, ShareError, Span, SpanError};
pub use fault::{Fault, FaultError, FaultKind, FaultPlan, Only, Scope, Stage, When};
pub use forget::{HeldSandbox, count_lines_of};
pub use hooks::HookPost;
pub use options::{
    Account, Conversation, Delivery, HookShape, Hooks, Limits, Lists, Replies, SandboxOptions,
};
pub use stats::{HookStats, NumberStats, Stats};
pub use thread::{Running, spawn_in_thread};

use accounts::{App, Shared};

/// Where the sandbox reads the wall time.
pub type SandboxClock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Any clock, as the sandbox takes it.
#[must_use]
pub fn clock(from: impl Clock + Send + Sync) -> SandboxClock {
    Arc::new(move || from.now())
}

/// The imitated API. Clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    app: App,
}

impl Sandbox {
    /// Opens accepted log and book (where `options` names a directory) and takes up what they hold.
    ///
    /// # Errors
    /// When the directory or a file in it can't be read or written, is in use by another sandbox, or is damaged
    /// in its middle (a torn last line is cut off); when `options` make no sense.
    pub fn new(options: SandboxOptions, clock: SandboxClock) -> io::Result<Sandbox> {
        Ok(Sandbox { app: Arc::new(Shared::open(options, clock)?) })
    }

    /// The whole API, below `/api/v1`, and the sandbox's own pages below `/sandbox`.
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.app))
    }

    /// What the first account has accepted and seen so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.app.first().state().stats()
    }

    /// What the account with this token has accepted and seen so far; `None` where the token lets in nowhere.
    #[must_use]
    pub fn stats_of(&self, token: &str) -> Option<Stats> {
        Some(self.app.admit(token)?.state().stats())
    }

    /// What is due at workflows by now, for callers in process: taken out, to be posted by the caller or by
    /// nobody. A sandbox that is served posts it by itself.
    #[must_use]
    pub fn due_posts(&self) -> Vec<HookPost> {
        let now = self.app.now();
        self.app.all().flat_map(|account| hooks::take_all(&mut account.state(), now)).collect()
    }

    /// Replaces the fault plan of every account; the counts of the old one's hits are kept.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.app.all().for_each(|account| account.state().set_faults(plan.clone()));
    }
}
