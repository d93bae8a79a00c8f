//! Handing a queue to the engine and getting it back: what `run` and `test` have in common.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::optouts;
use crate::cli::others::OtherLedgers;
use crate::domain::ids::OwnerId;
use crate::engine::snapshot::{Notice, Observer, Snapshot};
use crate::engine::{self, Ending, OptOuts, Options, Setup};
use crate::queue::LocalQueue;
use crate::sendwo::{Client, HttpTransport};
use crate::sys::home::Home;
use crate::sys::platform::Interrupt;
use crate::ui::Progress;

/// What a run needs beside its queue.
#[derive(Debug)]
pub struct Sending {
    /// The API.
    pub client: Client<HttpTransport>,
    /// Real, or the trials' part.
    pub home: Home,
    /// The round's directory.
    pub round: PathBuf,
    /// How.
    pub options: Options,
    /// Show the progress.
    pub shown: bool,
    /// Set when the process is asked to end.
    pub interrupted: watch::Receiver<Option<Interrupt>>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Sent {
    /// The queue, for the report.
    pub queue: LocalQueue,
    /// Why it ended.
    pub ending: Ending,
    /// The last look at it.
    pub snapshot: Option<Snapshot>,
    /// How long it took.
    pub took: Duration,
}

/// Runs the round to its end, with the progress on the screen.
///
/// # Errors
/// When the opt-out list can't be read, or the disk failed on the way.
pub async fn send(ctx: &Context, queue: LocalQueue, sending: Sending) -> Result<Sent, CliError> {
    let Sending { client, home, round, options, shown, interrupted } = sending;
    let optouts = optouts::open(ctx, &home)?;
    let screen = Rc::new(RefCell::new(Screen { progress: Progress::start(&ctx.printer), shown, last: None }));
    let setup = Setup {
        client,
        clock: ctx.clock.clone(),
        disk: ctx.disk.clone(),
        other_campaigns: Box::new(OtherLedgers::new(ctx.disk.clone(), home.clone(), round.clone())),
        home,
        round,
        options,
        owner: OwnerId(fastrand::u64(..)),
        optouts: Rc::new(RefCell::new(Box::new(optouts) as Box<dyn OptOuts>)),
        observer: Box::new(Shared(Rc::clone(&screen))),
        interrupted,
    };
    let done = engine::run(queue, setup).await;
    let Screen { progress, last, .. } = Rc::try_unwrap(screen)
        .map(RefCell::into_inner)
        .map_err(|_| CliError::failed("internal: the screen is held"))?;
    let took = progress.elapsed();
    if let (Some(last), true) = (&last, shown) {
        progress.finish(last);
    }
    let (queue, ending) = done?;
    Ok(Sent { queue, ending, snapshot: last, took })
}

/// Tells why it was stopped, where it was, and what goes on once that is mended. The reason comes back.
pub fn tell_stopped(ctx: &Context, ending: &Ending, goes_on: &str) -> Option<String> {
    let Ending::Stopped(problem) = ending else { return None };
    let reason = problem.to_string();
    let hint = format!("once that is mended, {goes_on} goes on where it stopped");
    ctx.printer.error(format!("stopped: {reason}"), Some(&hint));
    Some(reason)
}

struct Screen {
    progress: Progress,
    shown: bool,
    last: Option<Snapshot>,
}

struct Shared(Rc<RefCell<Screen>>);

impl Observer for Shared {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        let mut screen = self.0.borrow_mut();
        if screen.shown {
            screen.progress.update(snapshot);
        }
        screen.last = Some(snapshot.clone());
    }

    fn notice(&mut self, notice: Notice) {
        self.0.borrow().progress.notice(&notice);
    }
}
