//! The campaign file: what it may say, how it is read, and what it comes to.
//!
//! Invariants:
//!
//! - One set of structs is both what serde reads and what the schema describes. Unknown keys are errors everywhere.
//! - What needs no look at other keys is checked while reading, so that the error has a line and a column.
//! - Loading reads the campaign file alone; the audience is opened by the planner.

pub mod audience;
pub mod campaign;
pub mod duration;
pub mod json;
pub mod json_audience;
pub mod json_cap;
pub mod json_failures;
pub mod json_numbers;
pub mod json_schedule;
pub mod overrides;
pub mod retarget;
pub mod rowwise;
pub mod sample;
pub mod starter;
