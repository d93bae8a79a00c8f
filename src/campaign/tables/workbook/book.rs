//! What the readers of all formats have in common.

use std::ops::ControlFlow;

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::row::Kind;
use crate::domain::text::Cell;

/// The last row of a worksheet.
pub(super) const ROWS: u32 = 1_048_576;
/// The columns of a worksheet.
pub(super) const COLUMNS: u32 = 16_384;

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

/// The most bytes of text that a row holds; what is beyond isn't kept.
const ROW_BYTES: usize = 1 << 20;

/// A row of a worksheet: its cells that hold something, in the file's order.
#[derive(Clone, Debug, Default)]
pub(super) struct SheetRow {
    /// As the spreadsheet program numbers it, from 1.
    pub(super) number: u32,
    pub(super) hidden: bool,
    pub(super) cells: Vec<SheetCell>,
    bytes: usize,
}

impl SheetRow {
    pub(super) fn begin(&mut self, number: u32, hidden: bool) {
        self.number = number;
        self.hidden = hidden;
        self.cells.clear();
        self.bytes = 0;
    }

    pub(super) fn push(&mut self, column: u32, shown: Shown) {
        self.bytes += shown.text.len();
        let shown = if self.is_overfull() { Shown::unknown("") } else { shown };
        self.cells.push(SheetCell { column, shown });
    }

    /// Whether it holds more text than any row of an audience, so that some isn't kept.
    pub(super) fn is_overfull(&self) -> bool {
        self.bytes > ROW_BYTES
    }
}

/// A cell over several rows, by its column from 0 and its rows from 1: what it holds stands in the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) column: u32,
}

/// The most merged cells that are kept.
const MERGED: usize = 10_000;

impl Merged {
    /// Takes note of it, where it has several rows and begins above a row.
    pub(super) fn add_to(self, merged: &mut Vec<Merged>, above: u32) {
        if self.first < above && self.last > self.first && merged.len() < MERGED {
            merged.push(self);
        }
    }
}

/// Takes a row, and says whether more are wanted.
pub(super) type Each<'a> = dyn FnMut(&mut SheetRow) -> ControlFlow<()> + 'a;

/// A workbook that is open.
pub(super) trait Book {
    fn sheets(&self) -> &[Sheet];

    /// Hands on the rows of a worksheet that hold anything, until enough.
    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind>;

    /// The cells of a worksheet that have several rows and begin above a row. Reads it to its end, where need be.
    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind>;

    /// The worksheets were looked at; what was unpacked for that doesn't count any more.
    fn looked_at(&mut self) {}
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
