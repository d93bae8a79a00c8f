//! Handing a queue to the engine and getting it back: what a campaign, a table and a single message have in common.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::other_campaigns::OtherLedgers;
use crate::app::plan::contacts::Contacts;
use crate::app::{App, AppError, Operator, Progress, optouts};
use crate::domain::cap::Cap;
use crate::domain::ids::OwnerId;
use crate::engine::snapshot::{Notice, Observer, Snapshot};
use crate::engine::{self, ContactCap, Ending, OptOuts, Options, Setup};
use crate::queue::local::open_permits;
use crate::queue::{LocalQueue, Queue as _};
use crate::sendwo::{Client, HttpTransport};
use crate::sys::clock::Clock as _;
use crate::sys::home::Home;
use crate::sys::platform::Interrupt;

/// What a run needs beside its queue.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The API.
    pub client: Client<HttpTransport>,
    /// Real, or the trials' part.
    pub home: Home,
    /// The round's directory.
    pub round: PathBuf,
    /// Pace, limits and timeouts of the run.
    pub options: Options,
    /// Whether the operator sees the progress.
    pub shown: bool,
    /// How many messages one person gets, and the zone of the times at which the next one is allowed.
    pub cap: Option<(Cap, TimeZone)>,
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

/// Runs the round to its end, and tells the operator how it goes.
///
/// # Errors
/// When the opt-out list can't be read, or the disk failed on the way.
pub async fn send(app: &App, queue: LocalQueue, sending: Sending) -> Result<Sent, AppError> {
    let Sending { client, home, round, options, shown, cap, interrupted } = sending;
    let optouts = optouts::open(app, &home)?;
    let cap = match cap {
        None => None,
        Some((cap, zone)) => {
            let origin = queue.identity().origin.clone();
            let mut contacts = Contacts::new(app.disk.clone(), home.clone(), origin, cap, zone);
            // The long part of it, before others have to wait for the account.
            contacts.refresh(app.clock.now())?;
            Some(Box::new(contacts) as Box<dyn ContactCap>)
        }
    };
    let last = Rc::new(RefCell::new(None));
    let began = Instant::now();
    if shown {
        app.operator.progress(Progress::Sending);
    }
    let owner = OwnerId(fastrand::u64(..));
    let campaign = queue.identity().campaign.clone();
    let setup = Setup {
        cap,
        client,
        clock: app.clock.clone(),
        permits: open_permits(app.disk.clone(), home.clone(), owner, campaign, options.priority),
        disk: app.disk.clone(),
        other_campaigns: Box::new(OtherLedgers::new(app.disk.clone(), home.clone(), round.clone())),
        home,
        round,
        options,
        owner,
        optouts: Rc::new(RefCell::new(Box::new(optouts) as Box<dyn OptOuts>)),
        observer: Box::new(Watching { operator: Rc::clone(&app.operator), shown, last: Rc::clone(&last) }),
        interrupted,
    };
    let done = engine::run(queue, setup).await;
    let took = began.elapsed();
    let snapshot = last.take();
    if shown {
        app.operator.progress(Progress::Sent(snapshot.as_ref()));
    }
    let (queue, ending) = done?;
    Ok(Sent { queue, ending, snapshot, took })
}

/// Hands on what the engine shows, and keeps the last of it.
struct Watching {
    operator: Rc<dyn Operator>,
    shown: bool,
    last: Rc<RefCell<Option<Snapshot>>>,
}

impl Observer for Watching {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        if self.shown {
            self.operator.progress(Progress::Running(snapshot));
        }
        *self.last.borrow_mut() = Some(snapshot.clone());
    }

    fn notice(&mut self, notice: Notice) {
        self.operator.tell(&notice);
    }
}
