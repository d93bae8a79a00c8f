//! What webhooks tell a run: news goes the way of a poll's, only that nobody had to ask; replies are counted. Until a status
//! has told the server's zone, a time without a zone is when the webhook came.

use std::time::Duration;

use tokio::time::Instant;

use super::inbox_reader::{Answered, InboxReader, about};
use super::news::{failed, known, redacted, unknown_yet};
use super::poll::Polls;
use super::replies::ReplyCounts;
use crate::domain::ids::{AttemptNo, JobId, MessageId};
use crate::domain::job::{Event, News, Reach};
use crate::domain::time::Millis;
use crate::engine::decision::Decision;
use crate::engine::reconcile::clock_skew::ClockSkew;
use crate::queue::{Queue, QueueError};
use crate::sendwo::Moment;
use crate::webhooks::{Cursor, Hook, HookDelivery, Record};

/// Pages of the inbox that are read in one turn; the next turn goes on.
const MAX_PAGES: usize = 4;
/// How often it is noted how far was read.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// The inbox of the account, as a run reads it.
#[derive(Debug)]
pub struct Webhooks {
    reader: InboxReader,
    every: Duration,
    next: Instant,
    save_at: Instant,
}

/// What else of the run has to do with webhooks.
pub struct Listeners<'r, Q> {
    /// The queue.
    pub queue: &'r mut Q,
    /// Polls needn't ask for what was told.
    pub polls: &'r mut Polls,
    /// How the server writes times.
    pub skew: &'r mut ClockSkew,
    /// A message may yet turn up under an id that nobody knows.
    pub awaits_ids: bool,
    /// Everything that was decided is in the queue.
    pub all_recorded: bool,
    /// Wall time.
    pub now: Millis,
}

impl Webhooks {
    /// Reads by this reader, so often.
    #[must_use]
    pub fn new(reader: InboxReader, every: Duration) -> Webhooks {
        let now = Instant::now();
        Webhooks { reader, every, next: now, save_at: now }
    }

    /// When to look into the inbox; at once, where what came early is ready.
    #[must_use]
    pub fn next(&self) -> Instant {
        if self.reader.ready.is_empty() { self.next } else { Instant::now().min(self.next) }
    }

    /// Takes in what has come since the last time.
    ///
    /// # Errors
    /// The queue's.
    pub fn poll_inbox<Q: Queue>(&mut self, run: &mut Listeners<'_, Q>) -> Result<Decision, QueueError> {
        let mut decision = Decision::default();
        let now = Instant::now();
        // What was read before stands in the queue, on disk: only then is it noted as read.
        if now >= self.save_at && run.all_recorded && self.reader.ready.is_empty() {
            self.save_at = now + SAVE_EVERY;
            self.reader.save();
        }
        for (job, attempt, record) in std::mem::take(&mut self.reader.ready) {
            if let Hook::Delivery(delivery) = &record.hook {
                news(run, job, attempt, delivery, record.received, &mut decision)?;
            } else {
                self.take(run, Cursor::default(), record, &mut decision)?;
            }
        }
        if now < self.next {
            return Ok(decision);
        }
        self.next = now + self.every;
        for _ in 0..MAX_PAGES {
            let page = self.reader.read();
            if page.is_empty() {
                break;
            }
            for (at, record) in page {
                self.take(run, at, record, &mut decision)?;
            }
        }
        if !run.awaits_ids {
            self.reader.forget_early();
        }
        Ok(decision)
    }

    fn take<Q: Queue>(
        &mut self,
        run: &mut Listeners<'_, Q>,
        at: Cursor,
        record: Record,
        decision: &mut Decision,
    ) -> Result<(), QueueError> {
        let is_known = match &record.hook {
            Hook::Delivery(delivery) => match run.queue.by_message_id(&delivery.id)? {
                Some((job, attempt)) => {
                    news(run, job, attempt, delivery, record.received, decision)?;
                    true
                }
                None => false,
            },
            Hook::Reply(reply) => self.reader.reply(run.queue, reply, record.received)? != Answered::Unknown,
            // The person is on the opt-out list already.
            Hook::Marketing(told) => {
                self.reader.stopped(run.queue, told, record.received)?;
                true
            }
        };
        if !is_known
            && run.awaits_ids
            && let Some(id) = about(&record).cloned()
        {
            self.reader.keep(at, id, record);
        }
        Ok(())
    }

    /// A message is known by its id now.
    pub fn turned_up(&mut self, job: JobId, attempt: AttemptNo, id: &MessageId) {
        self.reader.turned_up(job, attempt, id);
    }

    /// Notes how far the inbox was read; at the end of a run.
    pub fn save(&mut self) {
        self.reader.save();
    }

    /// What the replies add up to.
    #[must_use]
    pub fn reply_counts(&self) -> ReplyCounts {
        self.reader.replies.counts()
    }
}

/// News of one of ours; what is known already changes nothing.
fn news<Q: Queue>(
    run: &mut Listeners<'_, Q>,
    job: JobId,
    attempt: AttemptNo,
    told: &HookDelivery,
    received: Millis,
    decision: &mut Decision,
) -> Result<(), QueueError> {
    let finished = matches!(told.news, News::Failed(_) | News::Reached(Reach::Read));
    run.polls.webhook_saw(job, attempt, finished);
    let Some(known) = known(run.queue, job, attempt)? else { return Ok(()) };
    if let (Some(moment), Some(accepted)) = (told.at, known.delivery.accepted_at)
        && received.since(accepted) <= ClockSkew::MAX_STATUS_DELAY
    {
        run.skew.learn_zone(moment, accepted);
    }
    let Some(news) = unknown_yet(&told.news, &known.delivery) else { return Ok(()) };
    let at = match told.at {
        // Without a zone it says less than when it came.
        Some(Moment::Naive(_)) if !run.skew.knows_zone() => None,
        told => told.and_then(|moment| run.skew.shown(moment, received)),
    };
    let at = at.map_or(received, |at| at.min(received));
    let news = match news {
        News::Failed(problem) => {
            let problem = redacted(run.queue, job, problem)?;
            failed(run.queue, job, &known, &problem, run.now, decision)?;
            News::Failed(problem)
        }
        news => news,
    };
    decision.record(job, Event::News { attempt, news, at });
    Ok(())
}
