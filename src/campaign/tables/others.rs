//! Rows below a table that are another table's: column names once more, or other names and what stands below them.

use crate::domain::text::Cell;

use super::quality::{self, Damage};

/// Goes along with the rows of a table.
#[derive(Clone, Debug)]
pub(super) struct Others {
    /// The column in which phone numbers stand.
    phone: Option<usize>,
    /// The row that names the columns of another table, below this one.
    other: Option<u32>,
    /// The last row with the cells of this table.
    last: u32,
}

impl Others {
    pub(super) fn new(phone: Option<usize>, header_row: u32) -> Others {
        Others { phone, other: None, last: header_row }
    }

    /// Whether the next row names columns once more, or stands below one that names others.
    pub(super) fn damage(&mut self, number: u32, cells: &[Cell], header: &[String]) -> Option<Damage> {
        // Blank lines or lines of another kind stand before it.
        let apart = number > self.last.saturating_add(1);
        self.last = number;
        let place = self.phone.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim());
        if !place.is_empty() && !place.contains(char::is_numeric) {
            if quality::same_names(cells, header) {
                self.other = None;
                return Some(Damage::HeaderAgain);
            }
            if quality::names_columns(cells, apart.then_some(place), header) {
                self.other = Some(number);
                return Some(Damage::OtherHeader);
            }
        }
        self.other.map(|row| Damage::OtherTable { row })
    }
}
