//! Where a worksheet's table begins and which columns are its own, by its first rows.

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::header::{self, NoBeginning};
use crate::campaign::tables::limits;
use crate::campaign::tables::table::TableWarning;

use super::book::{Merged, SheetRow};

/// So many rows with phone numbers and no names above them are an audience without a header; fewer are contacts on a
/// cover sheet.
const AUDIENCE: usize = 3;

/// A worksheet's table.
#[derive(Debug)]
pub(super) struct Layout {
    /// The sheet's columns that are the table's, in their order.
    pub(super) columns: Vec<u32>,
    /// Their names.
    pub(super) names: Vec<String>,
    /// The row that holds the names.
    pub(super) header_row: u32,
    /// Of the table's columns the one with the most phone numbers.
    pub(super) phone: Option<usize>,
    pub(super) warnings: Vec<TableWarning>,
}

/// Why a worksheet isn't read as a table.
#[derive(Debug)]
pub(super) enum NoLayout {
    /// It holds nothing.
    Empty,
    /// Phone numbers without names above them; `many`: as many as an audience has.
    Headless { row: u32, column: u32, many: bool },
    /// The row that was named as the header is none, or the table is too wide.
    Refused(TableErrorKind),
}

/// The first rows of a worksheet as a grid of those columns that hold anything.
pub(super) struct Grid<'s> {
    sample: &'s [SheetRow],
    columns: Vec<u32>,
    rows: Vec<Vec<&'s str>>,
}

impl<'s> Grid<'s> {
    pub(super) fn new(sample: &'s [SheetRow]) -> Grid<'s> {
        let filled = |row: &'s SheetRow| row.cells.iter().filter(|cell| !cell.shown.text.trim().is_empty());
        let mut columns: Vec<u32> = sample.iter().flat_map(filled).map(|cell| cell.column).collect();
        columns.sort_unstable();
        columns.dedup();
        let rows = sample.iter().map(|row| {
            let mut cells = vec![""; columns.len()];
            for cell in &row.cells {
                if let Ok(at) = columns.binary_search(&cell.column) {
                    cells[at] = &cell.shown.text;
                }
            }
            cells
        });
        let rows = rows.collect();
        Grid { sample, columns, rows }
    }

    /// Whether merged cells could decide which row is the header: several rows stand above the first phone number.
    /// Gives the number of the row that follows them.
    pub(super) fn needs_merged(&self) -> Option<u32> {
        let beginning = header::find(&self.rows).ok()?;
        let phone = *beginning.phones.first()?;
        let is_phone = |row: &&Vec<&str>| header::is_phone(row[phone]);
        let first = self.rows.iter().position(|row| is_phone(&row))?;
        let gaps = |row: &Vec<&str>| row.iter().any(|cell| cell.trim().is_empty());
        let above = &self.rows[..first];
        (above.len() > 1
            && above.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).any(gaps))
        .then(|| self.sample[first].number)
    }

    /// Writes the text of cells that are merged with those below them into each of their rows.
    pub(super) fn spread(&mut self, merged: &[Merged]) {
        for cells in merged {
            let Ok(column) = self.columns.binary_search(&cells.column) else { continue };
            let Some(first) = self.sample.iter().position(|row| row.number == cells.first) else { continue };
            let text = self.rows[first][column];
            for (row, sheet_row) in self.rows.iter_mut().zip(self.sample).skip(first + 1) {
                if sheet_row.number > cells.last {
                    break;
                }
                if row[column].is_empty() {
                    row[column] = text;
                }
            }
        }
    }

    /// Finds the header, or takes the row that is named.
    pub(super) fn layout(&self, header_row: Option<u32>) -> Result<Layout, NoLayout> {
        let (at, phones) = match header_row {
            Some(row) => {
                let at = self.sample.iter().position(|sheet_row| sheet_row.number == row);
                let at = at.filter(|at| self.rows[*at].iter().any(|cell| !cell.trim().is_empty()));
                let at = at.ok_or(NoLayout::Refused(TableErrorKind::NoHeaderRow { row }))?;
                (at, header::phone_columns(&self.rows[at + 1..]))
            }
            None => match header::find(&self.rows) {
                Ok(found) => (found.header, found.phones),
                Err(NoBeginning::Empty) => return Err(NoLayout::Empty),
                Err(NoBeginning::Headless { row, column }) => {
                    let phones = self.rows.iter().filter(|row| header::is_phone(row[column])).count();
                    return Err(NoLayout::Headless {
                        row: self.sample[row].number,
                        column: self.columns[column],
                        many: phones >= AUDIENCE,
                    });
                }
            },
        };
        let number = self.sample[at].number;
        let (above, below) = (&self.rows[..at], &self.rows[at + 1..]);
        let blank = |row: &Vec<&str>| row.iter().all(|cell| cell.trim().is_empty());
        let mut warnings = vec![];
        if header_row.is_none() && above.iter().any(|row| !blank(row)) {
            warnings.push(TableWarning::Above { row: number });
        }
        let (mut columns, mut names, mut phone) = (vec![], vec![], None);
        for (place, &column) in self.columns.iter().enumerate() {
            let given = self.rows[at][place].split_whitespace().collect::<Vec<_>>().join(" ");
            let position = column as usize + 1;
            if given.is_empty() {
                // Without a name and without content it is no column of this table.
                if below.iter().all(|row| row[place].trim().is_empty()) {
                    continue;
                }
                let name = format!("column_{position}");
                warnings.push(TableWarning::Unnamed { position, name: name.clone() });
                names.push(name);
            } else {
                names.push(given);
            }
            if phones.first() == Some(&place) {
                phone = Some(columns.len());
            }
            columns.push(column);
        }
        if columns.len() > limits::COLUMNS {
            return Err(NoLayout::Refused(TableErrorKind::TooManyColumns { line: u64::from(number) }));
        }
        Ok(Layout { columns, names, header_row: number, phone, warnings })
    }
}

/// What a spreadsheet program calls a column, from 0.
pub(super) fn letters(mut column: u32) -> String {
    let mut letters = vec![];
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        match (column / 26).checked_sub(1) {
            Some(next) => column = next,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::tables::workbook::book::Shown;

    /// Rows as `number|cell|cell`.
    fn sample(text: &str) -> Vec<SheetRow> {
        let row = |line: &str| {
            let mut cells = line.split('|');
            let mut row = SheetRow::default();
            row.begin(cells.next().unwrap().trim().parse().unwrap(), false);
            for (column, cell) in (0..).zip(cells) {
                row.put(column, Shown::text(cell)).unwrap();
            }
            row
        };
        text.lines().map(row).collect()
    }

    #[test]
    fn the_table_is_found_where_it_stands() {
        let rows =
            sample("2||Customers\n4|||Name|Mobile||VIP\n5|||Ana|+919876543210||\n9|||Bea|+919876543211|7|");
        let layout = Grid::new(&rows).layout(None).unwrap();
        assert_eq!(layout.columns, [2, 3, 4, 5]);
        assert_eq!(layout.names, ["Name", "Mobile", "column_5", "VIP"]);
        assert_eq!((layout.header_row, layout.phone), (4, Some(1)));
        assert_eq!(layout.warnings.len(), 2);
    }

    #[test]
    fn merged_names_stand_in_all_their_rows() {
        let rows = sample("1|Mobile|Address|\n2||City|PIN\n3|+919876543210|Pune|1\n4|+919876543211|Goa|2");
        let mut grid = Grid::new(&rows);
        assert_eq!(grid.needs_merged(), Some(3));
        grid.spread(&[Merged { first: 1, last: 2, column: 0 }]);
        let layout = grid.layout(None).unwrap();
        assert_eq!((layout.names.join(","), layout.header_row), ("Mobile,City,PIN".to_owned(), 2));
    }

    #[test]
    fn a_header_by_force_has_to_be_there() {
        let rows = sample("1|Name|Mobile\n2|Ana|+919876543210");
        assert_eq!(Grid::new(&rows).layout(Some(1)).unwrap().header_row, 1);
        assert!(matches!(Grid::new(&rows).layout(Some(3)), Err(NoLayout::Refused(_))));
        assert!(matches!(
            Grid::new(&rows[1..]).layout(None),
            Err(NoLayout::Headless { row: 2, column: 1, many: false })
        ));
        assert!(matches!(Grid::new(&[]).layout(None), Err(NoLayout::Empty)));
    }

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), name);
        }
    }
}
