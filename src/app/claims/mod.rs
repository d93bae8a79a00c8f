//! Whether a file is a campaign that was planned before, under another path or another name.
//!
//! Invariant: nobody begins anew, and so writes to people a second time, because a file was moved, copied or renamed; that
//! is the operator's decision, and nothing is changed before it.

mod claim;
mod likeness;

pub use claim::{Claim, ClaimAnswers, Decision, Kind, Known, alike, find, is_gone, is_same_server};
pub use likeness::{Likeness, Overlap};
