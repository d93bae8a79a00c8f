//! Who was written to in a round, by number: for replies that name no message.

use super::last_touch::{LastTouch, Newest, person};
use crate::domain::ids::{JobId, NumberId};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::queue::{Listed, Queue, QueueError};

/// A round's people, by a hash of the number: 8 bytes each.
#[derive(Debug)]
pub(super) struct Recipients {
    people: Vec<(u32, JobId)>,
    senders: Vec<NumberId>,
}

/// What a reply tells that names no message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unnamed<'r> {
    /// Who sent it.
    pub(super) phone: Phone,
    /// The account's number that it came in at, where that was told: other numbers' messages stand in other chats.
    pub(super) number: Option<&'r NumberId>,
    /// The id of the button that was pressed.
    pub(super) button: Option<&'r str>,
    /// When it was sent.
    pub(super) at: Millis,
}

impl Recipients {
    /// Of a round, by one pass over it.
    pub(super) fn of<Q: Queue>(queue: &mut Q) -> Result<Recipients, QueueError> {
        let senders = queue.head().map(|head| head.senders.clone()).unwrap_or_default();
        let mut people = Vec::new();
        queue.scan(&mut |listed| {
            if let (Some(phone), Some(_)) = (listed.phone(), listed.shown().fate.message()) {
                people.push((person(phone), listed.id));
            }
            Ok(())
        })?;
        people.sort_unstable();
        Ok(Recipients { people, senders })
    }

    /// Whose message a reply answers, and what stands for that. A button is an answer to the last message that carries it,
    /// however old; anything else to the last message within [`MAX_ANSWER_AGE`](super::last_touch::MAX_ANSWER_AGE).
    pub(super) fn answered<Q: Queue>(
        &self,
        queue: &mut Q,
        reply: Unnamed<'_>,
    ) -> Result<Option<(LastTouch, JobId)>, QueueError> {
        let (mut newest, mut by_button) = (Newest::before(reply.phone, reply.at), None);
        for job in self.with(reply.phone) {
            let Some(listed) = queue.listed(job)? else { continue };
            if listed.phone().is_none_or(|other| other.identity() != reply.phone.identity()) {
                continue;
            }
            if let Some(sent) = carried(&listed, reply) {
                by_button = by_button.max(Some((sent, job)));
            }
            let ours = |sender: usize| self.senders.get(sender);
            for attempt in &listed.job.attempts {
                let number = ours(usize::from(attempt.sender.0));
                if reply.number.is_none_or(|told| number.is_none_or(|ours| ours == told)) {
                    newest.consider(job, attempt);
                }
            }
        }
        let by_button = by_button.map(|(sent, job)| {
            (LastTouch { person: person(reply.phone), sent, by_button: true, is_sure: true }, job)
        });
        Ok(by_button.or(newest.found()))
    }

    fn with(&self, phone: Phone) -> impl Iterator<Item = JobId> + '_ {
        let person = person(phone);
        let from = self.people.partition_point(|(one, _)| *one < person);
        self.people[from..].iter().take_while(move |(one, _)| *one == person).map(|(_, job)| *job)
    }
}

/// When the message was accepted, where it has the button that was pressed.
fn carried(listed: &Listed<'_>, reply: Unnamed<'_>) -> Option<Millis> {
    let Some(Message::Buttons { buttons, .. }) = listed.shown().fate.message() else { return None };
    let pressed = reply.button?;
    if !buttons.iter().any(|one| one.id == pressed) {
        return None;
    }
    let accepted = listed.job.deliveries().filter_map(|(_, delivery)| delivery.accepted_at).max();
    accepted.filter(|accepted| *accepted <= reply.at)
}
