//! From an outcome to the job's next event and what it means for the number.

use std::time::Duration;

use super::retry::{RetryBudget, RetryPolicy};
use crate::domain::codes::{self, Action};
use crate::domain::ids::AttemptNo;
use crate::domain::job::Event;
use crate::domain::outcome::{Exchange, Held, Outcome};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;

/// What an outcome means for everybody else.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The number waits.
    Hold {
        /// So long.
        pause: Duration,
        /// Why, for people.
        why: String,
    },
    /// The number waits and goes on more slowly.
    Throttle {
        /// What the server asked for, where it did.
        asked: Option<Duration>,
    },
    /// The campaign stops, with this reason.
    Stop(Problem),
    /// The number sends nothing more, for this reason.
    StopNumber(Problem),
    /// The recipient goes onto the opt-out list.
    OptOut,
}

/// What follows from one outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What happens to the job.
    pub event: Event,
    /// What happens to everybody else.
    pub effect: Effect,
}

/// One attempt's circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Attempted<'a> {
    /// Which attempt.
    pub attempt: AttemptNo,
    /// Attempts of the allowance used before it.
    pub used: u32,
    /// The URL of a media message.
    pub media: Option<&'a str>,
    /// The rate of sending at the moment, POSTs a second.
    pub per_second: f64,
    /// A draw from `0.0..1.0`, for the jitter.
    pub chance: f64,
    /// When the answer came.
    pub now: Millis,
}

/// Judges outcomes; remembers what repeats.
#[derive(Debug)]
pub struct Judge {
    policy: RetryPolicy,
    budget: RetryBudget,
    /// Consecutive account-limit pauses, for their exponential.
    pauses: u32,
    /// Consecutive temporary errors: everybody's problem rather than somebody's.
    temporary: u32,
    /// Rests in a row for a server that is down, and when the last one ends.
    rests: (u32, Millis),
    /// Generic refusals (135000) in a row.
    generic: u32,
    /// Media URLs that failed to upload once.
    failed_media: Option<String>,
}

impl Judge {
    /// So many temporary errors in a row are everybody's: the number rests.
    const TEMPORARY_IN_A_ROW: u32 = 10;
    /// So many generic refusals in a row stop the campaign.
    const GENERIC_IN_A_ROW: u32 = 5;
    /// A rest of our own for a server that is down is no longer than this.
    const LONGEST_REST: Duration = Duration::from_secs(15);
    /// Never wait longer on one Retry-After, whatever the server says; it is asked again then.
    const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

    /// A judge that has seen nothing yet.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Judge {
        Judge {
            policy,
            budget: RetryBudget::default(),
            pauses: 0,
            temporary: 0,
            rests: (0, Millis::ZERO),
            generic: 0,
            failed_media: None,
        }
    }

    /// What follows from an outcome.
    pub fn judge(&mut self, outcome: Outcome, tried: Attempted<'_>) -> Verdict {
        let Attempted { attempt, now, .. } = tried;
        match outcome {
            Outcome::Accepted { message_id } => {
                (self.pauses, self.temporary, self.generic) = (0, 0, 0);
                self.rests.0 = 0;
                Verdict { event: Event::Accepted { attempt, id: message_id, at: now }, effect: Effect::None }
            }
            Outcome::Unknown { why } => Verdict {
                event: Event::Doubted { attempt, at: now, problem: Problem::new(why) },
                effect: Effect::None,
            },
            Outcome::Held(held) => {
                let (problem, effect) = match held {
                    Held::Throttled { retry_after } => (
                        Problem::new("WhatsApp asked to send more slowly"),
                        Effect::Throttle { asked: retry_after.map(hold) },
                    ),
                    Held::Unavailable { retry_after } => (
                        Problem::new("the server is down for maintenance"),
                        Effect::Hold {
                            pause: self.rest(hold(retry_after), now),
                            why: "the server is down for maintenance".into(),
                        },
                    ),
                    Held::Unreachable { why } => (
                        Problem::new(format!("no connection: {why}")),
                        Effect::Hold {
                            pause: Duration::from_secs(1),
                            why: format!("the server can't be reached ({why})"),
                        },
                    ),
                };
                // A number that is held up uses no attempt; when to go on is the hold's affair.
                let event = Event::NotAccepted { attempt, not_before: Millis::ZERO, counts: false, problem };
                Verdict { event, effect }
            }
            Outcome::Refused { problem, http } => self.judge_refusal(problem, http, tried),
        }
    }

    /// How long to rest for a server that is down: what it asks for, and ever longer where that is short and it
    /// asks again and again. What was in flight together asks once.
    fn rest(&mut self, asked: Duration, now: Millis) -> Duration {
        let (rests, until) = &mut self.rests;
        if now >= *until {
            *rests = rests.saturating_add(1);
        }
        let own = Duration::from_secs(1 << rests.saturating_sub(1).min(4)).min(Self::LONGEST_REST);
        let rest = asked.max(own);
        *until = (*until).max(now + rest);
        rest
    }

    fn judge_refusal(&mut self, problem: Problem, http: u16, tried: Attempted<'_>) -> Verdict {
        let Attempted { media, per_second, chance, now, .. } = tried;
        let action = codes::action(&problem, http);
        if !matches!(action, Action::Retry) {
            self.temporary = 0;
        }
        let free = |problem| Event::NotAccepted {
            attempt: tried.attempt,
            not_before: Millis::ZERO,
            counts: false,
            problem,
        };
        let refused = |problem| Event::Refused { attempt: tried.attempt, at: now, problem };
        match action {
            Action::Fail | Action::FailStopIfFirst => {
                Verdict { event: refused(problem), effect: Effect::None }
            }
            Action::OptOut => Verdict { event: refused(problem), effect: Effect::OptOut },
            // Known not accepted, and not this recipient's fault: it stays queued for when it is mended.
            Action::Stop => Verdict { event: free(problem.clone()), effect: Effect::Stop(problem) },
            Action::StopNumber => {
                Verdict { event: free(problem.clone()), effect: Effect::StopNumber(problem) }
            }
            Action::Throttle => Verdict { event: free(problem), effect: Effect::Throttle { asked: None } },
            Action::Pause => {
                self.pauses = self.pauses.saturating_add(1);
                let pause = Duration::from_secs(60 << self.pauses.min(6).saturating_sub(1));
                let why = problem.reason.to_string();
                Verdict { event: free(problem), effect: Effect::Hold { pause, why } }
            }
            Action::HoldRecipient => {
                let pause = RetryPolicy::recipient_hold(tried.used + 1);
                let event = self.again(tried, problem, now + pause, now);
                Verdict { event, effect: Effect::None }
            }
            Action::Retry => {
                self.temporary = self.temporary.saturating_add(1);
                let wanted = now + self.policy.delay(tried.used + 1, chance);
                let not_before = self.budget.reserve(now, wanted, per_second, self.policy.cap);
                let everybody = self.temporary >= Self::TEMPORARY_IN_A_ROW;
                let effect = if everybody {
                    self.temporary = 0;
                    let why = format!("every message meets: {}", problem.reason);
                    Effect::Hold { pause: Duration::from_secs(15), why }
                } else {
                    Effect::None
                };
                Verdict { event: self.again(tried, problem, not_before, now), effect }
            }
            Action::RetryOnceThenStop => {
                let again = media.is_some() && self.failed_media.as_deref() == media && tried.used > 0;
                self.failed_media = media.map(str::to_owned);
                if again {
                    return Verdict { event: free(problem.clone()), effect: Effect::Stop(problem) };
                }
                let not_before = now + self.policy.delay(tried.used + 1, chance);
                Verdict { event: self.again(tried, problem, not_before, now), effect: Effect::None }
            }
            Action::FailStopIfRepeated => {
                self.generic = self.generic.saturating_add(1);
                let effect = if self.generic >= Self::GENERIC_IN_A_ROW {
                    Effect::Stop(problem.clone())
                } else {
                    Effect::None
                };
                Verdict { event: refused(problem), effect }
            }
        }
    }

    /// Another attempt where the allowance has one left, else a failure.
    fn again(&self, tried: Attempted<'_>, problem: Problem, not_before: Millis, now: Millis) -> Event {
        if tried.used + 1 >= self.policy.attempts {
            Event::Refused { attempt: tried.attempt, at: now, problem }
        } else {
            Event::NotAccepted { attempt: tried.attempt, not_before, counts: true, problem }
        }
    }
}

/// How long the number is to rest by an answer's Retry-After, whatever else follows from the answer.
#[must_use]
pub fn rest_asked(exchange: &Exchange) -> Option<Duration> {
    match exchange {
        Exchange::Answered { http: 429 | 503, retry_after: Some(asked), .. } => Some(hold(*asked)),
        _ => None,
    }
}

fn hold(asked: Duration) -> Duration {
    asked.min(Judge::LONGEST_HOLD)
}
