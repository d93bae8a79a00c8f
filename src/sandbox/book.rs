//! What an account keeps beside its messages: subscribers, labels, notes, catalog, workflows, replies.
//!
//! Every change is one line of a file beside the accepted log, written before it is applied and before its answer is
//! released; opening applies them again, in order. A fresh book is the documentation's account.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::time::Millis;

use super::hooks::is_local;
use super::lines::{Kind, Lines};
use super::subscribers::{Note, Subscriber, Subscribers};
use super::wamid;

pub(super) const KIND: Kind = Kind { file: "sandbox-account.jsonl", key: "sandbox_account", version: 1 };

/// Something that was changed, with all that applying it again needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(super) enum Change {
    SubscriberCreated {
        id: u64,
        phone: Phone,
        first_name: String,
        last_name: String,
    },
    /// What is `None` stays.
    SubscriberUpdated {
        id: u64,
        phone: Option<Phone>,
        first_name: Option<String>,
        last_name: Option<String>,
    },
    LabelsAssigned {
        id: u64,
        labels: BTreeSet<u64>,
    },
    NoteAdded {
        id: u64,
        at: Millis,
        text: String,
    },
    LabelCreated {
        id: u64,
        name: String,
    },
    CatalogSynced {
        at: Millis,
    },
    WorkflowCreated {
        id: u64,
        at: Millis,
        name: String,
        target: String,
    },
    Replied(Reply),
    /// Workflows were told of all that happened before.
    Told {
        through: Millis,
    },
}

/// What a person wrote or pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) at: Millis,
    pub(super) from: Phone,
    /// The account's number that it came in at.
    pub(super) number: String,
    /// The text, or the pressed button's title.
    pub(super) text: String,
    /// The id of the pressed button.
    pub(super) button: Option<String>,
    /// The place in the accepted log of the message that it answers.
    pub(super) to: Option<u32>,
}

/// A webhook workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workflow {
    pub(super) id: u64,
    pub(super) at: Millis,
    pub(super) name: String,
    pub(super) target: String,
    /// Whether it may be contacted.
    pub(super) is_local: bool,
}

/// An open book.
#[derive(Debug)]
pub(super) struct Book {
    lines: Lines,
    pages: Pages,
}

#[derive(Clone, Debug, PartialEq)]
struct Pages {
    subscribers: Subscribers,
    /// Names by id, rising.
    labels: BTreeMap<u64, String>,
    synced: Option<Millis>,
    workflows: Vec<Workflow>,
    told: Option<Millis>,
    replies: Vec<Reply>,
    /// The places of each person's replies, rising.
    replied: HashMap<PhoneIdentity, Vec<u32>>,
}

impl Pages {
    /// The documentation's account: its subscriber, and the labels that its examples name by id.
    fn fresh() -> Pages {
        let labels = [(12, "Lead"), (18, "Ecommerce"), (22, "High Intent")];
        Pages {
            subscribers: Subscribers::fresh(),
            labels: labels.into_iter().map(|(id, name)| (id, name.to_owned())).collect(),
            synced: None,
            workflows: Vec::new(),
            told: None,
            replies: Vec::new(),
            replied: HashMap::new(),
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::SubscriberCreated { id, phone, first_name, last_name } => {
                self.subscribers.create(id, phone, first_name, last_name);
            }
            Change::SubscriberUpdated { id, phone, first_name, last_name } => {
                self.subscribers.update(id, phone, first_name, last_name);
            }
            Change::LabelsAssigned { id, labels } => {
                if let Some(subscriber) = self.subscribers.get_mut(id) {
                    subscriber.labels.extend(labels);
                }
            }
            Change::NoteAdded { id, at, text } => {
                if let Some(subscriber) = self.subscribers.get_mut(id) {
                    subscriber.notes.push(Note { at, text });
                }
            }
            Change::LabelCreated { id, name } => _ = self.labels.insert(id, name),
            Change::CatalogSynced { at } => self.synced = Some(at),
            Change::Told { through } => self.told = Some(through),
            Change::WorkflowCreated { id, at, name, target } => {
                let is_local = is_local(&target);
                self.workflows.push(Workflow { id, at, name, target, is_local });
            }
            Change::Replied(reply) => {
                // A file that holds more of them isn't opened in any acceptable time.
                let Ok(place) = u32::try_from(self.replies.len()) else { return };
                self.replied.entry(reply.from.identity()).or_default().push(place);
                self.replies.push(reply);
            }
        }
    }
}

impl Book {
    /// Opens the book in `dir`, or one in memory. A new one gets `fresh_nonce`.
    pub(super) fn open(dir: Option<&Path>, fresh_nonce: u64) -> io::Result<Book> {
        let mut pages = Pages::fresh();
        let lines = Lines::open(dir, KIND, fresh_nonce, |line, _| {
            pages.apply(serde_json::from_slice(line)?);
            Ok(())
        })?;
        Ok(Book { lines, pages })
    }

    /// Writes a change down, then applies it. After an error it wasn't.
    pub(super) fn keep(&mut self, change: Change) -> io::Result<()> {
        self.lines.append(&change)?;
        self.pages.apply(change);
        Ok(())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, nonce: u64) -> io::Result<()> {
        self.lines.clear(nonce)?;
        self.pages = Pages::fresh();
        Ok(())
    }

    pub(super) fn subscribers(&self) -> &Subscribers {
        &self.pages.subscribers
    }

    /// Ids and names, by id.
    pub(super) fn labels(&self) -> impl Iterator<Item = (u64, &str)> {
        self.pages.labels.iter().map(|(id, name)| (*id, name.as_str()))
    }

    pub(super) fn has_label(&self, id: u64) -> bool {
        self.pages.labels.contains_key(&id)
    }

    /// The names of a subscriber's labels, by their ids.
    pub(super) fn labels_of(&self, subscriber: &Subscriber) -> Vec<&str> {
        subscriber.labels.iter().filter_map(|id| self.pages.labels.get(id)).map(String::as_str).collect()
    }

    /// The id that the next label gets.
    pub(super) fn next_label(&self) -> u64 {
        self.pages.labels.keys().next_back().map_or(1, |last| last + 1)
    }

    /// When the catalog was last synced.
    pub(super) fn synced(&self) -> Option<Millis> {
        self.pages.synced
    }

    pub(super) fn workflows(&self) -> &[Workflow] {
        &self.pages.workflows
    }

    /// Until when workflows were told of everything, where that was noted.
    pub(super) fn told(&self) -> Option<Millis> {
        self.pages.told
    }

    /// How many replies there are.
    pub(super) fn reply_count(&self) -> usize {
        self.pages.replies.len()
    }

    /// The reply at a place.
    pub(super) fn reply(&self, place: usize) -> Option<&Reply> {
        self.pages.replies.get(place)
    }

    /// A person's replies with their places, newest first; `None` when there was none.
    pub(super) fn replies_of(&self, person: Phone) -> Option<impl Iterator<Item = (u32, &Reply)> + '_> {
        let places = self.pages.replied.get(&person.identity())?;
        Some(places.iter().rev().filter_map(|place| Some((*place, self.pages.replies.get(*place as usize)?))))
    }

    /// A reply's own message id. No message of the accepted log has it: its hash is over another nonce.
    pub(super) fn reply_id(&self, place: u32, reply: &Reply) -> String {
        wamid::write(self.lines.nonce(), place, reply.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let phone = Phone::from_digits("4915112345678").expect("a phone");
        let changes = [
            Change::SubscriberCreated {
                id: 502,
                phone,
                first_name: "Ada".to_owned(),
                last_name: String::new(),
            },
            Change::LabelCreated { id: 23, name: "Neu".to_owned() },
            Change::LabelsAssigned { id: 502, labels: [12, 23].into() },
            Change::NoteAdded { id: 502, at: Millis(5), text: "ruft zurück".to_owned() },
            Change::SubscriberUpdated {
                id: 502,
                phone: None,
                first_name: None,
                last_name: Some("L".to_owned()),
            },
            Change::CatalogSynced { at: Millis(6) },
            Change::Told { through: Millis(6) },
            Change::WorkflowCreated {
                id: 1,
                at: Millis(7),
                name: "W".to_owned(),
                target: "http://x".to_owned(),
            },
            Change::Replied(Reply {
                at: Millis(8),
                from: phone,
                number: "N".to_owned(),
                text: "STOP".to_owned(),
                button: None,
                to: Some(0),
            }),
        ];
        let mut book = Book::open(Some(dir.path()), 7).expect("opens");
        for change in changes {
            book.keep(change).expect("keeps");
        }
        let before = book.pages.clone();
        let id = book.reply_id(0, book.reply(0).expect("a reply"));
        drop(book);
        let mut book = Book::open(Some(dir.path()), 8).expect("opens again");
        assert_eq!(book.pages, before);
        let (place, reply) = book.replies_of(phone).and_then(|mut all| all.next()).expect("a reply");
        assert_eq!(book.reply_id(place, reply), id, "ids stay");
        let ada = book.subscribers().by_phone(phone).expect("there");
        assert_eq!((book.labels_of(ada), ada.last_name.as_str()), (vec!["Lead", "Neu"], "L"));
        assert_eq!(ada.notes, [Note { at: Millis(5), text: "ruft zurück".to_owned() }]);
        book.clear(9).expect("clears");
        assert_eq!(book.pages, Pages::fresh());
    }
}
