//! Looking for doubts in conversations: what is read, and what becomes of what it shows.

use std::collections::HashSet;

use tokio::time::Instant;

use super::conversation::{Listing, Look, read_conversation};
use super::judge::{CompetingAttempts, Finding, MAX_SERVER_DELAY, judge};
use crate::domain::ids::MessageId;
use crate::domain::job::{Event, ResendBy};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::event::Completion;
use crate::engine::run_loop::RunLoop;
use crate::engine::setup::EngineError;
use crate::queue::{Change, Doubt, Queue};
use crate::sendwo::{ApiError, ApiErrorKind, ConversationRow, Direction, Transport};
use crate::sys::clock::Clock;

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    pub fn look_for_doubts(&mut self) -> Result<(), EngineError> {
        self.doubts.refresh(&mut self.queue)?;
        if self.doubts.is_empty() {
            return Ok(());
        }
        let now = self.setup.clock.now();
        if let Some(at) = self.doubts.first_due(now)
            && !(self.skew.is_sure_at(at) && self.skew.is_sure_at(at + MAX_SERVER_DELAY))
        {
            if self.doubts.is_older(at) && !self.samples.recall(&mut self.queue)? {
                return Ok(());
            }
            if self.sampling.is_due() {
                self.ask_for_samples(at)?;
            }
        }
        if self.sampling.holds(self.skew.is_known()) {
            return Ok(());
        }
        for doubt in self.doubts.take_due(now) {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let listing = read_conversation(&client, doubt.phone, doubt.at).await;
                let _ = outbox.send(Completion::ConversationRead(Look { doubt, listing }));
            });
        }
        Ok(())
    }

    /// The server's skew is learnt from messages whose acceptance was seen: before a look, the conversations
    /// of a few who were reached at about the attempt's time are read for its sake, before it and after it.
    fn ask_for_samples(&mut self, at: Millis) -> Result<(), EngineError> {
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
            let listed = self.queue.listed(job)?;
            phones.extend(listed.and_then(|listed| listed.phone()));
        }
        self.sampling.asked(phones.len());
        for phone in phones {
            let (client, outbox) = (self.setup.client.clone(), self.outbox.clone());
            tokio::task::spawn_local(async move {
                let _ = outbox.send(Completion::SkewSampled(read_conversation(&client, phone, at).await));
            });
        }
        Ok(())
    }

    pub fn sampled(&mut self, listing: Result<Listing, ApiError>) -> Result<(), EngineError> {
        self.reads.answered(Instant::now(), &listing);
        self.sampling
            .answered(listing.as_ref().err().is_none_or(|error| error.kind == ApiErrorKind::Refused));
        match listing {
            Ok(listing) => self.learn_from(&listing.rows),
            Err(error) => {
                tracing::debug!(%error, "no conversation to learn the server's time zone from");
                Ok(())
            }
        }
    }

    pub fn looked(&mut self, look: Look) -> Result<(), EngineError> {
        let Look { doubt, listing } = look;
        let now = self.setup.clock.now();
        let attempt = doubt.attempt;
        self.reads.answered(Instant::now(), &listing);
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => {
                tracing::debug!(job = doubt.job.0, %error, "no conversation");
                // A refusal is an answer: it says that there is nothing to read.
                if error.kind != ApiErrorKind::Refused && !self.doubts.not_readable(&doubt, now) {
                    return Ok(());
                }
                self.doubts.looked(&doubt);
                let problem = Problem::new(format!("the conversation couldn't be read: {}", error.text));
                let event = Event::Looked { attempt, at: now, unseen: false, problem };
                self.changes.push(Change { job: doubt.job, expect: None, event });
                return Ok(());
            }
        };
        self.learn_from(&listing.rows)?;
        let Some(finding) = self.find(&doubt, &listing, now)? else { return Ok(()) };
        self.doubts.looked(&doubt);
        let event = match finding {
            Finding::Found { id, at } => Event::Found { attempt, id: Some(id), at },
            Finding::FoundFailed { id, at, problem } => {
                Event::FoundFailed { attempt, id: Some(id), at, problem }
            }
            Finding::Unseen(problem) => Event::Looked { attempt, at: now, unseen: true, problem },
            Finding::Unclear(problem) => Event::Looked { attempt, at: now, unseen: false, problem },
        };
        let resend = self.setup.options.resend_unseen && matches!(event, Event::Looked { unseen: true, .. });
        if matches!(event, Event::Found { .. } | Event::FoundFailed { .. })
            && let Some(flight) = self.in_flight.iter().find(|flight| flight.job == doubt.job)
        {
            // An ordered resend that is on disk and not yet out.
            self.gate.revoke(flight.job, flight.attempt);
        }
        self.changes.push(Change { job: doubt.job, expect: None, event });
        if resend {
            let event = Event::Resend { by: ResendBy::Unseen };
            self.changes.push(Change { job: doubt.job, expect: None, event });
        }
        Ok(())
    }

    /// What a conversation says of a doubt; `None` where that has to be asked again.
    fn find(
        &mut self,
        doubt: &Doubt,
        listing: &Listing,
        now: Millis,
    ) -> Result<Option<Finding>, EngineError> {
        let current = self.setup.other_campaigns.refresh()?;
        let finding = self.judged(doubt, listing, now)?;
        if current || !matches!(finding, Finding::Found { .. } | Finding::FoundFailed { .. }) {
            return Ok(Some(finding));
        }
        let reason = "one like it in the conversation, which may be another campaign's";
        let counts = self.doubts.not_readable(doubt, now);
        Ok(counts.then(|| Finding::Unclear(Problem::new(reason))))
    }

    fn judged(&mut self, doubt: &Doubt, listing: &Listing, now: Millis) -> Result<Finding, EngineError> {
        let mut known = HashSet::new();
        for id in listing.rows.iter().filter_map(|row| row.id.as_ref()) {
            if self.knows(id)? {
                known.insert(id);
            }
        }
        let mut competing = self.doubts.competing(doubt);
        let flights =
            self.in_flight.iter().filter(|flight| flight.phone.identity() == doubt.phone.identity());
        competing.extend(flights.map(|flight| now - flight.left.elapsed()));
        let competing = CompetingAttempts {
            own: competing,
            other_campaigns: self.setup.other_campaigns.open_attempts(doubt.phone),
        };
        let age = self.doubts.age(doubt, now);
        Ok(judge(doubt, listing, &self.skew, &competing, age, |id| known.contains(id)))
    }

    /// Rows of ours tell how the server writes the time.
    fn learn_from(&mut self, rows: &[ConversationRow]) -> Result<(), EngineError> {
        for row in rows.iter().filter(|row| row.direction != Some(Direction::Theirs)) {
            let (Some(id), Some(local)) = (&row.id, row.at) else { continue };
            if let Some((job, attempt)) = self.queue.by_message_id(id)?
                && let Some(job) = self.queue.job(job)?
                && let Some((_, delivery)) = job.deliveries().find(|(a, _)| a.no == attempt)
                && let Some(accepted) = delivery.accepted_at
            {
                self.skew.learn(local, accepted);
            }
        }
        Ok(())
    }

    /// Whether any ledger of the data directory has this id, or it is about to be written.
    fn knows(&mut self, id: &MessageId) -> Result<bool, EngineError> {
        let about_to_be = self.changes.iter().any(|change| match &change.event {
            Event::Accepted { id: Some(other), .. }
            | Event::Found { id: Some(other), .. }
            | Event::FoundFailed { id: Some(other), .. } => other == id,
            _ => false,
        });
        Ok(about_to_be || self.queue.by_message_id(id)?.is_some() || self.setup.other_campaigns.knows(id))
    }
}
