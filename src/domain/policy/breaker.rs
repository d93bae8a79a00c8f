//! The circuit breaker: a server that doesn't answer isn't fed with messages, each of which would be in
//! doubt.

use std::time::Duration;

/// Where the breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Send.
    Closed,
    /// Send nothing; ask a harmless question after this pause.
    Open {
        /// Since the last question, or since it opened.
        probe_after: Duration,
    },
    /// The server answers again: send exactly one message and see.
    HalfOpen,
    /// Three such messages were lost: stop.
    Stopped,
    /// Web pages come back, and the harmless question isn't answered either: stop.
    NoApi,
}

/// Opens after five exchanges in a row that were lost or never connected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breaker {
    silent: u32,
    open: bool,
    probes: u32,
    half_open: bool,
    trials_lost: u32,
    web_page: bool,
}

impl Breaker {
    /// In a row, to open.
    pub const THRESHOLD: u32 = 5;
    /// Trial messages lost, to stop.
    pub const TRIALS: u32 = 3;
    /// No two questions lie further apart.
    pub const LONGEST_PROBE: Duration = Duration::from_secs(15);
    /// How long a question waits for its answer: with the longest pause before it, less than half a minute, so that
    /// a server that is back isn't kept waiting for longer.
    pub const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        if self.trials_lost >= Self::TRIALS {
            BreakerState::Stopped
        } else if self.web_page && self.probes > 0 {
            BreakerState::NoApi
        } else if self.half_open {
            BreakerState::HalfOpen
        } else if self.open {
            let pause = Duration::from_secs(1 << self.probes.min(4));
            BreakerState::Open { probe_after: pause.min(Self::LONGEST_PROBE) }
        } else {
            BreakerState::Closed
        }
    }

    /// A message was answered, whatever the answer.
    pub fn answered(&mut self) {
        *self = Breaker::default();
    }

    /// A message was lost after the connection was made.
    pub fn lost(&mut self) {
        if self.half_open {
            self.trials_lost += 1;
        }
        self.silent_once();
    }

    /// A web page came back: the address may be wrong. The next message waits until the harmless question is answered.
    pub fn web_page(&mut self) {
        self.web_page = true;
        self.silent = Self::THRESHOLD;
        self.lost();
    }

    /// A connection was never made.
    pub fn never_connected(&mut self) {
        self.silent_once();
    }

    fn silent_once(&mut self) {
        self.silent = self.silent.saturating_add(1);
        if self.half_open || (!self.open && self.silent >= Self::THRESHOLD) {
            self.open = true;
            self.half_open = false;
            self.probes = 0;
        }
    }

    /// The harmless question was answered.
    pub fn probe_answered(&mut self) {
        self.half_open = self.open;
    }

    /// The harmless question went unanswered.
    pub fn probe_silent(&mut self) {
        self.probes = self.probes.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..Breaker::THRESHOLD {
            assert_eq!(breaker.state(), BreakerState::Closed);
            breaker.never_connected();
        }
        breaker
    }

    #[test]
    fn it_opens_probes_and_closes() {
        let mut breaker = opened();
        let pauses: Vec<_> = (0..6)
            .map(|_| {
                let BreakerState::Open { probe_after } = breaker.state() else { panic!("not open") };
                breaker.probe_silent();
                probe_after.as_secs()
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 15, 15]);
        breaker.probe_answered();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.answered();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn three_lost_trials_stop() {
        let mut breaker = opened();
        for n in 1..=3 {
            breaker.probe_answered();
            assert_eq!(breaker.state(), BreakerState::HalfOpen);
            breaker.lost();
            assert_eq!(breaker.state() == BreakerState::Stopped, n == 3);
        }
    }

    #[test]
    fn a_web_page_opens_it_at_once_and_stops_where_the_question_isnt_answered() {
        let mut breaker = Breaker::default();
        breaker.web_page();
        assert!(matches!(breaker.state(), BreakerState::Open { .. }));
        let mut answered = breaker.clone();
        answered.probe_answered();
        assert_eq!(answered.state(), BreakerState::HalfOpen);
        answered.answered();
        assert_eq!(answered, Breaker::default());
        breaker.probe_silent();
        assert_eq!(breaker.state(), BreakerState::NoApi);
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for n in 0..100 {
            if n % 4 == 3 {
                breaker.answered()
            } else {
                breaker.lost()
            }
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
    }
}
