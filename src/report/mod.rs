//! The report: what became of every row of the audience, one file per format.
//!
//! Invariants:
//!
//! - Every row that the queue lists is in it, in the queue's order, with one status (**L**); only a
//!   [`Filter`] that the user asked for leaves any out.
//! - The columns are the contract's, in its order ([`COLUMNS`]); then come the audience's own, and where people pressed
//!   buttons a last one, `reply` ([`with_replies`]).
//! - Memory doesn't grow with the number of rows: a block of lines is made, written, and forgotten.
//! - A report on disk is the whole old one or the whole new one ([`mod@file`]).
//!
//! The next formats (xlsx, html) are a file each, with a [`Render`] over [`ReportLine::fields`], and a word
//! in [`Format`].

mod columns;
mod csv;
pub mod file;
mod filter;
mod format;
mod guard;
mod json;
mod line;
mod ndjson;
mod object;
pub mod place;
mod replied;
mod stamp;
mod tally;
mod write;

pub use columns::{COLUMNS, audience_names};
pub use csv::Csv;
pub use filter::Filter;
pub use format::{Format, FormatError};
pub use guard::guarded;
pub use json::Json;
pub use line::{Field, ReportLine, line};
pub use ndjson::Ndjson;
pub use replied::{REPLY, replied, with_replies};
pub use tally::{Failure, Tally};
pub use write::{Made, Part, Render, Scan, Spec, WriteError, write};
