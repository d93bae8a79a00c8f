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
    hired: usize,
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
        Crew { equipment: Rc::new(equipment), desk: Rc::new(desk), hired: 0 }
    }

    /// Has a message sent at once, where `in_flight` are under way with it: there are as many senders.
    pub fn send(&mut self, departure: Departure, in_flight: usize) {
        self.desk.departures.borrow_mut().push_back(departure);
        self.desk.lying.add_permits(1);
        while self.hired < in_flight {
            self.hired += 1;
            let (desk, equipment) = (self.desk.clone(), self.equipment.clone());
            tokio::task::spawn_local(async move {
                while let Some(departure) = desk.next().await {
                    send(departure, &equipment).await;
                }
            });
        }
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

    use tokio::sync::mpsc::unbounded_channel;
    use tokio::task::{LocalSet, yield_now};
    use tokio::time::Instant;

    use super::super::gate::tests as gates;
    use super::super::inbox::Report;
    use super::*;
    use crate::domain::ids::NumberId;
    use crate::domain::time::Millis;
    use crate::sendwo::{CallError, Client, Request, Response, Token};

    /// Answers once it is let go.
    #[derive(Clone)]
    struct Slow {
        under_way: Rc<Cell<usize>>,
        go: Rc<Semaphore>,
    }

    impl Transport for Slow {
        async fn call(&self, _request: &Request) -> Result<Response, CallError> {
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

    #[tokio::test(start_paused = true)]
    async fn every_message_in_flight_has_a_sender_and_a_sender_many_messages() {
        LocalSet::new()
            .run_until(async {
                let slow = Slow { under_way: Rc::default(), go: Rc::new(Semaphore::new(0)) };
                let (inbox, mut reports) = unbounded_channel();
                let equipment = Equipment {
                    gate: Rc::new(gates::gate()),
                    client: Client::new(slow.clone(), Token::new("1|trial").unwrap()),
                    clock: Still,
                    inbox,
                };
                let mut crew = Crew::new(equipment);
                for round in 0..3 {
                    for job in 0..5 {
                        let intent = gates::intent(round * 5 + job);
                        let (start, number) = (Instant::now(), NumberId::new("N"));
                        crew.send(Departure { intent, start, number }, job as usize + 1);
                    }
                    for _ in 0..20 {
                        yield_now().await;
                    }
                    assert_eq!((slow.under_way.get(), crew.hired), (5, 5), "round {round}");
                    slow.go.add_permits(5);
                    for _ in 0..5 {
                        assert!(matches!(reports.recv().await, Some(Report::Landed(..))));
                    }
                }
                drop(crew);
                assert!(reports.recv().await.is_none(), "who waits ends with the crew");
            })
            .await;
    }
}
