//! The report: what became of every row of the audience, one file per format.
//!
//! Invariants:
//!
//! - Every row that the queue lists is in it, in the queue's order, with one status (**L**); only a
//!   [`Filter`] that the user asked for leaves any out.
//! - The columns and their order are fixed ([`COLUMNS`]), since users' programs read them; then come the audience's own.
//! - Whoever was sent to has the cells and the message that were sent, whatever the file says now.
//! - Memory doesn't grow with the number of rows: a block of lines is made, written, and forgotten.
//! - A report on disk is the whole old one or the whole new one ([`mod@file`]).
//!
//! A format whose lines follow each other implements [`Render`]; one that begins with what they add up to (xlsx, html) is
//! a document, which takes rows. Figures are the [`Tally`]'s, whatever the format.

pub mod charts;
mod columns;
mod comparison;
mod csv;
pub mod file;
mod filter;
mod format;
mod head;
pub mod html;
mod json;
mod line;
mod ndjson;
mod object;
mod overview;
mod phone;
pub mod place;
mod row;
mod tally;
mod time;
mod write;
mod xlsx;

pub use columns::{COLUMNS, audience_names};
pub use comparison::{Comparison, Measure, NOTE as COMPARISON_NOTE, with_interval};
pub use csv::Csv;
pub use filter::Filter;
pub use format::{Format, UnknownFormat};
pub use head::{About, Head, Reply, Stop};
pub use json::Json;
pub use line::{Field, ReportLine, line};
pub use ndjson::Ndjson;
pub use tally::{Failure, MAX_REASONS, OTHER_REASONS, ReplyTally, Tally};
pub use time::zone_name;
pub use write::{Made, Part, Render, Scan, Spec, WriteError, write};
pub use xlsx::MAX_SHEET_ROWS;
