//! Erasing a campaign: first what there is, then the removal.

use std::io;
use std::path::{Path, PathBuf};

use super::webhooks::forget_webhooks;
use crate::app::campaign_dir::CampaignDir;
use crate::app::drafts::{self, Draft};
use crate::app::options::saved_options;
use crate::app::order_log;
use crate::app::{App, AppError};
use crate::queue::local::{Removal, remove_if_empty};
use crate::queue::{LocalQueue, QueueError};
use crate::report;
use crate::sendwo::BaseUrl;
use crate::sys::disk::{Disk, if_there};
use crate::sys::home::round_number;

/// What would be erased.
#[derive(Debug)]
pub struct Erasure {
    /// The campaign.
    pub campaign_dir: CampaignDir,
    /// The reports it wrote that are still there.
    pub reports: Vec<PathBuf>,
    /// The draft it was planned from, with its uploads: it goes with it.
    pub draft: Option<Draft>,
    /// All that it ever wrote.
    named: Vec<PathBuf>,
}

/// What was erased.
#[derive(Debug)]
pub struct Erased {
    /// The reports that were removed, too.
    pub removed: Vec<PathBuf>,
    /// Those that stay.
    pub left: Vec<PathBuf>,
    /// The directory of the draft that was removed with it.
    pub draft: Option<PathBuf>,
    /// The ledger of an imitation on this machine, where these people may stand, too.
    pub imitation: Option<PathBuf>,
}

impl Erasure {
    /// Looks for what there is of the campaign that `text` names.
    ///
    /// # Errors
    /// When there is nothing, or the list of its reports can't be read.
    pub fn of(app: &App, text: &str, sandbox: bool) -> Result<Erasure, AppError> {
        Erasure::at(app, CampaignDir::find_remains(app, text, sandbox)?)
    }

    /// Looks for the real campaign that `text` names and the trial of the same name; one of them may be absent.
    ///
    /// # Errors
    /// When there is neither, or the list of their reports can't be read.
    pub fn of_both(app: &App, text: &str) -> Result<Vec<Erasure>, AppError> {
        match Erasure::of(app, text, false) {
            Ok(real) => {
                let trial = real.trial(app)?;
                Ok([Some(real), trial].into_iter().flatten().collect())
            }
            Err(error) if error.is_usage() => match Erasure::of(app, text, true) {
                Ok(trial) => Ok(vec![trial]),
                Err(none) if none.is_usage() => Err(error),
                Err(other) => Err(other),
            },
            Err(error) => Err(error),
        }
    }

    /// The trial of the same name, if there is one and this isn't it.
    ///
    /// # Errors
    /// When the list of its reports can't be read, or the disk says no.
    pub fn trial(&self, app: &App) -> Result<Option<Erasure>, AppError> {
        if self.campaign_dir.home.is_sandbox() {
            return Ok(None);
        }
        let trial = CampaignDir::remains(app, &app.home(true)?, &self.campaign_dir.name)?;
        trial.map(|campaign_dir| Erasure::at(app, campaign_dir)).transpose()
    }

    /// Looks for what there is of this campaign.
    ///
    /// # Errors
    /// When the list of its reports can't be read.
    pub(super) fn at(app: &App, campaign_dir: CampaignDir) -> Result<Erasure, AppError> {
        let named = saved_options::reports(&*app.disk, &campaign_dir.dir)?;
        // What isn't a regular file (`/dev/stdout`) is none of ours, and holds nothing. One that can't be looked for
        // may be there.
        let ours = |path: &&PathBuf| {
            path.metadata()
                .map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |meta| meta.is_file())
        };
        let reports = named.iter().filter(ours).cloned().collect();
        let draft = drafts::of_campaign(app, &campaign_dir)?;
        Ok(Erasure { campaign_dir, reports, draft, named })
    }

    /// Removes it, and with `with_reports` the reports.
    ///
    /// # Errors
    /// When somebody is working on it, or the disk says no; done again, it finishes.
    pub fn carry_out(self, app: &App, with_reports: bool) -> Result<Erased, AppError> {
        self.hold(app)??.carry_out(app, with_reports)
    }

    /// Takes all of its rounds, so that nobody is sending while the ground is taken away; `Err` within where somebody is.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn hold(self, app: &App) -> Result<Result<HeldErasure, QueueError>, AppError> {
        let disk = &*app.disk;
        let singles = singles_of(app, &self.campaign_dir)?;
        let dir = &self.campaign_dir.dir;
        let there = disk.list(dir).map_err(|e| AppError::disk("read", dir, &e))?;
        let (rounds, beside): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|path| round_number(path).is_some());
        let dirs: Vec<PathBuf> = singles.into_iter().chain(rounds).collect();
        let removals = dirs.iter().map(|dir| Removal::hold(disk, dir)).collect::<Result<Vec<_>, _>>();
        match removals {
            Ok(removals) => Ok(Ok(HeldErasure { erasure: self, dirs, removals, beside })),
            Err(locked @ QueueError::Locked { .. }) => Ok(Err(locked)),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is about to be erased, and nobody else can work on.
#[derive(Debug)]
pub(super) struct HeldErasure {
    erasure: Erasure,
    /// Its rounds and single messages.
    dirs: Vec<PathBuf>,
    removals: Vec<Removal>,
    /// What lies beside the rounds.
    beside: Vec<PathBuf>,
}

impl HeldErasure {
    /// Removes it, and with `with_reports` the reports.
    ///
    /// # Errors
    /// The disk's; done again, it finishes.
    pub(super) fn carry_out(self, app: &App, with_reports: bool) -> Result<Erased, AppError> {
        let HeldErasure { erasure, dirs, removals, beside } = self;
        let Erasure { campaign_dir, reports, draft, named } = erasure;
        let disk = &*app.disk;
        // Whoever sent to `sendcast sandbox` left people in that one's ledger, with those of other trials.
        let imitation = campaign_dir.home.sandbox_server();
        let local =
            campaign_dir.identity(disk).ok().flatten().is_some_and(|identity| is_loopback(&identity.origin));
        forget_webhooks(app, &campaign_dir.home, &dirs)?;
        // The rounds know which draft it is: it goes before them.
        if let Some(draft) = &draft {
            draft.erase(app)?;
        }
        // Interrupted at any point, what is left can be found and erased again: the list of reports outlasts the
        // reports, and the campaign's directory everything in it.
        for path in &named {
            report::file::remove_leftovers(disk, path)
                .map_err(|e| AppError::disk("remove what is left of", path, &e))?;
        }
        let mut removed = Vec::new();
        if with_reports {
            for path in &reports {
                remove(disk, path)?;
                removed.push(path.clone());
            }
        }
        order_log::erase(app, &campaign_dir.name, campaign_dir.home.is_sandbox())?;
        for round in removals {
            round.carry_out(disk).map_err(again)?;
        }
        for path in &beside {
            remove(disk, path)?;
        }
        remove_if_empty(disk, &campaign_dir.dir).map_err(again)?;
        let parent = campaign_dir.home.campaigns();
        disk.sync_dir(&parent).map_err(|e| AppError::disk("sync", &parent, &e))?;
        let left = reports.into_iter().filter(|path| !removed.contains(path)).collect();
        let imitation = (local && disk.exists(&imitation).unwrap_or(true)).then_some(imitation);
        let draft = draft.map(|draft| draft.dir().to_owned());
        Ok(Erased { removed, left, draft, imitation })
    }
}

fn is_loopback(origin: &str) -> bool {
    origin.parse::<BaseUrl>().is_ok_and(|url| url.is_loopback())
}

/// Single messages (`test`) that were rendered from the campaign's rows.
fn singles_of(app: &App, campaign_dir: &CampaignDir) -> Result<Vec<PathBuf>, AppError> {
    let parent = campaign_dir.home.singles();
    let dirs = app.disk.list(&parent).map_err(|e| AppError::disk("read", &parent, &e))?;
    // `test` rendered some of them when it was still called otherwise.
    let mut names = vec![campaign_dir.name.clone()];
    names.extend(campaign_dir.identities(&*app.disk)?.into_iter().map(|identity| identity.campaign));
    let mut found = Vec::new();
    for dir in dirs {
        match LocalQueue::identity_of(&*app.disk, &dir) {
            Ok(identity) if names.contains(&identity.campaign) => found.push(dir),
            Ok(_) => {}
            // A kill left it before anybody's number was in it, or it is damaged.
            Err(_) if LocalQueue::exists(&*app.disk, &dir).unwrap_or(true) => app.warn(format!(
                "whose single message is in {} can't be read: remove it by hand if it may be this campaign's",
                dir.display()
            )),
            Err(_) => {}
        }
    }
    Ok(found)
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), AppError> {
    if_there(disk.remove_all(path)).map(drop).map_err(QueueError::disk("remove", path)).map_err(again)
}

fn again(error: QueueError) -> AppError {
    AppError::from(error).hint("fix the error above and run it again: what is left is removed then")
}
