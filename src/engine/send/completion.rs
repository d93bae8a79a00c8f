//! The messages in flight, and what follows from how each ended.

use tokio::time::Instant;

use super::in_flight::InFlight;
use super::sender::{SendContext, SendRequest};
use super::sender_pool::SenderPool;
use crate::domain::job::Event;
use crate::domain::outcome::Outcome;
use crate::domain::policy::{Alarm, Attempted, Effect, Judge, RefusalGuard, RetryPolicy};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::decision::Decision;
use crate::engine::pace::gate::Closed;
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

/// The senders of a run, and what they have under way.
pub struct Sends<T, C> {
    pool: SenderPool<T, C>,
    in_flight: Vec<InFlight>,
    judge: Judge,
    guard: RefusalGuard,
    chance: fastrand::Rng,
    /// When the last POST ended, or the run began.
    last_end: Instant,
    /// Something was sent in this run.
    any: bool,
}

/// What follows from a message that was POSTed.
pub struct Judged {
    /// What happens to the job.
    pub event: Event,
    /// What happens to everybody else.
    pub effect: Effect,
    /// The server took it or refused it: it bears this pace.
    pub answered: bool,
    /// It used none of the allowance: it wasn't this message's fault.
    pub not_counted: bool,
    /// The guard has seen enough of refusals, alike.
    pub alarm: Option<(Alarm, Problem)>,
}

impl<T: Transport, C: Clock> Sends<T, C> {
    /// Nothing is in flight. `reached`: somebody was in an earlier run; `seed` is that of the jitter.
    pub fn new(context: SendContext<T, C>, retry: RetryPolicy, reached: bool, seed: u64) -> Sends<T, C> {
        Sends {
            pool: SenderPool::new(context),
            in_flight: Vec::new(),
            judge: Judge::new(retry),
            guard: RefusalGuard::new(reached),
            chance: fastrand::Rng::with_seed(seed),
            last_end: Instant::now(),
            any: false,
        }
    }

    /// Sends a message whose intent is on disk, through the gate.
    pub fn start(&mut self, request: SendRequest) {
        self.in_flight.push(InFlight::of(&request.intent));
        self.any = true;
        self.pool.send(request, self.in_flight.len());
    }

    /// The messages in flight.
    pub fn in_flight(&self) -> &[InFlight] {
        &self.in_flight
    }

    /// Takes a message out of flight; `false` where it was given up before: it is in doubt already.
    pub fn end(&mut self, message: &InFlight) -> bool {
        let is_it = |one: &InFlight| (one.job, one.attempt) == (message.job, message.attempt);
        let at = self.in_flight.iter().position(is_it);
        if let Some(at) = at {
            self.in_flight.swap_remove(at);
        }
        at.is_some()
    }

    /// What follows from a POST's outcome. `per_second`: messages a second, lately. `done_before`: see
    /// [`was_done_before`].
    pub fn judge(
        &mut self,
        message: &InFlight,
        outcome: Outcome,
        done_before: bool,
        per_second: f64,
        now: Millis,
    ) -> Judged {
        self.last_end = Instant::now();
        let answered = matches!(outcome, Outcome::Accepted { .. } | Outcome::Refused { .. });
        let tried = Attempted {
            attempt: message.attempt,
            used: message.used,
            media: message.media(),
            per_second,
            chance: self.chance.f64(),
            now,
        };
        let verdict = self.judge.judge(outcome, tried);
        let not_counted = matches!(verdict.event, Event::NotAccepted { counts: false, .. });
        // That somebody is there already is their own affair, however many there are.
        let heard =
            if done_before { None } else { self.guard.heard(message.job, message.first, &verdict.event) };
        let alarm = heard.map(|(alarm, problem)| (alarm, problem.clone()));
        let answered = answered && !matches!(verdict.effect, Effect::Throttle { .. });
        Judged { event: verdict.event, effect: verdict.effect, answered, not_counted, alarm }
    }

    /// Gives up what is in flight: it is in doubt.
    pub fn give_up(&mut self, now: Millis) -> Decision {
        let mut decision = Decision::default();
        for message in std::mem::take(&mut self.in_flight) {
            let problem = Problem::new("sendcast was asked to end before the answer came");
            let event = Event::Doubted { attempt: message.attempt, at: now, problem };
            decision.record(message.job, event);
        }
        decision
    }

    /// When the last POST ended, or the run began: what is waited for after the sending counts from here.
    pub fn last_end(&self) -> Instant {
        self.last_end
    }

    /// Whether anything was sent in this run.
    pub fn has_sent(&self) -> bool {
        self.any
    }
}

/// What follows from a message that didn't pass the gate. `cancelled`: the campaign is.
pub fn withdrawn(message: &InFlight, closed: Closed, cancelled: bool) -> Decision {
    let mut decision = Decision::default();
    let attempt = message.attempt;
    decision.record(message.job, Event::Withdrawn { attempt, not_before: Millis::ZERO });
    if closed == Closed::OptedOut {
        let problem = Problem::new("opted out, just before it was sent");
        decision.record(message.job, Event::Skipped { problem });
    } else if cancelled {
        decision.record(message.job, Event::Cancelled { by_removal: false });
    }
    decision
}

/// Whether an outcome says that an action was done before.
pub fn was_done_before(message: &InFlight, outcome: &Outcome) -> bool {
    match (message.action(), outcome) {
        (Some(action), Outcome::Refused { problem, .. }) => action.is_there(problem),
        _ => false,
    }
}
