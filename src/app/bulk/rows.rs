//! From the planner's rows to what is done about those whom they name.

use crate::app::plan::Findings;
use crate::campaign::{CampaignError, Planner, headers};
use crate::domain::ids::LabelId;
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::subscriber_action::SubscriberAction;
use crate::domain::text::Cell;

use super::subscriber_index::SubscriberIndex;
use super::task::Task;

/// The planner's rows, each with its action or the reason why there is none.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// Where they come from.
    pub planner: Planner<'a>,
    /// What was found so far.
    pub findings: Findings,
    names: Names,
    task: &'a Task<LabelId>,
    people: &'a SubscriberIndex,
}

/// The columns with first and last names.
#[derive(Clone, Copy, Debug)]
struct Names([Option<usize>; 2]);

impl<'a> Rows<'a> {
    /// What is made of the planner's rows.
    pub fn new(planner: Planner<'a>, task: &'a Task<LabelId>, people: &'a SubscriberIndex) -> Rows<'a> {
        let names = Names::find(&planner.head().columns);
        Rows { planner, findings: Findings::default(), names, task, people }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<PlannedRow, CampaignError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.planner.next()?.map(|mut row| {
            row.fate = fate(self.task, self.people, self.names, &mut row);
            self.findings.add(&row, 0);
            row
        });
        Some(row)
    }
}

impl Names {
    fn find(columns: &[String]) -> Names {
        let column = |names: &[&str]| names.iter().find_map(|name| headers::find(columns, name));
        Names([
            column(&["first_name", "firstname", "first", "given_name", "name"]),
            column(&["last_name", "lastname", "last", "surname", "family_name"]),
        ])
    }

    fn of(self, cells: &[Cell]) -> [Option<String>; 2] {
        self.0.map(|at| {
            let name = cells.get(at?)?.trim();
            (!name.is_empty()).then(|| name.to_owned())
        })
    }
}

fn fate(task: &Task<LabelId>, people: &SubscriberIndex, names: Names, row: &mut PlannedRow) -> Fate {
    let planned = std::mem::replace(&mut row.fate, Fate::Send(Message::Text { body: String::new() }.into()));
    let skip = |cause, problem| Fate::Skip { cause, problem, kind: task.kind().to_owned() };
    match (planned, row.phone) {
        (Fate::Send(payload), Some(phone)) => {
            match action(task, people, phone, payload, names.of(&row.cells)) {
                Ok(action) => Fate::Send(action.into()),
                Err((cause, reason)) => skip(cause, Problem::new(reason)),
            }
        }
        (Fate::Skip { cause, problem, .. }, _) => skip(cause, problem),
        // The planner sends to nobody without a number.
        (Fate::Send(_), None) => skip(SkipCause::Bad, Problem::new("no number")),
    }
}

/// What is done about this person; or why nothing.
fn action(
    task: &Task<LabelId>,
    people: &SubscriberIndex,
    phone: Phone,
    payload: Payload,
    [first_name, last_name]: [Option<String>; 2],
) -> Result<SubscriberAction, (SkipCause, String)> {
    let listed = people.find(phone).cloned();
    let there = || {
        let listed = listed.clone();
        listed.ok_or_else(|| (SkipCause::Bad, "nobody with this number is on the account's list".to_owned()))
    };
    match (task, payload) {
        (Task::Create, _) => match &listed {
            Some(id) => {
                Err((SkipCause::Duplicate, format!("on the account's list already, as subscriber {id}")))
            }
            None => Ok(SubscriberAction::Create { first_name, last_name }),
        },
        (Task::Label(labels), _) => {
            Ok(SubscriberAction::Label { subscriber: there()?, labels: labels.clone() })
        }
        (Task::Note(_), Payload::Message(Message::Text { body })) => {
            Ok(SubscriberAction::Note { subscriber: there()?, text: body })
        }
        // The planner was asked for texts.
        (Task::Note(_), _) => Err((SkipCause::Bad, "no text".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SenderNo, SubscriberId};

    fn made(people: &SubscriberIndex, task: &Task<LabelId>) -> String {
        let columns = ["Phone", "Surname", "First Name"].map(str::to_owned);
        let mut row = PlannedRow {
            row: Some(2),
            key: None,
            to: "919876543210".into(),
            phone: Phone::from_digits("919876543210"),
            sender: SenderNo(0),
            variant: None,
            cells: ["919876543210", " Sharma ", " "].map(Into::into).into(),
            fate: Fate::Send(Message::Text { body: "Asked".to_owned() }.into()),
        };
        match fate(task, people, Names::find(&columns), &mut row) {
            Fate::Send(Payload::SubscriberAction(action)) => format!("{action:?}"),
            Fate::Skip { cause, problem, kind } => format!("{cause:?} {kind}: {problem}"),
            fate @ Fate::Send(_) => format!("{fate:?}"),
        }
    }

    #[test]
    fn rows_become_what_is_done_about_those_whom_they_name() {
        let there = Phone::from_digits("919876543210").unwrap();
        let (listed, nobody) =
            (SubscriberIndex::from([(there, SubscriberId::new("501"))]), SubscriberIndex::default());
        let (labels, note) = (Task::Label(vec![LabelId::new("12")]), Task::Note("Asked".to_owned()));
        assert_eq!(made(&nobody, &Task::Create), r#"Create { first_name: None, last_name: Some("Sharma") }"#);
        let twice = "Duplicate subscriber: on the account's list already, as subscriber 501";
        assert_eq!(made(&listed, &Task::Create), twice);
        assert!(made(&listed, &labels).starts_with("Label {"), "{}", made(&listed, &labels));
        assert!(made(&listed, &note).ends_with(r#"text: "Asked" }"#), "{}", made(&listed, &note));
        for task in [labels, note] {
            assert!(made(&nobody, &task).ends_with("nobody with this number is on the account's list"));
        }
    }
}
