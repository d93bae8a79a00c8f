//! The first rows of an audience, read before planning to see what its columns are, and then planned like all others.

use std::collections::VecDeque;

use crate::campaign::tables::{Row, Table, TableError, TableWarning};

/// So many rows are looked at.
const MAX_SAMPLE_ROWS: usize = 5_000;
/// So many cells at most, but [`MIN_SAMPLE_ROWS`] rows in any case.
const MAX_SAMPLE_CELLS: usize = 200_000;
const MIN_SAMPLE_ROWS: usize = 100;

/// An audience's rows, of which the first were read already.
#[derive(Debug)]
pub(super) struct Ahead {
    first: VecDeque<Result<Row, TableError>>,
    table: Table,
    /// The columns of phone numbers and of keys.
    identifying: Option<(usize, Option<usize>)>,
}

impl Ahead {
    /// Reads the first rows.
    pub fn read(mut table: Table) -> Ahead {
        let mut first = VecDeque::new();
        let mut cells = 0;
        while first.len() < MIN_SAMPLE_ROWS || (first.len() < MAX_SAMPLE_ROWS && cells < MAX_SAMPLE_CELLS) {
            let Some(row) = table.next() else { break };
            cells += row.as_ref().map_or(0, |row| row.cells.len());
            first.push_back(row);
        }
        Ahead { first, table, identifying: None }
    }

    /// Says in which columns phone numbers and keys stand: from now on numbers there have all their digits, however a
    /// worksheet shows them.
    pub fn identify(&mut self, phone: usize, key: Option<usize>) {
        self.identifying = Some((phone, key));
        let mut first = std::mem::take(&mut self.first);
        first.iter_mut().flatten().for_each(|row| self.show_digits(row));
        self.first = first;
    }

    /// Gives numbers in the columns that identify somebody all their digits.
    pub fn show_digits(&self, row: &mut Row) {
        if let Some((phone, key)) = self.identifying {
            row.dial(phone);
            key.into_iter().for_each(|key| row.show_digits(key));
        }
    }

    /// What the table has to say once all rows are through.
    pub fn late_warnings(&self) -> impl Iterator<Item = &TableWarning> {
        self.table.late_warnings().iter()
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
                let mut row = self.table.next()?;
                if let Ok(row) = &mut row {
                    self.show_digits(row);
                }
                Some(row)
            }
        }
    }
}
