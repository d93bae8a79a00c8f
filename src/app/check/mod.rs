//! Looking at a campaign before it is sent: everything short of sending, and one message as its reader will see it.
//!
//! Invariant: nothing is left behind, and nobody is written to.

mod examine;
mod preview;

pub(in crate::app) use preview::{nobody, pick, planned};

pub use examine::{CheckRequest, Examined, Understood, examine};
pub use preview::{PreviewRequest, Previewed, Whom, preview};
