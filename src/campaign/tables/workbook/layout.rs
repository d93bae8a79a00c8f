//! Where the table stands in a worksheet, and its rows.
//!
//! Invariants:
//!
//! - A cell belongs to the name above it by its place in the sheet, never by the order of cells.
//! - Columns without a name are kept where they hold something in the first rows, else they are none.
//! - In a column that is named for phone numbers a cell that is a number gives all its digits, however it is shown.
//! - A row that the sheet doesn't show is a bad row: whether it is meant is anybody's guess. How many there are is told.

use std::collections::BTreeSet;

use crate::campaign::recognise::headers;
use crate::campaign::tables::digits::dialled;
use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::header::{self, NoBeginning};
use crate::campaign::tables::limits::{MAX_CELL_BYTES, MAX_COLUMNS};
use crate::campaign::tables::other_tables::OtherTables;
use crate::campaign::tables::quality::{self, Damage};
use crate::campaign::tables::reading::{TableOptions, TableWarning};
use crate::campaign::tables::row::{Kind, Row};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use super::book::{Merged, SheetCell, SheetRow};

/// A table within a worksheet.
pub(super) struct Layout {
    /// The names as they stand there.
    pub(super) header: Vec<String>,
    /// The row that holds them.
    pub(super) header_row: u32,
    pub(super) has_phones: bool,
    /// The table's column for a column of the sheet.
    places: Vec<Option<usize>>,
    /// Of each column of the table: whether its name is one for phone numbers.
    phones: Vec<bool>,
    others: OtherTables,
    /// Rows that hold something in a column that is none of the table's; the first of them, and the column.
    outside: (u64, u32, u32),
    /// Rows that the sheet doesn't show, and the first of them.
    hidden: (u64, u32),
}

impl Layout {
    /// Finds the table by the first rows of a worksheet that hold anything; there is one at least.
    pub(super) fn of(
        sheet: &str,
        rows: &[SheetRow],
        options: &TableOptions,
    ) -> Result<(Layout, Vec<TableWarning>), TableErrorKind> {
        let columns: BTreeSet<u32> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.column).collect();
        let columns: Vec<u32> = columns.into_iter().collect();
        let grid = Grid::of(rows, &columns);
        let at = match options.header_row {
            Some(row) => rows
                .iter()
                .position(|found| found.number == row)
                .ok_or(TableErrorKind::NoHeaderRow { row })?,
            None => match header::find(&grid.cells) {
                Ok(beginning) => grid.rows[beginning.header].unwrap_or(0),
                Err(NoBeginning::Empty) => return Err(TableErrorKind::Empty),
                Err(NoBeginning::Headless { row, column }) => {
                    let row = grid.rows[row].map_or(0, |row| rows[row].number);
                    let column = letters(columns.get(column).copied().unwrap_or(0)).into();
                    return Err(TableErrorKind::NoSheetHeader { sheet: sheet.into(), row, column });
                }
            },
        };
        let (head, below) = (&rows[at], &rows[at + 1..]);
        let names = names(rows, at, &columns);
        let filled = |column: &u32| {
            let is = |cell: &SheetCell| cell.column == *column && !cell.shown.text.trim().is_empty();
            below.iter().any(|row| row.cells.iter().any(is))
        };
        let mut values: Vec<bool> = vec![];
        if names.iter().any(String::is_empty) {
            values = columns.iter().map(filled).collect();
        }
        let is_kept = |n: &usize| !names[*n].is_empty() || values.get(*n).copied().unwrap_or(false);
        let kept: Vec<usize> = (0..columns.len()).filter(is_kept).collect();
        if kept.len() > MAX_COLUMNS {
            return Err(TableErrorKind::TooManyColumns { line: u64::from(head.number) });
        }
        let header: Vec<String> = kept.iter().map(|n| names[*n].clone()).collect();
        let mut places = vec![None; columns.last().map_or(0, |last| *last as usize + 1)];
        for (place, n) in kept.iter().enumerate() {
            places[columns[*n] as usize] = Some(place);
        }
        let body = Grid::of(below, &kept.iter().map(|n| columns[*n]).collect::<Vec<_>>());
        let found = header::phone_columns(&body.cells);
        let phones = header.iter().map(|name| headers::find_phone(&[name.trim().to_owned()]).is_some());
        let phones: Vec<bool> = phones.collect();
        let mut warnings = vec![];
        if options.header_row.is_none() && at > 0 {
            warnings.push(TableWarning::Above { row: head.number });
        }
        warnings.extend(regional(below, &places, &header));
        let others = OtherTables::new(&header, found.first().copied(), head.number);
        let header_row = head.number;
        let layout = Layout {
            header,
            header_row,
            has_phones: !found.is_empty(),
            places,
            phones,
            others,
            outside: (0, 0, 0),
            hidden: (0, 0),
        };
        Ok((layout, warnings))
    }

    /// What can be told only once all rows are through.
    pub(super) fn late_warnings(&self) -> Vec<TableWarning> {
        let mut late = vec![];
        if let (rows @ 1.., first) = self.hidden {
            late.push(TableWarning::HiddenRows { rows, first });
        }
        if let (rows @ 1.., row, column) = self.outside {
            late.push(TableWarning::Outside { rows, row, column: letters(column) });
        }
        late
    }

    /// A row below the header; `None` where it holds nothing in this table's columns.
    pub(super) fn row(&mut self, row: &mut SheetRow) -> Option<Row> {
        let overfull = row.is_overfull();
        let width = self.header.len();
        let mut cells = vec![Cell::default(); width];
        let mut kinds = vec![];
        let mut damage = None;
        let (mut blank, mut outside) = (true, None);
        for SheetCell { column, shown } in row.cells.drain(..) {
            let Some(Some(place)) = self.places.get(column as usize).copied() else {
                if outside.is_none() && !shown.text.trim().is_empty() {
                    outside = Some(column);
                }
                continue;
            };
            let (mut text, mut kind) = (shown.text, shown.kind);
            if let Kind::Number(value) = kind
                && self.phones[place]
                && let Some(digits) = dialled(&text, value)
            {
                (text, kind) = (digits, Kind::AsShown);
            }
            if text.len() > MAX_CELL_BYTES {
                damage.get_or_insert(Damage::TooLong { column: place });
                (text, blank) = (Cell::default(), false);
            }
            blank &= text.trim().is_empty();
            if kind != Kind::AsShown {
                kinds.resize(width, Kind::AsShown);
                kinds[place] = kind;
            }
            cells[place] = text;
        }
        if let Some(column) = outside {
            let (rows, first, of) = self.outside;
            self.outside = if rows == 0 { (1, row.number, column) } else { (rows + 1, first, of) };
        }
        if blank && !overfull {
            return None;
        }
        if row.hidden {
            let (rows, first) = self.hidden;
            self.hidden = (rows + 1, if rows == 0 { row.number } else { first });
        }
        let damage = damage.or_else(|| self.others.look(row.number, &cells));
        let problem = match damage {
            _ if row.hidden => Some(Problem::new(
                "the row is hidden in the worksheet, perhaps by a filter: show it if it is meant, delete it if it isn't",
            )),
            _ if overfull => Some(Problem::new("the row holds more than 1 MiB of text")),
            damage => damage.map(|damage| quality::problem(&damage, &self.header, &cells)),
        };
        Some(Row { number: row.number, line: 0, cells, kinds, problem })
    }
}

/// Puts the text of a cell over several rows into those that stand above the first phone number: a name over two rows of
/// a header names its column in the lower one, too.
pub(super) fn spread_names(
    rows: &mut [SheetRow],
    merged: impl FnOnce(u32) -> Result<Vec<Merged>, TableErrorKind>,
) -> Result<(), TableErrorKind> {
    let is_phone = |row: &SheetRow| row.cells.iter().any(|cell| header::is_phone(&as_phone(cell)));
    let Some(first) = rows.iter().position(is_phone) else { return Ok(()) };
    // Where each of them names all columns, or one of them is alone, nothing can stand over two.
    let filled = |row: &SheetRow| row.cells.iter().filter(|cell| !cell.shown.text.trim().is_empty()).count();
    let several = rows[..first].iter().filter(|row| filled(row) > 1).count() > 1;
    if !several {
        return Ok(());
    }
    let above = rows[first].number;
    for cell in merged(above)? {
        let anchor = |row: &SheetRow| {
            let found = row.cells.iter().find(|found| found.column == cell.column);
            found.filter(|_| row.number == cell.first).map(|found| found.shown.clone())
        };
        let Some(shown) = rows[..first].iter().find_map(anchor) else { continue };
        for row in rows[..first].iter_mut().filter(|row| (cell.first + 1..=cell.last).contains(&row.number)) {
            if row.cells.iter().all(|other| other.column != cell.column) {
                row.push(cell.column, shown.clone());
            }
        }
    }
    Ok(())
}

/// Whether as many rows hold a phone number as an audience has; fewer are contacts on a cover sheet.
pub(super) fn is_audience(rows: &[SheetRow]) -> bool {
    let is_phone = |row: &&SheetRow| row.cells.iter().any(|cell| header::is_phone(&as_phone(cell)));
    rows.iter().filter(is_phone).count() >= 3
}

/// Rows of a worksheet as texts, one for each column that is asked for.
struct Grid<'r> {
    cells: Vec<Vec<std::borrow::Cow<'r, str>>>,
    /// Which row each is; blank ones stand between rows that don't follow one another.
    rows: Vec<Option<usize>>,
}

impl<'r> Grid<'r> {
    fn of(rows: &'r [SheetRow], columns: &[u32]) -> Grid<'r> {
        let mut grid = Grid { cells: vec![], rows: vec![] };
        for (n, row) in rows.iter().enumerate() {
            if n > 0 && row.number > rows[n - 1].number + 1 {
                grid.cells.push(vec![]);
                grid.rows.push(None);
            }
            let mut cells = vec![std::borrow::Cow::Borrowed(""); columns.len()];
            for cell in &row.cells {
                if let Ok(place) = columns.binary_search(&cell.column) {
                    cells[place] = as_phone(cell);
                }
            }
            grid.cells.push(cells);
            grid.rows.push(Some(n));
        }
        grid
    }
}

/// A cell's text; of a number as long as a phone number its digits.
fn as_phone(cell: &SheetCell) -> std::borrow::Cow<'_, str> {
    match cell.shown.kind {
        Kind::Number(value) if (1e9..1e15).contains(&value) => {
            dialled(&cell.shown.text, value).map_or(cell.shown.text.as_str().into(), |d| d.to_string().into())
        }
        _ => cell.shown.text.as_str().into(),
    }
}

/// The names in a row. A name that stands over two rows is the lower row's, too.
fn names(rows: &[SheetRow], at: usize, columns: &[u32]) -> Vec<String> {
    let head = &rows[at];
    let upper = at.checked_sub(1).map(|above| &rows[above]).filter(|upper| {
        let names = upper.cells.iter().filter(|cell| !cell.shown.text.trim().is_empty()).count();
        upper.number + 1 == head.number && names > 1
    });
    let name = |row: &SheetRow, column: u32| {
        let cell = row.cells.iter().find(|cell| cell.column == column)?;
        let words: Vec<&str> = cell.shown.text.split_whitespace().collect();
        Some(words.join(" ")).filter(|name| !name.is_empty())
    };
    columns
        .iter()
        .map(|&column| name(head, column).or_else(|| name(upper?, column)).unwrap_or_default())
        .collect()
}

/// Which columns hold dates that each computer shows in its own way.
fn regional(below: &[SheetRow], places: &[Option<usize>], header: &[String]) -> Option<TableWarning> {
    let mut example = None;
    let mut columns = BTreeSet::new();
    for cell in below
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.shown.regional && cell.shown.kind == Kind::AsShown)
    {
        if let Some(place) = places.get(cell.column as usize).copied().flatten() {
            columns.insert(place);
            example.get_or_insert_with(|| cell.shown.text.to_string());
        }
    }
    let columns: Vec<String> = columns.iter().map(|place| format!("`{}`", header[*place])).collect();
    example.map(|example| TableWarning::Regional { columns, example })
}

/// The letters of a column.
fn letters(column: u32) -> String {
    let mut letters = vec![];
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), name);
        }
    }
}
