//! What follows from an outcome: retries, holds, stops, and the arithmetic of pace. Apart from what an
//! answer means ([`outcome`](super::outcome)); nothing here sleeps, reads a clock or draws its own chance.

mod adapt;
mod breaker;
mod chance;
mod failures;
mod guard;
mod hooks;
mod poll;
mod retry;
mod steps;
mod tally;
mod told;
mod verdict;

pub use adapt::{Adaptive, Lesson};
pub use breaker::{Breaker, BreakerState};
pub use failures::{Answered, Canary, FailureGuard, Outcomes};
pub use guard::{Alarm, RefusalGuard};
pub use hooks::{DuePoll, GRACE, HookTrust, Polling, SAMPLE, polling};
pub use poll::{PollSchedule, doubt_due, doubt_settling, next_look, unseen_after};
pub use retry::{MARKETING_REST, RetryBudget, RetryPolicy};
pub use verdict::{Attempted, Effect, Judge, Verdict, rest_asked};

#[cfg(test)]
mod tests;
