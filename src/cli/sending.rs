//! Handing a queue to the engine and getting it back: what `run` and `test` have in common.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::ids::{MessageId, OwnerId};
use crate::engine::optout::OptOutList;
use crate::engine::snapshot::{Notice, Observer, Snapshot};
use crate::engine::{self, Ending, KnownElsewhere, OptOuts, Options, Setup};
use crate::queue::{LocalQueue, QueueError, View};
use crate::sendwo::{Client, HttpTransport};
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::sys::platform::Interrupt;
use crate::ui::Progress;

/// So long it may be taken for granted that the other ledgers have no further ids: they may be sending, too…
const REREAD: Duration = Duration::from_secs(2);
/// …or so many times as long as reading them took.
const REREAD_SHARE: u32 = 20;

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
    let optouts = opt_outs(ctx, &home)?;
    let screen = Rc::new(RefCell::new(Screen { progress: Progress::start(&ctx.printer), shown, last: None }));
    let setup = Setup {
        client,
        clock: ctx.clock,
        disk: ctx.disk.clone(),
        known_elsewhere: known_elsewhere(ctx, home.clone(), round.clone()),
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

/// The list of people who are never written to, as a run or a plan needs it.
///
/// # Errors
/// When it can't be read: nothing is sent then.
pub fn opt_outs(ctx: &Context, home: &Home) -> Result<OptOutList, CliError> {
    let path = home.optouts();
    let list = OptOutList::open(ctx.disk.clone(), &path)
        .map_err(|error| CliError::disk("read the opt-out list", &path, &error))?;
    if let Some(line) = list.unreadable().first() {
        ctx.warn(&format!(
            "{} line {line} names nobody ({} such): whoever is meant may be written to",
            path.display(),
            list.unreadable().len()
        ));
    }
    Ok(list)
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

/// Looks into every other ledger; only asked when a doubt has to be settled.
fn known_elsewhere(ctx: &Context, home: Home, own: PathBuf) -> KnownElsewhere {
    let disk = ctx.disk.clone();
    let mut ids = HashSet::new();
    let mut good_until: Option<Instant> = None;
    Box::new(move |id| {
        // An id that was there stays.
        if !ids.contains(id) && good_until.is_none_or(|until| until <= Instant::now()) {
            let began = Instant::now();
            ids = ids_of_others(&disk, &home, &own)?;
            good_until = Some(Instant::now() + REREAD.max(began.elapsed() * REREAD_SHARE));
        }
        Ok(ids.contains(id))
    })
}

fn ids_of_others(disk: &SharedDisk, home: &Home, own: &Path) -> Result<HashSet<MessageId>, QueueError> {
    let list = |dir: &Path| disk.list(dir).map_err(QueueError::disk("read", dir));
    let mut rounds = list(&home.singles())?;
    for campaign in list(&home.campaigns())? {
        rounds.extend(list(&campaign)?);
    }
    let mut ids = HashSet::new();
    for round in rounds.iter().filter(|round| *round != own) {
        if !LocalQueue::exists(&**disk, round)? {
            continue;
        }
        let view = match View::open(disk.clone(), round) {
            // Erased meanwhile.
            Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
            opened => opened,
        };
        view?.message_ids(&mut |id| {
            ids.insert(id.clone());
        })?;
    }
    Ok(ids)
}
