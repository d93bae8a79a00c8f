//! From a listed job to a line of the report. Every format is driven by [`ReportLine::fields`], so order and
//! meaning of the columns are said here, once.

use std::borrow::Cow;

use crate::domain::cap::is_capped;
use crate::domain::job::{Attempt, Job, State};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{FORGOTTEN, Fate, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::queue::Listed;

use super::head::{Head, Reply, Stop};

/// One line of the report, borrowed from the job it tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine<'a> {
    /// The row in the audience; `None` for someone who was removed after having been sent to.
    pub row: Option<u32>,
    /// Whom it was written to, or is to be.
    pub phone: Option<Phone>,
    /// What stood in the cell, for one without a usable number.
    pub to: &'a str,
    /// Where it stands.
    pub status: Status,
    /// What sort of reason it is skipped for.
    pub skipped_as: Option<&'static str>,
    /// The message type, as campaigns name it; empty where it isn't known.
    pub kind: &'a str,
    /// The name of the message's variant, where the campaign has several.
    pub variant: Option<&'a str>,
    /// The text or caption that was sent; `None` before that.
    pub message: Option<&'a str>,
    /// WhatsApp's id.
    pub message_id: Option<&'a str>,
    /// Attempts used.
    pub attempts: u32,
    /// Meta's code.
    pub error_code: Option<u32>,
    /// Why it stands there, in plain language.
    pub reason: Option<&'a str>,
    /// Which number sent it, or is to send it. `None` for a skipped row.
    pub from: Option<&'a str>,
    /// When its status became true, or else known; `None` where nothing was sent.
    pub status_at: Option<Millis>,
    /// When the API took it.
    pub accepted_at: Option<Millis>,
    /// When WhatsApp sent it.
    pub sent_at: Option<Millis>,
    /// When it reached the phone.
    pub delivered_at: Option<Millis>,
    /// When it was read.
    pub read_at: Option<Millis>,
    /// When it was refused for good, or reported as failed.
    pub failed_at: Option<Millis>,
    /// What the person answered first.
    pub reply: Option<&'a Reply>,
    /// That they asked for no more messages in answer to this one. It stands in no column of its own.
    pub stop: Option<&'a Stop>,
    /// The audience's own cells, as they were when the message was sent; fewer than the report's columns where the row
    /// was shorter.
    pub cells: Cow<'a, [Cell]>,
}

/// A value of one of the report's own columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// Nothing is known.
    Absent,
    /// A number.
    Number(u32),
    /// A word of ours, which no spreadsheet misreads.
    Word(&'a str),
    /// Text from outside: to be guarded where a spreadsheet reads it.
    Text(&'a str),
    /// Somebody's number.
    Phone(Phone),
    /// A moment.
    Time(Millis),
}

impl ReportLine<'_> {
    /// The values of [`COLUMNS`](super::COLUMNS), in that order.
    #[must_use]
    pub fn fields(&self) -> [Field<'_>; 20] {
        fn text(value: Option<&str>) -> Field<'_> {
            value.map_or(Field::Absent, Field::Text)
        }
        let number = |value: Option<u32>| value.map_or(Field::Absent, Field::Number);
        let time = |value: Option<Millis>| value.map_or(Field::Absent, Field::Time);
        [
            number(self.row),
            self.phone.map_or(Field::Text(self.to), Field::Phone),
            Field::Word(self.status.word()),
            self.skipped_as.map_or(Field::Absent, Field::Word),
            if self.kind.is_empty() { Field::Absent } else { Field::Word(self.kind) },
            text(self.variant),
            text(self.message),
            text(self.message_id),
            Field::Number(self.attempts),
            number(self.error_code),
            text(self.reason),
            text(self.from),
            time(self.status_at),
            time(self.accepted_at),
            time(self.sent_at),
            time(self.delivered_at),
            time(self.read_at),
            time(self.failed_at),
            time(self.reply.map(|reply| reply.at)),
            text(self.reply.map(|reply| reply.text.as_str())),
        ]
    }
}

/// What the report says of a job.
#[must_use]
pub fn line<'a>(listed: &'a Listed<'_>, head: &'a Head) -> ReportLine<'a> {
    let Listed { id, row, job, .. } = listed;
    let status = job.status();
    let (attempt, delivery) = match job.best_delivery() {
        Some((attempt, delivery)) => (Some(attempt), Some(delivery)),
        None => (job.attempts.last(), None),
    };
    let problem = job.problem.as_ref().or_else(|| skipped_for(listed, status));
    let sender = match attempt {
        Some(Attempt { sender, .. }) => Some(*sender),
        None => (status != Status::Skipped).then_some(row.sender),
    };
    let shown = listed.shown();
    let was_sent = job.sent_under().is_some();
    let accepted_at = delivery.and_then(|d| d.accepted_at);
    ReportLine {
        row: row.row,
        phone: shown.phone,
        to: &shown.to,
        status,
        skipped_as: (status == Status::Skipped).then(|| skipped_as(&row.fate, job.problem.as_ref())),
        kind: shown.fate.kind(),
        variant: shown.variant.as_deref(),
        message: shown.fate.message().filter(|_| was_sent).and_then(words),
        message_id: delivery.and_then(|d| d.id.as_ref()).map(|id| id.as_str()),
        attempts: job.used,
        error_code: problem.and_then(|p| p.code),
        reason: match row.is_forgotten() {
            true => Some(FORGOTTEN),
            false => problem.map(|p| &*p.reason).or_else(|| taken_back(job)),
        },
        from: sender.and_then(|sender| head.number(sender)).map(|id| id.as_str()),
        status_at: job.status_at(),
        accepted_at,
        sent_at: delivery.and_then(|d| d.sent_at),
        delivered_at: delivery.and_then(|d| d.delivered_at),
        read_at: delivery.and_then(|d| d.read_at),
        failed_at: delivery.and_then(|d| d.failed_at).or(job.failed_at.filter(|_| status == Status::Failed)),
        reply: head.replies.get(id),
        stop: head.stops.get(id),
        cells: head.cells(listed),
    }
}

/// What of a message is words: the text, the caption, the body of buttons.
fn words(message: &Message) -> Option<&str> {
    match message {
        Message::Text { body } | Message::Buttons { body, .. } => Some(body),
        Message::Media { caption, .. } => caption.as_deref(),
        Message::Flow { .. } => None,
    }
}

/// The contract's word for why a job is skipped. One whose row could be sent to was taken out by the gate, or by the cap.
fn skipped_as(fate: &Fate, problem: Option<&Problem>) -> &'static str {
    match fate {
        Fate::Skip { cause, .. } => cause.word(),
        Fate::Send(_) if problem.is_some_and(is_capped) => SkipCause::Capped.word(),
        Fate::Send(_) => SkipCause::OptedOut.word(),
    }
}

/// The plan's reason, for a job that is skipped: a row that turned bad after it was sent says nothing of what
/// was sent.
fn skipped_for<'a>(listed: &'a Listed<'_>, status: Status) -> Option<&'a Problem> {
    match &listed.row.fate {
        Fate::Skip { problem, .. } if status == Status::Skipped => Some(problem),
        _ => None,
    }
}

fn taken_back(job: &Job) -> Option<&'static str> {
    match job.state {
        State::Cancelled { by_removal: true } => Some("its row was removed from the file before it was sent"),
        State::Cancelled { by_removal: false } => Some("the campaign was cancelled before it was sent"),
        _ => None,
    }
}
