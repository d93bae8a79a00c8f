//! Erasing the campaigns in which nothing has happened for long: first which, and which stay although they are old, then the
//! removal.
//!
//! Invariants: nothing is erased that somebody works on, that waits to be sent, or whose age can't be told; each is judged
//! once more right before it is erased.

use std::time::Duration;

use super::erasure::{Erased, Erasure};
use crate::app::campaign_dir::{CampaignDir, is_name, observe};
use crate::app::{App, AppError};
use crate::domain::format::people;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::snapshot::{RunState, Snapshot};
use crate::queue::{LocalQueue, QueueError, View};
use crate::sys::clock::Clock;
use crate::sys::home::round_dir;

/// What there is that is old.
#[derive(Debug, Default)]
pub struct OldCampaigns {
    /// To be erased, the oldest first.
    pub old: Vec<OldCampaign>,
    /// What stays.
    pub kept: Vec<KeptCampaign>,
}

/// A campaign that may be erased.
#[derive(Debug)]
pub struct OldCampaign {
    /// What would be erased.
    pub erasure: Erasure,
    /// When something happened in it last.
    pub last: Millis,
    /// Where it stands.
    pub look: Snapshot,
    age: Duration,
}

/// A campaign that is old, or may be, and stays.
#[derive(Debug)]
pub struct KeptCampaign {
    /// Which.
    pub campaign_dir: CampaignDir,
    /// When something happened in it last, where that can be told.
    pub last: Option<Millis>,
    /// Why it stays, as a fragment.
    pub reason: String,
}

/// What is to become of a campaign.
enum Verdict {
    Recent,
    Old(Millis, Box<Snapshot>),
    Kept(Option<Millis>, String),
}

impl OldCampaigns {
    /// The campaigns, or trials, in which nothing has happened for longer than `age`.
    ///
    /// # Errors
    /// The disk's.
    pub fn find(app: &App, sandbox: bool, age: Duration) -> Result<OldCampaigns, AppError> {
        let mut found = OldCampaigns::default();
        for campaign_dir in CampaignDir::all(&*app.disk, &app.home(sandbox)?)? {
            match judge(app, &campaign_dir, age)? {
                Verdict::Recent => {}
                Verdict::Old(last, look) => {
                    let erasure = Erasure::at(app, campaign_dir)?;
                    found.old.push(OldCampaign { erasure, last, look: *look, age });
                }
                Verdict::Kept(last, reason) => found.kept.push(KeptCampaign { campaign_dir, last, reason }),
            }
        }
        found.kept.extend(remains(app, sandbox)?);
        found.old.sort_by_key(|old| old.last);
        Ok(found)
    }
}

impl OldCampaign {
    /// Erases it, and with `with_reports` its reports; `Err` within where it stays because something has happened to it
    /// since it was found.
    ///
    /// # Errors
    /// The disk's; done again, it finishes.
    pub fn carry_out(self, app: &App, with_reports: bool) -> Result<Result<Erased, KeptCampaign>, AppError> {
        let campaign_dir = self.erasure.campaign_dir.clone();
        let kept = |last, reason| Ok(Err(KeptCampaign { campaign_dir: campaign_dir.clone(), last, reason }));
        match judge(app, &campaign_dir, self.age)? {
            Verdict::Old(..) => {}
            Verdict::Recent => return kept(None, "it was used a moment ago".to_owned()),
            Verdict::Kept(last, reason) => return kept(last, reason),
        }
        match self.erasure.hold(app)? {
            Ok(held) => held.carry_out(app, with_reports).map(Ok),
            Err(_) => kept(Some(self.last), WORKED_ON.to_owned()),
        }
    }
}

const WORKED_ON: &str = "another sendcast is working on it";

fn judge(app: &App, campaign_dir: &CampaignDir, age: Duration) -> Result<Verdict, AppError> {
    let (mut last, mut unreadable) = (None, None);
    for round in 1..=campaign_dir.round {
        match last_activity(app, campaign_dir, round) {
            Ok(at) => last = last.max(at),
            Err(error) => unreadable = Some(error),
        }
    }
    // A time in the future is a clock that was wrong, and nothing is old by it.
    let now = app.clock.now();
    if last.is_some_and(|last| last >= now || now.since(last) <= age) {
        return Ok(Verdict::Recent);
    }
    let by_name = format!("`sendcast erase {}` removes it", campaign_dir.called());
    if let Some(error) = unreadable {
        return Ok(Verdict::Kept(last, format!("its age isn't known, because {error}; {by_name}")));
    }
    let Some(at) = last else {
        return Ok(Verdict::Kept(None, format!("nothing in it tells its age; {by_name}")));
    };
    let look = observe::look(app, campaign_dir)?;
    let unsent = look.counts[Status::Queued] + look.counts[Status::Sending];
    Ok(match look.state {
        // Whoever said so has ended, or is about to, and holds its lock until then.
        RunState::Settled | RunState::Cancelled | RunState::Stopped => Verdict::Old(at, Box::new(look)),
        _ if observe::is_fresh(&look, now) => Verdict::Kept(last, WORKED_ON.to_owned()),
        _ if unsent == 0 => Verdict::Old(at, Box::new(look)),
        state => {
            let waits = format!("it is {state}, with {} not yet sent to; {by_name}", people(unsent));
            Verdict::Kept(last, waits)
        }
    })
}

/// What has no round: it was only tested, or erasing it was interrupted.
fn remains(app: &App, sandbox: bool) -> Result<Vec<KeptCampaign>, AppError> {
    let home = app.home(sandbox)?;
    let whole: Vec<_> = CampaignDir::all(&*app.disk, &home)?.into_iter().map(|it| it.dir).collect();
    let parent = home.campaigns();
    let dirs = app.disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))?;
    let mut kept = Vec::new();
    for dir in dirs.into_iter().filter(|dir| !whole.contains(dir)) {
        let name = dir.file_name().and_then(|name| name.to_str()).filter(|name| is_name(name));
        let Some(campaign_dir) =
            name.map(|name| CampaignDir::remains(app, &home, name)).transpose()?.flatten()
        else {
            continue;
        };
        let reason = format!(
            "nothing in it tells its age: it was only tested, it is being planned, or erasing it was interrupted; \
             `sendcast erase {}` removes it",
            campaign_dir.called()
        );
        kept.push(KeptCampaign { campaign_dir, last: None, reason });
    }
    Ok(kept)
}

/// When something happened in one of its rounds last; `None` where there is no such round.
fn last_activity(app: &App, campaign_dir: &CampaignDir, round: u32) -> Result<Option<Millis>, QueueError> {
    let dir = round_dir(&campaign_dir.dir, round);
    let is_there = || LocalQueue::is_blank(&*app.disk, &dir).map(|blank| !blank);
    if !is_there()? {
        return Ok(None);
    }
    match View::open(app.disk.clone(), &dir).and_then(|view| view.last_activity()) {
        // Erased meanwhile.
        Err(_) if !is_there()? => Ok(None),
        told => told,
    }
}
