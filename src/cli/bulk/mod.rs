//! What is done about everybody in a spreadsheet: put them on the account's list, label them, note something down. The
//! same queue, journal, pace and report as a campaign's; a row's message is a [`Deed`](crate::domain::deed::Deed).
//!
//! Invariant: a row is done again only when it is known that it wasn't done, or when the operator orders it.

mod args;
mod run;
mod sheet;
mod task;

pub use args::BulkArgs;
pub use run::{refuse, run};
pub use task::Task;
