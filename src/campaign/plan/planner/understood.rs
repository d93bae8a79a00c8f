//! An audience as the planner understands it, before there is a message: for people who look at a file and correct it.
//!
//! Invariant: column, country and numbers are found by what a plan finds them with, so that what is shown here is what is
//! sent to there.

use super::ahead::Ahead;
use super::options::PlanOptions;
use super::recipients::Recipients;
use super::{fitting_countries, take_guards_off};
use crate::campaign::error::{CampaignError, Invalid};
use crate::campaign::file::campaign::Campaign;
use crate::campaign::plan::lookup::{Layout, PhoneBy};
use crate::campaign::plan::profile::{Column, Profiler};
use crate::campaign::plan::source;
use crate::campaign::recognise;
use crate::campaign::tables::{Format, Reading, Row};
use crate::campaign::text::visible;
use crate::domain::guard::unguard;
use crate::domain::phone::{self, Bare, CallingCodes, Country, Phone, PhoneError, Rules};
use crate::domain::text::{Cell, tidy};

/// So many rows are shown.
const SHOWN_ROWS: usize = 5;
/// Longest cell that is shown, in characters.
const SHOWN_CHARS: usize = 120;
/// So many reasons are kept why cells are no phone numbers; the texts name columns, not rows, so that they are few.
const MAX_REASONS: usize = 20;
/// So many national numbers are kept, to see of which country they may be.
const MAX_NATIONAL_KEPT: usize = 1_000;

/// How an audience is understood.
#[derive(Clone, Debug)]
pub struct Understood {
    /// What it was read from.
    pub format: Format,
    /// How it was read.
    pub reading: Reading,
    /// The worksheets that could be read, of a workbook.
    pub sheets: Vec<String>,
    /// Rows, with those that can't be read.
    pub rows: u64,
    /// Rows that can't be read.
    pub bad: u64,
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// What columns are used for, by position, beside what a message will name.
    pub uses: Vec<(usize, &'static str)>,
    /// The first rows, as they are read.
    pub first: Vec<ShownRow>,
    /// The column with the phone numbers, by its position, and how it was found; or why none is taken.
    pub phone: Result<(usize, PhoneBy), Box<Invalid>>,
    /// What its cells are.
    pub numbers: Numbers,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// A row, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRow {
    /// As the spreadsheet counts.
    pub number: u32,
    /// A cell for each column, on one line and cut where it is long.
    pub cells: Vec<String>,
    /// Why the row can't be read.
    pub problem: Option<String>,
}

/// What the cells of the column with the phone numbers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Rows that hold anything there.
    pub filled: u64,
    /// Rows that name somebody.
    pub good: u64,
    /// Numbers without a country's code.
    pub national: u64,
    /// Those of them of which nothing says the country: nobody is meant.
    pub homeless: u64,
    /// The first number without a country's code, and whom it means.
    pub example: Option<(String, Option<Phone>)>,
    /// Where some are homeless, the countries in which they are valid, the likeliest first.
    pub fitting: Vec<Country>,
    /// Why cells name nobody, the most frequent reasons first.
    pub rejected: Vec<Rejected>,
}

/// A reason why cells name nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// What is wrong.
    pub reason: String,
    /// In so many rows.
    pub rows: u64,
    /// The first of them.
    pub row: u32,
    /// What stands in it.
    pub cell: String,
}

/// Reads an audience to its end, and calls `passed` for each row.
///
/// # Errors
/// When it can't be read as a table. That no column holds phone numbers is no error, but said.
pub fn understand(campaign: &Campaign, mut passed: impl FnMut()) -> Result<Understood, CampaignError> {
    let table = source::open(campaign)?;
    let mut warnings: Vec<String> = table.warnings.iter().map(ToString::to_string).collect();
    let (format, reading, sheets) = (table.format, table.reading.clone(), table.sheets.clone());
    let mut columns = table.columns.clone();
    let is_text = !matches!(format, Format::Json | Format::Ndjson | Format::Inline);
    if is_text && recognise::is_report(&columns) {
        columns = columns.iter().map(|header| unguard(header).into_owned()).collect();
    }
    let mut table = Ahead::read(table);
    let layout = {
        let dialled: Vec<_> = table.rows().into_iter().map(Row::with_digits).collect();
        let rows: Vec<&Row> = dialled.iter().map(AsRef::as_ref).collect();
        match Layout::find(campaign, &columns, &rows, false) {
            Ok(layout) => Ok(layout),
            Err(CampaignError::Invalid(invalid)) => Err(invalid),
            Err(error) => return Err(error),
        }
    };
    let mut people = match &layout {
        Ok(layout) => {
            warnings.extend(layout.notes(campaign, &columns));
            table.identify(layout.phone, layout.key);
            let rows = table.rows();
            Some(Recipients::new(campaign, &PlanOptions::default(), &columns, layout, &rows))
        }
        Err(_) => None,
    };
    let guarded = is_text && layout.as_ref().is_ok_and(|layout| layout.report);
    let position = layout.as_ref().map_or(0, |layout| layout.phone);
    let mut profiler = Profiler::new(&columns);
    let (mut rows, mut bad, mut first) = (0, 0, Vec::new());
    let (mut numbers, mut homeless) = (Numbers::default(), Vec::new());
    for row in table.by_ref() {
        let Row { number, mut cells, kinds, problem, .. } = row?;
        rows += 1;
        passed();
        if guarded {
            take_guards_off(&mut cells);
        }
        if first.len() < SHOWN_ROWS {
            let mut shown: Vec<_> = cells.iter().map(|cell| tidy(cell, SHOWN_CHARS).into_owned()).collect();
            shown.resize(columns.len(), String::new());
            let problem = problem.as_ref().map(|problem| problem.reason.to_string());
            first.push(ShownRow { number, cells: shown, problem });
        }
        if problem.is_some() {
            bad += 1;
            continue;
        }
        profiler.add(&cells, &kinds);
        if let Some(people) = &mut people {
            numbers.look(people, (number, &cells, position), &mut homeless);
        }
    }
    numbers.rejected.sort_by_key(|rejected| std::cmp::Reverse(rejected.rows));
    if !homeless.is_empty() {
        numbers.fitting = fitting_countries(&homeless.iter().map(Cell::as_str).collect::<Vec<_>>());
    }
    warnings.extend(table.late_warnings().map(ToString::to_string));
    let mut uses = Vec::new();
    if let Ok(layout) = &layout {
        uses.push((layout.phone, "phone numbers"));
        uses.extend(layout.key.map(|position| (position, "who it is")));
        uses.extend(layout.countries.iter().flatten().map(|&position| (position, "the number's country")));
    }
    Ok(Understood {
        format,
        reading,
        sheets,
        rows,
        bad,
        columns: profiler.columns(),
        uses,
        first,
        phone: layout.map(|layout| (layout.phone, layout.by)),
        numbers,
        warnings,
    })
}

impl Numbers {
    /// Counts what a row has in the column with the phone numbers.
    fn look(
        &mut self,
        people: &mut Recipients<'_>,
        (row, cells, position): (u32, &[Cell], usize),
        homeless: &mut Vec<Cell>,
    ) {
        let cell = cells.get(position).map_or("", |cell| visible(cell));
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        let named = people.named(cells);
        let without = Rules { country: None, bare: Bare::Agreed(CallingCodes::ANY), ..people.rules() };
        // In a report, and where the campaign says so, bare digits carry their code.
        let national = people.rules().bare != Bare::International
            && matches!(phone::parse(cell, without), Err(PhoneError::NeedsCountry));
        if national {
            self.national += 1;
            let read = || named.as_ref().ok().map(|named| named.phone);
            match &mut self.example {
                // One that is read says more.
                Some((shown, phone @ None)) if read().is_some() => {
                    (*shown, *phone) = (tidy(cell, SHOWN_CHARS).into_owned(), read());
                }
                Some(_) => {}
                None => self.example = Some((tidy(cell, SHOWN_CHARS).into_owned(), read())),
            }
        }
        let problem = match named {
            Ok(_) => {
                self.good += 1;
                return;
            }
            Err(problem) => problem,
        };
        if national && matches!(phone::parse(cell, people.rules()), Err(PhoneError::NeedsCountry)) {
            self.homeless += 1;
            if homeless.len() < MAX_NATIONAL_KEPT {
                homeless.push(cell.into());
            }
        }
        if let Some(known) = self.rejected.iter_mut().find(|known| known.reason == *problem.reason) {
            known.rows += 1;
        } else if self.rejected.len() < MAX_REASONS {
            let (reason, cell) = (problem.reason.to_string(), tidy(cell, SHOWN_CHARS).into_owned());
            self.rejected.push(Rejected { reason, rows: 1, row, cell });
        }
    }
}
