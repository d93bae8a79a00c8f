//! Audience files as tables: CSV, TSV, workbooks (XLSX, XLSB, XLS, ODS), JSON arrays, NDJSON, inline lists.
//!
//! Invariants:
//!
//! - Every record of the file is one row, in the file's order, or the reading ends with an error (**L**). A row
//!   that can't be used is still a row, with its [`Problem`](crate::domain::problem::Problem). Only lines
//!   without any content are left out.
//! - A row's number is what a person finds: the spreadsheet's row (the header is row 1; lines without content
//!   count), or the position in a JSON list, from 1.
//! - Memory is bounded, whatever the file holds: a record has at most 128 KiB, a cell 64 KiB, a table 1,000
//!   columns. Nothing but a sample of 256 KiB, one record and the read buffers is held.
//! - A row whose cells can't be told for sure is bad, and its reason shows how it was read.
//! - Cells are as they were written, or as a worksheet shows them: numbers keep their digits, nothing is trimmed.
//!
//! A text is read twice: once to learn its encoding (and a JSON list's columns), then row by row.

mod charset;
mod codepages;
mod delimited;
mod digits;
mod encoding;
mod error;
mod guess;
mod header;
mod json;
mod limits;
mod members;
mod other_tables;
mod quality;
mod reading;
mod row;
mod shape;
mod sniff;
mod split;
mod survey;
mod table;
mod window;
mod workbook;

pub use error::{TableError, TableErrorKind};
pub use limits::MAX_COLUMNS;
pub use reading::{Format, Reading, TableOptions, TableWarning};
pub use row::{Kind, Row};
pub use table::{Table, from_json_values, glance, open};
