//! Rows that aren't of a table, though they stand below its header: its names once more, and other tables.

use crate::domain::text::Cell;

use super::quality::{self, Damage};

/// Looks for another table below the header of this one.
#[derive(Debug)]
pub(super) struct OtherTables {
    header: Vec<String>,
    /// The column with the phone numbers.
    phone: Option<usize>,
    /// The row that names the columns of another table.
    other: Option<u32>,
    /// The last row with the cells of this table.
    last: u32,
}

impl OtherTables {
    /// Below a header that stands in row `last`.
    pub(super) fn new(header: &[String], phone: Option<usize>, last: u32) -> OtherTables {
        OtherTables { header: header.to_vec(), phone, other: None, last }
    }

    /// Whether a row with as many cells as this table names columns once more, or stands below one that names others.
    pub(super) fn look(&mut self, number: u32, cells: &[Cell]) -> Option<Damage> {
        // Blank rows or rows of another kind stand before it.
        let apart = number > self.last.saturating_add(1);
        self.last = number;
        let place = self.phone.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim());
        if !place.is_empty() && !place.contains(char::is_numeric) {
            if quality::same_names(cells, &self.header) {
                self.other = None;
                return Some(Damage::HeaderAgain);
            }
            if quality::names_columns(cells, apart.then_some(place), &self.header) {
                self.other = Some(number);
                return Some(Damage::OtherHeader);
            }
        }
        self.other.map(|row| Damage::OtherTable { row })
    }
}
