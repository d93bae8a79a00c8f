//! The run loop: one event after the other, each handled by the component that it concerns.
//!
//! `select! → event → handle → response`. Tasks hold nothing but what they were given and report back; everything
//! that a run knows is in [`Run`], in components that own their fields. Each says by one method when it next wants to be
//! asked, and [`Run::when`] is the only one that calls it. An error of the disk ends the run, and with it its
//! senders, before anything else happens.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::event::{Completion, LoopEvent, Response};
use super::open::open;
use super::run::{Due, Run};
use super::setup::{Ending, EngineError, Setup};
use crate::queue::Queue;
use crate::sendwo::Transport;
use crate::sys::clock::Clock;

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
    let (outbox, inbox) = unbounded_channel();
    let mut run_loop = RunLoop { run: open(queue, setup, outbox).await?, inbox };
    // Whatever ended it, nothing more leaves once its senders are dropped.
    let ending = run_loop.run().await?;
    run_loop.run.show(Some(&ending));
    Ok((run_loop.run.queue, ending))
}

/// The loop around a run.
struct RunLoop<Q: Queue, T: Transport, C: Clock> {
    run: Run<Q, T, C>,
    inbox: UnboundedReceiver<Completion>,
}

impl<Q: Queue, T: Transport, C: Clock> RunLoop<Q, T, C> {
    async fn run(&mut self) -> Result<Ending, EngineError> {
        loop {
            let event = self.next_event().await;
            match self.handle(event).await? {
                Response::Continue => {}
                Response::End(ending) => return Ok(ending),
            }
        }
    }

    /// Waits for what happens next: what has happened comes before what is due.
    async fn next_event(&mut self) -> LoopEvent {
        if let Ok(completion) = self.inbox.try_recv() {
            return LoopEvent::Completed(completion);
        }
        let now = self.run.now();
        let due = Due::ALL.into_iter().filter_map(|due| self.run.when(due, now)).min();
        let heeds_signals = !self.run.stop.is_interrupted();
        tokio::select! {
            biased;
            Some(completion) = self.inbox.recv() => LoopEvent::Completed(completion),
            Ok(()) = self.run.setup.interrupted.changed(), if heeds_signals => LoopEvent::Signalled,
            () = reached(due) => LoopEvent::Due,
        }
    }

    async fn handle(&mut self, event: LoopEvent) -> Result<Response, EngineError> {
        match event {
            LoopEvent::Completed(completion) => {
                let decision = self.run.completed(completion)?;
                self.run.carry_out(decision)?;
            }
            LoopEvent::Signalled => return self.run.act(Due::Pulse, self.run.now()).await,
            LoopEvent::Due => {
                for due in Due::ALL {
                    let now = self.run.now();
                    if self.run.when(due, now).is_none_or(|at| at > now.instant) {
                        continue;
                    }
                    if let Response::End(ending) = self.run.act(due, now).await? {
                        return Ok(Response::End(ending));
                    }
                }
            }
        }
        Ok(Response::Continue)
    }
}

/// Waits for a moment. Where it is past, tasks that are ready come first: what they report goes with the same batch.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) if moment > Instant::now() => tokio::time::sleep_until(moment).await,
        Some(_) => tokio::task::yield_now().await,
        None => std::future::pending().await,
    }
}
