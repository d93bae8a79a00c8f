//! How a campaign is run: what was said this time, what stayed from before, what its file says, the default, in this
//! order.
//!
//! Invariants: an option stays with its campaign until said otherwise, and an error that one brings about says where it
//! comes from.

pub mod choices;
mod origin;
pub mod saved_options;
pub mod zone;

pub use crate::domain::zone::Zone;
pub use choices::Choices;
pub use origin::{explain, line};
pub use saved_options::{FromFile, SavedOptions};
