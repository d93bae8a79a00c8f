//! What a column is, by its header and by its cells.
//!
//! Invariant: nothing is guessed where two readings are as likely; the planner says so instead.

mod content;
mod country_column;
mod country_header;
mod country_names;
pub mod headers;
mod own_report;
mod phone_column;
mod phone_header;
mod phone_words;
mod words;

pub(super) use content::{agreed, is_explicit};
pub(super) use country_column::country_columns;
pub use country_names::country;
pub(super) use own_report::is_report;
pub(super) use phone_column::{By, Found, Unclear, find};
