//! The rows of a worksheet as rows of its table.

use crate::campaign::tables::others::Others;
use crate::campaign::tables::quality::{self, Damage};
use crate::campaign::tables::table::{Kind, Row, TableWarning};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use super::book::{Excess, SheetRow};
use super::layout::{Layout, letters};

/// No column of the table.
const NONE: u16 = u16::MAX;

/// Makes rows of the table, and takes note of what has to be told at its end.
pub(super) struct Rows {
    names: Vec<String>,
    header_row: u32,
    /// The table's column of each of the sheet's.
    places: Vec<u16>,
    others: Others,
    /// Hidden rows, and the first of them.
    hidden: (u64, u32),
    /// Rows with something outside of the table's columns; the first of them and the column.
    outside: (u64, u32, u32),
    /// Columns with dates that the spreadsheet program shows as the computer has it.
    regional: Vec<bool>,
}

impl Rows {
    pub(super) fn new(layout: Layout) -> Rows {
        let mut places = vec![NONE; layout.columns.last().map_or(0, |last| *last as usize + 1)];
        for (place, &column) in (0..).zip(&layout.columns) {
            places[column as usize] = place;
        }
        Rows {
            header_row: layout.header_row,
            places,
            others: Others::new(layout.phone, layout.header_row),
            hidden: (0, 0),
            outside: (0, 0, 0),
            regional: vec![false; layout.names.len()],
            names: layout.names,
        }
    }

    /// The row of the table; `None` where it stands above or holds nothing of it.
    pub(super) fn row(&mut self, row: &mut SheetRow) -> Option<Row> {
        if row.number <= self.header_row {
            return None;
        }
        let width = self.names.len();
        let mut cells = vec![Cell::default(); width];
        let mut kinds = vec![];
        let (mut filled, mut outside) = (row.excess.is_some(), None);
        for cell in row.cells.drain(..) {
            let blank = cell.shown.text.trim().is_empty();
            let place = match self.places.get(cell.column as usize) {
                Some(place) if *place != NONE => usize::from(*place),
                _ if blank => continue,
                _ => {
                    outside.get_or_insert(cell.column);
                    continue;
                }
            };
            filled |= !blank || cell.shown.kind != Kind::AsShown;
            self.regional[place] |= cell.shown.regional;
            if cell.shown.kind != Kind::AsShown {
                if kinds.is_empty() {
                    kinds.resize(width, Kind::AsShown);
                }
                kinds[place] = cell.shown.kind;
            }
            cells[place] = cell.shown.text;
        }
        if let Some(column) = outside {
            let (count, first, of) = self.outside;
            self.outside = if count == 0 { (1, row.number, column) } else { (count + 1, first, of) };
        }
        if !filled {
            return None;
        }
        if row.hidden {
            let (count, first) = self.hidden;
            self.hidden = (count + 1, if count == 0 { row.number } else { first });
        }
        let problem = match row.excess {
            Some(Excess::Cell(column)) => {
                Some(Problem::new(format!("column {} holds more than 64 KiB of text", letters(column))))
            }
            Some(Excess::Row) => Some(Problem::new("the row holds more than 128 KiB of text")),
            None => {
                let damage = self.others.damage(row.number, &cells, &self.names);
                damage.map(|damage: Damage| Problem::new(quality::reason(&damage, &self.names, &cells)))
            }
        };
        Some(Row { number: row.number, line: u64::from(row.number), cells, kinds, problem })
    }

    /// What can be told only now that all rows are through.
    pub(super) fn late(self) -> Vec<TableWarning> {
        let mut late = vec![];
        if let (rows @ 1.., first) = self.hidden {
            late.push(TableWarning::HiddenRows { rows, first });
        }
        if let (rows @ 1.., row, column) = self.outside {
            late.push(TableWarning::Outside { rows, row, column: letters(column) });
        }
        let regional = self.names.into_iter().zip(self.regional).filter(|(_, is)| *is);
        let columns: Vec<String> = regional.map(|(name, _)| name).collect();
        if !columns.is_empty() {
            late.push(TableWarning::RegionalDates { columns });
        }
        late
    }
}
