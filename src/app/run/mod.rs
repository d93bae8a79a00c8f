//! Running a campaign: plan (or take up where it stopped), ask what has to be asked, send, write the report.
//!
//! Invariants:
//!
//! - Until the last question is answered nothing is left behind, and nothing is sent.
//! - However it ends, what was sent is on disk, and the report is written from there.

mod campaign;
mod dry_run;
mod late;
mod other_campaigns;
mod send;

pub use campaign::{RunEnd, RunOutcome, RunRequest, run};
pub use dry_run::DryRun;
pub use late::Missed;
pub use other_campaigns::OtherLedgers;
pub use send::{Sending, Sent, send};
