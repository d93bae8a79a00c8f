//! The account's inbox, as one round reads it: from where it stopped, each record once or more.
//!
//! Invariant: how far it has read is a hint, unsynced and a little behind. News and replies that are read again change
//! nothing, so that a crash costs some reading and no news.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use super::last_touch::LastTouch;
use super::recipients::{Recipients, Unnamed};
use super::replies::{Answer, Replies};
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::time::Millis;
use crate::queue::{Queue, QueueError};
use crate::sys::disk::{SharedDisk, if_there, publish};
use crate::webhooks::{Cursor, Hook, HookMarketing, HookReply, Inbox, Record, Wish, inbox_dir};

/// Records of unknown messages that are kept until their message turns up.
const MAX_EARLY_RECORDS: usize = 16_384;

/// A round's reader.
#[derive(Debug)]
pub struct InboxReader {
    inbox: Inbox,
    disk: SharedDisk,
    path: PathBuf,
    cursor: Cursor,
    saved: Cursor,
    early: Early,
    /// What came early and whose message has turned up.
    pub ready: Vec<(JobId, AttemptNo, Record)>,
    pub replies: Replies,
    people: Option<Recipients>,
    /// A reply couldn't be written down: how far was read isn't noted any more, so that whoever opens it next reads it again.
    is_behind: bool,
    /// The disk's error has been told.
    told: bool,
}

impl InboxReader {
    /// The reader of the round in `round`, for the account in `account`. A round that has never read begins where it
    /// itself began.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        disk: SharedDisk,
        account: &Path,
        round: &Path,
        began: Millis,
    ) -> Result<InboxReader, QueueError> {
        let inbox = Inbox::new(disk.clone(), inbox_dir(account));
        let path = round.join("hooks.json");
        let bytes = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        // What can't be read is passed over: then it reads more than it need.
        let saved = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let cursor = match saved {
            Some(cursor) => cursor,
            None => inbox.since(began).map_err(QueueError::disk("list", &inbox_dir(account)))?,
        };
        let replies =
            Replies::open(disk.clone(), round).map_err(QueueError::disk("read", &round.join("replies")))?;
        Ok(InboxReader {
            inbox,
            disk,
            path,
            cursor,
            saved: cursor,
            early: Early::default(),
            ready: Vec::new(),
            replies,
            people: None,
            is_behind: false,
            told: false,
        })
    }

    /// Some records that haven't been read, with where each stands; empty where there is nothing new. An inbox that
    /// can't be read is told of once: polling stays.
    pub fn read(&mut self) -> Vec<(Cursor, Record)> {
        let read = self.inbox.read(&mut self.cursor);
        self.or_told(read, "webhooks can't be read; deliveries are asked for instead").unwrap_or_default()
    }

    /// Keeps a record of a message that may yet turn up.
    pub fn keep(&mut self, at: Cursor, id: MessageId, record: Record) {
        self.early.keep(at, id, record);
    }

    /// A message is known now: what came before is ready.
    pub fn turned_up(&mut self, job: JobId, attempt: AttemptNo, id: &MessageId) {
        let early = self.early.take(id).into_iter();
        self.ready.extend(early.map(|record| (job, attempt, record)));
    }

    /// No message is on its way any more that could turn up.
    pub fn forget_early(&mut self) {
        self.early = Early::default();
    }

    /// Notes how far it has read, behind what waits for its message.
    pub fn save(&mut self) {
        let cursor = self.early.first().map_or(self.cursor, |first| first.min(self.cursor));
        if cursor == self.saved || self.is_behind {
            return;
        }
        let saved = self
            .replies
            .sync()
            .and_then(|()| serde_json::to_vec(&cursor).map_err(io::Error::other))
            .and_then(|bytes| publish(&*self.disk, &self.path, &bytes));
        if self.or_told(saved, "can't note how far webhooks were read").is_some() {
            self.saved = cursor;
        }
    }

    /// Counts a reply, where it answers a message of this round.
    ///
    /// # Errors
    /// The queue's.
    pub fn reply<Q: Queue>(
        &mut self,
        queue: &mut Q,
        reply: &HookReply,
        received: Millis,
    ) -> Result<Answered, QueueError> {
        if reply.words.is_none() && reply.stop.is_none() {
            return Ok(Answered::Nothing);
        }
        let at = reply.sent_at(received);
        let found = match (&reply.answers, reply.from) {
            (Some(id), _) => match queue.by_message_id(id)? {
                Some((job, _)) => Some((None, job)),
                None => return Ok(Answered::Unknown),
            },
            (None, Some(phone)) => {
                let (number, button) = (reply.number.as_ref(), reply.button.as_ref());
                let button = button.map(|button| button.id.as_str());
                let found = self.answered(queue, Unnamed { phone, number, button, at })?;
                found.map(|(touch, job)| (Some(touch), job))
            }
            (None, None) => None,
        };
        let Some((touch, job)) = found else { return Ok(Answered::Nothing) };
        Ok(self.take(Answer::to(job, reply, at, touch)))
    }

    /// Counts that a person stopped marketing messages in WhatsApp's settings, where the last message that they got is
    /// this round's. A code doesn't count: it refuses a message to somebody who stopped them before.
    ///
    /// # Errors
    /// The queue's.
    pub fn stopped<Q: Queue>(
        &mut self,
        queue: &mut Q,
        told: &HookMarketing,
        received: Millis,
    ) -> Result<Answered, QueueError> {
        let (Wish::Stop, None, Some(phone)) = (told.wish, told.code, told.from) else {
            return Ok(Answered::Nothing);
        };
        let at = told.sent_at(received);
        let found = self.answered(queue, Unnamed { phone, number: None, button: None, at })?;
        let Some((touch, job)) = found else { return Ok(Answered::Nothing) };
        Ok(self.take(Answer::settings(job, phone, told, at, touch)))
    }

    fn answered<Q: Queue>(
        &mut self,
        queue: &mut Q,
        reply: Unnamed<'_>,
    ) -> Result<Option<(LastTouch, JobId)>, QueueError> {
        let people = match self.people.take() {
            Some(people) => people,
            None => Recipients::of(queue)?,
        };
        let found = people.answered(queue, reply);
        self.people = Some(people);
        found
    }

    fn take(&mut self, answer: Answer) -> Answered {
        let taken = self.replies.take(answer);
        self.is_behind |= taken.is_err();
        self.or_told(taken, "a reply can't be counted");
        Answered::Counted
    }

    fn or_told<T>(&mut self, result: io::Result<T>, what: &str) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    tracing::warn!(%error, "{what}");
                }
                None
            }
        }
    }
}

/// What became of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is counted, or was before.
    Counted,
    /// It answers nothing of this round.
    Nothing,
    /// It answers a message that this round doesn't know (yet).
    Unknown,
}

/// What came before its message was known: a webhook may overtake the answer to our own request.
#[derive(Debug, Default)]
struct Early {
    by_id: HashMap<MessageId, Vec<Record>>,
    order: VecDeque<(Cursor, MessageId)>,
}

impl Early {
    fn keep(&mut self, at: Cursor, id: MessageId, record: Record) {
        if self.order.len() >= MAX_EARLY_RECORDS
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back((at, id.clone()));
        self.by_id.entry(id).or_default().push(record);
    }

    fn take(&mut self, id: &MessageId) -> Vec<Record> {
        if self.by_id.is_empty() {
            return Vec::new();
        }
        self.by_id.remove(id).unwrap_or_default()
    }

    /// Where the oldest stands that still waits.
    fn first(&mut self) -> Option<Cursor> {
        while let Some((_, id)) = self.order.front()
            && !self.by_id.contains_key(id)
        {
            self.order.pop_front();
        }
        self.order.front().map(|(at, _)| *at)
    }
}

/// The message that a record is about, by which it is kept.
pub fn about(record: &Record) -> Option<&MessageId> {
    match &record.hook {
        Hook::Delivery(delivery) => Some(&delivery.id),
        Hook::Reply(reply) => reply.answers.as_ref(),
        Hook::Marketing(_) => None,
    }
}
