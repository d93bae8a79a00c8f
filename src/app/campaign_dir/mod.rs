//! A campaign's directory in the data directory: finding it by the campaign's file or by its name, and looking in.
//!
//! Invariants:
//!
//! - A name that is taken is never given to another campaign; one that was renamed stays where it was.
//! - Looking in takes no lock and changes nothing.

pub mod answers;
mod dir;
pub mod observe;
pub mod round_kind;
mod rounds;

pub use dir::{CampaignDir, all_from, is_name, not_planned, planned_from};
pub use rounds::{all_rounds, rounds_in};
