//! From a campaign to a plan: what its file has become since it was planned last, and what planning finds.
//!
//! Invariant: nothing is planned anew that hasn't changed, and every row that is skipped is counted with its reason.

mod complaints;
pub mod contacts;
mod estimate;
pub mod exclusions;
mod findings;
pub mod hours;
pub mod known;
mod labelled;
mod ledgers;
mod listing;
mod pending;
pub mod people;
pub mod replan;
mod retarget;
mod review;
mod wrote_before;

pub use complaints::{Complaints, Group};
pub use estimate::{Estimate, Limit, Limits};
pub use findings::{Findings, Gather, REASONS_SHOWN, SkippedRow, difference};
pub use pending::{Pending, Tried};
pub use retarget::Taken;
pub use review::Review;
