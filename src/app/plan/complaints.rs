//! Equal complaints about rows, gathered: `3,412 rows: column `Mobile`: no phone number`.
//!
//! Invariants: every row is counted once; what is held grows with the number of different complaints (at most
//! [`MAX_GROUPS`]), not with the rows.

use std::collections::HashMap;

use serde::Serialize;

use crate::app::plan::SkippedRow;
use crate::domain::format::{count, plural};
use crate::domain::plan::SkipCause;

/// Most different complaints that are told apart; what comes later is counted together.
const MAX_GROUPS: usize = 500;
/// How many rows of a group are named.
const MAX_NAMED_ROWS: usize = 5;

/// Rows that are skipped for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What sort of reason.
    pub kind: SkipCause,
    /// The reason; what differs from row to row stands as `…`.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<u32>,
}

/// Gathers complaints.
#[derive(Clone, Debug, Default)]
pub struct Complaints {
    groups: Vec<Group>,
    places: HashMap<(SkipCause, String), usize>,
    /// Rows beyond the groups that are told apart.
    others: u64,
}

impl Complaints {
    /// Adds a row.
    pub fn add(&mut self, row: &SkippedRow) {
        let key = (row.kind, general(&row.reason, row.column.as_deref()));
        if let Some(&place) = self.places.get(&key) {
            let group = &mut self.groups[place];
            group.count += 1;
            if group.rows.len() < MAX_NAMED_ROWS {
                group.rows.extend(row.row);
            }
            if group.reason != row.reason {
                group.reason = key.1;
            }
            return;
        }
        if self.groups.len() == MAX_GROUPS {
            self.others += 1;
            return;
        }
        self.places.insert(key, self.groups.len());
        let (kind, reason) = (row.kind, row.reason.clone());
        self.groups.push(Group { kind, reason, count: 1, rows: row.row.into_iter().collect() });
    }

    /// The groups, the largest first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let mut groups = self.groups.clone();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// One line for each of the `most` largest groups of this file's rows, and one for all others.
    #[must_use]
    pub fn lines(&self, file: &str, most: usize) -> Vec<String> {
        let groups = self.groups();
        let mut lines: Vec<String> = groups.iter().take(most).map(|group| group.line(file)).collect();
        let rest = groups.iter().skip(most);
        let (kinds, rows) =
            rest.fold((0, self.others), |(kinds, rows), group| (kinds + 1, rows + group.count));
        if rows > 0 {
            let more = if self.others > 0 { " or more" } else { "" };
            let kinds = plural(kinds.max(1), "other reason", "other reasons");
            lines.push(format!("{file}: {}: {kinds}{more}", plural(rows, "row", "rows")));
        }
        lines
    }
}

impl Group {
    /// `a.csv: 3,412 rows: column `Mobile`: no phone number (rows 17, 21, 88, …)`, or `a.csv row 17: …`
    fn line(&self, file: &str) -> String {
        let shown: Vec<String> = self.rows.iter().map(|row| count(u64::from(*row))).collect();
        let more = if self.count > shown.len() as u64 { ", …" } else { "" };
        match (self.count, shown.as_slice()) {
            (_, []) => format!("{file}: {}: {}", plural(self.count, "row", "rows"), self.reason),
            (1, [row]) => format!("{file} row {row}: {}", self.reason),
            (n, shown) => {
                format!("{file}: {} rows: {} (rows {}{more})", count(n), self.reason, shown.join(", "))
            }
        }
    }
}

/// A reason without what differs from row to row: quoted values, but for the name of the column that is to blame, and
/// numbers.
fn general(reason: &str, column: Option<&str>) -> String {
    let head = column.map(|column| format!("column `{column}`")).unwrap_or_default();
    let (head, rest) = match reason.strip_prefix(&head) {
        Some(rest) => (head, rest),
        None => (String::new(), reason),
    };
    let mut out = head;
    let mut quoted = false;
    let mut digits = false;
    for c in rest.chars() {
        match c {
            '`' => {
                out.push_str(if quoted { "…`" } else { "`" });
                quoted = !quoted;
            }
            _ if quoted => {}
            c if c.is_ascii_digit() => {
                if !digits {
                    out.push('…');
                }
            }
            c => out.push(c),
        }
        digits = c.is_ascii_digit() || (digits && c == ',');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, kind: SkipCause, column: Option<&str>, reason: &str) -> SkippedRow {
        let (row, column) = (Some(number), column.map(str::to_owned));
        SkippedRow { row, column, to: String::new(), reason: reason.to_owned(), kind }
    }

    #[test]
    fn equal_complaints_are_one_line() {
        let mut complaints = Complaints::default();
        for number in 2..1_202 {
            complaints.add(&row(
                number,
                SkipCause::Bad,
                Some("Phone 1"),
                "column `Phone 1`: the phone number is empty",
            ));
        }
        complaints.add(&row(1_300, SkipCause::Duplicate, None, "duplicate of row 2"));
        complaints.add(&row(1_301, SkipCause::Duplicate, None, "duplicate of row 17"));
        complaints.add(&row(1_302, SkipCause::Bad, Some("type"), "column `type`: `txt` isn't allowed"));
        assert_eq!(
            complaints.lines("a.csv", 2),
            [
                "a.csv: 1,200 rows: column `Phone 1`: the phone number is empty (rows 2, 3, 4, 5, 6, …)",
                "a.csv: 2 rows: duplicate of row … (rows 1,300, 1,301)",
                "a.csv: 1 row: 1 other reason",
            ]
        );
        assert_eq!(complaints.lines("a.csv", 9)[2], "a.csv row 1,302: column `type`: `txt` isn't allowed");
    }

    #[test]
    fn what_is_held_is_bounded_and_every_row_counted() {
        let mut complaints = Complaints::default();
        for number in 0..2_000 {
            let reason = "x".repeat(number + 1);
            complaints.add(&row(u32::try_from(number).unwrap(), SkipCause::Bad, None, &reason));
        }
        assert_eq!(complaints.groups().len(), MAX_GROUPS);
        let lines = complaints.lines("a.csv", 1);
        assert_eq!(lines[1], "a.csv: 1,999 rows: 499 other reasons or more");
    }
}
