//! What is wrong with a row, in words, and how it was read.

use crate::campaign::recognise::headers;
use crate::domain::problem::Problem;
use crate::domain::text::{Cell, tidy};

use super::header::is_phone;
use super::limits::MAX_CELL_BYTES;
use super::split::{Cells, Flaw};

/// How much of a cell, and of a row, a reason shows.
const CELL_CHARS: usize = 24;
const ROW_CHARS: usize = 160;

/// What is wrong with a row. Columns are indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A quote opens a cell and isn't closed, or only behind lines that look like rows.
    Open {
        column: usize,
    },
    /// Text stands behind a closing quote.
    Behind {
        column: usize,
    },
    /// A quote without its partner.
    Stray {
        column: usize,
    },
    /// More text than a cell may hold.
    TooLong {
        column: usize,
    },
    /// Bytes that aren't of the file's encoding.
    Undecoded {
        column: usize,
    },
    TooFew {
        cells: usize,
        columns: usize,
    },
    TooMany {
        cells: usize,
        columns: usize,
    },
    /// The header stands here once more.
    HeaderAgain,
    /// Other column names stand here.
    OtherHeader,
    /// The row belongs to the table that begins in that row.
    OtherTable {
        row: u32,
    },
}

impl Damage {
    pub(super) fn of(flaw: Flaw) -> Damage {
        match flaw {
            Flaw::Behind(column) => Damage::Behind { column },
            Flaw::Stray(column) => Damage::Stray { column },
        }
    }
}

/// A record's cells as texts, and what is wrong with one of them.
pub(super) fn texts(record: &Cells, width: usize) -> (Vec<Cell>, Option<Damage>) {
    let mut cells = Vec::with_capacity(record.ends.len().max(width));
    let mut damage = None;
    // Cells end between characters wherever the record is UTF-8 as a whole and each cell is as well.
    let whole = std::str::from_utf8(&record.text).ok();
    let ascii = whole.is_some_and(str::is_ascii);
    let quotes = memchr::memchr(b'"', &record.text).is_some();
    let mut from = 0;
    for (column, &end) in record.ends.iter().enumerate() {
        let cell = match whole.and_then(|text| text.get(from..end)) {
            Some(cell) => Cell::from(cell),
            None => Cell::from_utf8_lossy(&record.text[from..end]),
        };
        from = end;
        let cell = if quotes { text_of_formula(cell) } else { cell };
        if cell.len() > MAX_CELL_BYTES {
            damage.get_or_insert(Damage::TooLong { column });
            cells.push(Cell::default());
            continue;
        }
        if !ascii && cell.contains('\u{fffd}') {
            damage.get_or_insert(Damage::Undecoded { column });
        }
        if (quotes || !ascii) && lacks_its_partner(&cell) {
            damage.get_or_insert(Damage::Stray { column });
        }
        cells.push(cell);
    }
    (cells, damage)
}

/// The text of a cell `="0123"`, which keeps a spreadsheet from taking it for a number.
fn text_of_formula(cell: Cell) -> Cell {
    let text = cell.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    match text.filter(|text| !text.contains('"')) {
        Some(text) => Cell::from(text),
        None => cell,
    }
}

/// A quote at one end of a cell, and none that closes or opens it: the rest of a damaged one. Inches stand behind a digit.
fn lacks_its_partner(cell: &str) -> bool {
    let curly = |c: char| matches!(c, '“' | '”' | '„' | '‟');
    let straight = |c: char| c == '"';
    let lacks = |quote: &dyn Fn(char) -> bool| {
        let trimmed = cell.trim();
        let inches = || trimmed.trim_end_matches(quote).ends_with(|c: char| c.is_numeric());
        let at_an_end = trimmed.starts_with(quote) || (trimmed.ends_with(quote) && !inches());
        at_an_end && trimmed.chars().filter(|c| quote(*c)).count() % 2 == 1
    };
    lacks(&curly) || lacks(&straight)
}

/// What is wrong, what to do, and how the row was read.
pub(super) fn problem(damage: &Damage, header: &[String], cells: &[Cell]) -> Problem {
    let problem = Problem::new(reason(damage, header, cells));
    match damage {
        Damage::Open { column } | Damage::Behind { column } => match shown_name(header, *column) {
            Some(name) => problem.in_column(name),
            None => problem,
        },
        _ => problem,
    }
}

/// A column's name as it is shown; `None` where it has none.
fn shown_name(header: &[String], column: usize) -> Option<String> {
    header
        .get(column)
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .map(|name| tidy(name, 40).into_owned())
}

fn reason(damage: &Damage, header: &[String], cells: &[Cell]) -> String {
    let name = |column: &usize| match shown_name(header, *column) {
        Some(name) => format!("column `{name}`"),
        None => format!("column {}", column + 1),
    };
    let what = match damage {
        Damage::Open { column } => format!(
            "{}: a quotation mark is opened in this row and not closed; close it, or double it where it is meant as text",
            name(column)
        ),
        Damage::Behind { column } => format!(
            "{}: text stands behind a closing quotation mark; double the quotation marks that are meant as text",
            name(column)
        ),
        Damage::Stray { column } => format!(
            "{}: a quotation mark stands alone; take it away, or put the cell into quotation marks and double it",
            name(column)
        ),
        Damage::TooLong { column } => return format!("column {} holds more than 64 KiB of text", column + 1),
        Damage::Undecoded { column } => {
            return format!(
                "column {} holds characters that can't be read: save the file as UTF-8 and look at this row",
                column + 1
            );
        }
        Damage::TooFew { cells, columns } => format!(
            "the row has {}, but there are {columns} columns: put in the delimiter that is missing",
            counted(*cells)
        ),
        Damage::TooMany { cells, columns } => format!(
            "the row has {}, but there are only {columns} columns: put quotation marks around a cell that contains \
             the delimiter",
            counted(*cells)
        ),
        Damage::HeaderAgain => {
            return "the column names stand here once more; the row names nobody".to_owned();
        }
        Damage::OtherHeader => {
            return "another table's column names stand here; put each table into a file of its own"
                .to_owned();
        }
        Damage::OtherTable { row } => {
            return format!(
                "belongs to another table, which begins in row {row}; put it into a file of its own"
            );
        }
    };
    format!("{what}; read as: {}", read_as(header, cells))
}

fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

/// The row's cells under their names, cut short; of a phone number the last digits.
fn read_as(header: &[String], cells: &[Cell]) -> String {
    let mut shown = String::new();
    for (column, cell) in cells.iter().enumerate() {
        if shown.chars().count() > ROW_CHARS {
            return shown + ", …";
        }
        if column > 0 {
            shown.push_str(", ");
        }
        match header.get(column).map(|name| tidy(name, CELL_CHARS)) {
            Some(name) if !name.is_empty() => shown.push_str(&format!("{name}=")),
            _ => shown.push_str(&format!("{}=", column + 1)),
        }
        if is_phone(cell) {
            let digits: Vec<char> = cell.chars().filter(|c| c.is_numeric()).collect();
            shown.push('…');
            shown.extend(&digits[digits.len().saturating_sub(4)..]);
        } else {
            shown.push_str(&tidy(cell, CELL_CHARS));
        }
    }
    shown
}

/// Whether a row is the header once more.
pub(super) fn same_names(cells: &[Cell], header: &[String]) -> bool {
    header.iter().zip(cells).all(|(name, cell)| name.trim().eq_ignore_ascii_case(cell.trim()))
}

/// Whether a row names columns: most of its cells are names of this header, or `place`, which stands where the phone
/// number belongs, is a usual name of such a column and no cell holds a digit.
pub(super) fn names_columns(cells: &[Cell], place: Option<&str>, header: &[String]) -> bool {
    let filled = || cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let known =
        filled().filter(|cell| header.iter().any(|name| name.trim().eq_ignore_ascii_case(cell))).count();
    let names = || place.is_some_and(|place| headers::find_phone(&[place.to_owned()]).is_some());
    (known >= 2 && known * 2 >= filled().count())
        || (filled().count() * 5 >= header.len() * 3
            && !filled().any(|c| c.contains(char::is_numeric))
            && names())
}
