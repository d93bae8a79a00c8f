//! Looking for doubts in conversations: what is read, and what becomes of what it shows.

use std::collections::HashSet;

use tokio::time::Instant;

use super::clock_skew::ClockSkew;
use super::conversation::{Listing, Look, read_conversation};
use super::judge::{CompetingAttempts, Finding, MAX_SERVER_DELAY, judge};
use super::schedule::{Doubts, Sampling};
use super::skew_samples::SkewSamples;
use crate::domain::ids::{JobId, MessageId};
use crate::domain::job::{Event, ResendBy};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::decision::Decision;
use crate::engine::event::Completion;
use crate::engine::now::Now;
use crate::engine::requests::Requests;
use crate::engine::send::in_flight::InFlight;
use crate::engine::setup::OtherCampaigns;
use crate::queue::{Change, Doubt, Queue, QueueError};
use crate::sendwo::{ApiError, ApiErrorKind, ConversationRow, Direction, Transport};

/// The doubts of a run, and what is learnt to settle them by.
pub struct Reconcile {
    doubts: Doubts,
    skew: ClockSkew,
    samples: SkewSamples,
    sampling: Sampling,
    /// Send again, once, what is proven unseen.
    resend_unseen: bool,
    chance: fastrand::Rng,
}

/// What else may have written to a person.
pub struct Around<'r, Q> {
    /// The queue.
    pub queue: &'r mut Q,
    /// The other campaigns of the data directory.
    pub others: &'r mut dyn OtherCampaigns,
    /// This run's messages in flight.
    pub in_flight: &'r [InFlight],
    /// What is decided and not yet recorded.
    pub pending: &'r [Change],
}

impl Reconcile {
    /// Knows no doubt yet; the run begins now.
    #[must_use]
    pub fn new(now: Millis, resend_unseen: bool, seed: u64) -> Reconcile {
        Reconcile {
            doubts: Doubts::from(now),
            skew: ClockSkew::default(),
            samples: SkewSamples::default(),
            sampling: Sampling::default(),
            resend_unseen,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    /// How the server's clock stands to ours.
    pub fn skew(&mut self) -> &mut ClockSkew {
        &mut self.skew
    }

    /// When the doubts are to be read from the queue, or the next one looked for.
    #[must_use]
    pub fn next(&self, now: Now) -> Option<Instant> {
        let look = self.doubts.next(now.wall).map(|due| now.instant_of(due));
        let look = match self.waits_for_samples() {
            true => look.and_then(|due| Some(due.max(self.sampling.next()?))),
            false => look,
        };
        [self.doubts.next_reading(now.instant), look].into_iter().flatten().min()
    }

    fn waits_for_samples(&self) -> bool {
        self.sampling.holds(self.skew.is_known())
    }

    /// Reads the conversations of the doubts that are due; before that, where it isn't known how the server's clock
    /// stood then, those of a few people who were reached.
    ///
    /// # Errors
    /// The queue's.
    pub fn start<Q: Queue, T: Transport>(
        &mut self,
        queue: &mut Q,
        requests: &Requests<T>,
        now: Now,
    ) -> Result<(), QueueError> {
        self.doubts.refresh(queue, now.instant)?;
        if let Some(at) = self.doubts.first_due(now.wall)
            && !(self.skew.is_sure_at(at) && self.skew.is_sure_at(at + MAX_SERVER_DELAY))
        {
            if self.doubts.is_older(at) && !self.samples.recall(queue)? {
                return Ok(());
            }
            if self.sampling.is_due() {
                self.ask_for_samples(queue, requests, at)?;
            }
        }
        if self.waits_for_samples() {
            return Ok(());
        }
        for doubt in self.doubts.take_due(now.wall) {
            requests.start(|client| async move {
                let asked_at = Instant::now();
                let listing = read_conversation(&client, doubt.phone, doubt.at).await;
                Completion::ConversationRead(Look { doubt, asked_at, listing })
            });
        }
        Ok(())
    }

    /// The skew is learnt from messages whose acceptance was seen: before a look, the conversations of a few who
    /// were reached at about the attempt's time are read for its sake, before it and after it.
    fn ask_for_samples<Q: Queue, T: Transport>(
        &mut self,
        queue: &mut Q,
        requests: &Requests<T>,
        at: Millis,
    ) -> Result<(), QueueError> {
        /// People asked for at once on either side; drawn from so many, for some may not be listed.
        const SAMPLES: usize = 2;
        const NEAREST: usize = 16;
        let reached: Vec<_> = self.samples.around(at).collect();
        // What a request that hung led to stands later; between two that agree all is sure.
        let late = at + MAX_SERVER_DELAY;
        let mut people = Vec::new();
        let sides: [(Millis, &dyn Fn(Millis) -> bool); 3] =
            [(at, &|then| then < at), (at, &|then| then >= at), (late, &|then| then >= late)];
        for (near, side) in sides {
            let mut side: Vec<_> = reached.iter().copied().filter(|(accepted, _)| side(*accepted)).collect();
            side.sort_by_key(|(accepted, _)| accepted.since(near).max(near.since(*accepted)));
            side.truncate(NEAREST);
            self.chance.shuffle(&mut side);
            people.extend(side.into_iter().take(SAMPLES).map(|(_, job)| job));
        }
        people.sort_unstable();
        people.dedup();
        let mut phones = Vec::new();
        for job in people {
            let listed = queue.listed(job)?;
            phones.extend(listed.and_then(|listed| listed.phone()));
        }
        self.sampling.asked(phones.len());
        for phone in phones {
            requests.start(move |client| async move {
                let asked_at = Instant::now();
                Completion::SkewSampled(asked_at, read_conversation(&client, phone, at).await)
            });
        }
        Ok(())
    }

    /// A conversation was read for the skew's sake.
    ///
    /// # Errors
    /// The queue's.
    pub fn sampled<Q: Queue>(
        &mut self,
        queue: &mut Q,
        listing: Result<Listing, ApiError>,
    ) -> Result<(), QueueError> {
        self.sampling
            .answered(listing.as_ref().err().is_none_or(|error| error.kind == ApiErrorKind::Refused));
        match listing {
            Ok(listing) => self.learn_from(queue, &listing.rows),
            Err(error) => {
                tracing::debug!(%error, "no conversation to learn the server's time zone from");
                Ok(())
            }
        }
    }

    /// A conversation was read for a doubt: what becomes of it.
    ///
    /// # Errors
    /// The queue's.
    pub fn looked<Q: Queue>(
        &mut self,
        look: Look,
        around: &mut Around<'_, Q>,
        now: Millis,
    ) -> Result<Decision, QueueError> {
        let mut decision = Decision::default();
        let Look { doubt, listing, .. } = look;
        let attempt = doubt.attempt;
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => {
                tracing::debug!(job = doubt.job.0, %error, "no conversation");
                // A refusal is an answer: it says that there is nothing to read.
                if error.kind != ApiErrorKind::Refused && !self.doubts.not_readable(&doubt, now) {
                    return Ok(decision);
                }
                self.doubts.looked(&doubt);
                let problem = Problem::new(format!("the conversation couldn't be read: {}", error.text));
                decision.record(doubt.job, Event::Looked { attempt, at: now, unseen: false, problem });
                return Ok(decision);
            }
        };
        self.learn_from(around.queue, &listing.rows)?;
        let Some(finding) = self.find(&doubt, &listing, around, now)? else { return Ok(decision) };
        self.doubts.looked(&doubt);
        let event = match finding {
            Finding::Found { id, at } => Event::Found { attempt, id: Some(id), at },
            Finding::FoundFailed { id, at, problem } => {
                Event::FoundFailed { attempt, id: Some(id), at, problem }
            }
            Finding::Unseen(problem) => Event::Looked { attempt, at: now, unseen: true, problem },
            Finding::Unclear(problem) => Event::Looked { attempt, at: now, unseen: false, problem },
        };
        let resend = self.resend_unseen && matches!(event, Event::Looked { unseen: true, .. });
        if matches!(event, Event::Found { .. } | Event::FoundFailed { .. })
            && let Some(message) = around.in_flight.iter().find(|message| message.job == doubt.job)
        {
            // An ordered resend that is on disk and not yet out.
            decision.revoke.push((message.job, message.attempt));
        }
        decision.record(doubt.job, event);
        if resend {
            decision.record(doubt.job, Event::Resend { by: ResendBy::Unseen });
        }
        Ok(decision)
    }

    /// What a conversation says of a doubt; `None` where that has to be asked again.
    fn find<Q: Queue>(
        &mut self,
        doubt: &Doubt,
        listing: &Listing,
        around: &mut Around<'_, Q>,
        now: Millis,
    ) -> Result<Option<Finding>, QueueError> {
        let current = around.others.refresh()?;
        let finding = self.judged(doubt, listing, around, now)?;
        if current || !matches!(finding, Finding::Found { .. } | Finding::FoundFailed { .. }) {
            return Ok(Some(finding));
        }
        let reason = "one like it in the conversation, which may be another campaign's";
        let counts = self.doubts.not_readable(doubt, now);
        Ok(counts.then(|| Finding::Unclear(Problem::new(reason))))
    }

    fn judged<Q: Queue>(
        &mut self,
        doubt: &Doubt,
        listing: &Listing,
        around: &mut Around<'_, Q>,
        now: Millis,
    ) -> Result<Finding, QueueError> {
        let mut known = HashSet::new();
        for id in listing.rows.iter().filter_map(|row| row.id.as_ref()) {
            if around.knows(id)? {
                known.insert(id);
            }
        }
        let mut own = self.doubts.competing(doubt);
        let theirs = |message: &&InFlight| message.phone.identity() == doubt.phone.identity();
        let in_flight = around.in_flight.iter().filter(theirs);
        own.extend(in_flight.map(|message| now - message.left.elapsed()));
        let competing = CompetingAttempts { own, other_campaigns: around.others.open_attempts(doubt.phone) };
        let age = self.doubts.age(doubt, now);
        Ok(judge(doubt, listing, &self.skew, &competing, age, |id| known.contains(id)))
    }

    /// Rows of ours tell how the server writes the time.
    fn learn_from<Q: Queue>(&mut self, queue: &mut Q, rows: &[ConversationRow]) -> Result<(), QueueError> {
        for row in rows.iter().filter(|row| row.direction != Some(Direction::Theirs)) {
            let (Some(id), Some(local)) = (&row.id, row.at) else { continue };
            if let Some((job, attempt)) = queue.by_message_id(id)?
                && let Some(job) = queue.job(job)?
                && let Some((_, delivery)) = job.deliveries().find(|(a, _)| a.no == attempt)
                && let Some(accepted) = delivery.accepted_at
            {
                self.skew.learn(local, accepted);
            }
        }
        Ok(())
    }

    /// A message was accepted: its conversation may tell the skew.
    pub fn accepted(&mut self, at: Millis, job: JobId) {
        self.samples.note(at, job);
    }

    /// An event was recorded, or (`applied` is `false`) passed over: it was decided on what is no more.
    pub fn recorded(&mut self, job: JobId, event: &Event, applied: bool) {
        match applied {
            true => self.doubts.recorded(job, event),
            false if event.concerns_doubt() => self.doubts.changed(),
            false => {}
        }
    }

    /// The queue's doubts are others now, in ways that only it can tell.
    pub fn changed(&mut self) {
        self.doubts.changed();
    }

    /// Whether nobody is known to be in doubt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.doubts.is_empty()
    }

    /// Whether no further look is waited for.
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        self.doubts.settled(now) && !(self.resend_unseen && self.doubts.may_become_unseen(now))
    }
}

impl<Q: Queue> Around<'_, Q> {
    /// Whether any campaign of the data directory has this id, or it is about to be written.
    fn knows(&mut self, id: &MessageId) -> Result<bool, QueueError> {
        let about_to_be = self.pending.iter().any(|change| match &change.event {
            Event::Accepted { id: Some(other), .. }
            | Event::Found { id: Some(other), .. }
            | Event::FoundFailed { id: Some(other), .. } => other == id,
            _ => false,
        });
        Ok(about_to_be || self.queue.by_message_id(id)?.is_some() || self.others.knows(id))
    }
}
