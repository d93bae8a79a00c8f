//! The list of people who are never written to.
//!
//! Invariant: while it can't be read as a whole, nobody is written to.

mod change;
mod list;

pub use change::{Added, add, import, remove};
pub use list::{open, open_damaged, tell_unattributed};
