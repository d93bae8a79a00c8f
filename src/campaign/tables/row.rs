//! A row of a table, and what its cells are.

use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// What a cell is beside the text that it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kind {
    /// Whatever its text says.
    #[default]
    AsShown,
    /// A number, which conditions and computations use: `7.5%` is 0.075.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A number or a date whose format can't be applied: its text isn't what the sheet shows, so that no message may
    /// use it.
    NotAsShown,
}

/// One record of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The spreadsheet's row, or the position in a list from 1.
    pub number: u32,
    /// The line of the file where the record begins, from 1; 0 for an inline list and a worksheet.
    pub line: u64,
    /// One for each column, as written, or as a worksheet shows it.
    pub cells: Vec<Cell>,
    /// What the cells are beside their text, one for each; empty where all are [`Kind::AsShown`].
    pub kinds: Vec<Kind>,
    /// Why the row can't be used.
    pub problem: Option<Problem>,
}
