//! First steps: a campaign file that runs in the sandbox at once, from a few answers or from none.
//!
//! Invariants:
//!
//! - Nothing is written before the last answer, and nothing that is there is overwritten.
//! - An answer is checked by what `run` reads a campaign with, so that what is written here runs there.

mod draft;
mod files;
mod interview;
mod prompt;
mod start;

pub use draft::offered;
pub use prompt::Prompt;
pub use start::{InitRequest, Written, init};
