//! What a draft's people will read, also of a message that is being typed.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Draft;
use super::change::{Key, without_place};
use super::fallback::quoted;
use super::people::without_account;
use crate::app::check::{self, Previewed, Whom};
use crate::app::open::{Chosen, Source};
use crate::app::options::Choices;
use crate::app::{App, AppError};
use crate::campaign::preview::Pick;
use crate::campaign::template::{Misspelt, is_nothing};
use crate::campaign::{Campaign, CampaignError, PlanOptions, Planner, headers};
use crate::domain::phone::PhoneIdentity;
use crate::domain::plan::{Fate, PlannedRow};
use crate::domain::round_kind::RoundKind;

/// Rows between two looks at the clock.
const ROWS_AT_ONCE: u64 = 16;
/// What stands for a name that somebody hasn't given.
const FALLBACK: &str = "there";

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct PreviewRequest {
    /// Whose message.
    pub whom: Whom,
    /// A message in the place of the saved one, as a campaign file writes it: nothing is written. `variants` are an array.
    pub message: Option<Value>,
    /// So long the people are read at most. What wasn't read by then isn't counted.
    pub patience: Duration,
}

impl Default for PreviewRequest {
    fn default() -> PreviewRequest {
        PreviewRequest { whom: Whom::First, message: None, patience: Duration::from_secs(2) }
    }
}

/// What is shown.
#[derive(Debug)]
pub struct Preview {
    /// The message; or why this row gets none.
    pub shown: Result<Previewed, AppError>,
    /// The nearest row before it that would be sent to.
    pub previous: Option<u32>,
    /// The nearest row behind it.
    pub next: Option<u32>,
    /// Its place among those that would be sent to, from 1, where it would be.
    pub place: Option<u64>,
    /// How many would be sent to, of those that were read.
    pub sent: u64,
    /// Whether all people were read.
    pub whole: bool,
    /// Columns that the message names and that are empty in some rows.
    pub empty: Vec<Empty>,
    /// What is odd about the message.
    pub warnings: Vec<String>,
    /// Why nobody can be sent this message, where a name in it is at fault: what was probably meant.
    pub misspelt: Option<Misspelt>,
}

/// A column that a message names and that is empty in some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Its header.
    pub column: String,
    /// As a template names it.
    pub variable: String,
    /// How many people have nothing in it.
    pub rows: u64,
    /// How many of them get no message for it: no fallback covers it.
    pub left_out: u64,
    /// What covers it: `{{ first_name | default('there') }}`. [`with_fallback`](super::with_fallback) puts it into the message.
    pub offered: String,
}

impl Draft {
    /// The message that somebody gets, with the rows around. The account isn't asked.
    ///
    /// # Errors
    /// When people or message can't be read at all, with what the parser says. That this row gets no message, or that a
    /// message can't be sent to anybody, is no error but stands in [`Preview::shown`].
    pub async fn preview(&self, app: &App, request: &PreviewRequest) -> Result<Preview, AppError> {
        let until = Instant::now() + request.patience;
        let text = match &request.message {
            None => self.as_file(app)?,
            Some(message) => {
                let (key, other) = match message {
                    Value::Array(_) => (Key::Variants, Key::Message),
                    _ => (Key::Message, Key::Variants),
                };
                let changes = [(key.path(), Some(message.clone())), (other.path(), None)];
                self.changed(app, &self.as_file(app)?, &changes)?
            }
        };
        let mut campaign = self.parsed(&text).map_err(|error| self.told(app, without_place(error)))?;
        self.refuse_links(&campaign)?;
        without_account(&mut campaign);
        let name = campaign.name.as_str().to_owned();
        let named = (RoundKind::Campaign, &*name, self.path());
        let source = Source::of(app, app.home(false)?, named, Some(campaign))?;
        let chosen = Chosen::over(app, source, &Choices::default())?;
        let looked = check::planned(app, chosen, (false, true), |campaign, options| {
            let pick = check::pick(campaign, &request.whom)?;
            Ok(walk(campaign, pick, options, until).map_err(Box::new))
        });
        match looked.await? {
            Ok(preview) => Ok(preview),
            Err(error) => {
                let misspelt = match &*error {
                    CampaignError::Invalid(invalid) => invalid.misspelt.clone(),
                    _ => None,
                };
                match *error {
                    CampaignError::Invalid(_) => Ok(Preview::nobody(self.told(app, *error), misspelt)),
                    error => Err(self.told(app, error)),
                }
            }
        }
    }
}

impl Preview {
    fn nobody(error: AppError, misspelt: Option<Misspelt>) -> Preview {
        Preview {
            shown: Err(error),
            previous: None,
            next: None,
            place: None,
            sent: 0,
            whole: false,
            empty: Vec::new(),
            warnings: Vec::new(),
            misspelt,
        }
    }
}

/// A row that is shown, and what was before it.
struct Found {
    row: PlannedRow,
    previous: Option<u32>,
    place: Option<u64>,
    next: Option<u32>,
}

/// Plans the rows in their order, as far as there is time.
fn walk(
    campaign: &Campaign,
    pick: Pick<'_>,
    options: PlanOptions<'_>,
    until: Instant,
) -> Result<Preview, CampaignError> {
    let mut planner = Planner::new(campaign, options)?;
    let columns = planner.head().columns.clone();
    let in_message = planner.uses().into_iter().filter(|(_, what)| *what == "in the message");
    let mut empty: Vec<(usize, u64, u64)> = in_message.map(|(position, _)| (position, 0, 0)).collect();
    let (mut found, mut skipped): (Option<Found>, Option<Found>) = (None, None);
    let (mut sent, mut last, mut read, mut whole) = (0, None, 0, true);
    for row in planner.by_ref() {
        let row = row?;
        read += 1;
        look_for_empty(&row, &columns, &mut empty);
        let is_sent = row.fate.message().is_some();
        sent += u64::from(is_sent);
        let number = row.row;
        if is_sent {
            for open in [&mut found, &mut skipped].into_iter().flatten() {
                open.next = open.next.or(number);
            }
        }
        if found.is_none() && is_wanted(&row, pick) {
            let is_row = matches!(pick, Pick::Row(_));
            let place = is_sent.then_some(sent);
            let this = Found { row, previous: last, place, next: None };
            // A person may stand in a bad row before the good one.
            match is_sent || is_row {
                true => found = Some(this),
                false => drop(skipped.get_or_insert(this)),
            }
        }
        if is_sent {
            last = number;
        }
        if read % ROWS_AT_ONCE == 0 && Instant::now() >= until {
            whole = false;
            break;
        }
    }
    let found = found.or(skipped);
    let (previous, next, place) =
        found.as_ref().map_or((last, None, None), |found| (found.previous, found.next, found.place));
    let shown = match found {
        Some(found) => Previewed::of(found.row),
        None if whole => Err(check::nobody(pick).hint("the check lists every bad row")),
        None => Err(AppError::failed(format!(
            "the first {} rows were read, and it is none of them: the file is large",
            crate::domain::format::count(read)
        ))
        .hint("look at a row nearer to the beginning")),
    };
    Ok(Preview {
        shown,
        previous,
        next,
        place,
        sent,
        whole,
        empty: empty
            .into_iter()
            .filter(|(_, rows, _)| *rows > 0)
            .map(|found| told(&columns, found))
            .collect(),
        warnings: planner.warnings().notes.clone(),
        misspelt: None,
    })
}

fn is_wanted(row: &PlannedRow, pick: Pick<'_>) -> bool {
    let is_sent = row.fate.message().is_some();
    match pick {
        Pick::First => is_sent,
        Pick::Variant(name) => is_sent && row.variant.as_deref() == Some(name),
        Pick::Row(number) => row.row == Some(number),
        Pick::To(phone) => {
            let identity = phone.identity();
            row.phone.is_some_and(|phone| PhoneIdentity::eq(&phone.identity(), &identity))
        }
    }
}

/// Counts the columns in which whoever could be sent to has nothing.
fn look_for_empty(row: &PlannedRow, columns: &[String], empty: &mut [(usize, u64, u64)]) {
    let blamed = match &row.fate {
        Fate::Send(_) => None,
        Fate::Skip { problem, .. } => match problem.column.as_deref() {
            Some(column) if row.phone.is_some() => Some(column),
            _ => return,
        },
    };
    let is_empty = |position: usize| row.cells.get(position).is_none_or(|cell| is_nothing(cell));
    let is_blamed = |position: usize| {
        blamed.is_some_and(|blamed| columns.get(position).is_some_and(|name| name == blamed))
    };
    // A row that is bad for another reason isn't counted.
    if blamed.is_some() && !empty.iter().any(|(position, ..)| is_blamed(*position) && is_empty(*position)) {
        return;
    }
    for (position, rows, left_out) in empty {
        if is_empty(*position) {
            *rows += 1;
            *left_out += u64::from(is_blamed(*position));
        }
    }
}

fn told(columns: &[String], (position, rows, left_out): (usize, u64, u64)) -> Empty {
    let column = columns.get(position).cloned().unwrap_or_default();
    let plain = headers::plain(&column);
    let variable = if plain.is_empty() { column.clone() } else { plain };
    let offered = format!("{{{{ {variable} | default({}) }}}}", quoted(FALLBACK));
    Empty { column, variable, rows, left_out, offered }
}
