//! What a column is, by its header and by its cells.

mod content;
mod country_column;
mod country_header;
mod country_names;
mod own_report;
mod phone_column;
mod phone_header;
mod phone_words;
mod words;

pub(super) use content::{agreed, is_explicit};
pub(super) use country_column::country_columns;
pub(super) use country_names::country;
pub(super) use own_report::is_report;
pub(super) use phone_column::{By, Found, Unclear, by_headers, find};
