//! The run: one dispatcher owns the queue; senders, lookups and orders hand it events.

pub mod optout;
pub mod orders;
pub mod run;
pub mod snapshot;
