//! The durable queue of one campaign's round: its frozen plans, the journal of everything that was or may
//! have been POSTed, and the jobs' states.

mod api;
mod edit;
mod listed;
pub mod local;
mod memory;
pub mod permits;

pub use api::*;
pub use edit::places;
pub use listed::{Listed, Sent};
pub use local::{Folded, Listing, LocalQueue, Stamp, View};
pub use memory::{MemoryQueue, MemoryStage};
pub use permits::{Hold, LESSON_LASTS, LastPost, OpenPermits, Party, Permits};
