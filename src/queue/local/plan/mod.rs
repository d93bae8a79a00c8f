//! Frozen plans: every row of a round's audience as it was read and rendered.
//!
//! Invariants:
//!
//! - A plan is written once, as a stream. An edited campaign adds the next one. Nothing changes it but forgetting a person,
//!   which rewrites it without them.
//! - Earlier plans stay: what was sent under one is read from it.
//! - Every part has a checksum. Memory grows neither with the rows that are written nor with those that are read.

pub mod plans;
pub mod read;
pub mod rewrite;
pub mod rows;
pub mod write;
