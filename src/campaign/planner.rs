//! The planner: from a campaign to a plan, row by row, in the audience's order.
//!
//! Invariants:
//!
//! - Every row of the audience comes out once, good or skipped with its reason (**L**).
//! - No phone and no key is sent to twice; of several rows the first good one has it (**D**).
//! - No key stands on two rows of a plan. A bad row bears its key only where no other row has that key.
//! - What is held in memory is one row, and some bytes for each person (see `people`); of a great audience, only the
//!   people whom several rows name.

use std::fmt;

use crate::campaign::columns::{Columns, NoMessage};
use crate::campaign::content::{Compiled, Wrong};
use crate::campaign::error::CampaignError;
use crate::campaign::file::{Campaign, Content};
use crate::campaign::lookup::{collect_senders, list, named_column, phone_column};
use crate::campaign::people::{Known, People, Repeated};
use crate::campaign::scope::visible;
use crate::campaign::senders::Senders;
use crate::campaign::source::{self, Watch};
use crate::campaign::tables::{Kind, Row, Table};
use crate::campaign::template::Templates;
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::message::Message;
use crate::domain::phone::{self, Phone, PhoneWarning};
use crate::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// An audience of so many bytes is read twice.
const GREAT: u64 = 128 << 20;
/// How many warnings about rows are kept; all are counted.
const WARNINGS_KEPT: usize = 100;

/// Whom an id of the account's names.
pub type PersonOf<'a> = dyn Fn(&str) -> Option<Phone> + 'a;

/// What planning needs beside the campaign.
#[derive(Clone, Copy, Default)]
pub struct PlanOptions<'a> {
    /// Whether a person is on the opt-out list. Nobody is when absent.
    pub opted_out: Option<&'a dyn Fn(Phone) -> bool>,
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
}

/// Yields the rows of a plan. Fails for good where the audience can't be read any further.
#[derive(Debug)]
pub struct Planner<'a> {
    campaign: &'a Campaign,
    options: PlanOptions<'a>,
    table: Table,
    head: PlanHead,
    phone_column: usize,
    key_column: Option<usize>,
    content: Maker,
    templates: Templates,
    senders: Senders,
    people: People,
    repeated: Option<Repeated>,
    warnings: Warnings,
    watch: Watch,
    done: bool,
}

/// What rows are made into.
#[derive(Debug)]
enum Maker {
    One(Box<Compiled>, &'static str),
    Each(Box<Columns>),
}

impl<'a> Planner<'a> {
    /// Opens the audience, finds its columns, compiles the message and looks for all that would be wrong
    /// with every row.
    ///
    /// # Errors
    /// Why this campaign can't be planned at all.
    pub fn new(campaign: &'a Campaign, options: PlanOptions<'a>) -> Result<Planner<'a>, CampaignError> {
        let watch = Watch::new(campaign);
        let table = source::open(campaign)?;
        let source_hash = source::source_hash(campaign)?;
        let mut warnings = Warnings::default();
        warnings.notes.extend(table.warnings.iter().map(ToString::to_string));
        let columns = table.columns.clone();
        // A table without a header has no rows: an empty file plans nobody.
        let empty = columns.is_empty();
        let phone_column = if empty { 0 } else { phone_column(campaign, &columns, &mut warnings.notes)? };
        let key_column = match &campaign.audience.key {
            Some(key) if !empty => Some(named_column(campaign, &columns, "audience.key", key)?),
            _ => None,
        };
        let templates = Templates::new(&columns, &campaign.variables).literal(campaign.literal);
        for (name, headers) in &templates.names().collisions {
            warnings.notes.push(format!(
                "columns {} are all `{name}` in a template; `{name}` is the first of them, or the one of that very name",
                list(headers)
            ));
        }
        let content = match &campaign.content {
            // Without columns every variable would look unknown, and nobody is sent to anyway.
            _ if empty => Maker::Each(Box::default()),
            Content::Message(draft) => {
                let compiled =
                    Compiled::new(draft, &templates).map_err(|wrong| in_message(campaign, &wrong))?;
                warnings.notes.extend(compiled.notes.iter().cloned());
                Maker::One(Box::new(compiled), draft.kind())
            }
            Content::Columns => {
                let invalid = |(what, hint): (String, String)| {
                    CampaignError::invalid(&campaign.shown, "", what).with_hint(hint)
                };
                Maker::Each(Box::new(Columns::new(&columns).map_err(invalid)?))
            }
        };
        let mut senders = Senders::new(options.earlier_senders);
        senders.spread_over(&campaign.from);
        let from_column = match &content {
            Maker::Each(columns) => columns.from,
            Maker::One(..) => None,
        };
        if let Some(position) = from_column {
            collect_senders(campaign, position, &mut senders)?;
        } else if campaign.from.is_empty() && !options.without_sender {
            return Err(CampaignError::invalid(&campaign.shown, "from", "nobody is named to send").with_hint(
                "give --from PHONE_NUMBER_ID, or write it into the campaign; `sendcast numbers` lists yours",
            ));
        }
        let source = source::describe(campaign);
        let head = PlanHead { columns, senders: senders.known.clone(), source_hash, source };
        Ok(Planner {
            campaign,
            options,
            table,
            head,
            phone_column,
            key_column,
            content,
            templates,
            senders,
            people: People::default(),
            repeated: None,
            warnings,
            watch,
            done: false,
        })
    }

    /// What all rows have in common.
    #[must_use]
    pub fn head(&self) -> &PlanHead {
        &self.head
    }

    /// The header of the column with the phone numbers.
    #[must_use]
    pub fn phone_column(&self) -> &str {
        self.head.columns.get(self.phone_column).map_or("", String::as_str)
    }

    /// What was noticed so far; complete once the rows are through.
    #[must_use]
    pub fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    fn plan(&mut self, row: Row) -> Result<PlannedRow, CampaignError> {
        let Row { number, mut cells, kinds, problem, .. } = row;
        if cells.len() < self.head.columns.len() {
            cells.resize(self.head.columns.len(), Cell::default());
        }
        let raw = cells.get(self.phone_column).map_or("", Cell::as_str);
        let (phone, warning) = match named(self.campaign, &self.options, raw) {
            Ok(named) => named,
            Err(why) => {
                let problem = problem.unwrap_or_else(|| Problem::new(self.in_phone_column(&why)));
                let to = Cell::from(raw.trim());
                return Ok(self.skipped(number, None, to, None, cells, (SkipCause::Bad, problem), None));
            }
        };
        let digits = Cell::from(phone.digits());
        // `None` where the phone is the key.
        let key = self.key_column.map(|position| cells.get(position).map_or("", |cell| visible(cell)).into());
        if key.as_ref().is_some_and(Cell::is_empty) {
            let header = self.key_column.and_then(|position| self.head.columns.get(position));
            let header = header.map_or("", String::as_str);
            let reason = format!("column `{header}` is empty, and it tells who this is");
            let problem = problem.unwrap_or_else(|| Problem::new(reason));
            return Ok(self.skipped(
                number,
                None,
                digits,
                Some(phone),
                cells,
                (SkipCause::Bad, problem),
                None,
            ));
        }
        let known = self.people.find(phone.as_u64(), key.as_deref());
        if problem.is_none()
            && let Some(known) = known
        {
            let problem = Problem::new(self.duplicate(known));
            return Ok(self.skipped(
                number,
                None,
                digits,
                Some(phone),
                cells,
                (SkipCause::Duplicate, problem),
                None,
            ));
        }
        let identity = key.clone().unwrap_or_else(|| digits.clone());
        if problem.is_none() && self.options.opted_out.is_some_and(|opted_out| opted_out(phone)) {
            self.remember(phone, key.as_deref(), number)?;
            let problem = Problem::new("on the opt-out list");
            return Ok(self.skipped(
                number,
                Some(identity),
                digits,
                Some(phone),
                cells,
                (SkipCause::OptedOut, problem),
                None,
            ));
        }
        let made = match problem {
            Some(problem) => Err((problem, None)),
            None => self.message(number, &mut cells, kinds, &identity),
        };
        match made {
            Ok((sender, message)) => {
                self.remember(phone, key.as_deref(), number)?;
                if let Some(warning) = warning {
                    let text = self.in_phone_column(&warning);
                    self.warn(number, text);
                }
                let (key, fate) = (Some(identity), Fate::Send(message));
                Ok(PlannedRow { row: Some(number), key, to: digits, phone: Some(phone), sender, cells, fate })
            }
            Err((problem, kind)) => {
                let bears_it = known.is_none() && !self.repeated()?.contains(&identity);
                let key = bears_it.then_some(identity);
                Ok(self.skipped(number, key, digits, Some(phone), cells, (SkipCause::Bad, problem), kind))
            }
        }
    }

    /// Who sends what in this row, or why nothing is sent and what it would have been.
    fn message(
        &mut self,
        number: u32,
        cells: &mut Vec<Cell>,
        kinds: Vec<Kind>,
        key: &str,
    ) -> Result<(SenderNo, Message), (Problem, Option<&'static str>)> {
        self.templates.at_row(number);
        let message = match &self.content {
            Maker::One(compiled, _) if let Some(fixed) = compiled.fixed() => Ok(fixed.clone()),
            Maker::One(compiled, _) => {
                self.templates.hold(std::mem::take(cells), kinds);
                let message = compiled.render(&self.templates);
                *cells = self.templates.release();
                message.map_err(|reason| (Problem::new(reason), None))
            }
            Maker::Each(columns) => {
                self.templates.hold(std::mem::take(cells), kinds);
                let message = columns.message(&mut self.templates);
                *cells = self.templates.release();
                message.map_err(|NoMessage { kind, reason }| (Problem::new(reason), Some(kind)))
            }
        };
        let message = message?;
        match self.sender(cells, key) {
            Some(sender) => Ok((sender, message)),
            None => {
                let reason = "column `from` is empty, and no other number is named to send";
                Err((Problem::new(reason), Some(message.kind())))
            }
        }
    }

    fn sender(&self, cells: &[Cell], key: &str) -> Option<SenderNo> {
        let own = match &self.content {
            Maker::Each(columns) => columns.from.and_then(|position| cells.get(position)),
            Maker::One(..) => None,
        };
        own.and_then(|cell| self.senders.find(visible(cell)))
            .or_else(|| self.senders.choose(key))
            .or(self.options.without_sender.then_some(SenderNo(0)))
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of the row, once for all that skip")]
    fn skipped(
        &self,
        number: u32,
        key: Option<Cell>,
        to: Cell,
        phone: Option<Phone>,
        cells: Vec<Cell>,
        (cause, problem): (SkipCause, Problem),
        kind: Option<&'static str>,
    ) -> PlannedRow {
        let sender = self.sender(&cells, key.as_deref().unwrap_or(&to)).unwrap_or(SenderNo(0));
        let kind = match (&self.content, kind) {
            (_, Some(kind)) => kind,
            (Maker::One(_, kind), None) => kind,
            (Maker::Each(columns), None) => {
                columns.kind_of(|position| cells.get(position).map_or("", |cell| visible(cell))).unwrap_or("")
            }
        };
        let fate = Fate::Skip { cause, problem, kind: kind.to_owned() };
        PlannedRow { row: Some(number), key, to, phone, sender, cells, fate }
    }

    fn duplicate(&self, known: Known) -> String {
        match known {
            Known::Phone(row) => format!("duplicate of row {row}"),
            Known::Key(row) => {
                let header = self.key_column.and_then(|position| self.head.columns.get(position));
                format!("duplicate of row {row}: the same `{}`", header.map_or("", String::as_str))
            }
        }
    }

    /// Remembers a person whom a later row may name again.
    fn remember(&mut self, phone: Phone, key: Option<&str>, number: u32) -> Result<(), CampaignError> {
        // Beside a key column both would have to be looked for.
        let twice = key.is_none() && self.watch.bytes() >= self.options.twice_from.unwrap_or(GREAT);
        if !twice || self.repeated()?.contains(&phone.digits()) {
            self.people.insert(phone.as_u64(), key, number);
        }
        Ok(())
    }

    fn in_phone_column(&self, text: &dyn fmt::Display) -> String {
        format!("column `{}`: {text}", self.phone_column())
    }

    fn warn(&mut self, row: u32, text: String) {
        self.warnings.count += 1;
        if self.warnings.rows.len() < WARNINGS_KEPT {
            self.warnings.rows.push(RowWarning { row, text });
        }
    }

    /// The keys that several rows have, read once from the audience itself: of a great one at the first person, else at
    /// the first bad row, since whether a good row follows decides who bears the key, and the plan is told in order.
    fn repeated(&mut self) -> Result<&Repeated, CampaignError> {
        let repeated = match self.repeated.take() {
            Some(repeated) => repeated,
            None => Repeated::collect(|each| {
                for row in source::open(self.campaign)? {
                    let row = row?;
                    let cell = |position: usize| row.cells.get(position).map_or("", Cell::as_str);
                    match self.key_column {
                        Some(position) => each(visible(cell(position))),
                        None => {
                            let named = named(self.campaign, &self.options, cell(self.phone_column));
                            if let Ok((phone, _)) = named {
                                each(&phone.digits());
                            }
                        }
                    }
                }
                Ok::<(), CampaignError>(())
            })?,
        };
        Ok(self.repeated.insert(repeated))
    }
}

impl Iterator for Planner<'_> {
    type Item = Result<PlannedRow, CampaignError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let planned = match self.table.next() {
            Some(Ok(row)) => self.plan(row),
            Some(Err(error)) => Err(error.into()),
            None => {
                self.done = true;
                self.warnings.notes.extend(self.templates.notes());
                return self.watch.unchanged().err().map(Err);
            }
        };
        self.done = planned.is_err();
        Some(planned)
    }
}

/// Whom a cell of the phone column names, and what is strange about it; or why nobody.
fn named(
    campaign: &Campaign,
    options: &PlanOptions<'_>,
    cell: &str,
) -> Result<(Phone, Option<PhoneWarning>), String> {
    match options.person {
        Some(person) => match person(visible(cell)) {
            Some(phone) => Ok((phone, None)),
            None => Err("nobody with this id and a number is on the account's list".to_owned()),
        },
        None => phone::parse(cell, campaign.audience.country)
            .map(|parsed| (parsed.phone, parsed.warning))
            .map_err(|error| error.to_string()),
    }
}

fn in_message(campaign: &Campaign, wrong: &Wrong) -> CampaignError {
    CampaignError::invalid(&campaign.shown, format!("message.{}", wrong.part), wrong.what.clone())
}
