//! Whether the server answers: the circuit breaker, and the harmless question that closes it again.

use tokio::time::Instant;

use super::event::Completion;
use super::requests::Requests;
use crate::domain::codes;
use crate::domain::outcome::{Exchange, Outcome};
use crate::domain::policy::{Breaker, BreakerState};
use crate::domain::problem::Problem;
use crate::sendwo::{ApiErrorKind, Transport};

/// What is said while nothing goes out for it.
const DOWN: &str = "the server doesn't answer; sending rests until it does";

/// What has changed, for people.
#[derive(Clone, Debug, PartialEq)]
pub enum HealthNews {
    /// Nothing goes out until the server answers; said so.
    Down(&'static str),
    /// It answers again.
    Back,
    /// It loses messages, or is no API: the run stops.
    Stop(Problem),
}

/// The breaker and its probes.
#[derive(Debug, Default)]
pub struct Health {
    breaker: Breaker,
    /// Nothing of Sendwo's has answered yet, and nobody has asked before: one message finds out.
    is_unknown: bool,
    probe_at: Option<Instant>,
    probing: bool,
    told: bool,
}

impl Health {
    /// `api_is_known`: the account has answered a question there.
    #[must_use]
    pub fn new(api_is_known: bool) -> Health {
        Health { is_unknown: !api_is_known, ..Health::default() }
    }

    /// A message was POSTed, and this came of it.
    pub fn sent(&mut self, exchange: &Exchange, outcome: &Outcome) -> Option<HealthNews> {
        match (exchange, outcome) {
            (Exchange::NeverConnected { .. }, _) => self.breaker.never_connected(),
            (_, Outcome::Unknown { .. }) if exchange.is_web_page() => self.breaker.web_page(),
            (_, Outcome::Unknown { .. }) => self.breaker.lost(),
            _ => {
                self.is_unknown = false;
                self.breaker.answered();
            }
        }
        self.news()
    }

    /// The harmless question ended; whether anything answered.
    pub fn probed(&mut self, answered: bool) -> Option<HealthNews> {
        self.probing = false;
        if answered {
            self.breaker.probe_answered();
        } else {
            self.breaker.probe_silent();
        }
        self.news()
    }

    fn news(&mut self) -> Option<HealthNews> {
        match self.breaker.state() {
            BreakerState::Open { probe_after } if self.probe_at.is_none() && !self.probing => {
                self.probe_at = Some(Instant::now() + probe_after);
                (!std::mem::replace(&mut self.told, true)).then_some(HealthNews::Down(DOWN))
            }
            BreakerState::Stopped => {
                let reason = "the server answers questions and loses messages; three in a row are in doubt";
                Some(HealthNews::Stop(Problem::new(reason)))
            }
            BreakerState::NoApi => Some(HealthNews::Stop(Problem::new(codes::WEB_PAGE_TEXT))),
            BreakerState::Closed if std::mem::take(&mut self.told) => Some(HealthNews::Back),
            BreakerState::Open { .. } | BreakerState::HalfOpen | BreakerState::Closed => None,
        }
    }

    /// When the harmless question is to be asked. `quiet`: nothing is in flight; what is tells of the time before.
    #[must_use]
    pub fn next(&self, quiet: bool) -> Option<Instant> {
        self.probe_at.filter(|_| quiet)
    }

    /// Asks the harmless question. After its answer one message goes, as a trial.
    pub fn probe<T: Transport>(&mut self, requests: &Requests<T>) {
        self.probe_at = None;
        self.probing = true;
        requests.start(|client| async move {
            let question = client.whatsapp();
            let answer = tokio::time::timeout(Breaker::PROBE_TIMEOUT, question.connected_numbers()).await;
            Completion::Probed(match answer {
                Ok(Ok(_)) => true,
                // A fault of the server is no answer: a message would meet the same.
                Ok(Err(error)) => {
                    !matches!(error.kind, ApiErrorKind::Unreachable | ApiErrorKind::Faulty { .. })
                }
                Err(_) => false,
            })
        });
    }

    /// How many messages may be in flight, where `concurrency` may at the most.
    #[must_use]
    pub fn most_in_flight(&self, concurrency: usize) -> usize {
        match self.breaker.state() {
            BreakerState::Closed if !self.is_unknown => concurrency,
            BreakerState::Closed | BreakerState::HalfOpen => 1,
            BreakerState::Open { .. } | BreakerState::Stopped | BreakerState::NoApi => 0,
        }
    }

    /// Whether nothing is asked, either.
    #[must_use]
    pub fn is_down(&self) -> bool {
        matches!(self.breaker.state(), BreakerState::Open { .. })
    }

    /// Why nothing goes out, for people.
    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        self.told.then_some(DOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(health: &mut Health) -> Option<HealthNews> {
        let exchange = Exchange::Lost { why: "cut".into() };
        health.sent(&exchange, &Outcome::Unknown { why: "cut".into() })
    }

    fn answered(health: &mut Health) -> Option<HealthNews> {
        // Only what it came to counts, but for a connection that was never made.
        health.sent(&Exchange::Lost { why: "ok".into() }, &Outcome::Accepted { message_id: None })
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_asked_before_one_message_finds_out() {
        let mut health = Health::new(false);
        assert_eq!(health.most_in_flight(64), 1);
        lost(&mut health);
        assert_eq!(health.most_in_flight(64), 1, "that tells nothing");
        answered(&mut health);
        assert_eq!(health.most_in_flight(64), 64);
        assert_eq!(Health::new(true).most_in_flight(64), 64);
    }

    #[tokio::test(start_paused = true)]
    async fn it_says_once_that_the_server_is_down_and_once_that_it_is_back() {
        let mut health = Health::default();
        for _ in 1..Breaker::THRESHOLD {
            assert_eq!(lost(&mut health), None);
        }
        assert_eq!((health.most_in_flight(8), health.next(true)), (8, None));
        assert_eq!(lost(&mut health), Some(HealthNews::Down(DOWN)));
        assert_eq!(lost(&mut health), None, "it is known");
        assert_eq!((health.most_in_flight(8), health.note(), health.is_down()), (0, Some(DOWN), true));
        assert!(health.next(true).is_some());
        assert_eq!(health.next(false), None, "what is in flight comes first");
        assert_eq!(health.probed(true), None);
        assert_eq!((health.most_in_flight(8), health.is_down()), (1, false));
        assert_eq!(answered(&mut health), Some(HealthNews::Back));
        assert_eq!((health.most_in_flight(8), health.note()), (8, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_questions_and_loses_messages_stops_the_run() {
        let mut health = Health::default();
        (0..Breaker::THRESHOLD).for_each(|_| drop(lost(&mut health)));
        for trial in 1..=Breaker::TRIALS {
            health.probed(true);
            let stops = matches!(lost(&mut health), Some(HealthNews::Stop(_)));
            assert_eq!(stops, trial == Breaker::TRIALS);
        }
        assert_eq!(health.most_in_flight(8), 0);
    }
}
