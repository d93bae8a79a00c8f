//! Senders that wait for their next message: tasks that last as long as the run.
//!
//! Invariant: there are as many senders as messages in flight, so that what was claimed never waits for one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Semaphore;

use super::sender::{Departure, Equipment, send};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

/// The senders of a run. Those that wait end with it; one that is sending ends once it has reported.
pub struct Crew<T, C> {
    equipment: Rc<Equipment<T, C>>,
    desk: Rc<Desk>,
}

/// Where departures lie until a sender takes them, in their order.
struct Desk {
    departures: RefCell<VecDeque<Departure>>,
    /// A permit for each; closed once there will be no more.
    lying: Semaphore,
}

impl<T: Transport, C: Clock> Crew<T, C> {
    /// Nobody, yet.
    pub fn new(equipment: Equipment<T, C>) -> Crew<T, C> {
        let desk = Desk { departures: RefCell::default(), lying: Semaphore::new(0) };
        Crew { equipment: Rc::new(equipment), desk: Rc::new(desk) }
    }

    /// Has a message sent at once, where `in_flight` are under way with it: there are as many senders.
    pub fn send(&self, departure: Departure, in_flight: usize) {
        self.desk.departures.borrow_mut().push_back(departure);
        self.desk.lying.add_permits(1);
        while self.senders() < in_flight {
            let (desk, equipment) = (self.desk.clone(), self.equipment.clone());
            tokio::task::spawn_local(async move {
                while let Some(departure) = desk.next().await {
                    send(departure, &equipment).await;
                }
            });
        }
    }

    /// How many there are: each holds the desk, as the crew does. One that panics lets go of it, and is replaced.
    fn senders(&self) -> usize {
        Rc::strong_count(&self.desk) - 1
    }
}

impl<T, C> Drop for Crew<T, C> {
    fn drop(&mut self) {
        self.desk.lying.close();
    }
}

impl Desk {
    async fn next(&self) -> Option<Departure> {
        self.lying.acquire().await.ok()?.forget();
        self.departures.borrow_mut().pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::task::{LocalSet, yield_now};
    use tokio::time::Instant;

    use super::super::flight::Landing;
    use super::super::gate::tests as gates;
    use super::super::inbox::Report;
    use super::*;
    use crate::domain::ids::NumberId;
    use crate::domain::outcome::Exchange;
    use crate::domain::time::Millis;
    use crate::sendwo::{CallError, Client, Request, Response, Token};

    /// Answers once it is let go.
    #[derive(Clone)]
    struct Slow {
        under_way: Rc<Cell<usize>>,
        go: Rc<Semaphore>,
        panics: Rc<Cell<bool>>,
    }

    impl Default for Slow {
        fn default() -> Slow {
            Slow { under_way: Rc::default(), go: Rc::new(Semaphore::new(0)), panics: Rc::default() }
        }
    }

    impl Transport for Slow {
        async fn call(&self, _request: &Request) -> Result<Response, CallError> {
            assert!(!self.panics.take(), "as it was told to");
            self.under_way.set(self.under_way.get() + 1);
            let go = self.go.acquire().await;
            go.map_err(|_| CallError::Lost("never let go".to_owned()))?.forget();
            self.under_way.set(self.under_way.get() - 1);
            Ok(Response::default())
        }
    }

    #[derive(Clone)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Millis {
            gates::NOW
        }
    }

    fn crew(slow: &Slow) -> (Crew<Slow, Still>, UnboundedReceiver<Report>) {
        let (inbox, reports) = unbounded_channel();
        let client = Client::new(slow.clone(), Token::new("1|trial").unwrap());
        let gate = Rc::new(gates::gate());
        (Crew::new(Equipment { gate, client, clock: Still, inbox }), reports)
    }

    fn departure(job: u32) -> Departure {
        Departure { intent: gates::intent(job), start: Instant::now(), number: NumberId::new("N") }
    }

    #[tokio::test(start_paused = true)]
    async fn every_message_in_flight_has_a_sender_and_a_sender_many_messages() {
        let senders = async {
            let slow = Slow::default();
            let (crew, mut reports) = crew(&slow);
            for round in 0..3 {
                for job in 0..5 {
                    crew.send(departure(round * 5 + job), job as usize + 1);
                }
                for _ in 0..20 {
                    yield_now().await;
                }
                assert_eq!((slow.under_way.get(), crew.senders()), (5, 5), "round {round}");
                slow.go.add_permits(5);
                for _ in 0..5 {
                    assert!(matches!(reports.recv().await, Some(Report::Landed(..))));
                }
            }
            drop(crew);
            assert!(reports.recv().await.is_none(), "who waits ends with the crew");
        };
        LocalSet::new().run_until(senders).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_panics_leaves_its_message_in_doubt_and_is_replaced() {
        let senders = async {
            let slow = Slow { panics: Rc::new(Cell::new(true)), ..Slow::default() };
            let (crew, mut reports) = crew(&slow);
            for (job, answered) in [(0, false), (1, true)] {
                slow.go.add_permits(1);
                crew.send(departure(job), 1);
                let Some(Report::Landed(_, Landing::Posted(exchange))) = reports.recv().await else {
                    panic!("nothing was told of message {job}");
                };
                assert_eq!(matches!(exchange, Exchange::Answered { .. }), answered, "{exchange:?}");
                yield_now().await;
            }
        };
        LocalSet::new().run_until(senders).await;
    }
}
