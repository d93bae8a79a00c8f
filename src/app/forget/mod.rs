//! Forgetting one person in all that the data directory holds: their rows stay in the reports, without words and number.
//!
//! Where somebody may stand, and what becomes of it, is a table in README.md ("Where things lie").
//!
//! Invariants:
//!
//! - Nothing is changed unless everything could be taken that holds them: a campaign that another process works on is named,
//!   and all stay as they are.
//! - Interrupted at any point, all is whole, and done again it finishes.
//! - Whoever was written to isn't written to again in that round, whatever its file says (`queue/local/forget`).
//! - The opt-out list stays as it is.

mod beside;
mod carry_out;
mod found;
mod look;
mod sandboxes;
mod webhooks;

pub use carry_out::{Forgot, forget};
pub use found::{Found, FoundCampaign, FoundRound, UnreadableRound};
pub use look::look;
