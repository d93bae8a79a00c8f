//! The only place where a job's state changes.

use super::event::{Event, InvalidTransition, News, ResendBy};
use super::record::Job;
use super::state::{Attempt, AttemptFate, Delivery, Reach, State, Tried};
use crate::domain::ids::{AttemptNo, MessageId};
use crate::domain::time::Millis;

impl Job {
    /// What the job becomes by an event.
    ///
    /// # Errors
    /// [`InvalidTransition`] when the state doesn't admit it: a late poll can't overwrite a cancellation,
    /// an order given twice changes nothing.
    pub fn apply(&self, event: &Event) -> Result<Job, InvalidTransition> {
        let mut job = self.clone();
        job.advance(event).map(|()| job)
    }

    /// The same in place, for a fold that ends with its first error: what the job is then means nothing.
    ///
    /// # Errors
    /// The same.
    pub fn advance(&mut self, event: &Event) -> Result<(), InvalidTransition> {
        let status = self.status();
        if self.change(event) {
            self.revision = self.revision.wrapping_add(1);
            Ok(())
        } else {
            Err(InvalidTransition { status, event: event.name() })
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
                    self.refused(attempt);
                    self.problem = Some(problem.clone());
                    self.queue_unless_reached(not_before);
                    true
                }
            }
            Event::Refused { attempt, at, ref problem } => {
                self.end_sending(attempt) && {
                    self.used += 1;
                    self.refused(attempt);
                    self.failed_at = Some(at);
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
                self.failed_at = Some(at);
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
            Event::Rescheduled { not_before: earlier } => match &mut self.state {
                State::Queued { not_before } if earlier < *not_before => {
                    *not_before = earlier;
                    true
                }
                _ => false,
            },
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
            News::Failed(problem) if failed => {
                self.failed_at = Some(at);
                self.problem = Some(problem.clone());
            }
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

    /// Known not to have been accepted: only the last of these is told of.
    fn refused(&mut self, no: AttemptNo) {
        self.tried = self.attempt(no).map(|Attempt { plan, at, .. }| Tried { plan: *plan, at: *at });
        self.drop_attempt(no);
    }

    fn drop_attempt(&mut self, no: AttemptNo) {
        self.attempts.retain(|a| a.no != no);
    }
}
