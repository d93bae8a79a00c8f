//! The run: one loop owns the queue; senders, lookups and orders hand it events.

mod cap_backoff;
mod delivery;
mod event;
mod finish;
pub mod optout;
pub mod orders;
mod pace;
mod reads;
mod recipient_quota;
mod reconcile;
mod run_loop;
mod send;
mod setup;
pub mod snapshot;

pub use delivery::{offline, replies};
pub use run_loop::run;
pub use setup::{Ending, EngineError, OptOuts, Options, OtherCampaigns, Setup, SharedOptOuts};
