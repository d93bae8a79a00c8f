//! The account's inbox, as one round reads it: from where it stopped, each record once or more.
//!
//! Invariant: how far it has read is a hint, unsynced and a little behind. News and replies that are read again change
//! nothing, so that a crash costs some reading and no news.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use super::replies::{Answer, Replies};
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::queue::{Queue, QueueError};
use crate::sys::disk::{SharedDisk, if_there, publish};
use crate::webhooks::{Cursor, Hook, HookReply, Inbox, Record, inbox_dir};

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
    people: Option<ButtonRecipients>,
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
        if cursor == self.saved {
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

    /// Counts a button that was pressed, where it answers a message of this round.
    ///
    /// # Errors
    /// The queue's.
    pub fn reply<Q: Queue>(
        &mut self,
        queue: &mut Q,
        reply: &HookReply,
        at: Millis,
    ) -> Result<Answered, QueueError> {
        let Some(button) = &reply.button else { return Ok(Answered::Nothing) };
        let found = match &reply.answers {
            Some(id) => match queue.by_message_id(id)? {
                Some((job, _)) => Some((None, job)),
                None => return Ok(Answered::Unknown),
            },
            None => match reply.from {
                Some(phone) => {
                    let newest = self.by_phone(queue, phone, &button.id, at)?;
                    newest.map(|(accepted, job)| (Some(accepted), job))
                }
                None => None,
            },
        };
        let Some((by_phone, job)) = found else { return Ok(Answered::Nothing) };
        let taken = self.replies.take(Answer { job, reply, button, at, by_phone });
        self.or_told(taken, "a reply can't be counted");
        Ok(Answered::Counted)
    }

    /// Whose message with this button was the last that went to this person before `at`, and when it was accepted.
    fn by_phone<Q: Queue>(
        &mut self,
        queue: &mut Q,
        phone: Phone,
        button: &str,
        at: Millis,
    ) -> Result<Option<(Millis, JobId)>, QueueError> {
        if self.people.is_none() {
            self.people = Some(ButtonRecipients::of(queue)?);
        }
        let candidates = self.people.as_ref().map(|people| people.with(phone)).unwrap_or_default();
        let mut newest: Option<(Millis, JobId)> = None;
        for job in candidates {
            let Some(listed) = queue.listed(job)? else { continue };
            let Some(Message::Buttons { buttons, .. }) = listed.shown().fate.message() else { continue };
            let theirs = listed.phone().is_some_and(|other| other.identity() == phone.identity());
            if !theirs || !buttons.iter().any(|one| one.id == button) {
                continue;
            }
            let accepted = listed.job.deliveries().filter_map(|(_, delivery)| delivery.accepted_at).max();
            if let Some(accepted) = accepted.filter(|accepted| *accepted <= at) {
                newest = newest.max(Some((accepted, job)));
            }
        }
        Ok(newest)
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
    /// No button, or it answers nothing of this round.
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

/// Who got buttons, by a hash of the number: 8 bytes a person, and none where a campaign has no buttons.
#[derive(Debug)]
struct ButtonRecipients(Vec<(u32, JobId)>);

impl ButtonRecipients {
    fn of<Q: Queue>(queue: &mut Q) -> Result<ButtonRecipients, QueueError> {
        let mut people = Vec::new();
        queue.scan(&mut |listed| {
            if let (Some(phone), Some(Message::Buttons { .. })) =
                (listed.phone(), listed.shown().fate.message())
            {
                people.push((sum(phone), listed.id));
            }
            Ok(())
        })?;
        people.sort_unstable();
        Ok(ButtonRecipients(people))
    }

    fn with(&self, phone: Phone) -> Vec<JobId> {
        let sum = sum(phone);
        let from = self.0.partition_point(|(one, _)| *one < sum);
        self.0[from..].iter().take_while(|(one, _)| *one == sum).map(|(_, job)| *job).collect()
    }
}

fn sum(phone: Phone) -> u32 {
    crc32fast::hash(&phone.identity().as_u64().to_le_bytes())
}

/// The message that a record is about, by which it is kept.
pub fn about(record: &Record) -> Option<&MessageId> {
    match &record.hook {
        Hook::Delivery(delivery) => Some(&delivery.id),
        Hook::Reply(reply) => reply.answers.as_ref(),
        Hook::Marketing(_) => None,
    }
}
