//! Aligned tables for the terminal: wide characters counted right, cut to its width.

use std::borrow::Cow;

use super::sanitize;
use super::style::BOLD;
use super::text::{cut, left, paint, right, width};

/// Between two columns.
const GAP: usize = 2;

/// A column is never squeezed below this, where its content is wider.
const NARROWEST: usize = 6;

/// On which side a column's cells stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A table under construction. Every cell loses its control characters when it is added.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headers; every column is aligned to the left at first. Without a word in any of them there is
    /// no line for them: that is how names stand beside what is known by them.
    #[must_use]
    pub fn new<S: AsRef<str>>(header: impl IntoIterator<Item = S>) -> Table {
        let header: Vec<String> = header.into_iter().map(|cell| clean(cell.as_ref())).collect();
        Table { align: vec![Align::Left; header.len()], header, rows: Vec::new() }
    }

    /// With this column's numbers (from 0) on the right.
    #[must_use]
    pub fn right(mut self, columns: &[usize]) -> Table {
        for at in columns {
            if let Some(align) = self.align.get_mut(*at) {
                *align = Align::Right;
            }
        }
        self
    }

    /// Adds a row; what is missing at its end is empty, what is too much is left out.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| clean(cell.as_ref())).collect();
        row.resize(self.header.len(), String::new());
        self.rows.push(row);
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, a newline after each line. Without a `terminal` width nothing is cut: what is
    /// piped elsewhere must be whole.
    #[must_use]
    pub fn render(&self, terminal: Option<usize>, color: bool) -> String {
        let mut widths: Vec<usize> = (0..self.header.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| width(&row[at]));
                cells.chain([width(&self.header[at])]).max().unwrap_or(0)
            })
            .collect();
        if let Some(terminal) = terminal {
            squeeze(&mut widths, terminal);
        }
        let mut out = String::new();
        if self.header.iter().any(|cell| !cell.is_empty()) {
            let header = self.line(&self.header, &widths);
            out.push_str(&paint(BOLD, &header, color));
            out.push('\n');
        }
        for row in &self.rows {
            out.push_str(&self.line(row, &widths));
            out.push('\n');
        }
        out
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, ((cell, columns), align)) in cells.iter().zip(widths).zip(&self.align).enumerate() {
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let cell = cut(cell, *columns);
            line.push_str(&match align {
                Align::Left => left(&cell, *columns),
                Align::Right => right(&cell, *columns),
            });
        }
        line.truncate(line.trim_end().len());
        line
    }
}

fn clean(cell: &str) -> String {
    match sanitize::line(cell) {
        Cow::Borrowed(cell) => cell.to_owned(),
        Cow::Owned(cell) => cell,
    }
}

/// Takes columns away from the widest until the table fits, as far as it can.
fn squeeze(widths: &mut [usize], terminal: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(terminal);
    while over > 0 {
        let Some(widest) = widths.iter_mut().max() else { return };
        if *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
        over -= 1;
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn people() -> Table {
        let mut table = Table::new(["name", "phone", "messages"]).right(&[2]);
        table.row(["Asha", "919876543210", "1,200"]);
        table.row(["田中さくら", "81312345678", "7"]);
        table.row(["Mallory\u{1b}[2J\nthe second of that name", "4917012345678"]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_they_take_on_the_screen() {
        assert_snapshot!(people().render(None, false), @r"
        name                             phone          messages
        Asha                             919876543210      1,200
        田中さくら                       81312345678           7
        Mallory the second of that name  4917012345678
        ");
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let narrow = people().render(Some(40), false);
        assert!(narrow.lines().all(|line| width(line) <= 40));
        assert_snapshot!(narrow, @r"
        name             phone          messages
        Asha             919876543210      1,200
        田中さくら       81312345678           7
        Mallory the se…  4917012345678
        ");
        let tiny = people().render(Some(5), false);
        assert_eq!(tiny.lines().next(), Some("name    phone   messa…"), "no column vanishes");
    }

    #[test]
    fn without_headers_there_is_no_line_for_them() {
        let mut table = Table::new(["", ""]);
        table.row(["name", "Asha"]);
        table.row(["package", "Premium"]);
        assert_eq!(table.render(None, true), "name     Asha\npackage  Premium\n");
    }

    #[test]
    fn the_header_is_bold_where_there_is_colour() {
        assert!(people().render(None, true).starts_with("\u{1b}[1mname"));
        assert!(Table::new(["a"]).is_empty());
    }
}
