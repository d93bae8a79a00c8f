//! The planner: from a campaign to a plan, row by row, in the audience's order.
//!
//! Invariants:
//!
//! - Every row of the audience comes out once, good or skipped with its reason (**L**).
//! - No phone and no key is sent to twice; of several rows the first good one has it (**D**).
//! - No key stands on two rows of a plan. A bad row bears its key only where no other row has that key.
//! - What is held in memory is one row, and some bytes for each person (see `dedupe`); of a great audience, only the
//!   people whom several rows name.

mod ahead;
mod keys;
mod making;
mod national;
mod options;
mod recipients;
mod repeats;
mod selection;
mod understood;
mod uses;
mod variants;

use crate::campaign::error::CampaignError;
use crate::campaign::file::audience::Duplicates;
use crate::campaign::file::campaign::{Campaign, Content};
use crate::campaign::plan::columns::Columns;
use crate::campaign::plan::content::Wrong;
use crate::campaign::plan::dedupe::{Dedupe, Known, Repeated};
use crate::campaign::plan::lookup::{Layout, collect_senders, list, named_column};
use crate::campaign::plan::senders::Senders;
use crate::campaign::plan::source::{self, Watch};
use crate::campaign::recognise;
use crate::campaign::tables::{Format, Reading, Row};
use crate::campaign::template::Templates;
use crate::domain::guard::unguard;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use self::ahead::Ahead;
use self::making::Undecided;
pub use self::national::fitting_countries;
pub use self::options::{PersonOf, PlanOptions, RowWarning, Warnings};
use self::recipients::{Named, Recipients};
use self::repeats::Repeats;
use self::selection::Selection;
pub use self::understood::{Numbers, Rejected, ShownRow, Understood, understand};
use self::variants::Variants;

/// An audience of so many bytes is read twice.
const READ_TWICE_FROM_BYTES: u64 = 128 << 20;

/// Yields the rows of a plan. Fails for good where the audience can't be read any further.
#[derive(Debug)]
pub struct Planner<'a> {
    campaign: &'a Campaign,
    options: PlanOptions<'a>,
    table: Ahead,
    head: PlanHead,
    layout: Layout,
    /// The cells bear a report's guard against formulas.
    guarded: bool,
    recipients: Recipients<'a>,
    content: Maker,
    templates: Templates,
    selection: Selection,
    senders: Senders,
    dedupe: Dedupe,
    /// Where several messages go to one number.
    repeats: Option<Repeats>,
    repeated: Option<Repeated>,
    warnings: Warnings,
    reading: Reading,
    /// Rows whose number isn't of the country that they name.
    elsewhere: u64,
    watch: Watch,
    done: bool,
}

/// What rows are made into.
#[derive(Debug)]
enum Maker {
    /// One of the campaign's messages.
    Drawn(Variants),
    /// Their own.
    Each(Box<Columns>),
}

impl<'a> Planner<'a> {
    /// Opens the audience, finds its columns, compiles the message and looks for all that would be wrong
    /// with every row.
    ///
    /// # Errors
    /// Why this campaign can't be planned at all.
    pub fn new(campaign: &'a Campaign, options: PlanOptions<'a>) -> Result<Planner<'a>, CampaignError> {
        let mut planner = Planner::of_all(campaign, options)?;
        if planner.selection.most().is_some() {
            let rows = Planner::of_all(campaign, options)?;
            let sent = rows.filter_map(|row| {
                let sent = |row: PlannedRow| row.phone.filter(|_| row.fate.payload().is_some());
                row.map(sent).transpose()
            });
            planner
                .selection
                .draw(options.known.written_to(), sent.map(|phone| phone.map(|phone| phone.identity())))?;
        }
        Ok(planner)
    }

    /// The same before so many people are drawn of all.
    fn of_all(campaign: &'a Campaign, options: PlanOptions<'a>) -> Result<Planner<'a>, CampaignError> {
        let watch = Watch::new(campaign);
        let table = source::open(campaign)?;
        let source_hash = source::source_hash(campaign)?;
        let mut warnings = Warnings::default();
        warnings.notes.extend(table.warnings.iter().map(ToString::to_string));
        let mut columns = table.columns.clone();
        let is_text = !matches!(table.format, Format::Json | Format::Ndjson | Format::Inline);
        if is_text && recognise::is_report(&columns) {
            columns = columns.iter().map(|header| unguard(header).into_owned()).collect();
        }
        let reading = table.reading.clone();
        let mut table = Ahead::read(table);
        let dialled: Vec<_> = table.rows().into_iter().map(Row::with_digits).collect();
        let rows: Vec<&Row> = dialled.iter().map(AsRef::as_ref).collect();
        // A table without a header has no rows: an empty file plans nobody.
        let empty = columns.is_empty();
        let layout = match empty {
            true => Layout::default(),
            false => Layout::find(campaign, &columns, &rows, options.person.is_some())?,
        };
        if !empty {
            warnings.notes.extend(layout.phone_note(&columns));
            warnings.notes.extend(layout.notes(campaign, &columns));
            table.identify(layout.phone, layout.key);
        }
        let rows = table.rows();
        let recipients = Recipients::new(campaign, &options, &columns, &layout, &rows);
        if options.person.is_none() && recipients.needs_country() {
            let cells = rows.iter().map(|row| row.cells.get(layout.phone).map_or("", Cell::as_str));
            let header = columns.get(layout.phone).map_or("", String::as_str);
            national::refuse(campaign, header, cells, recipients.rules())?;
        }
        let mut templates = Templates::new(&columns, &campaign.variables);
        for (name, headers) in &templates.names().collisions {
            warnings.notes.push(format!(
                "columns {} are all `{name}` in a template; `{name}` is the first of them, or the one of that very name",
                list(headers)
            ));
        }
        let selection = Selection::new(campaign, &templates, empty)
            .map_err(|error| error.with_misspelt(templates.misspelt()))?;
        let content = match &campaign.content {
            // Without columns every variable would look unknown, and nobody is sent to anyway.
            _ if empty => Maker::Each(Box::default()),
            Content::Messages(variants) => {
                let variants = Variants::new(campaign, variants, &mut templates, &mut warnings.notes);
                Maker::Drawn(variants.map_err(|error| error.with_misspelt(templates.misspelt()))?)
            }
            Content::Columns => {
                let columns = message_columns(campaign, &columns, &rows, &options, &mut warnings.notes)?;
                Maker::Each(Box::new(columns))
            }
        };
        let mut senders = Senders::new(&campaign.from, options.earlier);
        let from_column = match (&content, &campaign.from_column) {
            (Maker::Each(columns), None) => columns.from,
            (_, Some(name)) if !empty => Some(named_column(campaign, &columns, "from.column", name)?),
            _ => None,
        };
        if let Some(position) = from_column {
            senders.read_from(position);
            collect_senders(campaign, position, &mut senders)?;
        } else if campaign.from.is_empty() && !options.without_sender {
            return Err(CampaignError::invalid(&campaign.shown, "from", "nobody is named to send").with_hint(
                "give --from PHONE_NUMBER_ID, or write it into the campaign; `sendcast numbers` lists yours",
            ));
        }
        let source = source::describe(campaign);
        let repeats = campaign.audience.duplicates == Duplicates::Send;
        let head = PlanHead { columns, source_hash, source, repeats, ..PlanHead::default() };
        let head = senders.clone().into_head(head);
        Ok(Planner {
            campaign,
            options,
            table,
            head,
            guarded: layout.report && is_text,
            layout,
            recipients,
            content,
            templates,
            selection,
            senders,
            dedupe: Dedupe::default(),
            repeats: repeats.then(Repeats::default),
            repeated: None,
            warnings,
            reading,
            elsewhere: 0,
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
        self.head.columns.get(self.layout.phone).map_or("", String::as_str)
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
        if self.guarded {
            take_guards_off(&mut cells);
        }
        let Named { phone, warning, elsewhere } = match self.recipients.named(&cells) {
            Ok(named) => named,
            Err(why) => {
                let to = cells.get(self.layout.phone).map_or("", |cell| cell.trim()).into();
                let row = Undecided { number, key: None, to, phone: None, variant: None, cells };
                return Ok(self.skipped(row, SkipCause::Bad, problem.unwrap_or(why), None));
            }
        };
        let identity = identity(phone);
        let to = phone.digits().into();
        let mut row = Undecided { number, key: None, to, phone: Some(phone), variant: None, cells };
        // `None` where the phone is the key.
        let given =
            self.layout.key.map(|position| key_in(&self.head.columns, &row.cells, position)).transpose();
        let given = match given {
            Ok(key) => key,
            Err(why) => {
                return Ok(self.skipped(row, SkipCause::Bad, problem.unwrap_or(why), None));
            }
        };
        let known = match (&self.repeats, given.as_deref()) {
            (None, given) => self.dedupe.find(identity, given),
            (Some(_), Some(given)) => self.dedupe.find_key(given),
            (Some(_), None) => None,
        };
        if problem.is_none()
            && let Some(known) = known
        {
            let problem = Problem::new(self.duplicate(known));
            return Ok(self.skipped(row, SkipCause::Duplicate, problem, None));
        }
        let key = match (&given, &mut self.repeats) {
            (Some(given), _) => given.clone(),
            (None, Some(repeats)) => repeats.key(identity),
            (None, None) => Cell::from(identity.to_string()),
        };
        if problem.is_none()
            && let Some((cause, problem)) = self.left_out(phone, identity)
        {
            self.remember(identity, given.as_deref(), number)?;
            row.key = Some(key);
            return Ok(self.skipped(row, cause, problem, None));
        }
        self.templates.at_row(number);
        if problem.is_none()
            && let Some((cause, problem)) =
                self.selection.filtered(&mut self.templates, &mut row.cells, &kinds)
        {
            // Another row of the same person may be meant.
            row.key = self.bears(known, &key, given.is_some())?.then_some(key);
            return Ok(self.skipped(row, cause, problem, None));
        }
        let never = || self.options.known.never(phone).map(Problem::new);
        let made = match problem.or_else(never) {
            Some(problem) => Err((problem, None)),
            None => self.message(&mut row, kinds, identity),
        };
        match made {
            Ok((sender, message)) => {
                if let Some(repeats) = &mut self.repeats
                    && let Some(earlier) = repeats.said(identity, &message, number)
                {
                    let problem =
                        Problem::new(format!("the same message to the same number as row {earlier}"));
                    return Ok(self.skipped(row, SkipCause::Duplicate, problem, Some(message.kind())));
                }
                self.remember(identity, given.as_deref(), number)?;
                if let Some(problem) = self.selection.not_among(phone.identity()) {
                    row.key = Some(key);
                    return Ok(self.skipped(row, SkipCause::NotSampled, problem, Some(message.kind())));
                }
                self.elsewhere += u64::from(elsewhere);
                if let Some(warning) = warning {
                    let text = format!("column `{}`: {warning}", self.phone_column());
                    self.warnings.add(number, text);
                }
                row.key = Some(key);
                Ok(row.decided(sender, Fate::Send(message.into())))
            }
            Err((problem, kind)) => {
                row.key = self.bears(known, &key, given.is_some())?.then_some(key);
                Ok(self.skipped(row, SkipCause::Bad, problem, kind))
            }
        }
    }

    /// Whether a row that isn't sent bears its key: no other row has it. `known`: one had it before; `given`: it stands in
    /// a column.
    fn bears(&mut self, known: Option<Known>, key: &str, given: bool) -> Result<bool, CampaignError> {
        let alone = self.repeats.is_some() && !given;
        Ok(alone || (known.is_none() && !self.repeated()?.contains(key)))
    }

    /// Why a person isn't written to, whatever their row says.
    fn left_out(&self, phone: Phone, identity: u64) -> Option<(SkipCause, Problem)> {
        if self.options.known.has_opted_out(phone) {
            return Some((SkipCause::OptedOut, Problem::new("on the opt-out list")));
        }
        if let Some(list) = self.options.known.excluded_by(phone) {
            return Some((SkipCause::Excluded, Problem::new(format!("left out: {list}"))));
        }
        if let Some(problem) = self.options.known.capped(phone) {
            return Some((SkipCause::Capped, problem));
        }
        self.selection.not_drawn(identity).map(|problem| (SkipCause::NotSampled, problem))
    }

    fn duplicate(&self, known: Known) -> String {
        match known {
            Known::Phone(row) => match self.campaign.content {
                Content::Messages(_) => format!(
                    "duplicate of row {row}: \"duplicates\": \"send\" in the audience sends to one number several times"
                ),
                Content::Columns => format!(
                    "duplicate of row {row}: a campaign in JSON can send each (\"duplicates\": \"send\")"
                ),
            },
            Known::Key(row) => {
                let header = self.layout.key.and_then(|position| self.head.columns.get(position));
                format!("duplicate of row {row}: the same `{}`", header.map_or("", String::as_str))
            }
        }
    }

    /// Remembers a person whom a later row may name again.
    fn remember(&mut self, identity: u64, key: Option<&str>, number: u32) -> Result<(), CampaignError> {
        if self.repeats.is_some() && key.is_none() {
            return Ok(());
        }
        // Beside a key column both would have to be looked for.
        let twice =
            key.is_none() && self.watch.bytes() >= self.options.twice_from.unwrap_or(READ_TWICE_FROM_BYTES);
        if !twice || self.repeated()?.contains(&identity.to_string()) {
            self.dedupe.insert(identity, key, number);
        }
        Ok(())
    }

    /// The keys that several rows have, read once from the audience itself: of a great one at the first person, else at
    /// the first bad row, since whether a good row follows decides who bears the key, and the plan is told in order.
    fn repeated(&mut self) -> Result<&Repeated, CampaignError> {
        let repeated = match self.repeated.take() {
            Some(repeated) => repeated,
            None => Repeated::collect(|each| {
                for row in source::open(self.campaign)? {
                    let mut row = row?;
                    self.table.show_digits(&mut row);
                    let mut cells = row.cells;
                    if self.guarded {
                        take_guards_off(&mut cells);
                    }
                    match self.layout.key {
                        Some(position) => {
                            if let Ok(key) = key_in(&self.head.columns, &cells, position) {
                                each(&key);
                            }
                        }
                        None => {
                            if let Ok(named) = self.recipients.named(&cells) {
                                each(&identity(named.phone).to_string());
                            }
                        }
                    }
                }
                Ok::<(), CampaignError>(())
            })?,
        };
        Ok(self.repeated.insert(repeated))
    }

    /// What can only be said when all rows are through.
    fn conclude(&mut self) {
        if self.elsewhere > 0 {
            let rows = if self.elsewhere == 1 { "row names" } else { "rows name" };
            self.warnings.notes.push(format!(
                "{} {rows} another country than the calling code of the number; the number counts",
                self.elsewhere
            ));
        }
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
                self.conclude();
                self.warnings.notes.extend(self.table.late_warnings().map(ToString::to_string));
                self.warnings.notes.extend(self.templates.notes());
                return self.watch.unchanged().err().map(Err);
            }
        };
        self.done = planned.is_err();
        Some(planned)
    }
}

/// What the key column says, or why it says nothing.
fn key_in(headers: &[String], cells: &[Cell], position: usize) -> Result<Cell, Problem> {
    let cell = cells.get(position).map_or("", Cell::as_str);
    let header = headers.get(position).map_or("", String::as_str);
    let blame = |why| Problem::new(format!("column `{header}` {why}")).in_column(header);
    keys::key(cell).map(Cell::from).map_err(blame)
}

/// Takes off what a report put before texts that a spreadsheet would take for formulas.
fn take_guards_off(cells: &mut [Cell]) {
    for cell in cells {
        if cell.starts_with('\'') {
            *cell = unguard(cell).into();
        }
    }
}

/// By what people are compared.
fn identity(phone: Phone) -> u64 {
    phone.identity().as_u64()
}

/// The columns that make the messages of a spreadsheet that is the campaign.
fn message_columns(
    campaign: &Campaign,
    headers: &[String],
    rows: &[&Row],
    options: &PlanOptions<'_>,
    notes: &mut Vec<String>,
) -> Result<Columns, CampaignError> {
    let message = match &campaign.overrides.message {
        Some(name) => Some(named_column(campaign, headers, "--message", name)?),
        None => None,
    };
    let invalid =
        |(what, hint): (String, String)| CampaignError::invalid(&campaign.shown, "", what).with_hint(hint);
    let mut columns = Columns::new(headers, message).map_err(invalid)?;
    let earlier = options.earlier.map_or(&[][..], |head| &head.senders);
    let known = |id: &str| campaign.from.iter().chain(earlier).any(|known| known.as_str() == id);
    notes.extend(columns.drop_what_is_data(rows, known));
    Ok(columns)
}

/// What is wrong with a message: the only one, or the variant at this position.
fn in_message(campaign: &Campaign, variant: usize, wrong: &Wrong) -> CampaignError {
    let message = campaign.message_key(variant);
    CampaignError::invalid(&campaign.shown, format!("{message}.{}", wrong.part), wrong.what.clone())
}
