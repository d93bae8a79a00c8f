//! What the rows of a table have in common, by which damage is told from custom.
//!
//! The evidence is the table's beginning (see `survey`): how many cells its rows have, which columns hold phone numbers,
//! whether it leaves empty cells away. A row that differs from the header is taken only where the others do the same.

use super::header::{is_phone, phone_columns};
use super::split::{self, Cells, Dialect, Split};
use super::window;

/// Of the rows whose last cells are empty, at least one in so many leaves them away where that is the table's custom.
const CUSTOM_ONE_IN_ROWS: usize = 6;

/// What rows of a table look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The columns.
    pub(super) width: usize,
    /// The columns with phone numbers, the fullest first.
    pub(super) phones: Vec<usize>,
    /// How the cells are written.
    habit: Habit,
    /// Whether a row of so many cells merely leaves empty ones away.
    shorter: Vec<bool>,
    /// The header has so many cells, its empty ones at the end included.
    header: usize,
    /// Rows of so many cells have empty ones too many, and several do.
    longer: Vec<usize>,
    /// The last column is filled in (nearly) all rows: an empty cell behind it can't be a shifted one.
    filled: bool,
}

/// How a table's cells are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    /// A blank stands behind most delimiters, as in prose.
    spaced: bool,
    /// All cells are quoted.
    quoted: bool,
}

impl Habit {
    /// By the first lines of a text.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a [u8]>, delimiter: u8) -> Habit {
        let (mut delimiters, mut blanks) = (0usize, 0usize);
        let (mut quoted, mut plain) = (0usize, 0usize);
        for line in lines {
            let found = memchr::memchr_iter(delimiter, line);
            let (behind, count) = found.fold((0, 0), |(blanks, n), at| {
                (blanks + usize::from(line.get(at + 1) == Some(&b' ')), n + 1)
            });
            delimiters += count;
            blanks += behind;
            if line.starts_with(b"\"") && line.windows(3).any(|three| three == [b'"', delimiter, b'"']) {
                quoted += 1;
            } else if count > 0 && !line.contains(&b'"') {
                plain += 1;
            }
        }
        Habit { spaced: blanks * 2 > delimiters, quoted: quoted > 0 && quoted >= plain }
    }

    /// Whether a line can be a row, by its quotes. In a table of quoted cells a line within one has none.
    fn admits(self, line: &[u8]) -> bool {
        !self.quoted || line.starts_with(b"\"")
    }

    fn prose(self, line: &[u8], delimiter: u8) -> bool {
        !self.spaced && prose(line, delimiter)
    }
}

/// How a row's number of cells fits the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    TooFew,
    TooMany,
}

impl Shape {
    /// Of a table's header and its first rows, those that could be split. `header`: its cells, empty ones included.
    pub(super) fn of(header: &[String], rows: &[&Vec<String>], habit: Habit) -> Shape {
        let empty = |row: &[String]| row.iter().all(|cell| cell.trim().is_empty());
        // Columns without a name and without content are none: a spreadsheet program writes them out by the thousand.
        let fill = |column: usize| {
            rows.iter().filter(|row| row.get(column).is_some_and(|cell| !cell.trim().is_empty())).count()
        };
        let mut width = header.len();
        while width > 1 && header[width - 1].trim().is_empty() && fill(width - 1) == 0 {
            width -= 1;
        }
        let fills: Vec<usize> = (0..width).map(fill).collect();
        let shorter = (0..width).map(|cells| {
            let unnamed = empty(&header[cells..width]);
            let rarely = fills[cells..].iter().all(|fill| fill * 2 <= rows.len());
            let such = rows.iter().filter(|row| row.len() == cells).count();
            let ending = rows.iter().filter(|row| row.len() >= cells && empty(&row[cells..])).count();
            unnamed || (rarely && such >= 2 && such * CUSTOM_ONE_IN_ROWS >= ending)
        });
        let shorter = shorter.collect();
        let mut longer: Vec<usize> = rows
            .iter()
            .filter(|row| row.len() > width && empty(&row[width..]))
            .map(|row| row.len())
            .collect();
        longer.sort_unstable();
        let all = longer.clone();
        longer.dedup();
        longer.retain(|cells| {
            let such = all.iter().filter(|n| *n == cells).count();
            such >= 2 && such * CUSTOM_ONE_IN_ROWS >= rows.len()
        });
        let whole: Vec<_> = rows.iter().filter(|row| row.len() >= width).collect();
        let last = whole.iter().filter(|row| !row[width - 1].trim().is_empty()).count();
        let filled = last >= 4 && last * 20 >= whole.len() * 19;
        let owned: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let phones = phone_columns(&owned).into_iter().filter(|column| *column < width).collect();
        Shape { width, phones, habit, shorter, header: header.len(), longer, filled }
    }

    /// Whether a row has the cells of this table. `surplus_empty`: what stands beyond the columns is empty.
    pub(super) fn fit(&self, cells: usize, surplus_empty: bool) -> Fit {
        if cells < self.width {
            return if self.shorter.get(cells).is_some_and(|custom| *custom) {
                Fit::Fits
            } else {
                Fit::TooFew
            };
        }
        let custom = || cells <= self.header || self.filled || self.longer.contains(&cells);
        if cells == self.width || (surplus_empty && custom()) { Fit::Fits } else { Fit::TooMany }
    }

    /// Whether a record over several lines is several rows whose quotes are damaged, not one with line ends in a cell.
    pub(super) fn swallows(&self, record: &[u8], delimiter: u8) -> bool {
        let lines: Vec<&[u8]> = window::lines(record).collect();
        let [first, inner @ .., last] = lines.as_slice() else { return false };
        // A whole row that was swallowed is one by itself; a line between two cells with line ends isn't.
        let mut cells = Cells::default();
        let mut whole = |line: &[u8]| {
            let split = split::record(line, &Dialect::of(delimiter), &mut cells);
            let off = cells.ends.len().abs_diff(self.width);
            matches!(split, Split::Whole { .. }) && off <= usize::from(!self.phones.is_empty())
        };
        inner.iter().any(|line| self.is_row(line, delimiter) && whole(line))
            // Without phone numbers nobody can be written to: what is well-formed is believed.
            || (!self.phones.is_empty() && self.is_row(first, delimiter) && self.is_row(last, delimiter))
    }

    /// Whether a line looks like a row of this table: as many cells, and what may be a phone number where one belongs.
    fn is_row(&self, line: &[u8], delimiter: u8) -> bool {
        let count = memchr::memchr_iter(delimiter, line).count() + 1;
        if count.abs_diff(self.width) > 1 || (count < 2 && self.width > 1) || !self.habit.admits(line) {
            return false;
        }
        let place = |column: usize| {
            let cell = line.split(|b| *b == delimiter).nth(column).unwrap_or_default();
            String::from_utf8_lossy(cell).trim_matches(['"', ' ']).to_owned()
        };
        let phones: Vec<String> = self.phones.iter().map(|column| place(*column)).collect();
        if phones.iter().any(|phone| is_phone(phone)) {
            return true;
        }
        if count != self.width || self.width == 1 {
            return false;
        }
        let prose = self.habit.prose(line, delimiter);
        let digits = |phone: &String| phone.bytes().filter(u8::is_ascii_digit).count();
        let may_be = phones
            .first()
            .is_some_and(|phone| phone.is_empty() || digits(phone) >= 7 || (digits(phone) >= 5 && !prose));
        may_be || (self.width >= 3 && !prose)
    }
}

/// Whether a blank stands behind a delimiter, as it does behind the commas of an address.
fn prose(line: &[u8], delimiter: u8) -> bool {
    line.windows(2).any(|pair| pair == [delimiter, b' '])
}

/// Whether a record over several lines looks like several rows, where nothing is known of the table yet: a later line
/// has as many cells as the first.
pub(super) fn swallows(record: &[u8], delimiter: u8, habit: Habit) -> bool {
    let mut lines = window::lines(record);
    let Some(first) = lines.next() else { return false };
    let count = |line: &[u8]| memchr::memchr_iter(delimiter, line).count() + 1;
    let width = count(first);
    lines.any(|line| {
        let cells = || line.split(|b| *b == delimiter);
        let phone = || cells().any(|cell| is_phone(String::from_utf8_lossy(cell).trim_matches(['"', ' '])));
        width >= 2
            && count(line) == width
            && habit.admits(line)
            && (phone() || (width >= 3 && !habit.prose(line, delimiter)))
    })
}
