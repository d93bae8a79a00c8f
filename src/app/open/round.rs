//! A round's queue, open and locked.

use std::io;
use std::time::{Duration, Instant};

use super::source::Source;
use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::{App, AppError};
use crate::domain::status::Counts;
use crate::engine::snapshot::RunState;
use crate::queue::local::remove_if_empty;
use crate::queue::{DesiredState, LocalQueue, Queue, QueueError};

/// How long to wait for a round that is held by nobody who sends: `webhooks listen` and orders hold it for moments.
const MAX_LOCK_WAIT: Duration = Duration::from_secs(10);

/// Opens a round, once whoever holds it for a moment lets go. Where somebody is sending it is an error at once.
fn once_let_go(
    app: &App,
    campaign_dir: &CampaignDir,
    open: impl Fn() -> Result<LocalQueue, QueueError>,
) -> Result<LocalQueue, QueueError> {
    let until = Instant::now() + MAX_LOCK_WAIT;
    let mut held = None;
    loop {
        match (open(), held) {
            (Err(locked @ QueueError::Locked { .. }), _)
                if Instant::now() < until && !observe::is_alive(app, campaign_dir) =>
            {
                held = Some(locked);
                std::thread::sleep(Duration::from_millis(50));
            }
            // It was held by somebody who has erased it.
            (Err(QueueError::Disk { source, .. }), Some(locked))
                if source.kind() == io::ErrorKind::NotFound =>
            {
                return Err(locked);
            }
            (opened, _) => return opened,
        }
    }
}

/// Whether nothing is left of its newest round to be sent or followed.
fn is_over(app: &App, campaign_dir: &CampaignDir) -> Result<bool, AppError> {
    Ok(matches!(observe::look(app, campaign_dir)?.state, RunState::Settled | RunState::Cancelled))
}

/// A round that the operator holds: nothing was done.
#[derive(Clone, Debug)]
pub struct Held {
    /// The campaign's name.
    pub campaign: String,
    /// Paused or cancelled.
    pub state: RunState,
    /// Where its messages stand.
    pub counts: Counts,
    /// How to go on.
    pub hint: String,
}

impl Held {
    /// `it is paused`
    #[must_use]
    pub fn reason(&self) -> String {
        format!("it is {}", self.state)
    }
}

/// A round's queue, open and locked.
#[derive(Debug)]
pub struct Opened {
    /// The queue.
    pub queue: LocalQueue,
    /// The campaign, at this round.
    pub campaign_dir: CampaignDir,
}

impl Opened {
    /// Opens the newest round, or creates the first one, or with `again` the next one.
    ///
    /// # Errors
    /// When another sendcast holds it, it belongs to another server or file, or the disk says no.
    pub fn open(app: &App, source: &Source, origin: &str, again: bool) -> Result<Opened, AppError> {
        let Some(campaign_dir) = &source.campaign_dir else { return Opened::round(app, source, origin, 1) };
        let next = campaign_dir.round + 1;
        if let (true, Some(found)) = (again, campaign_dir.identity(&*app.disk)?) {
            source.owns(&found, &source.identity(origin, next))?;
        }
        if again && is_over(app, campaign_dir)? {
            return Opened::round(app, source, origin, next);
        }
        let opened = Opened::round(app, source, origin, campaign_dir.round)?;
        if !again {
            return Ok(opened);
        }
        // Whoever was at work on it has let go of it by now.
        if is_over(app, campaign_dir)? {
            drop(opened);
            return Opened::round(app, source, origin, next);
        }
        app.note(format!("round {} isn't settled yet: going on with that one", campaign_dir.round));
        Ok(opened)
    }

    fn round(app: &App, source: &Source, origin: &str, number: u32) -> Result<Opened, AppError> {
        if number > 1
            && source.campaign_dir.as_ref().is_none_or(|campaign_dir| campaign_dir.round < number)
            && source.campaign.is_none()
        {
            return Err(AppError::usage("a new round needs the campaign file, and it is gone"));
        }
        let identity = source.identity(origin, number);
        let campaign_dir = CampaignDir {
            home: source.home.clone(),
            name: source.name.clone(),
            dir: source.dir(),
            round: number,
        };
        let dir = campaign_dir.round_dir();
        let opened = if campaign_dir.identity(&*app.disk)?.is_some() {
            once_let_go(app, &campaign_dir, || LocalQueue::open(app.disk.clone(), &dir, None))
        } else {
            match LocalQueue::create(app.disk.clone(), &dir, source.home.data(), identity.clone()) {
                // Another sendcast has created it meanwhile, and is done with it.
                Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                    LocalQueue::open(app.disk.clone(), &dir, None)
                }
                created => created,
            }
        };
        let queue = opened.map_err(|error| match error {
            QueueError::Locked { .. } => AppError::from(error)
                .hint(format!("`sendcast status {} --watch` shows how it goes", campaign_dir.called())),
            error => error.into(),
        })?;
        source.owns(queue.identity(), &identity)?;
        Ok(Opened { queue, campaign_dir })
    }

    /// Has the round known by what the campaign is called, where it lies and how its server is spelt now.
    ///
    /// # Errors
    /// The disk's.
    pub fn readdress(&mut self, source: &Source, origin: &str) -> Result<(), AppError> {
        Ok(self.queue.readdress(&source.identity(origin, self.campaign_dir.round))?)
    }

    /// What keeps the round from going on, where that is the operator's word. `anew` is how to begin again after it was
    /// cancelled.
    #[must_use]
    pub fn held(&self, anew: &str) -> Option<Held> {
        let resume = || format!("`sendcast resume {}` clears that", self.campaign_dir.called());
        let (state, hint) = match self.queue.wanted() {
            DesiredState::Running => return None,
            DesiredState::Paused => (RunState::Paused, resume()),
            DesiredState::Cancelled => (RunState::Cancelled, anew.to_owned()),
        };
        let campaign = self.campaign_dir.name.clone();
        Some(Held { campaign, state, counts: self.queue.counts(), hint })
    }

    /// It and what is `ready` with it; `None` where the operator said no, and then it is let go of, as after an error.
    ///
    /// # Errors
    /// That error, or the disk's.
    pub async fn if_ready<R>(
        self,
        app: &App,
        ready: Result<Option<R>, AppError>,
    ) -> Result<Option<(Opened, R)>, AppError> {
        match ready {
            Ok(Some(ready)) => Ok(Some((self, ready))),
            Ok(None) => self.discard(app).await.map(|()| None),
            Err(error) => {
                self.discard(app).await?;
                Err(error)
            }
        }
    }

    /// Lets go of it. A round that was never planned leaves nothing behind.
    ///
    /// # Errors
    /// The disk's.
    pub async fn discard(self, app: &App) -> Result<(), AppError> {
        let Opened { queue, campaign_dir } = self;
        if queue.head().is_some() {
            return Ok(queue.close().await?);
        }
        queue.remove()?;
        Ok(remove_if_empty(&*app.disk, &campaign_dir.dir)?)
    }
}
