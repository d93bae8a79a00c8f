//! What is done about everybody in a table, `subscribers … --file FILE`: put them on the account's list, label them, note
//! something down. The same planner, queue, journal, pace and report as a campaign's; a row's payload is a
//! [`SubscriberAction`](crate::domain::subscriber_action::SubscriberAction).
//!
//! Invariants:
//!
//! - A row is done again only when it is known that it wasn't done, when that changes nothing (labels), or when the
//!   operator orders it.
//! - Who is on the list by now isn't put there: the list is read before anything is planned.
//!
//! Nobody is written to, so neither opt-outs nor the recipient quota count, and no conversation is looked at. The pace is kept
//! under a number of its own, `subscribers`. Other labels or another note for the same table is other work, with a ledger of
//! its own, and `run` refuses to go on with any of it.

mod planning;
mod rows;
mod run;
mod settling;
mod subscriber_index;
mod task;
mod who;

pub use run::{BulkEnd, BulkOutcome, BulkRequest, run};
pub use task::Task;
