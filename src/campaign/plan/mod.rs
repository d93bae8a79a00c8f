//! The planner: from a campaign to a plan, row by row, in the audience's order.
//!
//! Invariants:
//!
//! - Every row comes out once: with its message, or with the reason why it has none.
//! - What is held in memory is one row, and some bytes for each person.
//! - A guess about a column is made before the first row is planned, holds for all rows, and is shown to the user.

pub mod columns;
pub mod content;
pub mod dedupe;
pub mod known_people;
pub mod lookup;
pub mod planner;
pub mod preview;
pub mod profile;
pub mod senders;
pub mod source;
