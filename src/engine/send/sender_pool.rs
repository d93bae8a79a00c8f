//! Senders that wait for their next message: tasks that last as long as the run.
//!
//! Invariant: there are as many senders as messages in flight, so that what was claimed never waits for one.
//! There is no queue inside of the process whose content a crash would put in doubt. Once the pool is dropped, nothing
//! leaves any more, whatever ended the run.
//!
//! They last because a task that is born with each message and ends with it pays for moving and freeing its state each time
//! (BENCHMARKS.md).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Semaphore;

use super::sender::{SendContext, SendRequest, send};
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

/// The senders of a run. Those that wait end with it; one that is sending ends once it has reported.
pub struct SenderPool<T, C> {
    context: Rc<SendContext<T, C>>,
    queue: Rc<SendQueue>,
}

/// Where requests lie until a sender takes them, in their order.
struct SendQueue {
    requests: RefCell<VecDeque<SendRequest>>,
    /// A permit for each; closed once there will be no more.
    waiting: Semaphore,
}

impl<T: Transport, C: Clock> SenderPool<T, C> {
    /// Nobody, yet.
    pub fn new(context: SendContext<T, C>) -> SenderPool<T, C> {
        let queue = SendQueue { requests: RefCell::default(), waiting: Semaphore::new(0) };
        SenderPool { context: Rc::new(context), queue: Rc::new(queue) }
    }

    /// Has a message sent at once, where `in_flight` are under way with it: there are as many senders.
    pub fn send(&self, request: SendRequest, in_flight: usize) {
        self.queue.requests.borrow_mut().push_back(request);
        self.queue.waiting.add_permits(1);
        while self.senders() < in_flight {
            let (queue, context) = (self.queue.clone(), self.context.clone());
            tokio::task::spawn_local(async move {
                while let Some(request) = queue.next().await {
                    send(request, &context).await;
                }
            });
        }
    }

    /// How many there are: each holds the queue, as the pool does. One that panics lets go of it, and is replaced.
    fn senders(&self) -> usize {
        Rc::strong_count(&self.queue) - 1
    }
}

impl<T, C> Drop for SenderPool<T, C> {
    fn drop(&mut self) {
        // For those who wait for their start; the others don't begin.
        self.context.gate.shut();
        self.queue.waiting.close();
    }
}

impl SendQueue {
    async fn next(&self) -> Option<SendRequest> {
        self.waiting.acquire().await.ok()?.forget();
        self.requests.borrow_mut().pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::task::{LocalSet, yield_now};
    use tokio::time::Instant;

    use super::super::in_flight::SendResult;
    use super::*;
    use crate::domain::ids::NumberId;
    use crate::domain::outcome::Exchange;
    use crate::domain::time::Millis;
    use crate::engine::event::Completion;
    use crate::engine::pace::gate::{Closed, tests as gates};
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

    fn pool(slow: &Slow) -> (SenderPool<Slow, Still>, UnboundedReceiver<Completion>) {
        let (inbox, reports) = unbounded_channel();
        let client = Client::new(slow.clone(), Token::new("1|trial").unwrap());
        let gate = Rc::new(gates::gate());
        (SenderPool::new(SendContext { gate, client, clock: Still, inbox }), reports)
    }

    fn request(job: u32) -> SendRequest {
        SendRequest { intent: gates::intent(job), start: Instant::now(), number: NumberId::new("N") }
    }

    #[tokio::test(start_paused = true)]
    async fn every_message_in_flight_has_a_sender_and_a_sender_many_messages() {
        let senders = async {
            let slow = Slow::default();
            let (pool, mut reports) = pool(&slow);
            for round in 0..3 {
                for job in 0..5 {
                    pool.send(request(round * 5 + job), job as usize + 1);
                }
                for _ in 0..20 {
                    yield_now().await;
                }
                assert_eq!((slow.under_way.get(), pool.senders()), (5, 5), "round {round}");
                slow.go.add_permits(5);
                for _ in 0..5 {
                    assert!(matches!(reports.recv().await, Some(Completion::Sent(..))));
                }
            }
            drop(pool);
            assert!(reports.recv().await.is_none(), "who waits ends with the pool");
        };
        LocalSet::new().run_until(senders).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_start_stays_once_the_pool_is_gone() {
        let senders = async {
            let slow = Slow::default();
            let (pool, mut reports) = pool(&slow);
            slow.go.add_permits(1);
            pool.send(SendRequest { start: Instant::now() + Duration::from_millis(10), ..request(0) }, 1);
            yield_now().await;
            drop(pool);
            let Some(Completion::Sent(_, SendResult::Withdrawn(closed))) = reports.recv().await else {
                panic!("it has left");
            };
            assert_eq!(closed, Closed::Shut);
        };
        LocalSet::new().run_until(senders).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_panics_leaves_its_message_in_doubt_and_is_replaced() {
        let senders = async {
            let slow = Slow { panics: Rc::new(Cell::new(true)), ..Slow::default() };
            let (pool, mut reports) = pool(&slow);
            for (job, answered) in [(0, false), (1, true)] {
                slow.go.add_permits(1);
                pool.send(request(job), 1);
                let Some(Completion::Sent(_, SendResult::Posted(exchange))) = reports.recv().await else {
                    panic!("nothing was told of message {job}");
                };
                assert_eq!(matches!(exchange, Exchange::Answered { .. }), answered, "{exchange:?}");
                yield_now().await;
            }
        };
        LocalSet::new().run_until(senders).await;
    }
}
