//! What a planner is given, and what it notices.

use std::collections::HashSet;
use std::fmt;

use crate::domain::ids::NumberId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::problem::Problem;

/// How many warnings about rows are kept; all are counted.
const WARNINGS_KEPT: usize = 100;

/// Whom an id of the account's names.
pub type PersonOf<'a> = dyn Fn(&str) -> Option<Phone> + 'a;

/// The list for whose sake a person is left out.
pub type ExcludedBy<'a> = dyn Fn(Phone) -> Option<&'a str> + 'a;

/// People, each once.
pub type People = HashSet<PhoneIdentity>;

/// What planning needs beside the campaign.
#[derive(Clone, Copy, Default)]
pub struct PlanOptions<'a> {
    /// Whether a person is on the opt-out list. Nobody is when absent.
    pub opted_out: Option<&'a dyn Fn(Phone) -> bool>,
    /// The list for whose sake the campaign leaves a person out, as people call it. Nobody is left out when absent.
    pub excluded: Option<&'a ExcludedBy<'a>>,
    /// Why a person got as many messages as the campaign's cap allows. Nobody did when absent.
    pub capped: Option<&'a dyn Fn(Phone) -> Option<Problem>>,
    /// Why a person can't be written to at any time of the campaign's schedule. Everybody can when absent.
    pub never: Option<&'a dyn Fn(Phone) -> Option<String>>,
    /// Whom the round wrote to before, or tried to: a sample of so many people counts them, and keeps them. Nobody when absent.
    pub written_to: Option<&'a People>,
    /// The last plan's numbers: they keep their positions.
    pub earlier_senders: &'a [NumberId],
    /// Plan although nobody is named to send, for a look at the messages.
    pub without_sender: bool,
    /// Whom a cell of the phone column names, where that holds no numbers but the account's ids.
    pub person: Option<&'a PersonOf<'a>>,
    /// An audience of at least so many bytes is read twice, first to see whom several rows name: nobody else has to be
    /// remembered then. 128 MiB when absent.
    pub twice_from: Option<u64>,
}

impl fmt::Debug for PlanOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanOptions").field("earlier_senders", &self.earlier_senders).finish_non_exhaustive()
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
