//! The report as a workbook, for whoever looks at it: a summary with a chart, then the recipients, the failures and the
//! replies, each on a sheet with a header that stays in view, and a filter.
//!
//! - Times are dates, counts of ours are numbers; phones and the audience's cells are texts, whatever they look like. Every
//!   text is stored as one, so no cell is a formula and nothing needs a guard.
//! - Rows go into files without a name, a sheet each, and from there into the workbook: memory doesn't grow with them.

mod book;
mod sheet;
mod summary;
mod text;

pub(super) use book::Book;
pub use sheet::MAX_SHEET_ROWS;
