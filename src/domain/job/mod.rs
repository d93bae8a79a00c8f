//! A job's life: one recipient's message, its attempts, and the only function that changes it.
//!
//! Invariants, kept by [`Job::apply`] and by nothing else:
//!
//! - A job is POSTed only from `Sending`, and becomes `Sending` only from `Queued`.
//! - An attempt is in doubt from its [`Event::Doubted`] until a verdict names it, whatever happens to the
//!   job meanwhile (**X**).
//! - A job is `Failed`, `Cancelled` or `Skipped` only while none of its attempts is in doubt.
//! - Delivery is ranked per attempt (accepted < sent < failed < delivered < read) and never steps back.
//! - From in doubt or failed a job returns to `Queued` by an operator's event only (**D**).

mod apply;
mod event;
mod forget;
mod record;
mod state;

pub use event::{Event, InvalidTransition, News, ResendBy};
pub use record::Job;
pub use state::{Attempt, AttemptFate, Delivery, Reach, State, Tried};

#[cfg(test)]
mod tests;
