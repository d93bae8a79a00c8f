//! What the readers of all formats have in common.

use std::ops::ControlFlow;

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::limits::{CELL, RECORD};
use crate::campaign::tables::table::Kind;
use crate::domain::text::Cell;

/// The last row of a worksheet.
pub(super) const ROWS: u32 = 1_048_576;
/// The columns of a worksheet.
pub(super) const COLUMNS: u32 = 16_384;

/// The most worksheets.
const SHEETS: usize = 10_000;
/// The most merged cells that are kept.
const MERGED: usize = 10_000;

/// A worksheet of a workbook.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Where the book finds it.
    pub(super) place: String,
}

/// A cell that holds something.
#[derive(Clone, Debug)]
pub(super) struct SheetCell {
    /// From 0.
    pub(super) column: u32,
    pub(super) shown: Shown,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) text: Cell,
    pub(super) kind: Kind,
    /// The spreadsheet program shows it by the habits of the computer; the text is an ISO date, or has English names.
    pub(super) regional: bool,
}

impl Shown {
    pub(super) fn text(text: impl Into<Cell>) -> Shown {
        Shown { text: text.into(), kind: Kind::AsShown, regional: false }
    }

    pub(super) fn bool(value: bool) -> Shown {
        Shown { text: if value { "TRUE" } else { "FALSE" }.into(), kind: Kind::Bool(value), regional: false }
    }

    /// What isn't what the sheet shows.
    pub(super) fn unknown(text: impl Into<Cell>) -> Shown {
        Shown { text: text.into(), kind: Kind::NotAsShown, regional: false }
    }

    /// A formula that has no value in the file.
    pub(super) fn formula(code: &str) -> Shown {
        let mut text: String = code.chars().take(200).collect();
        if !text.starts_with('=') {
            text.insert(0, '=');
        }
        Shown::unknown(text)
    }
}

/// A row of a worksheet: its cells that hold something, in the file's order.
#[derive(Clone, Debug, Default)]
pub(super) struct SheetRow {
    /// As the spreadsheet program numbers it, from 1.
    pub(super) number: u32,
    pub(super) hidden: bool,
    pub(super) cells: Vec<SheetCell>,
    /// The bytes of their texts.
    bytes: usize,
    /// What was left out because it is too long.
    pub(super) excess: Option<Excess>,
}

/// More text than a row of an audience may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    /// In the cell of this column.
    Cell(u32),
    /// In all cells together.
    Row,
}

impl SheetRow {
    pub(super) fn begin(&mut self, number: u32, hidden: bool) {
        *self = SheetRow { number, hidden, cells: std::mem::take(&mut self.cells), ..SheetRow::default() };
        self.cells.clear();
    }

    /// Puts a cell into the row, unless it shows nothing. Of a text that is too long only the fact is kept.
    pub(super) fn put(&mut self, column: u32, shown: Shown) -> Result<(), TableErrorKind> {
        if column >= COLUMNS {
            return Err(beyond());
        }
        if shown.text.is_empty() && shown.kind == Kind::AsShown {
            return Ok(());
        }
        if shown.text.len() > CELL {
            self.excess = Some(Excess::Cell(column));
        } else if self.bytes + shown.text.len() > RECORD {
            self.excess.get_or_insert(Excess::Row);
        } else {
            self.bytes += shown.text.len();
            self.cells.push(SheetCell { column, shown });
        }
        Ok(())
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.cells.is_empty() && self.excess.is_none()
    }
}

/// Cells of several rows that are one, by its column: what it holds stands in the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// Rows from 1.
    pub(super) first: u32,
    pub(super) last: u32,
    /// From 0.
    pub(super) column: u32,
}

/// The rows that a worksheet goes through: each stands below the one before it.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: u32,
}

impl Order {
    /// Takes a row's number, or gives it the next.
    pub(super) fn next(&mut self, number: Option<u32>) -> Result<u32, TableErrorKind> {
        let number = number.unwrap_or(self.last.saturating_add(1));
        if !(1..=ROWS).contains(&number) {
            return Err(beyond());
        }
        if number <= self.last {
            return Err(TableErrorKind::Damaged(format!("row {number} stands below row {}", self.last)));
        }
        self.last = number;
        Ok(number)
    }
}

/// Takes a row, and says whether more are wanted.
pub(super) type Each<'a> = dyn FnMut(&mut SheetRow) -> ControlFlow<()> + 'a;

/// A workbook that is open.
pub(super) trait Book {
    fn sheets(&self) -> &[Sheet];

    /// Hands on the rows of a worksheet that hold anything, until enough.
    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind>;

    /// The merged cells of a worksheet that begin above a row and have several rows. Reads the sheet to its end.
    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind>;

    /// What was read of worksheets so far counts no more towards what a file may unpack to: the one that is wanted is
    /// read anew.
    fn refresh(&mut self) {}
}

/// Takes note of a worksheet.
pub(super) fn add_sheet(sheets: &mut Vec<Sheet>, sheet: Sheet) -> Result<(), TableErrorKind> {
    if sheets.len() >= SHEETS {
        return Err(TableErrorKind::Damaged(format!("it has more than {SHEETS} worksheets")));
    }
    sheets.push(sheet);
    Ok(())
}

/// Takes note of merged cells, where they matter.
pub(super) fn add_merged(merged: &mut Vec<Merged>, above: u32, new: Merged) {
    if new.first < above && new.last > new.first && merged.len() < MERGED {
        merged.push(new);
    }
}

/// The error behind the code that BIFF has for it.
pub(super) fn error_text(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2b => "#GETTING_DATA",
        _ => "#N/A",
    }
}

pub(super) fn beyond() -> TableErrorKind {
    TableErrorKind::Damaged("it has cells where a worksheet has none".into())
}
