//! Aligned tables for the terminal: wide characters counted right, cut to its width.
//!
//! Where a table is too wide, columns that can be done without are left out first ([`Table::optional`]), then the widest
//! are cut. A column of names ([`Table::names`]) is cut in the middle, and never so that two of them look the same.

use std::borrow::Cow;
use std::collections::HashSet;

use super::sanitize;
use super::style::BOLD;
use super::text::{cut, cut_in_the_middle, left, paint, right, width};

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
    /// Columns that can be done without, the least important first.
    optional: Vec<usize>,
    /// The first column is one of names.
    names: bool,
}

impl Table {
    /// A table with these headers; every column is aligned to the left at first. Without a word in any of them there is
    /// no line for them: that is how names stand beside what is known by them.
    #[must_use]
    pub fn new<S: AsRef<str>>(header: impl IntoIterator<Item = S>) -> Table {
        let header: Vec<String> = header.into_iter().map(|cell| clean(cell.as_ref())).collect();
        Table { align: vec![Align::Left; header.len()], header, ..Table::default() }
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

    /// These columns (from 0) can be done without where the terminal is too narrow, the first of them first; before them
    /// those of them that hold nothing but `0`.
    #[must_use]
    pub fn optional(self, columns: &[usize]) -> Table {
        Table { optional: columns.to_vec(), ..self }
    }

    /// The first column holds names: no two of them may look the same.
    #[must_use]
    pub fn names(self) -> Table {
        Table { names: true, ..self }
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
            self.leave_out(&mut widths, terminal);
            let narrowest = if self.names { self.narrowest_names(&widths) } else { NARROWEST };
            squeeze(&mut widths, terminal, narrowest);
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

    /// Leaves out columns, by a width of nothing, until the others fit.
    fn leave_out(&self, widths: &mut [usize], terminal: usize) {
        let is_empty = |at: &usize| self.rows.iter().all(|row| matches!(&*row[*at], "" | "0"));
        let (empty, rest): (Vec<usize>, Vec<usize>) = self.optional.iter().partition(|at| is_empty(at));
        for at in empty.into_iter().chain(rest) {
            if taken(widths) <= terminal {
                return;
            }
            widths[at] = 0;
        }
    }

    /// The least width at which no two names look the same.
    fn narrowest_names(&self, widths: &[usize]) -> usize {
        let whole = widths.first().copied().unwrap_or(0);
        let are_told_apart = |columns: &usize| {
            let mut cut: Vec<_> = self.rows.iter().map(|row| cut_in_the_middle(&row[0], *columns)).collect();
            let names: HashSet<&String> = self.rows.iter().map(|row| &row[0]).collect();
            cut.sort_unstable();
            cut.dedup();
            cut.len() == names.len()
        };
        (NARROWEST..whole).find(are_told_apart).unwrap_or(whole)
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        let columns = cells.iter().zip(widths).zip(&self.align).enumerate();
        for (at, ((cell, columns), align)) in columns.filter(|(_, ((_, columns), _))| **columns > 0) {
            if !line.is_empty() {
                line.push_str(&" ".repeat(GAP));
            }
            let cell =
                if self.names && at == 0 { cut_in_the_middle(cell, *columns) } else { cut(cell, *columns) };
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

/// How wide a table of such columns is.
fn taken(widths: &[usize]) -> usize {
    let columns = widths.iter().filter(|width| **width > 0).count();
    widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1)
}

/// Takes columns away from the widest until the table fits, as far as it can; the first isn't cut below `narrowest`.
fn squeeze(widths: &mut [usize], terminal: usize, narrowest: usize) {
    let mut over = taken(widths).saturating_sub(terminal);
    while over > 0 {
        let least = |at: usize| if at == 0 { narrowest } else { NARROWEST };
        let mut can_give = widths.iter_mut().enumerate().filter(|(at, width)| **width > least(*at));
        let Some((_, widest)) = can_give.by_ref().max_by_key(|(_, width)| **width) else { return };
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
    fn names_are_told_apart_however_narrow_it_is() {
        let mut table =
            Table::new(["campaign", "state", "sent", "read"]).right(&[2, 3]).optional(&[2, 3]).names();
        for n in 1..=3 {
            table.row([&*format!("diwali-offer-for-everybody-in-pune-{n}"), "running", "1,200", "0"]);
        }
        table.row(["mela", "settled", "7", "0"]);
        assert_snapshot!(table.render(Some(60), false), @r"
        campaign                              state     sent  read
        diwali-offer-for-everybody-in-pune-1  running  1,200     0
        diwali-offer-for-everybody-in-pune-2  running  1,200     0
        diwali-offer-for-everybody-in-pune-3  running  1,200     0
        mela                                  settled      7     0
        ");
        assert_snapshot!(table.render(Some(30), false), @r"
        campaign               state
        diwali-off…-in-pune-1  running
        diwali-off…-in-pune-2  running
        diwali-off…-in-pune-3  running
        mela                   settled
        ");
        assert!(
            table
                .render(None, false)
                .starts_with("campaign                              state     sent  read")
        );
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
