//! What a planner is given, and what it notices.

use std::fmt;

use crate::campaign::plan::known_people::{KnownPeople, Strangers};
use crate::domain::phone::Phone;
use crate::domain::plan::PlanHead;

/// How many warnings about rows are kept; all are counted.
const WARNINGS_KEPT: usize = 100;

/// Whom an id of the account's names.
pub type PersonOf<'a> = dyn Fn(&str) -> Option<Phone> + 'a;

/// What planning needs beside the campaign.
#[derive(Clone, Copy)]
pub struct PlanOptions<'a> {
    /// What is known of the audience's people.
    pub known: &'a dyn KnownPeople,
    /// The round's last plan: its numbers keep their positions.
    pub earlier: Option<&'a PlanHead>,
    /// Plan although nobody is named to send, for a look at the messages.
    pub without_sender: bool,
    /// Whom a cell of the phone column names, where that holds no numbers but the account's ids.
    pub person: Option<&'a PersonOf<'a>>,
    /// An audience of at least so many bytes is read twice, first to see whom several rows name: nobody else has to be
    /// remembered then. 128 MiB when absent.
    pub twice_from: Option<u64>,
}

impl Default for PlanOptions<'_> {
    fn default() -> Self {
        PlanOptions {
            known: &Strangers,
            earlier: None,
            without_sender: false,
            person: None,
            twice_from: None,
        }
    }
}

impl fmt::Debug for PlanOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanOptions").field("earlier", &self.earlier).finish_non_exhaustive()
    }
}

/// Something to look at that keeps no row from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWarning {
    /// The row.
    pub row: u32,
    /// What, with the column.
    pub text: String,
}

/// What `check` tells beside the bad rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Of the campaign as a whole.
    pub notes: Vec<String>,
    /// Of rows; the first hundred.
    pub rows: Vec<RowWarning>,
    /// How many rows have one.
    pub count: u64,
    /// The texts of all of them, by their first appearance, and how many rows have each.
    pub grouped: Vec<(String, u64)>,
}

impl Warnings {
    /// Takes note of a row.
    pub(super) fn add(&mut self, row: u32, text: String) {
        self.count += 1;
        match self.grouped.iter().position(|(known, _)| *known == text) {
            Some(at) => self.grouped[at].1 += 1,
            // Texts name columns, not rows: there are few of them.
            None if self.grouped.len() < WARNINGS_KEPT => self.grouped.push((text.clone(), 1)),
            None => {}
        }
        if self.rows.len() < WARNINGS_KEPT {
            self.rows.push(RowWarning { row, text });
        }
    }
}
