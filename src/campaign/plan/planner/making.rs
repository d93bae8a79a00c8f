//! What a row is made into: its message and who sends it, or the reason why not.

use super::variants::Choice;
use super::{Maker, Planner};
use crate::campaign::plan::columns::NoMessage;
use crate::campaign::tables::Kind;
use crate::campaign::text::visible;
use crate::domain::ids::SenderNo;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// A row of which it isn't decided yet what happens.
#[derive(Debug)]
pub(super) struct Undecided {
    /// Its number in the audience.
    pub number: u32,
    /// By what it is known, once that is clear.
    pub key: Option<Cell>,
    /// The recipient as the report shows it.
    pub to: Cell,
    /// The recipient.
    pub phone: Option<Phone>,
    /// The variant of the message that was drawn for them.
    pub variant: Option<Cell>,
    /// The audience's cells.
    pub cells: Vec<Cell>,
}

impl Undecided {
    /// The row, now that it is.
    pub fn decided(self, sender: SenderNo, fate: Fate) -> PlannedRow {
        let Undecided { number, key, to, phone, variant, cells } = self;
        PlannedRow { row: Some(number), key, to, phone, sender, variant, cells, fate }
    }
}

/// A problem with one of several messages names it.
fn of_variant(name: Option<&str>, problem: Problem) -> Problem {
    match name {
        Some(name) => Problem { reason: format!("variant `{name}`: {}", problem.reason).into(), ..problem },
        None => problem,
    }
}

impl Planner<'_> {
    /// Who sends what in this row, or why nothing is sent and what it would have been. `person` chooses among messages.
    pub(super) fn message(
        &mut self,
        row: &mut Undecided,
        kinds: Vec<Kind>,
        person: u64,
    ) -> Result<(SenderNo, Message), (Problem, Option<&'static str>)> {
        let cells = &mut row.cells;
        let message = match &self.content {
            Maker::Drawn(variants) => {
                let Choice { name, compiled, kind, .. } = variants.of(person);
                row.variant.clone_from(name);
                let message = match compiled.fixed() {
                    Some(fixed) => Ok(fixed.clone()),
                    None => {
                        self.templates.hold(std::mem::take(cells), kinds);
                        let message = compiled.render(&self.templates);
                        *cells = self.templates.release();
                        message
                    }
                };
                message.map_err(|problem| (of_variant(name.as_deref(), problem), Some(*kind)))
            }
            Maker::Each(columns) => {
                self.templates.hold(std::mem::take(cells), kinds);
                let message = columns.message(&mut self.templates);
                *cells = self.templates.release();
                message.map_err(|NoMessage { kind, problem }| (problem, Some(kind)))
            }
        };
        let message = message?;
        match self.sender(cells, row.phone) {
            Some(sender) => Ok((sender, message)),
            None => {
                let column = self.campaign.from_column.as_deref().unwrap_or("from");
                let reason = format!("column `{column}` is empty, and no other number is named to send");
                Err((Problem::new(reason).in_column(column), Some(message.kind())))
            }
        }
    }

    fn sender(&self, cells: &[Cell], phone: Option<Phone>) -> Option<SenderNo> {
        let person = phone.map(Phone::identity);
        self.senders
            .of_row(cells, person, self.options.known)
            .or(self.options.without_sender.then_some(SenderNo(0)))
    }

    /// A row that is listed and skipped; `kind` is what it would have been, where that is known.
    pub(super) fn skipped(
        &self,
        row: Undecided,
        cause: SkipCause,
        problem: Problem,
        kind: Option<&'static str>,
    ) -> PlannedRow {
        let sender = self.sender(&row.cells, row.phone).unwrap_or(SenderNo(0));
        let kind = match (&self.content, kind) {
            (_, Some(kind)) => kind,
            (Maker::Drawn(variants), None) => variants.kind().unwrap_or(""),
            (Maker::Each(columns), None) => columns
                .kind_of(|position| row.cells.get(position).map_or("", |cell| visible(cell)))
                .unwrap_or(""),
        };
        row.decided(sender, Fate::Skip { cause, problem, kind: kind.to_owned() })
    }
}
