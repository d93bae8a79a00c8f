//! What a use case asks before it goes on. A question is a value: a page may show it and give the answer with the next
//! request, a terminal answers at once.

use std::path::PathBuf;
use std::time::Duration;

use crate::app::claims::Kind;
use crate::domain::format::{about, count, people, plural};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::PlanDiff;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No: nothing is changed.
    No,
    /// Nobody is there to ask.
    Nobody,
}

/// Whether to go on.
#[derive(Clone, Debug)]
pub enum Question {
    /// With the ledger of an earlier campaign. Beforehand: [`ClaimAnswers`](crate::app::claims::ClaimAnswers).
    Claim(ClaimQuestion),
    /// Although many of those not yet sent are gone from the file. Beforehand: `accept_removals`.
    Removals(PlanDiff),
    /// And send. Beforehand: `yes`.
    Send(Box<SendQuestion>),
    /// Although its start was missed. Beforehand: `late`.
    Late(LateQuestion),
    /// And do this about so many people. Beforehand: `yes`.
    Bulk {
        /// `create`, `label`
        doing: &'static str,
        /// How many.
        people: u64,
    },
}

/// A file and an earlier campaign that may be one.
#[derive(Clone, Debug)]
pub struct ClaimQuestion {
    /// In what way they may belong together.
    pub kind: Kind,
    /// The earlier campaign's name.
    pub campaign: String,
    /// The file it was planned from.
    pub planned_from: PathBuf,
    /// The file in question.
    pub file: PathBuf,
    /// How many people were reached; `None` where nobody can tell.
    pub reached: Option<u64>,
    /// All of it as a fragment.
    pub what: String,
}

/// A campaign whose start was missed.
#[derive(Clone, Debug)]
pub struct LateQuestion {
    /// Its name.
    pub campaign: String,
    /// When its time came.
    pub at: Millis,
    /// All of it as a fragment.
    pub what: String,
}

/// What is about to be sent for the first time.
#[derive(Clone, Debug)]
pub struct SendQuestion {
    /// How many messages.
    pub messages: u64,
    /// From which numbers.
    pub senders: Vec<NumberId>,
    /// The ceiling for each of them.
    pub rate: Rate,
    /// How long that takes; `None` where the rate has no ceiling.
    pub duration: Option<Duration>,
    /// When it begins, as people read it, where that isn't now.
    pub begins: Option<String>,
    /// The first message, or the first of each variant.
    pub firsts: Vec<FirstMessage>,
}

/// The first message that somebody is about to get.
#[derive(Clone, Debug)]
pub struct FirstMessage {
    /// Its variant, where the campaign has several.
    pub variant: Option<String>,
    /// Who gets it.
    pub to: Phone,
    /// What.
    pub message: Message,
}

impl Question {
    /// The question itself, to be answered with yes or no.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Question::Claim(claim) => {
                format!("{}. Go on with its ledger, so that nobody is written to twice?", claim.what)
            }
            Question::Removals(diff) => {
                format!("This looks like an accident: {}. Cancel those?", removals(diff))
            }
            Question::Send(send) => {
                let from = send.senders.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
                let time = send.duration.map_or_else(|| "as fast as it goes".to_owned(), about);
                let messages = plural(send.messages, "message", "messages");
                let begins =
                    send.begins.as_ref().map(|begins| format!(", from {begins} on")).unwrap_or_default();
                format!("Send {messages} from {from} ({time}, at {}{begins})?", send.rate)
            }
            Question::Late(late) => format!("{}. Send it now?", late.what),
            Question::Bulk { doing, people: n } => format!("{} {}?", capital(doing), people(*n)),
        }
    }
}

/// `the file has 10 rows now, and 60 of the 100 people not yet sent are gone from it`
#[must_use]
pub fn removals(diff: &PlanDiff) -> String {
    format!(
        "the file has {} now, and {} of the {} not yet sent are gone from it",
        plural(diff.rows, "row", "rows"),
        count(diff.removed),
        people(diff.unsent_before)
    )
}

/// With its first letter large.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
