//! The spreadsheet's rows as a plan: every row, with what is done about it or the reason why nothing is.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::campaign::tables::{self, Row, Table, TableOptions};
use crate::campaign::{CampaignError, headers};
use crate::cli::error::CliError;
use crate::cli::planning::SHOWN;
use crate::domain::ids::SenderNo;
use crate::domain::message::Message;
use crate::domain::phone::{self, Country, Phone};
use crate::domain::plan::{Fate, PlannedRow, SkipCause};
use crate::domain::problem::Problem;

use super::task::{Ready, Task};

/// Headers of the column with a subscriber's id.
const ID: [&str; 2] = ["subscriber_id", "subscriber"];

/// A spreadsheet whose header was understood.
#[derive(Debug)]
pub struct Sheet {
    table: Table,
    who: Who,
    names: [Option<usize>; 2],
    country: Option<Country>,
    kind: &'static str,
}

/// What tells who is meant.
#[derive(Clone, Copy, Debug)]
enum Who {
    Phone(usize),
    Id(usize),
}

impl Sheet {
    /// Opens it.
    ///
    /// # Errors
    /// When it can't be read, or no column tells who is meant.
    pub fn open(file: &Path, task: &Task, country: Option<Country>) -> Result<Sheet, CliError> {
        let table = tables::open(file, &TableOptions::default()).map_err(CampaignError::from)?;
        let column = |name: &str| headers::find(&table.columns, name);
        let id = ID.into_iter().find_map(column).filter(|_| *task != Task::Create);
        let phone = || headers::find_phone(&table.columns).map(|found| found.position);
        let Some(who) = id.map(Who::Id).or_else(|| phone().map(Who::Phone)) else {
            let columns: Vec<_> = table.columns.iter().take(20).map(|name| format!("`{name}`")).collect();
            return Err(CliError::usage(format!("no column of {} looks like phone numbers", file.display()))
                .details(vec![format!("it has {}", columns.join(", "))])
                .hint("call the one with the phone numbers `phone`"));
        };
        let names = ["first_name", "last_name"].map(column);
        Ok(Sheet { who, names, country, kind: task.kind(), table })
    }

    /// The header.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.table.columns.clone()
    }

    /// What should be looked at, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.table.warnings.iter().map(ToString::to_string).collect()
    }

    /// Its rows, with what is done about each.
    #[must_use]
    pub fn rows(self, ready: &Ready) -> Rows<'_> {
        Rows { sheet: self, ready, seen: HashMap::new(), found: Found::default() }
    }
}

/// What was found in the rows.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows about which something is done.
    pub good: u64,
    /// Rows about which nothing is.
    pub skipped: u64,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
}

/// An iterator over the rows as the queue takes them.
#[derive(Debug)]
pub struct Rows<'a> {
    sheet: Sheet,
    ready: &'a Ready,
    /// In which row each person was.
    seen: HashMap<Phone, u32>,
    /// What was found so far.
    pub found: Found,
}

impl Iterator for Rows<'_> {
    type Item = Result<PlannedRow, CampaignError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.sheet.table.next()?;
        Some(row.map(|row| self.planned(row)).map_err(CampaignError::from))
    }
}

impl Rows<'_> {
    fn planned(&mut self, row: Row) -> PlannedRow {
        let who = self.who(&row);
        let phone = who.as_ref().ok().copied();
        let fate = match who.and_then(|phone| self.done_about(phone, &row)) {
            Ok(message) => Fate::Send(message),
            Err((cause, problem)) => Fate::Skip { cause, problem, kind: self.sheet.kind.to_owned() },
        };
        match &fate {
            Fate::Send(_) => self.found.good += 1,
            Fate::Skip { problem, .. } => {
                self.found.skipped += 1;
                if self.found.reasons.len() < SHOWN {
                    self.found.reasons.push(format!("row {}: {}", row.number, problem.reason));
                }
            }
        }
        let to = match phone {
            Some(phone) => phone.digits(),
            None => self.cell(&row, self.sheet.who.position()).to_owned(),
        };
        let repeats = matches!(fate, Fate::Skip { cause: SkipCause::Duplicate, .. });
        PlannedRow {
            row: Some(row.number),
            key: phone.filter(|_| !repeats).map(|phone| phone.digits().into()),
            to: to.into(),
            phone,
            sender: SenderNo(0),
            cells: row.cells,
            fate,
        }
    }

    /// Who is meant.
    fn who(&self, row: &Row) -> Result<Phone, (SkipCause, Problem)> {
        if let Some(problem) = &row.problem {
            return Err((SkipCause::Bad, problem.clone()));
        }
        let at = self.sheet.who.position();
        let cell = self.cell(row, at);
        let bad = |what: &dyn std::fmt::Display| {
            let column = self.sheet.table.columns.get(at).map_or("", String::as_str);
            (SkipCause::Bad, Problem::new(format!("column `{column}`: {what}")))
        };
        match self.sheet.who {
            Who::Phone(_) => {
                phone::parse(cell, self.sheet.country).map(|read| read.phone).map_err(|error| bad(&error))
            }
            Who::Id(_) => {
                let phone = self.ready.people().and_then(|people| people.phone(cell.trim()));
                phone.ok_or_else(|| bad(&"nobody with this id and a number is on the account's list"))
            }
        }
    }

    /// What is done about them; of several rows about one person the first good one counts.
    fn done_about(&mut self, phone: Phone, row: &Row) -> Result<Message, (SkipCause, Problem)> {
        if let Some(first) = self.seen.get(&phone) {
            return Err((SkipCause::Duplicate, Problem::new(format!("duplicate of row {first}"))));
        }
        let names = self.sheet.names.map(|at| at.map_or("", |at| self.cell(row, at)));
        let deed = self.ready.deed(phone, names).map_err(|problem| (SkipCause::Bad, problem))?;
        self.seen.insert(phone, row.number);
        Ok(Message::Deed(deed))
    }

    fn cell<'r>(&self, row: &'r Row, at: usize) -> &'r str {
        row.cells.get(at).map_or("", |cell| cell.as_str())
    }
}

impl Who {
    fn position(self) -> usize {
        match self {
            Who::Phone(at) | Who::Id(at) => at,
        }
    }
}

/// SHA-256, in hex, over the file and what else makes the plan what it is.
///
/// # Errors
/// When it can't be read.
pub fn hash(file: &Path, ready: &Ready, country: Option<Country>) -> Result<String, CliError> {
    let unreadable = |error| CliError::disk("read", file, &error);
    let mut all = Sha256::new();
    let mut reader = std::io::BufReader::new(std::fs::File::open(file).map_err(unreadable)?);
    loop {
        let bytes = reader.fill_buf().map_err(unreadable)?;
        if bytes.is_empty() {
            break;
        }
        all.update(bytes);
        let read = bytes.len();
        reader.consume(read);
    }
    all.update(format!("{country:?}"));
    match ready {
        Ready::Create => all.update("create"),
        Ready::Label(labels, _) => all.update(format!("label {labels:?}")),
        Ready::Note(text, _) => all.update(format!("note {text}")),
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
