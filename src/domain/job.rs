//! A job's life: one recipient's message, its attempts, and the only function that changes it.
//!
//! Invariants, kept by [`Job::apply`] and by nothing else:
//!
//! - A job is POSTed only from `Sending`, and becomes `Sending` only from `Queued`.
//! - An attempt is in doubt from its [`Event::Doubted`] until a verdict names it, whatever happens to the
//!   job meanwhile (**X**).
//! - A job is `Failed`, `Cancelled` or `Skipped` only while none of its attempts is in doubt.
//! - Delivery is ranked per attempt (accepted < sent < failed < delivered < read) and never steps back.
//! - From in doubt or failed a job returns to `Queued` by an operator's event only (**D**).

use serde::{Deserialize, Serialize};

use super::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
use super::problem::Problem;
use super::status::Status;
use super::time::Millis;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Waiting; due at `not_before`.
    Queued {
        /// When it may be claimed; zero means at once.
        not_before: Millis,
    },
    /// An intent is on disk, its outcome not yet.
    Sending {
        /// Which attempt.
        attempt: AttemptNo,
        /// Who holds it.
        owner: OwnerId,
        /// When the holder's claim ends. Past it, the attempt is in doubt.
        lease_until: Millis,
    },
    /// At least one attempt may have been accepted, and none is known to have been.
    InDoubt,
    /// Known to be accepted, and how far it got.
    Reached(Reach),
    /// Refused for good, out of attempts, or reported as undeliverable.
    Failed,
    /// Listed, never queued.
    Skipped,
    /// Taken back before it was sent.
    Cancelled {
        /// Its row vanished from the file (it returns with the row); otherwise the operator said so.
        by_removal: bool,
    },
}

/// How far an accepted message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reach {
    /// Taken by the API.
    Accepted,
    /// Sent by WhatsApp.
    Sent,
    /// On the phone.
    Delivered,
    /// Read.
    Read,
}

/// One intent that is still of interest: in flight, in doubt, or accepted. Those known not to have been
/// accepted are only counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number within the job.
    pub no: AttemptNo,
    /// Which of the campaign's numbers it went out from.
    pub sender: SenderNo,
    /// The plan its text and phone stand in: an edited file doesn't change what was sent.
    pub plan: PlanNo,
    /// When the intent was written.
    pub at: Millis,
    /// What is known of it.
    pub fate: AttemptFate,
}

/// What is known of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptFate {
    /// In flight.
    Sending,
    /// May have been accepted.
    Doubt {
        /// Since when.
        since: Millis,
        /// How often the conversation has been looked at.
        looks: u16,
        /// When it was last looked at; zero before the first look.
        looked_at: Millis,
        /// The last look proved that it can't be seen. No verdict: it stays in doubt.
        unseen: bool,
    },
    /// Known to have been accepted.
    Accepted(Delivery),
}

/// What was said of an accepted message, kept as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// WhatsApp's id; none for flows, and where only the operator's word stands behind it.
    pub id: Option<MessageId>,
    /// When it was accepted.
    pub accepted_at: Option<Millis>,
    /// When it was sent.
    pub sent_at: Option<Millis>,
    /// When it was delivered.
    pub delivered_at: Option<Millis>,
    /// When it was read.
    pub read_at: Option<Millis>,
    /// When it was reported as failed.
    pub failed_at: Option<Millis>,
    /// The furthest that was said; a later failure doesn't take it back.
    pub reach: Option<Reach>,
}

impl Delivery {
    /// Reported as failed, and not seen on the phone.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failed_at.is_some() && self.reach < Some(Reach::Delivered)
    }
}

/// One recipient's message in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Where it stands.
    pub state: State,
    /// Rises with every event; a change can name the revision it was decided on.
    pub revision: u32,
    /// Intents so far, withdrawn ones among them. The next attempt gets the next number.
    pub issued: u32,
    /// Attempts used: POSTs, but for those that only found the number held up.
    pub used: u32,
    /// `used` when the present allowance began (0, then at each `retry` or resend).
    pub allowance_from: u32,
    /// The attempts that are still of interest, oldest first.
    pub attempts: Vec<Attempt>,
    /// Why it is where it is: the last refusal, the doubt's reason, why it was skipped.
    pub problem: Option<Problem>,
    /// Its row is no longer in the file.
    pub removed: bool,
    /// It has been sent again for being unseen; that is done at most once.
    pub resent_unseen: bool,
}

/// News of a message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// It got this far.
    Reached(Reach),
    /// It was reported as failed.
    Failed(Problem),
}

/// Who ordered that a message in doubt be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResendBy {
    /// `resolve --resend`.
    Operator,
    /// `run --resend-unseen`; needs an attempt proven unseen, and happens once.
    Unseen,
}

/// All that can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The intent: on disk before the POST.
    Claimed {
        /// The job's next attempt number.
        attempt: AttemptNo,
        /// Which number sends.
        sender: SenderNo,
        /// Which plan's text.
        plan: PlanNo,
        /// Who sends.
        owner: OwnerId,
        /// Until when the claim holds.
        lease_until: Millis,
        /// When.
        at: Millis,
    },
    /// The claim holds longer.
    Renewed {
        /// Which attempt.
        attempt: AttemptNo,
        /// Until when.
        lease_until: Millis,
    },
    /// The gate was closed: known not POSTed, no attempt used.
    Withdrawn {
        /// Which attempt.
        attempt: AttemptNo,
        /// When it may be claimed again.
        not_before: Millis,
    },
    /// The API took it.
    Accepted {
        /// Which attempt.
        attempt: AttemptNo,
        /// WhatsApp's id.
        id: Option<MessageId>,
        /// When.
        at: Millis,
    },
    /// Known not accepted, to be tried again.
    NotAccepted {
        /// Which attempt.
        attempt: AttemptNo,
        /// When it may be claimed again.
        not_before: Millis,
        /// Whether it used up one of the attempts (what holds up the number doesn't).
        counts: bool,
        /// Why.
        problem: Problem,
    },
    /// Refused for good, or out of attempts.
    Refused {
        /// Which attempt.
        attempt: AttemptNo,
        /// When.
        at: Millis,
        /// Why.
        problem: Problem,
    },
    /// Nobody knows whether it was accepted; also every intent found without an outcome at start-up.
    Doubted {
        /// Which attempt.
        attempt: AttemptNo,
        /// When.
        at: Millis,
        /// What was seen.
        problem: Problem,
    },
    /// The conversation was looked at, and the doubt stays.
    Looked {
        /// Which attempt.
        attempt: AttemptNo,
        /// When.
        at: Millis,
        /// Proven not to be seen there.
        unseen: bool,
        /// What was looked at.
        problem: Problem,
    },
    /// A verdict: the attempt in doubt was accepted.
    Found {
        /// Which attempt.
        attempt: AttemptNo,
        /// Its id; none when it is the operator's word.
        id: Option<MessageId>,
        /// When it was accepted, as far as known.
        at: Millis,
    },
    /// A verdict: the attempt in doubt was accepted and then failed.
    FoundFailed {
        /// Which attempt.
        attempt: AttemptNo,
        /// Its id.
        id: Option<MessageId>,
        /// When.
        at: Millis,
        /// Why.
        problem: Problem,
    },
    /// The operator orders a job in doubt to be sent again.
    Resend {
        /// Who ordered it.
        by: ResendBy,
    },
    /// News of an accepted attempt.
    News {
        /// Which attempt.
        attempt: AttemptNo,
        /// What.
        news: News,
        /// When it happened.
        at: Millis,
    },
    /// The operator orders a failed job to be tried again.
    Retry {
        /// When it may be claimed.
        not_before: Millis,
    },
    /// Taken back before it was sent.
    Cancelled {
        /// Its row vanished; otherwise the operator said so.
        by_removal: bool,
    },
    /// Its row turned bad, or the person opted out, before it was sent.
    Skipped {
        /// Why.
        problem: Problem,
    },
    /// Its row vanished, and it is past being cancelled.
    Removed,
    /// Its row is in the file and good: it returns if it was skipped or cancelled by removal.
    Returned,
}

/// An event that the job's state doesn't admit. The job is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {status} can't take `{event}`")]
pub struct InvalidTransition {
    /// The job's status.
    pub status: Status,
    /// The event's name.
    pub event: &'static str,
}

impl Job {
    /// A job as planned: due at once.
    #[must_use]
    pub fn queued() -> Job {
        Job {
            state: State::Queued { not_before: Millis::ZERO },
            revision: 0,
            issued: 0,
            used: 0,
            allowance_from: 0,
            attempts: Vec::new(),
            problem: None,
            removed: false,
            resent_unseen: false,
        }
    }

    /// A job that was listed and skipped. Its reason stands in the plan.
    #[must_use]
    pub fn skipped() -> Job {
        Job { state: State::Skipped, ..Job::queued() }
    }

    /// The contract's word for where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.state {
            State::Queued { .. } => Status::Queued,
            State::Sending { .. } => Status::Sending,
            State::InDoubt => Status::InDoubt,
            State::Reached(Reach::Accepted) => Status::Accepted,
            State::Reached(Reach::Sent) => Status::Sent,
            State::Reached(Reach::Delivered) => Status::Delivered,
            State::Reached(Reach::Read) => Status::Read,
            State::Failed => Status::Failed,
            State::Skipped => Status::Skipped,
            State::Cancelled { .. } => Status::Cancelled,
        }
    }

    /// Nothing was ever written to this person, or may have been.
    #[must_use]
    pub fn untouched(&self) -> bool {
        self.used == 0 && self.attempts.is_empty()
    }

    /// Queued after at least one attempt.
    #[must_use]
    pub fn retrying(&self) -> bool {
        matches!(self.state, State::Queued { .. }) && self.used > 0
    }

    /// Attempts used of the present allowance.
    #[must_use]
    pub fn used_of_allowance(&self) -> u32 {
        self.used.saturating_sub(self.allowance_from)
    }

    /// The attempt with this number, if it is still of interest.
    #[must_use]
    pub fn attempt(&self, no: AttemptNo) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.no == no)
    }

    /// Attempts in doubt, oldest first.
    pub fn doubts(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|a| matches!(a.fate, AttemptFate::Doubt { .. }))
    }

    /// Accepted attempts, oldest first.
    pub fn deliveries(&self) -> impl Iterator<Item = (&Attempt, &Delivery)> {
        self.attempts.iter().filter_map(|a| match &a.fate {
            AttemptFate::Accepted(delivery) => Some((a, delivery)),
            _ => None,
        })
    }

    /// The delivery a report tells of: the one that got furthest, the latest of equals.
    #[must_use]
    pub fn best_delivery(&self) -> Option<(&Attempt, &Delivery)> {
        self.deliveries().max_by_key(|(_, d)| (!d.failed(), d.reach))
    }

    /// What the job becomes by an event.
    ///
    /// # Errors
    /// [`InvalidTransition`] when the state doesn't admit it: a late poll can't overwrite a cancellation,
    /// an order given twice changes nothing.
    pub fn apply(&self, event: &Event) -> Result<Job, InvalidTransition> {
        let mut job = self.clone();
        if job.change(event) {
            job.revision = job.revision.wrapping_add(1);
            Ok(job)
        } else {
            Err(InvalidTransition { status: self.status(), event: event.name() })
        }
    }

    /// `false` when the event isn't admitted; the caller then drops this copy.
    fn change(&mut self, event: &Event) -> bool {
        match *event {
            Event::Claimed { attempt, sender, plan, owner, lease_until, at } => {
                if !matches!(self.state, State::Queued { .. }) || attempt.0 != self.issued + 1 {
                    return false;
                }
                self.issued = attempt.0;
                self.attempts.push(Attempt { no: attempt, sender, plan, at, fate: AttemptFate::Sending });
                self.state = State::Sending { attempt, owner, lease_until };
                true
            }
            Event::Renewed { attempt: no, lease_until: until } => match &mut self.state {
                State::Sending { attempt, lease_until, .. } if *attempt == no && until >= *lease_until => {
                    *lease_until = until;
                    true
                }
                _ => false,
            },
            Event::Withdrawn { attempt, not_before } => {
                self.end_sending(attempt) && {
                    self.drop_attempt(attempt);
                    self.queue_unless_reached(not_before);
                    true
                }
            }
            Event::Accepted { attempt, ref id, at } => {
                let in_flight = self.end_sending(attempt);
                if in_flight {
                    self.used += 1;
                }
                (in_flight || self.is_in_doubt(attempt)) && self.accept(attempt, id.clone(), at)
            }
            Event::NotAccepted { attempt, not_before, counts, ref problem } => {
                self.end_sending(attempt) && {
                    self.used += u32::from(counts);
                    self.drop_attempt(attempt);
                    self.problem = Some(problem.clone());
                    self.queue_unless_reached(not_before);
                    true
                }
            }
            Event::Refused { attempt, ref problem, .. } => {
                self.end_sending(attempt) && {
                    self.used += 1;
                    self.drop_attempt(attempt);
                    self.problem = Some(problem.clone());
                    self.state = self.rest();
                    true
                }
            }
            Event::Doubted { attempt, at, ref problem } => {
                self.end_sending(attempt) && {
                    self.used += 1;
                    let doubt =
                        AttemptFate::Doubt { since: at, looks: 0, looked_at: Millis::ZERO, unseen: false };
                    self.set_fate(attempt, doubt);
                    self.problem = Some(problem.clone());
                    self.state = self.rest();
                    true
                }
            }
            Event::Looked { attempt, at, unseen: proven, ref problem } => {
                let Some(AttemptFate::Doubt { looks, looked_at, unseen, .. }) = self.fate_mut(attempt) else {
                    return false;
                };
                *looks = looks.saturating_add(1);
                *looked_at = at;
                *unseen = proven;
                self.problem = Some(problem.clone());
                true
            }
            Event::Found { attempt, ref id, at } => {
                self.is_in_doubt(attempt) && self.accept(attempt, id.clone(), at)
            }
            Event::FoundFailed { attempt, ref id, at, ref problem } => {
                if !self.is_in_doubt(attempt) {
                    return false;
                }
                let delivery = Delivery {
                    id: id.clone(),
                    failed_at: Some(at),
                    reach: Some(Reach::Accepted),
                    ..Delivery::default()
                };
                self.set_fate(attempt, AttemptFate::Accepted(delivery));
                self.problem = Some(problem.clone());
                self.rest_unless_sending();
                true
            }
            Event::Resend { by } => {
                let provenly_unseen =
                    self.doubts().all(|a| matches!(a.fate, AttemptFate::Doubt { unseen: true, .. }));
                let allowed = match by {
                    ResendBy::Operator => true,
                    ResendBy::Unseen => provenly_unseen && !self.resent_unseen,
                };
                if !matches!(self.state, State::InDoubt) || self.removed || !allowed {
                    return false;
                }
                self.resent_unseen |= by == ResendBy::Unseen;
                self.allowance_from = self.used;
                self.state = State::Queued { not_before: Millis::ZERO };
                true
            }
            Event::News { attempt, ref news, at } => self.take_news(attempt, news, at),
            Event::Retry { not_before } => {
                if !matches!(self.state, State::Failed) || self.removed {
                    return false;
                }
                self.allowance_from = self.used;
                self.state = State::Queued { not_before };
                true
            }
            Event::Cancelled { by_removal } => {
                if !matches!(self.state, State::Queued { .. }) {
                    return false;
                }
                self.removed |= by_removal;
                self.state = self.unless_in_doubt(State::Cancelled { by_removal });
                true
            }
            Event::Skipped { ref problem } => {
                let admitted = matches!(
                    self.state,
                    State::Queued { .. } | State::Skipped | State::Cancelled { by_removal: true }
                );
                if !admitted {
                    return false;
                }
                self.removed = false;
                self.problem = Some(problem.clone());
                self.state = self.unless_in_doubt(State::Skipped);
                true
            }
            Event::Removed => {
                let past_cancelling = !self.removed && !matches!(self.state, State::Queued { .. });
                self.removed = true;
                past_cancelling
            }
            Event::Returned => {
                let back = matches!(self.state, State::Skipped | State::Cancelled { by_removal: true });
                if back {
                    self.problem = None;
                    self.state = State::Queued { not_before: Millis::ZERO };
                }
                let changed = back || self.removed;
                self.removed = false;
                changed
            }
        }
    }

    fn take_news(&mut self, no: AttemptNo, news: &News, at: Millis) -> bool {
        let Some(AttemptFate::Accepted(delivery)) = self.fate_mut(no) else {
            return false;
        };
        let before = delivery.clone();
        match news {
            News::Reached(reach) => {
                let seen = match reach {
                    Reach::Accepted => &mut delivery.accepted_at,
                    Reach::Sent => &mut delivery.sent_at,
                    Reach::Delivered => &mut delivery.delivered_at,
                    Reach::Read => &mut delivery.read_at,
                };
                seen.get_or_insert(at);
                delivery.reach = delivery.reach.max(Some(*reach));
            }
            News::Failed(_) => {
                delivery.failed_at.get_or_insert(at);
            }
        }
        if *delivery == before {
            return false;
        }
        let failed = delivery.failed();
        match news {
            News::Failed(problem) if failed => self.problem = Some(problem.clone()),
            News::Reached(_) if !failed => self.problem = None,
            _ => {}
        }
        match self.state {
            // A retry waits, and the message turns out to have arrived: no second POST.
            State::Queued { .. } if failed => {}
            _ => self.rest_unless_sending(),
        }
        true
    }

    fn accept(&mut self, no: AttemptNo, id: Option<MessageId>, at: Millis) -> bool {
        let delivery =
            Delivery { id, accepted_at: Some(at), reach: Some(Reach::Accepted), ..Delivery::default() };
        self.set_fate(no, AttemptFate::Accepted(delivery));
        self.problem = None;
        self.rest_unless_sending();
        true
    }

    /// Leaves `Sending` if that is the attempt in flight. The caller sets the next state.
    fn end_sending(&mut self, no: AttemptNo) -> bool {
        let in_flight = matches!(self.state, State::Sending { attempt, .. } if attempt == no);
        if in_flight {
            self.state = State::InDoubt;
        }
        in_flight
    }

    /// Where a job belongs that has nothing in flight and nothing to send, judged by its attempts.
    fn rest(&self) -> State {
        let reached = self.deliveries().filter(|(_, d)| !d.failed()).filter_map(|(_, d)| d.reach).max();
        match reached {
            Some(reach) => State::Reached(reach),
            None => self.unless_in_doubt(State::Failed),
        }
    }

    fn rest_unless_sending(&mut self) {
        if !matches!(self.state, State::Sending { .. }) {
            self.state = self.rest();
        }
    }

    fn unless_in_doubt(&self, state: State) -> State {
        if self.doubts().next().is_some() { State::InDoubt } else { state }
    }

    /// Back to the queue, unless an earlier attempt turned out to have been accepted meanwhile.
    fn queue_unless_reached(&mut self, not_before: Millis) {
        self.state = match self.rest() {
            reached @ State::Reached(_) => reached,
            _ => State::Queued { not_before },
        };
    }

    fn is_in_doubt(&self, no: AttemptNo) -> bool {
        self.doubts().any(|a| a.no == no)
    }

    fn fate_mut(&mut self, no: AttemptNo) -> Option<&mut AttemptFate> {
        self.attempts.iter_mut().find(|a| a.no == no).map(|a| &mut a.fate)
    }

    fn set_fate(&mut self, no: AttemptNo, fate: AttemptFate) {
        if let Some(slot) = self.fate_mut(no) {
            *slot = fate;
        }
    }

    fn drop_attempt(&mut self, no: AttemptNo) {
        self.attempts.retain(|a| a.no != no);
    }
}

impl Event {
    /// The event's name, for errors and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::Claimed { .. } => "claimed",
            Event::Renewed { .. } => "renewed",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Accepted { .. } => "accepted",
            Event::NotAccepted { .. } => "not accepted",
            Event::Refused { .. } => "refused",
            Event::Doubted { .. } => "doubted",
            Event::Looked { .. } => "looked",
            Event::Found { .. } => "found",
            Event::FoundFailed { .. } => "found failed",
            Event::Resend { .. } => "resend",
            Event::News { .. } => "news",
            Event::Retry { .. } => "retry",
            Event::Cancelled { .. } => "cancelled",
            Event::Skipped { .. } => "skipped",
            Event::Removed => "removed",
            Event::Returned => "returned",
        }
    }
}
