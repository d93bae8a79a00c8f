//! How a draft's people are understood.

use crate::app::drafts::Draft;
use crate::app::{App, AppError};
use crate::campaign::profile::{Column, Profiler};
use crate::campaign::tables::{Reading, TableWarning};
use crate::campaign::{Campaign, PlanOptions, Planner, Source, tables};
use crate::domain::format::plural;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, SkipCause};

/// So many rows are shown.
const SHOWN: usize = 5;
/// So many bad rows are named.
const BAD_SHOWN: usize = 5;

/// A number as it stands in the spreadsheet, and as it is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// As it stands there.
    pub written: String,
    /// As it is understood; `None` where it isn't.
    pub read: Option<Phone>,
}

/// How the people are understood.
#[derive(Clone, Debug)]
pub struct Audience {
    /// How the table was read.
    pub reading: Reading,
    /// Other worksheets that hold phone numbers.
    pub other_sheets: Vec<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Which of them holds the phone numbers.
    pub phone: String,
    /// All rows.
    pub rows: u64,
    /// Those with a number that can be written to, repeated ones among them.
    pub with_number: u64,
    /// Rows whose number can't be read, the first of them in words.
    pub bad: Vec<String>,
    /// The first numbers that are written otherwise than they are dialled.
    pub examples: Vec<Example>,
    /// The first rows, cell by cell.
    pub first: Vec<Vec<String>>,
    /// What is odd about the table.
    pub warnings: Vec<String>,
}

/// Reads them from the first row to the last.
///
/// # Errors
/// When they can't be read: no table, no column with phone numbers, two that could be meant.
pub fn audience(app: &App, draft: &Draft) -> Result<Audience, AppError> {
    let campaign = draft.campaign()?;
    let called = draft.called();
    let named = match &campaign.audience.source {
        Source::File { path } => {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        _ => String::new(),
    };
    let mut planner =
        Planner::new(&campaign, PlanOptions { without_sender: true, ..PlanOptions::default() })?;
    let phone = planner.phone_column().to_owned();
    let head = planner.head().clone();
    let at = head.columns.iter().position(|column| *column == phone);
    let mut profiler = Profiler::new(&head.columns);
    let (mut rows, mut with_number) = (0, 0);
    let (mut bad, mut examples, mut first) = (Vec::new(), Vec::new(), Vec::new());
    let reading_on = app.reading();
    for row in planner.by_ref() {
        let row = row?;
        rows += 1;
        reading_on.rows(rows);
        profiler.add(&row.cells, &[]);
        if first.len() < SHOWN {
            first.push(row.cells.iter().map(ToString::to_string).collect());
        }
        with_number += u64::from(row.phone.is_some());
        let written = at.and_then(|at| row.cells.get(at)).map(ToString::to_string).unwrap_or_default();
        if examples.len() < SHOWN && !written.is_empty() {
            let as_dialled =
                row.phone.is_some_and(|phone| written.strip_prefix('+') == Some(&phone.digits()));
            if !as_dialled {
                examples.push(Example { written, read: row.phone });
            }
        }
        if let Fate::Skip { cause: SkipCause::Bad, problem, .. } = &row.fate
            && row.phone.is_none()
            && bad.len() < BAD_SHOWN
        {
            bad.push(match row.row {
                Some(number) => format!("row {number}: {problem}"),
                None => problem.to_string(),
            });
        }
    }
    let warnings = planner.warnings().clone();
    let notes = warnings.notes.into_iter();
    let of_rows =
        warnings.grouped.into_iter().map(|(text, rows)| format!("{}: {text}", plural(rows, "row", "rows")));
    Ok(Audience {
        reading: planner.reading().clone(),
        other_sheets: other_sheets(&campaign),
        columns: profiler.columns(),
        phone,
        rows,
        with_number,
        bad,
        examples,
        first,
        warnings: notes.chain(of_rows).map(|line| line.replace(&named, &called)).collect(),
    })
}

/// Other worksheets of the file that hold phone numbers.
fn other_sheets(campaign: &Campaign) -> Vec<String> {
    let Source::File { path } = &campaign.audience.source else { return Vec::new() };
    let Ok(table) = tables::open(path, &campaign.audience.reading) else { return Vec::new() };
    let others = table.warnings.into_iter().find_map(|warning| match warning {
        TableWarning::Sheet { others, .. } => Some(others),
        _ => None,
    });
    others.unwrap_or_default()
}
