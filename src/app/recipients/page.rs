//! What is asked for of the recipients, and what a page shows of each.

use crate::app::recipients::digits::Digits;
use crate::app::recipients::reasons::Cause;
use crate::domain::codes;
use crate::domain::ids::JobId;
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::queue::Listed;
use crate::report::{Head, Reply, ReportLine, Stop, line};

/// Whom to show; all that is said holds together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those in this status.
    pub status: Option<Status>,
    /// Those whose number has these digits.
    pub digits: Option<Digits>,
    /// Those who failed for this.
    pub cause: Option<Cause>,
}

/// Where a page begins, in the order of jobs, which is that of the rows as they were first planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// With the first.
    #[default]
    Start,
    /// With the next one after this.
    After(JobId),
    /// It ends with the last one before this.
    Before(JobId),
}

/// Some recipients, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// They.
    pub recipients: Vec<Recipient>,
    /// Whether there are some before the first of them.
    pub earlier: bool,
    /// Whether there are some after the last of them.
    pub later: bool,
    /// How many there are in all; `None` where a search found too many to say.
    pub total: Option<u64>,
}

/// What a page shows of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// By which they are asked for.
    pub job: JobId,
    /// The row in the audience; `None` for somebody who was removed after having been sent to.
    pub row: Option<u32>,
    /// The number that was written to, or is to be.
    pub phone: Option<Phone>,
    /// What stood in the cell, where that is no usable number.
    pub to: Cell,
    /// What they are called, by the first column that looks like a name.
    pub name: Option<Cell>,
    /// Where their message stands.
    pub status: Status,
    /// What sort of reason it is skipped for, in the report's words.
    pub skipped_as: Option<&'static str>,
    /// When the status became true, or else known; `None` where nothing was sent. Unix time, in milliseconds.
    pub at: Option<Millis>,
    /// Attempts used.
    pub attempts: u32,
    /// Meta's code.
    pub code: Option<u32>,
    /// Why it stands there, in plain language.
    pub reason: Option<String>,
    /// What can be done about it, where there is something.
    pub advice: Option<&'static str>,
    /// The name of the message's variant, where the campaign has several.
    pub variant: Option<Cell>,
    /// What they answered first.
    pub reply: Option<Reply>,
    /// That they asked for no more messages in answer to this one.
    pub stop: Option<Stop>,
}

impl Recipient {
    pub(super) fn new(listed: &Listed<'_>, head: &Head) -> Recipient {
        let line = line(listed, head);
        Recipient {
            job: listed.id,
            row: line.row,
            phone: line.phone,
            to: line.to.into(),
            name: name(&line, head),
            status: line.status,
            skipped_as: line.skipped_as,
            at: line.status_at,
            attempts: line.attempts,
            code: line.error_code,
            reason: line.reason.map(str::to_owned),
            advice: line.error_code.and_then(codes::advice),
            variant: line.variant.map(Cell::from),
            reply: line.reply.cloned(),
            stop: line.stop.cloned(),
        }
    }
}

/// What somebody is called: the first cell whose column says `name`, else the first that has a letter.
fn name(line: &ReportLine<'_>, head: &Head) -> Option<Cell> {
    let filled = || head.columns.iter().zip(line.cells.iter()).filter(|(_, cell)| !cell.is_empty());
    let named = filled().find(|(column, _)| column.to_lowercase().contains("name"));
    let worded = || filled().find(|(_, cell)| cell.chars().any(char::is_alphabetic));
    named.or_else(worded).map(|(_, cell)| cell.clone())
}
