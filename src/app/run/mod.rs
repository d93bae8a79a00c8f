//! Running a campaign: plan (or take up where it stopped), ask what has to be asked, send, write the report.
//!
//! Invariants:
//!
//! - Until the last question is answered nothing is left behind, and nothing is sent.
//! - However it ends, what was sent is on disk, and the report is written from there.

mod dry_run;
mod other_campaigns;
mod run;
mod send;

pub use dry_run::DryRun;
pub use other_campaigns::OtherLedgers;
pub use run::{RunEnd, RunOutcome, RunRequest, run};
pub use send::{Sending, Sent, send};
