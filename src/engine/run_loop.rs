//! The one loop that owns a run's state. Everything else sends it reports.
//!
//! Each turn: read what came in, decide, write it down together with the next claims (one group, one sync),
//! let the claimed go, wait. Invariants:
//!
//! - The order for each message: permit → intent on disk → gate → POST → outcome recorded.
//! - A place among those in flight is free again only in the group that records its outcome, so that a
//!   crash leaves at most `concurrency` attempts in doubt (**X**).
//! - An error of the disk shuts the gate before anything else happens.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::cap_backoff::cap_backoff;
use super::delivery::inbox_reader::InboxReader;
use super::delivery::tracker::Tracker;
use super::event::Completion;
use super::orders::cancel_queued;
use super::pace::gate::Gate;
use super::pace::lane::{Lane, Opened};
use super::pace::meter::Meter;
use super::pace::number::Number;
use super::reads::ReadBudget;
use super::recipient_quota::RecipientQuota;
use super::reconcile::clock_skew::ClockSkew;
use super::reconcile::schedule::{Doubts, Sampling};
use super::reconcile::skew_samples::SkewSamples;
use super::send::in_flight::InFlight;
use super::send::sender::{SendContext, SendRequest};
use super::send::sender_pool::SenderPool;
use super::setup::{Ending, EngineError, Setup};
use super::snapshot::Notice;
use crate::domain::ids::SenderNo;
use crate::domain::policy::{Breaker, BreakerState, Judge, RefusalGuard};
use crate::domain::problem::Problem;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::queue::{Batch, Candidate, Change, Intent, Lease, Queue, Want, Wanted, number};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;
use crate::sys::platform::Interrupt;

/// Who has to wait for the rolling 24-hour window longer than this lets other campaigns send meanwhile.
const RELEASE_NUMBERS_FROM: Duration = Duration::from_secs(5);
/// A claim lasts the longest request and this much more.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// How long what is in flight may take to finish when the process is asked to end.
pub(in crate::engine) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Runs a round to its end: sends what is due, follows deliveries, looks for what is in doubt. Gives the
/// queue back for the report.
///
/// Runs on a `LocalSet` (it spawns tasks that aren't `Send`).
///
/// # Errors
/// [`EngineError`] when the disk fails; nothing was sent after that.
pub async fn run<Q: Queue, T: Transport, C: Clock>(
    queue: Q,
    setup: Setup<T, C>,
) -> Result<(Q, Ending), EngineError> {
    RunLoop::open(queue, setup).await?.run().await
}

/// A run's state.
pub struct RunLoop<Q: Queue, T: Transport, C: Clock> {
    pub(in crate::engine) queue: Q,
    pub(in crate::engine) setup: Setup<T, C>,
    pub(in crate::engine) lanes: Vec<Lane>,
    pub(in crate::engine) gate: Rc<Gate>,
    pool: SenderPool<T, C>,
    pub(in crate::engine) outbox: UnboundedSender<Completion>,
    inbox: UnboundedReceiver<Completion>,
    /// Changes to write with the next group.
    pub(in crate::engine) changes: Vec<Change>,
    pub(in crate::engine) in_flight: Vec<InFlight>,
    pub(in crate::engine) judge: Judge,
    pub(in crate::engine) chance: fastrand::Rng,
    pub(in crate::engine) guard: RefusalGuard,
    /// The guard pauses the campaign with the next group, as by order.
    pub(in crate::engine) pauses: bool,
    pub(in crate::engine) reads: ReadBudget,
    pub(in crate::engine) breaker: Breaker,
    pub(in crate::engine) probe_at: Option<Instant>,
    pub(in crate::engine) quota: RecipientQuota,
    pub(in crate::engine) tracker: Tracker,
    pub(in crate::engine) hooks: InboxReader,
    pub(in crate::engine) doubts: Doubts,
    pub(in crate::engine) skew: ClockSkew,
    pub(in crate::engine) samples: SkewSamples,
    pub(in crate::engine) meter: Meter,
    /// People written to for the first time in this run.
    pub(in crate::engine) first_times: u64,
    /// The campaign stops with this.
    pub(in crate::engine) stop: Option<Problem>,
    /// Since when the opt-out list can't be read: nothing is sent meanwhile.
    pub(in crate::engine) blind_since: Option<Instant>,
    pub(in crate::engine) interrupted: Option<(Interrupt, Instant)>,
    /// When the last POST ended, or the run began: tracking's horizon counts from here.
    pub(in crate::engine) last_send: Instant,
    /// Something was sent in this run.
    pub(in crate::engine) has_sent: bool,
    /// Why nobody new is written to at the moment: the daily limit, until then.
    pub(in crate::engine) quota_used_up_until: Option<Millis>,
    /// Why nothing goes out at the moment, for quota, and until when it is shown.
    pub(in crate::engine) hold_note: Option<String>,
    pub(in crate::engine) hold_note_until: Instant,
    pub(in crate::engine) breaker_told: bool,
    pub(in crate::engine) probing: bool,
    /// What is under way to learn the server's skew.
    pub(in crate::engine) sampling: Sampling,
    /// Not before this is anything claimed: the last claim found nobody who may be written to.
    claim_again: Instant,
    next_tick: Instant,
    pub(in crate::engine) next_publish: Instant,
    unsynced: bool,
}

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    /// Takes the queue: what an earlier run left in flight is in doubt from here on.
    pub(in crate::engine) async fn open(mut queue: Q, mut setup: Setup<T, C>) -> Result<Self, EngineError> {
        let now = setup.clock.now();
        let left = queue.take(setup.owner, now).await?;
        if queue.wanted() == Wanted::Cancelled {
            cancel_queued(&mut queue, now).await?;
        }
        cap_backoff(&mut queue, &setup.options.retry, now).await?;
        queue.sync().await?;
        let options = &setup.options;
        let mut lanes = Vec::new();
        if let Some(head) = queue.head() {
            for (at, id) in (0u16..).zip(&head.senders) {
                let dir = setup.home.number(id);
                let opened = Number::open(setup.disk.clone(), dir, id.clone())?;
                lanes.push(Lane::new(SenderNo(at), opened, options.rate));
            }
        }
        let account = setup.home.account(&queue.identity().origin);
        let began = queue.started_at().unwrap_or(now);
        let hooks = InboxReader::open(setup.disk.clone(), &account, &setup.round, began)?;
        let salt = fastrand::u64(..);
        let quota = RecipientQuota::open(setup.disk.clone(), account, options.daily.is_some(), salt, now)?;
        let (outbox, inbox) = unbounded_channel();
        let gate = Rc::new(Gate::new(lanes.len(), setup.optouts.clone(), setup.options.request_timeout));
        if left > 0 {
            let note = format!(
                "{left} message{} in flight when sendcast was interrupted; looking for {} before anything else is said",
                if left == 1 { " was" } else { "s were" },
                if left == 1 { "it" } else { "them" },
            );
            setup.observer.notice(Notice::note(note));
        }
        let start = Instant::now();
        let pool = SenderPool::new(SendContext {
            gate: gate.clone(),
            client: setup.client.clone(),
            clock: setup.clock.clone(),
            inbox: outbox.clone(),
        });
        Ok(RunLoop {
            judge: Judge::new(setup.options.retry),
            chance: fastrand::Rng::with_seed(setup.options.seed),
            guard: RefusalGuard::new(reached(&queue.counts())),
            pauses: false,
            reads: ReadBudget::new(),
            breaker: Breaker::default(),
            probe_at: None,
            queue,
            setup,
            lanes,
            gate,
            pool,
            outbox,
            inbox,
            changes: Vec::new(),
            in_flight: Vec::new(),
            quota,
            tracker: Tracker::new(),
            hooks,
            doubts: Doubts::from(now),
            skew: ClockSkew::default(),
            samples: SkewSamples::default(),
            meter: Meter::new(),
            first_times: 0,
            stop: None,
            blind_since: None,
            interrupted: None,
            last_send: start,
            has_sent: false,
            quota_used_up_until: None,
            hold_note: None,
            hold_note_until: start,
            breaker_told: false,
            probing: false,
            sampling: Sampling::default(),
            claim_again: start,
            next_tick: start,
            next_publish: start,
            unsynced: false,
        })
    }

    /// Runs to the end.
    pub(in crate::engine) async fn run(mut self) -> Result<(Q, Ending), EngineError> {
        let ended = self.run_loop().await;
        // Whatever comes now, nothing more goes out.
        self.gate.shut();
        let ending = ended?;
        self.publish(Some(&ending));
        Ok((self.queue, ending))
    }

    async fn run_loop(&mut self) -> Result<Ending, EngineError> {
        loop {
            while let Ok(report) = self.inbox.try_recv() {
                self.take(report)?;
            }
            if Instant::now() >= self.next_tick {
                self.next_tick = Instant::now() + self.setup.options.pulse;
                self.tick().await?;
            }
            let intents = self.commit_and_claim().await?;
            self.launch(intents)?;
            self.poll_inbox()?;
            self.start_background_requests()?;
            if Instant::now() >= self.next_publish {
                self.publish(None);
            }
            if let Some(ending) = self.ending()
                && self.changes.is_empty()
            {
                self.queue.sync().await?;
                self.hooks.save();
                return Ok(ending);
            }
            self.wait().await?;
        }
    }

    async fn tick(&mut self) -> Result<(), EngineError> {
        self.watch_optouts();
        if self.interrupted.is_none() {
            let asked = *self.setup.interrupted.borrow_and_update();
            if let Some(interrupt) = asked {
                self.interrupted = Some((interrupt, Instant::now() + SHUTDOWN_GRACE));
                self.gate.shut();
            }
        }
        if self.interrupted.is_some_and(|(_, deadline)| Instant::now() >= deadline) {
            self.give_up_flights();
        }
        let now = self.setup.clock.now();
        let no_place = self.quota_used_up_until.is_some_and(|until| until > now + RELEASE_NUMBERS_FROM);
        let resting = self.queue.wanted() != Wanted::Running || !self.has_work() || no_place;
        if resting && self.in_flight.is_empty() {
            // Other campaigns may send from these numbers meanwhile.
            self.lanes.iter_mut().for_each(Lane::close);
        }
        self.take_orders().await
    }

    /// Writes what was decided and claims what may go next, in one group.
    async fn commit_and_claim(&mut self) -> Result<Vec<Intent>, EngineError> {
        let now = self.setup.clock.now();
        if !self.changes.is_empty() {
            let changes = std::mem::take(&mut self.changes);
            let wanted = std::mem::take(&mut self.pauses).then_some(Wanted::Paused);
            let wanted = wanted.filter(|_| self.queue.wanted() == Wanted::Running);
            let batch = Batch { changes, wanted, ..Batch::default() };
            let changes = batch.changes.clone();
            let applied = self.queue.record(batch, now).await?;
            self.unsynced = true;
            self.after_record(&changes, &applied);
        }
        let wants = self.wants(now)?;
        if wants.is_empty() {
            if std::mem::take(&mut self.unsynced) {
                self.queue.sync().await?;
            }
            return Ok(Vec::new());
        }
        self.unsynced = false;
        self.claim(&wants, now).await
    }

    async fn claim(&mut self, wants: &[Want], now: Millis) -> Result<Vec<Intent>, EngineError> {
        let options = &self.setup.options;
        let lease = Lease { owner: self.setup.owner, until: now + options.request_timeout + LEASE_MARGIN };
        let limit_left = options.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.first_times));
        // Between reading the account's list and adding to it nobody else may add.
        let guard = self.quota.lock()?;
        self.quota.refresh(now)?;
        let daily_left = options.daily.map_or(u64::MAX, |daily| daily.saturating_sub(self.quota.count()));
        let (mut first, mut new_today, mut passed_over) = (0u64, 0u64, false);
        let quota = &self.quota;
        let counting = options.daily.is_some();
        let mut admit = |candidate: Candidate| {
            let costs_a_place = counting && !quota.contains(candidate.phone);
            let no_place = costs_a_place && new_today >= daily_left;
            if no_place || (candidate.untouched && first >= limit_left) {
                passed_over |= no_place;
                return false;
            }
            first += u64::from(candidate.untouched);
            new_today += u64::from(costs_a_place);
            true
        };
        let intents = self.queue.claim(wants, lease, now, &mut admit).await?;
        let written_to = intents.iter().filter(|intent| intent.payload.message().is_some());
        self.quota.add(written_to.map(|intent| intent.phone), now)?;
        drop(guard);
        if intents.is_empty() {
            self.claim_again = Instant::now() + self.setup.options.pulse;
        }
        self.first_times += intents.iter().filter(|intent| intent.first).count() as u64;
        self.quota_used_up_until = passed_over.then(|| self.quota.next_free().unwrap_or(now));
        Ok(intents)
    }

    /// What may be claimed now: places free, permits granted, something due.
    fn wants(&mut self, now: Millis) -> Result<Vec<Want>, EngineError> {
        let mut wants = Vec::new();
        if !self.may_send() || Instant::now() < self.claim_again {
            return Ok(wants);
        }
        let mut places = self.places();
        let untouched = self.untouched_wanted(now);
        for at in 0..self.lanes.len() {
            let sender = self.lanes[at].sender;
            let due = self.queue.next_due(sender, untouched).is_some_and(|due| due <= now);
            if !due || places == 0 || !self.open_lane(at, now)? {
                continue;
            }
            let count = self.lanes[at].take(places);
            self.gate.set_interval(sender, self.lanes[at].interval());
            if count > 0 {
                places -= count;
                wants.push(Want { sender, count, untouched });
            }
        }
        Ok(wants)
    }

    /// Whether anything may be sent at all.
    pub(in crate::engine) fn may_send(&self) -> bool {
        let breaker = matches!(self.breaker.state(), BreakerState::Closed | BreakerState::HalfOpen);
        let free = self.stop.is_none() && self.interrupted.is_none() && self.blind_since.is_none();
        free && self.queue.wanted() == Wanted::Running && breaker
    }

    fn places(&self) -> usize {
        let most = match self.breaker.state() {
            BreakerState::HalfOpen => 1,
            _ => self.setup.options.concurrency,
        };
        most.saturating_sub(self.in_flight.len())
    }

    /// Whether quota may be written to for the first time.
    pub(in crate::engine) fn untouched_wanted(&self, now: Millis) -> bool {
        let limit = self.setup.options.limit.is_none_or(|limit| self.first_times < limit);
        limit && self.quota_used_up_until.is_none_or(|until| now >= until)
    }

    fn open_lane(&mut self, at: usize, now: Millis) -> Result<bool, EngineError> {
        let lane = &mut self.lanes[at];
        let opened = lane.try_open(now)?;
        let id = lane.number().id().clone();
        if opened == Opened::Now
            && let Some(hold) = lane.number().hold_at(now)
        {
            let note = format!("{}; going on at {}", hold.why, hold.until);
            self.setup.observer.notice(Notice::note(note.clone()));
            self.gate.hold(lane.sender, Instant::now() + hold.until.since(now));
        }
        if opened == (Opened::Waiting { news: true }) {
            let note = format!("another campaign is sending from {id}; waiting until it has finished");
            self.setup.observer.notice(Notice::note(note));
        }
        Ok(matches!(opened, Opened::Yes | Opened::Now))
    }

    /// Lets claimed messages go, each with a sender of its own.
    fn launch(&mut self, intents: Vec<Intent>) -> Result<(), EngineError> {
        let starts: Vec<_> = intents.iter().map(|intent| self.gate.reserve(intent.sender)).collect();
        let (from, now) = (Instant::now(), self.setup.clock.now());
        for lane in &self.lanes {
            // A number's starts are in order: the last one is noted for all.
            let last = intents.iter().zip(&starts).rfind(|(intent, _)| intent.sender == lane.sender);
            if let Some((_, start)) = last {
                lane.number().posting(now + start.saturating_duration_since(from))?;
            }
        }
        for (intent, start) in intents.into_iter().zip(starts) {
            let Some(number) = self.queue.head().and_then(|head| number(head, intent.sender)).cloned() else {
                tracing::error!(
                    sender = intent.sender.0,
                    "internal error: a message's sending number isn't in the plan; it isn't sent"
                );
                continue;
            };
            self.in_flight.push(InFlight::of(&intent));
            self.has_sent = true;
            self.pool.send(SendRequest { intent, start, number }, self.in_flight.len());
        }
        Ok(())
    }

    /// Waits for the next report, or until there is something to do.
    async fn wait(&mut self) -> Result<(), EngineError> {
        let now = self.setup.clock.now();
        let mut wake = self.next_tick.min(self.next_publish);
        if self.may_send() && self.places() > 0 {
            let untouched = self.untouched_wanted(now);
            for lane in &self.lanes {
                if let Some(due) = self.queue.next_due(lane.sender, untouched) {
                    let due = Instant::now() + due.since(now);
                    wake = wake.min(due.max(lane.next()).max(self.claim_again));
                }
            }
        }
        wake = [self.tracker_next(), self.probe_at.filter(|_| self.in_flight.is_empty())]
            .into_iter()
            .flatten()
            .fold(wake, Instant::min);
        tokio::select! {
            biased;
            Some(report) = self.inbox.recv() => self.take(report)?,
            Ok(()) = self.setup.interrupted.changed(), if self.interrupted.is_none() => self.next_tick = Instant::now(),
            () = tokio::time::sleep_until(wake) => {}
        }
        Ok(())
    }

    pub(in crate::engine) fn unfinished(&self) -> u64 {
        let counts = self.queue.counts();
        counts[Status::Queued] + counts[Status::Sending]
    }
}

/// Whether anybody was reached so far.
fn reached(counts: &Counts) -> bool {
    [Status::Accepted, Status::Sent, Status::Delivered, Status::Read].iter().any(|status| counts[*status] > 0)
}
