//! Workbooks: XLSX (XLSM), XLSB, XLS and ODS as tables.
//!
//! Invariants:
//!
//! - A cell's text is what the sheet shows. Where that isn't known (a format that can't be applied, a formula whose
//!   value nobody has computed) the cell is [`Kind::NotAsShown`](super::Kind::NotAsShown), and no message uses it.
//! - A row's number is the one that stands beside it in the spreadsheet program.
//! - Memory grows with the text of a file, never with the range that its cells span: rows are read one by one and
//!   handed on. A file unpacks to at most 2 GiB, and what it says of its own size isn't trusted.
//! - Whatever a file holds, nothing panics into the caller: workbooks are read on a thread of their own, whose end,
//!   however it comes, is an error of the table.
//!
//! What a spreadsheet program decides by the computer that it runs on can't be known: the order of a short date
//! (format 14) and long dates are told as ISO dates, and a warning says so; a currency that is the computer's own
//! makes its cell [`Kind::NotAsShown`](super::Kind::NotAsShown). Decimals have a point, thousands a comma.
//!
//! calamine reads these formats, too, but not number formats of XLSB and XLS, the shown texts of ODS, hidden rows
//! and formulas without a value, and a range costs it memory; the tests hold our values against its.

mod biff;
mod book;
mod choice;
mod format;
mod formats;
mod general;
mod layout;
mod ods;
mod ods_text;
mod package;
mod parts;
mod quick_cell;
mod reader;
mod strings;
mod xls;
mod xls_text;
mod xlsb;
mod xlsx;
mod xlsx_cells;
mod xml;

pub(super) use reader::{Workbook, open};
