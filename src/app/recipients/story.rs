//! All that is known of one person's message.

use crate::app::recipients::page::Recipient;
use crate::domain::ids::{AttemptNo, NumberId};
use crate::domain::job::{Delivery, Event};
use crate::domain::message::Message;
use crate::domain::problem::Problem;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::engine::replies::Answer;

/// All that is known of one person's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// As a page shows them.
    pub recipient: Recipient,
    /// The message as it was sent, or as it is to be; `None` for a skipped row.
    pub message: Option<Message>,
    /// Whether anything was sent, so that `message` is what was.
    pub was_sent: bool,
    /// What the row said, by the audience's columns; empty cells are left out.
    pub cells: Vec<(String, Cell)>,
    /// Every attempt, the first one first.
    pub attempts: Vec<AttemptStory>,
    /// All that happened, in the order in which it was written down. Orders (a retry, a resend) and what became of the row
    /// are told here alone.
    pub events: Vec<Event>,
    /// What they answered, in the order in which it was taken.
    pub answers: Vec<Answer>,
}

/// One attempt to send the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptStory {
    /// Its number, from 1.
    pub no: AttemptNo,
    /// Which number sent.
    pub from: Option<NumberId>,
    /// When it was written down that it would be sent. Unix time, in milliseconds.
    pub begun: Millis,
    /// What came of it.
    pub end: AttemptEnd,
    /// Since when its outcome was unknown, where it ever was.
    pub doubted: Option<Millis>,
    /// How often the conversation was looked at for it.
    pub looks: u32,
    /// The last that was said against it.
    pub problem: Option<Problem>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// Nothing yet: it is on its way, or whoever sent it was interrupted.
    Open,
    /// It was never POSTed.
    Withdrawn,
    /// It wasn't accepted, and another attempt follows.
    NotAccepted,
    /// It was refused for good.
    Refused {
        /// When.
        at: Millis,
    },
    /// It may have been accepted.
    InDoubt,
    /// It was accepted: WhatsApp's id, and how far it got.
    Accepted(Delivery),
}

/// The attempts that these events tell of. `deliveries` are what became of those that were accepted.
pub(super) fn attempts<'a>(
    events: &[Event],
    deliveries: impl Fn(AttemptNo) -> Option<&'a Delivery>,
    number: impl Fn(&Event) -> Option<NumberId>,
) -> Vec<AttemptStory> {
    let mut attempts: Vec<AttemptStory> = Vec::new();
    for event in events {
        if let Event::Claimed { attempt, at, .. } = event {
            attempts.push(AttemptStory {
                no: *attempt,
                from: number(event),
                begun: *at,
                end: AttemptEnd::Open,
                doubted: None,
                looks: 0,
                problem: None,
            });
            continue;
        }
        let Some(attempt) = event.attempt() else { continue };
        let Some(story) = attempts.iter_mut().rfind(|story| story.no == attempt) else { continue };
        match event {
            Event::Withdrawn { .. } => story.end = AttemptEnd::Withdrawn,
            Event::NotAccepted { problem, .. } => {
                (story.end, story.problem) = (AttemptEnd::NotAccepted, Some(problem.clone()));
            }
            Event::Refused { at, problem, .. } => {
                (story.end, story.problem) = (AttemptEnd::Refused { at: *at }, Some(problem.clone()));
            }
            Event::Doubted { at, problem, .. } => {
                story.doubted.get_or_insert(*at);
                (story.end, story.problem) = (AttemptEnd::InDoubt, Some(problem.clone()));
            }
            Event::Looked { problem, .. } => {
                story.looks += 1;
                story.problem = Some(problem.clone());
            }
            Event::FoundFailed { problem, .. } => story.problem = Some(problem.clone()),
            Event::News { news: crate::domain::job::News::Failed(problem), .. } => {
                story.problem = Some(problem.clone());
            }
            _ => {}
        }
        if let Some(delivery) = deliveries(attempt) {
            story.end = AttemptEnd::Accepted(delivery.clone());
        }
    }
    attempts
}
