//! The run: one loop owns the queue and all that a run knows; senders and questions are tasks that report to it.
//!
//! - `run_loop`: `select! → event → handle → response`, over the components of a run (`run`)
//! - `send` · `pace` · `delivery` · `reconcile`: the chapters, each with its invariants
//! - `health`, `hours`, `limits`, `drawn`, `failure_watch`, `opt_out_watch`, `stop`: why nothing goes out; `finish`: when it is over
//! - `orders`, `operator`: what is ordered from outside; `show`, `snapshot`: what a run shows of itself
//!
//! It runs on one thread, and is generic over [`Queue`](crate::queue::Queue), [`Transport`](crate::sendwo::Transport) and
//! [`Clock`](crate::sys::clock::Clock): it names no implementation of them and no format of a file. A paused run goes on
//! following deliveries, and ends once the pause is all that keeps it.

mod cap_backoff;
mod decision;
mod delivery;
mod drawn;
mod event;
mod failure_watch;
mod finish;
mod health;
mod hours;
mod limits;
mod now;
mod open;
mod operator;
mod opt_out_watch;
pub mod optout;
pub mod orders;
mod pace;
mod recipient_quota;
mod reconcile;
mod requests;
mod run;
mod run_loop;
mod send;
mod setup;
mod show;
pub mod snapshot;
mod stop;

pub use delivery::{attribution, offline, replies};
pub use recipient_quota::quota_taken;
pub use run_loop::run;
pub use setup::{
    ContactCap, Ending, EngineError, LimitOption, OptOuts, Options, OtherCampaigns, Setup, SharedOptOuts,
};
