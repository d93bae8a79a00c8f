//! What is to be done, and what the account has to tell before it can be.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::cli::asking;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::labels::Labels;
use crate::domain::deed::Deed;
use crate::domain::ids::{LabelId, SubscriberId};
use crate::domain::phone::Phone;
use crate::domain::problem::Problem;
use crate::sendwo::{Client, HttpTransport};

/// What is to be done about everybody, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Put on the list.
    Create,
    /// Given labels, named or by their ids.
    Label(Vec<String>),
    /// Written down.
    Note(String),
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

    /// What it is called to people.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        match self {
            Task::Create => "to create",
            Task::Label(_) => "to label",
            Task::Note(_) => "to note it with",
        }
    }

    /// A report's word for a row of it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Task::Create => "subscriber",
            Task::Label(_) => "labels",
            Task::Note(_) => "note",
        }
    }

    /// What to do when nobody knows of some whether it was done.
    #[must_use]
    pub fn in_doubt(&self) -> &'static str {
        match self {
            Task::Create => "does it once more; who is on the list by then counts as done",
            Task::Label(_) => "does it once more, which changes nothing where it was done",
            Task::Note(_) => "does it once more; where it was done the note then stands there twice",
        }
    }
}

/// Enough of a digest to tell one text from another.
fn short(text: &str) -> String {
    Sha256::digest(text.trim()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A task with all that the account had to tell for it.
#[derive(Debug)]
pub enum Ready {
    /// Needs nothing.
    Create,
    /// The labels' ids, and who is there.
    Label(Vec<LabelId>, People),
    /// The note, and who is there.
    Note(String, People),
}

/// Who is on the account's list.
#[derive(Debug, Default)]
pub struct People {
    by_phone: HashMap<Phone, SubscriberId>,
    by_id: HashMap<SubscriberId, Phone>,
}

impl Ready {
    /// Asks the account.
    ///
    /// # Errors
    /// When it can't be asked, or has no such label.
    pub async fn of(ctx: &Context, client: &Client<HttpTransport>, task: &Task) -> Result<Ready, CliError> {
        Ok(match task {
            Task::Create => Ready::Create,
            Task::Label(named) => {
                let known = Labels::of(ctx, client).await?;
                let ids = known.ids(named)?.into_iter().map(|(id, _)| id).collect();
                Ready::Label(ids, People::of(ctx, client).await?)
            }
            Task::Note(text) if text.trim().is_empty() => return Err(CliError::usage("the note is blank")),
            Task::Note(text) => Ready::Note(text.clone(), People::of(ctx, client).await?),
        })
    }

    /// Who is there, where that was asked.
    #[must_use]
    pub fn people(&self) -> Option<&People> {
        match self {
            Ready::Create => None,
            Ready::Label(_, people) | Ready::Note(_, people) => Some(people),
        }
    }

    /// What is done about this person.
    ///
    /// # Errors
    /// When they would have to be on the list and aren't.
    pub fn deed(&self, phone: Phone, [first_name, last_name]: [&str; 2]) -> Result<Deed, Problem> {
        let there = |people: &People| {
            let id = people.by_phone.get(&phone).cloned();
            id.ok_or_else(|| Problem::new("nobody with this number is on the account's list"))
        };
        let name = |name: &str| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(match self {
            Ready::Create => Deed::Create { first_name: name(first_name), last_name: name(last_name) },
            Ready::Label(labels, people) => {
                Deed::Label { subscriber: there(people)?, labels: labels.clone() }
            }
            Ready::Note(text, people) => Deed::Note { subscriber: there(people)?, text: text.clone() },
        })
    }
}

impl People {
    /// Reads the whole list.
    ///
    /// # Errors
    /// When a page can't be read.
    pub async fn of(ctx: &Context, client: &Client<HttpTransport>) -> Result<People, CliError> {
        let mut people = People::default();
        for person in asking::all(ctx, "subscribers", client.subscribers().all()).await? {
            if let (Some(id), Some(phone)) = (person.id, person.phone) {
                people.by_id.insert(id.clone(), phone);
                people.by_phone.insert(phone, id);
            }
        }
        Ok(people)
    }

    /// The number of whoever has this id.
    #[must_use]
    pub fn phone(&self, id: &str) -> Option<Phone> {
        self.by_id.get(&SubscriberId::new(id)).copied()
    }

    /// Whether somebody with this number is there.
    #[must_use]
    pub fn holds(&self, phone: Phone) -> bool {
        self.by_phone.contains_key(&phone)
    }
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

    #[test]
    fn only_who_is_there_can_be_labelled() {
        let (there, other) =
            (Phone::from_digits("919876543210").unwrap(), Phone::from_digits("919876543211").unwrap());
        let mut people = People::default();
        people.by_phone.insert(there, SubscriberId::new("501"));
        people.by_id.insert(SubscriberId::new("501"), there);
        assert_eq!((people.phone("501"), people.phone("1")), (Some(there), None));
        let ready = Ready::Label(vec![LabelId::new("12")], people);
        let subscriber = SubscriberId::new("501");
        let expected = Deed::Label { subscriber, labels: vec![LabelId::new("12")] };
        assert_eq!(ready.deed(there, ["", ""]), Ok(expected));
        assert!(ready.deed(other, ["", ""]).unwrap_err().reason.contains("nobody with this number"));
        let named = Ready::Create.deed(other, [" Asha ", " "]);
        assert_eq!(named, Ok(Deed::Create { first_name: Some("Asha".into()), last_name: None }));
    }
}
