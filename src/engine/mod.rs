//! The run: what is done with a campaign's queue until it is settled.

pub mod snapshot;
