//! `/help`: the words, and the keys.

use maud::html;

use crate::app::AppError;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{Page, Place};

const WORDS: [(&str, &str); 10] = [
    ("queued", "waiting for its turn, or to be tried again"),
    ("sending", "on its way to Sendwo just now"),
    ("accepted", "Sendwo has taken it"),
    ("sent", "WhatsApp has sent it"),
    ("delivered", "it is on the phone"),
    ("read", "it was read; people can switch this off, so more may have read it"),
    ("failed", "it was refused, or reported as undeliverable; the reason stands beside it"),
    (
        "in doubt",
        "the connection broke between the message and its answer: it may have arrived. It is never sent again by itself",
    ),
    (
        "skipped",
        "never to be sent: a bad row, a number that stood in the file before, or somebody who wrote STOP",
    ),
    ("cancelled", "called off before it was sent"),
];

const KEYS: [(&str, &str); 6] = [
    ("n", "a new campaign"),
    ("/", "search"),
    ("p", "pause the campaign that is shown, or go on with it"),
    ("g then c, o, n, a", "go to campaigns, opt-outs, numbers, account"),
    ("[ and ]", "the row before and the row after, in a preview"),
    ("Esc", "close"),
];

/// `GET /help`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let main = html! {
        div.head { h1 { "Help" } }
        section.card aria-labelledby="words" {
            h2 #words { "Words" }
            dl.words { @for (word, meaning) in WORDS { dt { (word) } dd { (meaning) } } }
        }
        section.card aria-labelledby="keys" {
            h2 #keys { "Keys" }
            dl.words { @for (key, what) in KEYS { dt { kbd { (key) } } dd { (what) } } }
            p.note { "They work outside of fields. Nothing that can’t be taken back has a key." }
        }
    };
    Ok(Page { title: "Help", place: Place::Help, live: false }.answer(dashboard, asked, main))
}
