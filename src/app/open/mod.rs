//! From what the user named to a campaign and its round's queue, open and locked.
//!
//! Invariants:
//!
//! - A queue is opened by one process at a time, and only for the campaign and the server that it belongs to.
//! - What is opened and not used leaves nothing behind.

mod chosen;
mod round;
mod source;
pub mod standard_input;

pub use chosen::Chosen;
pub use round::{Held, Opened};
pub use source::{Source, no_regular_file};
pub use standard_input::Spool;
