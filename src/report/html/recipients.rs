//! The page's tables of people.

use jiff::civil::DateTime;
use maud::{Markup, html};

use super::sections::{badge, text};
use crate::domain::format::count;
use crate::report::row::{AUDIENCE, Row, Value};
use crate::report::tally::Tally;

/// Recipients on the page. A million of them would be no page.
pub(super) const MAX_RECIPIENTS: usize = 1_000;
/// Replies on the page.
const MAX_REPLIES: usize = 200;
/// Columns of the audience on the page.
const MAX_COLUMNS: usize = 4;
/// Behind what somebody wrote who asked for no more messages.
const NO_MORE: &str = " (asked for no more messages)";
/// `22 Nov 2026, 15:30`.
pub(super) fn day(at: DateTime) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// The first recipients, and the first replies.
#[derive(Debug)]
pub(super) struct Recipients {
    /// The audience's columns.
    names: Vec<String>,
    rows: Vec<Row>,
    replied: Vec<Row>,
}

impl Recipients {
    pub(super) fn new(names: Vec<String>) -> Recipients {
        Recipients { names, rows: Vec::new(), replied: Vec::new() }
    }

    pub(super) fn take(&mut self, rows: &[Row]) {
        let room = MAX_RECIPIENTS - self.rows.len();
        self.rows.extend(rows.iter().take(room).cloned());
        let room = MAX_REPLIES - self.replied.len();
        if room > 0 {
            let replied = rows.iter().filter(|row| row.own("reply").is_some() || row.stop.is_some());
            self.replied.extend(replied.take(room).cloned());
        }
    }

    /// The table of recipients.
    pub(super) fn render(&self, tally: &Tally, rows: &str) -> Markup {
        let (columns, more) = self.shown();
        html! {
            section.card.people aria-labelledby="recipients" {
                h2 #recipients { "Recipients" }
                @if self.rows.is_empty() {
                    p.note { "No row." }
                } @else {
                    p.note {
                        @if tally.written > self.rows.len() as u64 {
                            "The first " (count(self.rows.len() as u64)) " of " (count(tally.written))
                            ". All of them are in the report as CSV or XLSX"
                        } @else {
                            (rows) ". Every column is in the report as CSV or XLSX"
                        }
                        @if more > 0 { ", with " (more) " more of the audience's columns" }
                        "."
                    }
                    (table(&self.rows, &columns))
                }
            }
        }
    }

    /// The table of those who replied, or asked for no more.
    pub(super) fn replies(&self) -> Markup {
        html! {
            @if !self.replied.is_empty() {
                details {
                    summary {
                        @if self.replied.len() == MAX_REPLIES { "The first " (MAX_REPLIES) " of them" }
                        @else { "Who they are" }
                    }
                    (self.replied_table())
                    @if self.replied.len() == MAX_REPLIES {
                        p.note { "All are in the report as CSV or XLSX." }
                    }
                }
            }
        }
    }

    fn replied_table(&self) -> Markup {
        html! {
            div.scroll {
                table.people-table {
                    thead { tr { th scope="col" { "Number" } th scope="col" { "Reply" } th scope="col" { "When" } } }
                    tbody {
                        @for row in &self.replied {
                            @if row.own("reply").is_some() {
                                tr {
                                    td.who { (cell(row.own("to"))) }
                                    td.what { (cell(row.own("reply"))) @if row.stop_is_first() { (NO_MORE) } }
                                    td.when { (cell(row.own("replied_at"))) }
                                }
                            }
                            // The first reply may be the stop itself.
                            @if let Some((stop, at)) = row.stop.as_ref().filter(|_| !row.stop_is_first()) {
                                tr {
                                    td.who { (cell(row.own("to"))) }
                                    td.what { bdi { (text(&stop.reason)) } (NO_MORE) }
                                    td.when { @if let Some(at) = at { (day(*at)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The audience's columns that are shown, and how many more there are. One that says no more than the number does,
    /// and one that is empty, is none of them.
    fn shown(&self) -> (Vec<(u16, &str)>, usize) {
        let named = (AUDIENCE..).zip(&self.names).filter(|(column, _)| {
            self.rows.iter().any(|row| match (row.at(*column), row.own("to")) {
                (Some(Value::Text(cell)), Some(Value::Text(to))) => !is_number(cell, to),
                (cell, _) => cell.is_some(),
            })
        });
        let mut columns: Vec<_> = named.map(|(column, name)| (column, name.as_str())).collect();
        let more = columns.len().saturating_sub(MAX_COLUMNS);
        columns.truncate(MAX_COLUMNS);
        (columns, more)
    }
}

/// Whether the cell is this number, in whatever form.
fn is_number(cell: &str, to: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (own, whole) = (digits(cell), digits(to));
    let national = own.trim_start_matches('0');
    cell == to || (national.len() >= 6 && whole.ends_with(national) && !cell.chars().any(char::is_alphabetic))
}

fn table(rows: &[Row], columns: &[(u16, &str)]) -> Markup {
    html! {
        div.scroll {
            table.people-table {
                thead {
                    tr {
                        th.row scope="col" { "Row" }
                        th scope="col" { "Number" }
                        th scope="col" { "Status" }
                        th scope="col" { "When" }
                        @for (_, name) in columns { th scope="col" { bdi { (text(name)) } } }
                        th scope="col" { "Reason or reply" }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            td.row { (cell(row.own("row"))) }
                            td.who { (cell(row.own("to"))) }
                            td.status { (badge(row.status)) }
                            td.when { (cell(row.own("status_at"))) }
                            @for (column, name) in columns {
                                @let value = row.at(*column);
                                td.own data-name=(text(name)) { (cell(value)) }
                            }
                            td.what {
                                @if row.own("reply").is_some() { "“" (cell(row.own("reply"))) "” " }
                                (cell(row.own("reason")))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(value: Option<&Value>) -> Markup {
    html! {
        @match value {
            None => {}
            Some(Value::Number(number)) => (number),
            Some(Value::Time(at)) => time datetime=(at) { (day(*at)) },
            Some(Value::Text(shown)) => bdi { (text(shown)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_is_the_number_again_is_known() {
        let to = "+91 98765 43210";
        for cell in [to, "919876543210", "09876543210", "98765-43210"] {
            assert!(is_number(cell, to), "{cell}");
        }
        for cell in ["", "Asha", "43210", "9876543211", "flat 9876543210"] {
            assert!(!is_number(cell, to), "{cell}");
        }
    }
}
