//! Where a simulated process ends and the world begins. Every crossing is a step: an operation of the disk
//! or of the states' store, a request's departure, arrival and answer, a poll of the run. At any of them the
//! process may die; from then on nothing crosses any more.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::trace::Trace;

/// What is planned for a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fortune {
    /// It dies at this step.
    pub dies_at: Option<u64>,
    /// What it was doing to the disk just then still happens.
    pub half_done: bool,
    /// From this step on the disk says no, as often as this.
    pub fails_at: Option<(u64, u64, io::ErrorKind)>,
}

/// A process's border; clones are the same one.
#[derive(Clone, Debug)]
pub struct Border(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    trace: Arc<Mutex<Trace>>,
    born: Instant,
    fortune: Fortune,
    steps: u64,
    dead: bool,
    failed: Option<String>,
    /// The disk has said no, to anything.
    said_no: bool,
}

/// What becomes of an operation.
enum Fate {
    Done,
    /// The last thing the process did.
    Last,
    Never,
    Failed(io::ErrorKind),
}

impl Border {
    /// Of a new process. `born` is the world's beginning.
    pub fn new(trace: Arc<Mutex<Trace>>, born: Instant, fortune: Fortune) -> Border {
        let state = State { trace, born, fortune, steps: 0, dead: false, failed: None, said_no: false };
        Border(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process is killed from outside.
    pub fn kill(&self) {
        self.state().dead = true;
    }

    /// Whether it has died.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// The operation at which the disk said no, where that must stop all sending.
    pub fn failed(&self) -> Option<String> {
        self.state().failed.clone()
    }

    /// Whether the disk has said no to anything.
    pub fn said_no(&self) -> bool {
        self.state().said_no
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// One step that isn't the disk's. `false`: the process is dead.
    pub fn step(&self) -> bool {
        let mut state = self.state();
        matches!(state.step(), Fate::Done)
    }

    /// Something crosses and is part of the trace.
    pub fn note(&self, what: &str, content: &[u8]) {
        self.state().note(what, content);
    }

    /// An operation that changes something on the disk.
    pub fn change<T>(
        &self,
        what: &str,
        place: &str,
        content: &[u8],
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let fate = self.fate(what, place);
        if matches!(fate, Fate::Done | Fate::Last) {
            let state = self.state();
            state.note(what, place.as_bytes());
            state.note("", content);
        }
        match fate {
            Fate::Done => act(),
            Fate::Last => {
                let _ = act();
                Err(killed())
            }
            Fate::Never => Err(killed()),
            Fate::Failed(kind) => Err(kind.into()),
        }
    }

    /// An operation that changes nothing.
    pub fn look<T>(&self, what: &str, place: &str, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.fate(what, place) {
            Fate::Done => act(),
            Fate::Last | Fate::Never => Err(killed()),
            Fate::Failed(kind) => Err(kind.into()),
        }
    }

    fn fate(&self, what: &str, place: &str) -> Fate {
        let mut state = self.state();
        let fate = state.step();
        let Some((from, times, kind)) = state.fortune.fails_at else { return fate };
        let now = state.steps;
        if !matches!(fate, Fate::Done) || now < from || now >= from + times {
            return fate;
        }
        state.note("failed", place.as_bytes());
        state.said_no = true;
        // A status that can't be shown stops nobody; where webhooks can't be read, deliveries are asked for.
        if !place.contains("status.json") && !place.ends_with("/hooks") {
            state.failed.get_or_insert_with(|| format!("{what} {place}"));
        }
        Fate::Failed(kind)
    }
}

impl State {
    fn step(&mut self) -> Fate {
        if self.dead {
            return Fate::Never;
        }
        self.steps += 1;
        if self.fortune.dies_at == Some(self.steps) {
            self.dead = true;
            return if self.fortune.half_done { Fate::Last } else { Fate::Never };
        }
        Fate::Done
    }

    fn note(&self, what: &str, content: &[u8]) {
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        trace.note(self.age(), what, content);
    }

    fn age(&self) -> Duration {
        self.born.elapsed()
    }
}

fn killed() -> io::Error {
    io::Error::other("killed")
}

/// A future that ends with its process: `None` when it died.
pub struct Mortal<F> {
    run: Pin<Box<F>>,
    border: Border,
}

impl<F: Future> Mortal<F> {
    /// Runs `run` as the process behind `border`.
    pub fn new(border: Border, run: F) -> Mortal<F> {
        Mortal { run: Box::pin(run), border }
    }
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.border.step() {
            return Poll::Ready(None);
        }
        let polled = self.run.as_mut().poll(context);
        if self.border.is_dead() {
            return Poll::Ready(None);
        }
        polled.map(Some)
    }
}
