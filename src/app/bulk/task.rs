//! What is to be done, and what depends on it.

use sha2::{Digest, Sha256};

use crate::app::account::Labels;
use crate::app::{App, AppError};
use crate::domain::hex::hex;
use crate::domain::ids::LabelId;
use crate::domain::round_kind::RoundKind;
use crate::domain::subscriber_action as action;
use crate::sendwo::{Client, Transport};

/// What is to be done about everybody; labels are names or ids at first, and ids once the account was [asked](Task::ask).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task<L = String> {
    /// Put on the list.
    Create,
    /// Given labels.
    Label(Vec<L>),
    /// Written down: a template over the table's columns.
    Note(String),
}

impl<L> Task<L> {
    /// What a round of it does for each row.
    #[must_use]
    pub fn round_kind(&self) -> RoundKind {
        match self {
            Task::Create => RoundKind::CreateSubscribers,
            Task::Label(_) => RoundKind::AssignLabels,
            Task::Note(_) => RoundKind::AddNotes,
        }
    }

    /// The command under `subscribers`.
    fn command(&self) -> &'static str {
        self.round_kind().subscribers_command().unwrap_or_default()
    }

    /// `12 …`: what it is called to people.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match self {
            Task::Create => "create",
            Task::Label(_) => "label",
            Task::Note(_) => "write a note about",
        }
    }

    /// Whether it is about people who are on the list.
    #[must_use]
    pub fn is_of_listed(&self) -> bool {
        !matches!(self, Task::Create)
    }

    /// What the planner renders for each row. Only a note has a text; in its place stands what is done.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Task::Note(text) => text,
            Task::Create | Task::Label(_) => self.command(),
        }
    }

    /// What to do when the outcome is unknown for some.
    #[must_use]
    pub fn in_doubt(&self) -> &'static str {
        match self {
            Task::Create => "does it once more; who is on the list by then counts as done",
            Task::Label(_) => "does it once more, which changes nothing where it was done",
            Task::Note(_) => "does it once more; where it was done the note then stands there twice",
        }
    }
}

impl Task {
    /// What its name begins with. Another note, or other labels, to the same file is other work.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Task::Create => "create".to_owned(),
            Task::Label(labels) => format!("labels-{}", short(&labels.join(","))),
            Task::Note(text) => format!("note-{}", short(text)),
        }
    }

    /// Asks the account what its labels' ids are.
    ///
    /// # Errors
    /// When it has no such label (exit 2), or can't be asked.
    pub async fn ask<T: Transport>(&self, app: &App, client: &Client<T>) -> Result<Task<LabelId>, AppError> {
        Ok(match self {
            Task::Create => Task::Create,
            Task::Note(text) if text.trim().is_empty() => return Err(AppError::usage("the note is blank")),
            Task::Note(text) => Task::Note(text.clone()),
            Task::Label(named) => {
                let known = Labels::of(app, client).await?;
                Task::Label(known.ids(named)?.into_iter().map(|(id, _)| id).collect())
            }
        })
    }
}

impl Task<LabelId> {
    /// What makes a plan what it is beside the table and the text.
    #[must_use]
    pub fn mark(&self) -> String {
        match self {
            Task::Create | Task::Note(_) => self.command().to_owned(),
            Task::Label(ids) => ids.iter().map(LabelId::as_str).collect::<Vec<_>>().join(","),
        }
    }

    /// A report's word for a row of it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Task::Create => action::CREATED,
            Task::Label(_) => action::LABELLED,
            Task::Note(_) => action::NOTED,
        }
    }
}

/// Enough of a digest to tell one text from another.
fn short(text: &str) -> String {
    hex(&Sha256::digest(text.trim())[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_labels_or_another_note_are_other_work() {
        let words = [
            Task::Create,
            Task::Label(vec!["Lead".into()]),
            Task::Label(vec!["Lead".into(), "VIP".into()]),
            Task::Note("Lead".into()),
        ]
        .map(|task| task.word());
        assert_eq!(words[0], "create");
        assert!(words[1].starts_with("labels-") && words[1] != words[2] && words[3].starts_with("note-"));
        assert_eq!(Task::Note(" a".into()).word(), Task::Note("a ".into()).word());
    }
}
