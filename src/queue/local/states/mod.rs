//! The materialised states of all jobs, in blocks of 256, in a store that needn't be durable.
//!
//! Invariants:
//!
//! - The states are a cache: they follow from plan and journal, are never ahead of the journal, and are rebuilt from
//!   both when they are damaged.
//! - A checkpoint writes what changed in one atomic batch, with the commit batch of the journal that it reaches.
//! - What is due is in memory alone and follows from the states, so that no index on disk can disagree with them.

pub mod block;
pub mod due;
pub mod job_states;
pub mod sled_store;
pub mod store;
