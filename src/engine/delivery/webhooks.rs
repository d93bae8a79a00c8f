//! What webhooks tell a run: news goes the way of a poll's, only that nobody had to ask; buttons are counted.

use std::time::Duration;

use tokio::time::Instant;

use super::inbox_reader::{Answered, about};
use crate::domain::ids::{AttemptNo, JobId};
use crate::domain::job::{Delivery, Event, News, Reach};
use crate::domain::time::Millis;
use crate::engine::reconcile::clock_skew::ClockSkew;
use crate::engine::run_loop::RunLoop;
use crate::engine::setup::EngineError;
use crate::queue::{Change, Queue};
use crate::sendwo::{Moment, Transport};
use crate::sys::clock::Clock;
use crate::webhooks::{Cursor, Hook, HookDelivery, Record};

/// Pages of the inbox that are read in one turn; the next turn goes on.
const MAX_PAGES: usize = 4;
/// How often it is noted how far was read.
const SAVE_EVERY: Duration = Duration::from_secs(5);

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    /// Takes in what has come since the last time, a few times a second.
    pub fn poll_inbox(&mut self) -> Result<(), EngineError> {
        let now = Instant::now();
        // What was read before stands in the queue, on disk: only then is it noted as read.
        if now >= self.hooks.note_at && self.changes.is_empty() {
            self.hooks.note_at = now + SAVE_EVERY;
            self.hooks.save();
        }
        for (job, attempt, record) in std::mem::take(&mut self.hooks.ready) {
            if let Hook::Delivery(delivery) = &record.hook {
                self.hook_news(job, attempt, delivery, record.received)?;
            } else {
                self.hook(Cursor::default(), record)?;
            }
        }
        if now < self.hooks.next {
            return Ok(());
        }
        self.hooks.next = now + self.setup.options.pulse;
        for _ in 0..MAX_PAGES {
            let page = self.hooks.read();
            if page.is_empty() {
                break;
            }
            for (at, record) in page {
                self.hook(at, record)?;
            }
        }
        if !self.awaits_ids() {
            self.hooks.forget_early();
        }
        Ok(())
    }

    /// Whether a message may yet turn up under an id that nobody knows.
    fn awaits_ids(&self) -> bool {
        !(self.in_flight.is_empty() && self.doubts.is_empty() && self.changes.is_empty())
    }

    fn hook(&mut self, at: Cursor, record: Record) -> Result<(), EngineError> {
        let known = match &record.hook {
            Hook::Delivery(delivery) => match self.queue.by_message_id(&delivery.id)? {
                Some((job, attempt)) => {
                    self.hook_news(job, attempt, delivery, record.received)?;
                    true
                }
                None => false,
            },
            Hook::Reply(reply) => {
                self.hooks.reply(&mut self.queue, reply, record.received)? != Answered::Unknown
            }
            // It is on the opt-out list already.
            Hook::Marketing(_) => true,
        };
        if !known
            && self.awaits_ids()
            && let Some(id) = about(&record).cloned()
        {
            self.hooks.keep(at, id, record);
        }
        Ok(())
    }

    /// News of one of ours; what is known already changes nothing.
    fn hook_news(
        &mut self,
        job: JobId,
        attempt: AttemptNo,
        told: &HookDelivery,
        received: Millis,
    ) -> Result<(), EngineError> {
        let finished = matches!(told.news, News::Failed(_) | News::Reached(Reach::Read));
        self.tracker.hooked(job, attempt, finished);
        let Some(state) = self.queue.job(job)? else { return Ok(()) };
        let known = state.deliveries().find(|(a, _)| a.no == attempt).map(|(a, d)| (a.sender, d.clone()));
        let Some((sender, known)) = known else { return Ok(()) };
        let accepted = known.accepted_at;
        if let (Some(moment), Some(accepted)) = (told.at, accepted)
            && received.since(accepted) <= ClockSkew::MAX_STATUS_DELAY
        {
            self.skew.learn_zone(moment, accepted);
        }
        let Some(news) = unknown_yet(&told.news, &known) else { return Ok(()) };
        let news = match news {
            News::Failed(problem) => News::Failed(match self.phone_of(job)? {
                Some(phone) => problem.about(phone),
                None => problem,
            }),
            news => news,
        };
        let at = match told.at {
            // Without a zone it says less than when it came.
            Some(Moment::Naive(_)) if !self.skew.knows_zone() => None,
            told => told.and_then(|moment| self.skew.shown(moment, received)),
        };
        let at = at.map_or(received, |at| at.min(received));
        let failed = match &news {
            News::Failed(problem) => Some(problem.clone()),
            News::Reached(_) => None,
        };
        self.changes.push(Change { job, expect: None, event: Event::News { attempt, news, at } });
        match failed {
            Some(problem) => self.failed_later(job, attempt, sender, accepted, &problem),
            None => Ok(()),
        }
    }
}

/// The news, unless it is known: the steps it tells of are kept also where a later one is.
pub fn unknown_yet(news: &News, known: &Delivery) -> Option<News> {
    let new = match news {
        News::Reached(Reach::Accepted) => false,
        News::Reached(Reach::Sent) => known.sent_at.is_none(),
        News::Reached(Reach::Delivered) => known.delivered_at.is_none(),
        News::Reached(Reach::Read) => known.read_at.is_none(),
        News::Failed(_) => known.failed_at.is_none() && known.reach < Some(Reach::Delivered),
    };
    new.then(|| news.clone())
}
