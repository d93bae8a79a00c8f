//! The first rows of an audience, read before planning to see what its columns are, and then planned like all others.

use std::collections::VecDeque;

use crate::campaign::tables::{Row, Table, TableError};

/// So many rows are looked at.
const ROWS: usize = 5_000;
/// So many cells at most, but [`FEW`] rows in any case.
const CELLS: usize = 200_000;
const FEW: usize = 100;

/// An audience's rows, of which the first were read already.
#[derive(Debug)]
pub(super) struct Ahead {
    first: VecDeque<Result<Row, TableError>>,
    table: Table,
}

impl Ahead {
    /// Reads the first rows.
    pub fn read(mut table: Table) -> Ahead {
        let mut first = VecDeque::new();
        let mut cells = 0;
        while first.len() < FEW || (first.len() < ROWS && cells < CELLS) {
            let Some(row) = table.next() else { break };
            cells += row.as_ref().map_or(0, |row| row.cells.len());
            first.push_back(row);
        }
        Ahead { first, table }
    }

    /// The first rows in which nothing is wrong as a row.
    pub fn rows(&self) -> Vec<&Row> {
        self.first.iter().filter_map(|row| row.as_ref().ok()).filter(|row| row.problem.is_none()).collect()
    }
}

impl Iterator for Ahead {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.first.pop_front() {
            Some(row) => Some(row),
            None => {
                // Its room isn't needed any more.
                self.first = VecDeque::new();
                self.table.next()
            }
        }
    }
}
