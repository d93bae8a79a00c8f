//! What planning yields: every row of the audience, with the message it will be sent or the reason why not.

use serde::{Deserialize, Serialize};

use super::ids::{NumberId, SenderNo};
use super::message::Message;
use super::payload::Payload;
use super::phone::Phone;
use super::problem::Problem;
use super::text::Cell;

/// One row of the audience as it was read and rendered.
///
/// A plan holds every row, good or bad, in the audience's order (**L**).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// The row as the user finds it: the spreadsheet's row number (the header is row 1, so the first
    /// person is row 2), or the position in a JSON list, from 1. `None` for someone who was removed from
    /// the file after a message had been sent or attempted.
    pub row: Option<u32>,
    /// Who this is, normalised: the `key` column's text, or the phone's digits. `None` where the row
    /// has no valid phone number or repeats somebody (a duplicate).
    pub key: Option<Cell>,
    /// The recipient as the report shows it: E.164 digits, or what stood in the cell where that is no number.
    pub to: Cell,
    /// The recipient, where the cell held a usable number.
    pub phone: Option<Phone>,
    /// Which of the campaign's numbers sends.
    pub sender: SenderNo,
    /// The name of the variant that was drawn for this person, where the campaign has several messages.
    pub variant: Option<Cell>,
    /// The audience's own columns, in [`PlanHead::columns`]'s order and as they were.
    pub cells: Vec<Cell>,
    /// What happens with it.
    pub fate: Fate,
}

impl PlannedRow {
    /// The row without whoever it names: where it stands, which number sends and what sort of message it was stay, the
    /// number, the words and all columns go. `key`: by what it is known from here on, which must tell nothing of them.
    #[must_use]
    pub fn forget(&self, key: Option<Cell>) -> PlannedRow {
        let kind = self.fate.kind().to_owned();
        PlannedRow {
            row: self.row,
            key,
            to: Cell::default(),
            phone: None,
            sender: self.sender,
            variant: self.variant.clone(),
            cells: vec![Cell::default(); self.cells.len()],
            fate: Fate::Skip { cause: SkipCause::Forgotten, problem: Problem::new(FORGOTTEN), kind },
        }
    }

    /// Whether whoever it named was forgotten.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        matches!(self.fate, Fate::Skip { cause: SkipCause::Forgotten, .. })
    }
}

/// What happens with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It is queued, with this.
    Send(Payload),
    /// It is listed and skipped.
    Skip {
        /// What sort of reason.
        cause: SkipCause,
        /// Why, in words a marketer can act on.
        problem: Problem,
        /// What it would have been: `text`, `media`, `buttons`, `flow`, or empty where nobody can tell.
        kind: String,
    },
}

/// What sort of reason a row is skipped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// Something in it is wrong.
    Bad,
    /// It repeats somebody, of this file or of those who were written to.
    Duplicate,
    /// The person is never written to.
    OptedOut,
    /// The person is on one of the lists that the campaign leaves out.
    Excluded,
    /// It isn't what `where` selects.
    Filtered,
    /// The sample was drawn without them.
    NotSampled,
    /// The person got as many messages as the campaign's cap allows.
    Capped,
    /// The person was forgotten: their row stays, without them.
    Forgotten,
}

/// What a report says of somebody who was forgotten.
pub const FORGOTTEN: &str = "this person was forgotten: what was known of them is removed";

impl SkipCause {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SkipCause::Bad => "bad",
            SkipCause::Duplicate => "duplicate",
            SkipCause::OptedOut => "opted_out",
            SkipCause::Excluded => "excluded",
            SkipCause::Filtered => "filtered",
            SkipCause::NotSampled => "not_sampled",
            SkipCause::Capped => "capped",
            SkipCause::Forgotten => "forgotten",
        }
    }
}

impl Fate {
    /// What is POSTed, unless the row is skipped.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        match self {
            Fate::Send(payload) => Some(payload),
            Fate::Skip { .. } => None,
        }
    }

    /// The message, where there is one.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        self.payload().and_then(Payload::message)
    }

    /// The contract's word for the message type.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Fate::Send(payload) => payload.kind(),
            Fate::Skip { kind, .. } => kind,
        }
    }
}

/// What all rows of a plan have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanHead {
    /// The audience's header, as it was.
    pub columns: Vec<String>,
    /// The numbers that send; [`SenderNo`] points into it. A later plan may only append.
    pub senders: Vec<NumberId>,
    /// SHA-256 of what was read (campaign file, then audience), in hex: tells whether the content changed.
    pub source_hash: String,
    /// Where the rows came from, for people: a path, or `inline`.
    pub source: String,
    /// Several rows may write to one number, each with a message of its own.
    pub repeats: bool,
    /// The numbers that the campaign spreads its recipients over.
    pub spread: Vec<NumberId>,
    /// Numbers in whose place another one sends, by the operator's order; as long as the campaign spreads over the same.
    pub moved: Vec<(SenderNo, SenderNo)>,
}

impl PlanHead {
    /// The same with `to` in the place of the numbers `from`, and of those that one of them sends for. `None` past 65,536
    /// numbers.
    #[must_use]
    pub fn reassigned(&self, from: &[NumberId], to: &NumberId) -> Option<PlanHead> {
        let mut head = self.clone();
        let at = head.senders.iter().position(|number| number == to).unwrap_or(head.senders.len());
        let other = SenderNo(u16::try_from(at).ok()?);
        if at == head.senders.len() {
            head.senders.push(to.clone());
        }
        let leaves = |number: &NumberId| number != to && from.contains(number);
        let left: Vec<_> = (0..)
            .map(SenderNo)
            .zip(&self.senders)
            .filter(|(_, number)| leaves(number))
            .map(|(no, _)| no)
            .collect();
        for (_, by) in head.moved.iter_mut().filter(|(_, by)| left.contains(by)) {
            *by = other;
        }
        // Who is ordered to send sends for itself again.
        head.moved.retain(|(number, _)| *number != other && !left.contains(number));
        head.moved.extend(left.into_iter().map(|number| (number, other)));
        Some(head)
    }

    /// Who sends in the place of a number: another one, where the operator said so.
    #[must_use]
    pub fn sends_for(&self, number: SenderNo) -> SenderNo {
        in_place_of(&self.moved, number)
    }
}

/// Who sends in the place of a number, by what was moved.
#[must_use]
pub fn in_place_of(moved: &[(SenderNo, SenderNo)], number: SenderNo) -> SenderNo {
    moved.iter().find(|(moved, _)| *moved == number).map_or(number, |(_, by)| *by)
}

/// What a new plan would change against the last one. Users' programs read these words: they stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDiff {
    /// Jobs that become queued and were not: new rows, rows that are back or mended.
    pub new: u64,
    /// Queued or failed jobs whose message, phone or sender is another now.
    pub changed: u64,
    /// Rows of people who have been sent to (accepted and after, in doubt, sending), which stay as they are.
    pub already_sent: u64,
    /// Those of them to whom the file says another message now than the one that they were sent.
    pub differs: u64,
    /// Jobs that were still queued and whose row is gone: they are cancelled.
    pub removed: u64,
    /// Rows listed and skipped in the new plan.
    pub skipped: u64,
    /// Jobs that were not yet sent under the old plan (queued), the base of the guard against accidents.
    pub unsent_before: u64,
    /// Rows of the new plan, good or bad.
    pub rows: u64,
}

impl PlanDiff {
    /// An empty file, or one that lacks more than half of those not yet sent.
    #[must_use]
    pub fn looks_like_an_accident(&self) -> bool {
        self.rows == 0 || self.removed * 2 > self.unsent_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_sends_in_the_place_of_others_until_one_of_them_is_ordered_to_send_again() {
        let [a, b, c] = ["a", "b", "c"].map(NumberId::new);
        let head = PlanHead { senders: vec![a.clone(), b.clone()], ..PlanHead::default() };
        let by = |head: &PlanHead| {
            [0, 1].map(|no| head.senders[usize::from(head.sends_for(SenderNo(no)).0)].clone())
        };
        let head = head.reassigned(std::slice::from_ref(&a), &b).unwrap();
        assert_eq!(by(&head), [b.clone(), b.clone()]);
        let head = head.reassigned(std::slice::from_ref(&b), &c).unwrap();
        assert_eq!(
            (by(&head), &head.senders),
            ([c.clone(), c.clone()], &vec![a.clone(), b.clone(), c.clone()])
        );
        let head = head.reassigned(&[c.clone(), b.clone()], &a).unwrap();
        assert_eq!(by(&head), [a.clone(), a.clone()]);
        let head = head.reassigned(&[], &b).unwrap();
        assert_eq!(by(&head), [a, b]);
    }
}
