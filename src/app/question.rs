//! What a use case asks before it goes on. A question is a value: a page may show it and give the answer with the next
//! request, a terminal answers at once.

use std::path::PathBuf;

use crate::app::claims::Kind;
use crate::app::plan::Estimate;
use crate::domain::cost::Cost;
use crate::domain::format::{count, people, plural};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::PlanDiff;
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
    /// How many messages this run sends.
    pub messages: u64,
    /// How many are left to send in all.
    pub all: u64,
    /// From which numbers.
    pub senders: Vec<NumberId>,
    /// How this run goes out.
    pub estimate: Estimate,
    /// What this run costs, and what all that is left does; `None` where the campaign names no list of prices.
    pub cost: Option<(Cost, Cost)>,
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

impl SendQuestion {
    /// When it goes out, what limits it, and what it costs: a fact a line.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        let mut facts = vec![capital(&self.estimate.when())];
        facts.extend(self.estimate.why().map(|why| capital(&why)));
        if let Some((this_run, all)) = &self.cost {
            let sums = |cost: &Cost| match cost.sums() {
                sums if sums.is_empty() => "nothing that has a price".to_owned(),
                sums => sums,
            };
            facts.push(if self.messages < self.all {
                let messages = plural(self.all, "message", "messages");
                format!("This run costs {}; all {messages} cost {}", sums(this_run), sums(all))
            } else {
                format!("Costs {}", sums(all))
            });
            facts.extend(all.gaps());
        }
        facts
    }
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
                let messages = plural(send.messages, "message", "messages");
                let of =
                    if send.messages < send.all { format!(" of {}", count(send.all)) } else { String::new() };
                format!("Send {messages}{of} from {from}?")
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
