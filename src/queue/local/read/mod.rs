//! Reading a round: lines of a report, a view from outside, and the check of every file.
//!
//! Invariants:
//!
//! - Readers need neither the round's lock nor sled, and never write; only `verify` takes the lock, where nobody has it,
//!   to look at the states.
//! - What is read is what was whole when the reading began; a commit batch that is under way isn't there yet.

pub mod listing;
pub mod parallel;
pub mod queries;
pub mod sent_rows;
pub mod snapshot;
pub mod stamp;
pub mod verify;
pub mod view;
