//! A campaign's directory, found by the campaign's file or by its name.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::app::open::no_regular_file;
use crate::app::{App, AppError};
use crate::campaign::{Campaign, Name};
use crate::domain::round_kind::RoundKind;
use crate::queue::{Identity, LocalQueue, QueueError};
use crate::sys::disk::Disk;
use crate::sys::home::{Home, round_dir, round_number};
use crate::sys::platform;

/// A campaign that has been planned at least once.
#[derive(Clone, Debug)]
pub struct CampaignDir {
    /// Real, or the trials' part.
    pub home: Home,
    /// Its name.
    pub name: String,
    /// Its directory: `settings.json`, `reports.json`, and the rounds.
    pub dir: PathBuf,
    /// The newest round's number.
    pub round: u32,
}

impl CampaignDir {
    /// The directory of the campaign that `text` names, a file or a name.
    ///
    /// # Errors
    /// When nothing was planned under that name.
    pub fn find(app: &App, text: &str, sandbox: bool) -> Result<CampaignDir, AppError> {
        let home = app.home(sandbox)?;
        let name = name_of(app, &home, text)?;
        CampaignDir::find_named(app, &home, &name)?.ok_or_else(|| not_planned(app, &home, text, &name))
    }

    /// What there is of the campaign that `text` names, to be erased: also what is left where that was interrupted.
    ///
    /// # Errors
    /// When there is nothing under that name.
    pub fn find_remains(app: &App, text: &str, sandbox: bool) -> Result<CampaignDir, AppError> {
        let home = app.home(sandbox)?;
        let name = name_of(app, &home, text)?;
        CampaignDir::remains(app, &home, &name)?.ok_or_else(|| not_planned(app, &home, text, &name))
    }

    /// What there is under a name, also what is left where erasing it was interrupted.
    ///
    /// # Errors
    /// The disk's.
    pub fn remains(app: &App, home: &Home, name: &str) -> Result<Option<CampaignDir>, AppError> {
        if let Some(campaign_dir) = CampaignDir::named(&*app.disk, home, name)? {
            return Ok(Some(campaign_dir));
        }
        let dir = CampaignDir::place(&*app.disk, home, name)?;
        let there = app.disk.exists(&dir).map_err(|error| AppError::disk("find", &dir, &error))?;
        Ok(there.then(|| CampaignDir { home: home.clone(), name: name.to_owned(), dir, round: 1 }))
    }

    /// That of the campaign with this name, if it was planned. Most lie in the directory of that name; one that was
    /// renamed stays where it was.
    ///
    /// # Errors
    /// The disk's.
    pub fn named(disk: &dyn Disk, home: &Home, name: &str) -> Result<Option<CampaignDir>, AppError> {
        if let Some(campaign_dir) = CampaignDir::at(disk, home, home.campaign(name))?
            && campaign_dir.name == name
        {
            return Ok(Some(campaign_dir));
        }
        Ok(CampaignDir::all(disk, home)?.into_iter().find(|campaign_dir| campaign_dir.name == name))
    }

    /// That of the campaign that has this name, or had it before it was renamed: then that is told.
    ///
    /// # Errors
    /// The disk's.
    pub fn find_named(app: &App, home: &Home, name: &str) -> Result<Option<CampaignDir>, AppError> {
        if let Some(campaign_dir) = CampaignDir::named(&*app.disk, home, name)? {
            return Ok(Some(campaign_dir));
        }
        let once = CampaignDir::once_named(&*app.disk, home, name)?;
        if let Some(campaign_dir) = &once {
            app.note(format!("{name} is called {} now", campaign_dir.called()));
        }
        Ok(once)
    }

    /// That of the campaign that had this name before it was renamed.
    ///
    /// # Errors
    /// The disk's.
    fn once_named(disk: &dyn Disk, home: &Home, name: &str) -> Result<Option<CampaignDir>, AppError> {
        for campaign_dir in CampaignDir::all(disk, home)? {
            if campaign_dir.identities(disk)?.iter().any(|identity| identity.campaign == name) {
                return Ok(Some(campaign_dir));
            }
        }
        Ok(None)
    }

    /// What lies in a directory, if it is a campaign's.
    fn at(disk: &dyn Disk, home: &Home, dir: PathBuf) -> Result<Option<CampaignDir>, AppError> {
        let rounds = disk.list(&dir).map_err(|error| AppError::disk("read", &dir, &error))?;
        let mut newest = None;
        for path in rounds {
            // What a kill left of a round's making is none yet.
            if let Some(number) = round_number(&path)
                && !LocalQueue::is_blank(disk, &path)?
            {
                newest = newest.max(Some(number));
            }
        }
        let Some(round) = newest else { return Ok(None) };
        // A campaign's name is its directory's, unless it was renamed: it holds nothing that would be escaped.
        let Some(of_dir) = dir.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
        let of_dir = of_dir.split('.').next().unwrap_or(of_dir).to_owned();
        let mut campaign_dir = CampaignDir { home: home.clone(), name: of_dir, dir, round };
        // One that is damaged is found by its directory: what is wrong with it is told when it is opened.
        if let Some(identity) = campaign_dir.known_identity(disk)? {
            campaign_dir.name = identity.campaign;
        }
        Ok(Some(campaign_dir))
    }

    /// Where a new campaign of this name lies: in the directory of that name, or beside it where that one holds a
    /// campaign which bore the name before.
    ///
    /// # Errors
    /// The disk's.
    pub fn place(disk: &dyn Disk, home: &Home, name: &str) -> Result<PathBuf, AppError> {
        let mut dir = home.campaign(name);
        let mut n = 2;
        while CampaignDir::at(disk, home, dir.clone())?.is_some_and(|campaign_dir| campaign_dir.name != name)
        {
            dir = home.campaign_beside(name, n);
            n += 1;
        }
        Ok(dir)
    }

    /// All campaigns that were planned, by name.
    ///
    /// # Errors
    /// The disk's.
    pub fn all(disk: &dyn Disk, home: &Home) -> Result<Vec<CampaignDir>, AppError> {
        let parent = home.campaigns();
        let dirs = disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))?;
        let mut campaigns = Vec::new();
        for dir in dirs {
            campaigns.extend(CampaignDir::at(disk, home, dir)?);
        }
        Ok(campaigns)
    }

    /// The newest round's directory.
    #[must_use]
    pub fn round_dir(&self) -> PathBuf {
        round_dir(&self.dir, self.round)
    }

    /// All that its rounds are and were known by, newest first; rounds that are damaged tell nothing.
    ///
    /// # Errors
    /// The disk's: a round that can't be read just now may be the one that is looked for.
    pub fn identities(&self, disk: &dyn Disk) -> Result<Vec<Identity>, AppError> {
        let mut identities = Vec::new();
        for round in (1..=self.round).rev() {
            let known = LocalQueue::identities_of(disk, &round_dir(&self.dir, round));
            identities.extend(unless_damaged(known)?.unwrap_or_default());
        }
        Ok(identities)
    }

    /// Whose queue the newest round is; `None` where there is none, or it is damaged, which is no concern to others.
    ///
    /// # Errors
    /// The disk's: what can't be read just now may be what is looked for.
    pub fn known_identity(&self, disk: &dyn Disk) -> Result<Option<Identity>, AppError> {
        let round = self.round_dir();
        if !LocalQueue::exists(disk, &round)? {
            return Ok(None);
        }
        unless_damaged(LocalQueue::identity_of(disk, &round))
    }

    /// Whose queue the newest round is; `None` when a crash left it before that was written.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn identity(&self, disk: &dyn Disk) -> Result<Option<Identity>, AppError> {
        let round = self.round_dir();
        if !LocalQueue::exists(disk, &round)? {
            return Ok(None);
        }
        Ok(Some(LocalQueue::identity_of(disk, &round)?))
    }

    /// How to name the campaign in a hint: with `--sandbox` where it is a trial.
    #[must_use]
    pub fn called(&self) -> String {
        self.home.called(&self.name)
    }
}

/// What was read; `None` where it is damaged, or was removed meanwhile.
fn unless_damaged<T>(read: Result<T, QueueError>) -> Result<Option<T>, AppError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(QueueError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error @ QueueError::Disk { .. }) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// The name of the campaign that the user means by `text`: a file, or a name.
fn name_of(app: &App, home: &Home, text: &str) -> Result<String, AppError> {
    let path = Path::new(text);
    if path.is_file() {
        return match Campaign::load(path) {
            Ok(campaign) => Ok(campaign.name.as_str().to_owned()),
            // An order must get through while the file is being edited.
            Err(error) => planned_from(app, home, path)?.ok_or_else(|| error.into()),
        };
    }
    if is_name(text) {
        return Ok(text.to_owned());
    }
    planned_from(app, home, path)?.ok_or_else(|| {
        if path.exists() {
            return no_regular_file(text);
        }
        AppError::usage(format!("there is no file {text}, and no campaign was planned from it"))
            .hint("`sendcast status` lists the campaigns that have been planned")
    })
}

/// The name of the campaign that was planned from the file at `path`, which may be gone.
///
/// # Errors
/// The disk's; where several were, one after the other under another name.
pub fn planned_from(app: &App, home: &Home, path: &Path) -> Result<Option<String>, AppError> {
    let real = platform::real_path(path);
    let campaigns = CampaignDir::all(&*app.disk, home)?;
    let is_it = |identity: &Identity| identity.kind == RoundKind::Campaign && identity.path == real;
    let mut found = Vec::new();
    for campaign_dir in &campaigns {
        if campaign_dir.known_identity(&*app.disk)?.is_some_and(|identity| is_it(&identity)) {
            found.push(campaign_dir);
        }
    }
    if found.is_empty() {
        for campaign_dir in &campaigns {
            if campaign_dir.identities(&*app.disk)?.iter().any(is_it) {
                found.push(campaign_dir);
            }
        }
    }
    match &found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.name.clone())),
        several => {
            let names: Vec<_> = several.iter().map(|campaign_dir| campaign_dir.name.clone()).collect();
            Err(AppError::usage(format!("several campaigns were planned from {}", path.display()))
                .details(names)
                .hint("name the one that you mean"))
        }
    }
}

/// What is of this kind and planned from the file at `real` as it stands, whatever it is called.
///
/// # Errors
/// The disk's.
pub fn all_from(
    disk: &dyn Disk,
    home: &Home,
    kind: RoundKind,
    real: &Path,
) -> Result<Vec<CampaignDir>, AppError> {
    let mut found = Vec::new();
    for campaign_dir in CampaignDir::all(disk, home)? {
        let identity = campaign_dir.known_identity(disk)?;
        if identity.is_some_and(|it| it.kind == kind && it.path == real) {
            found.push(campaign_dir);
        }
    }
    Ok(found)
}

/// Whether it could be a campaign's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.parse::<Name>().is_ok()
}

/// Says that nothing was planned under a name, and where it might be instead.
pub fn not_planned(app: &App, home: &Home, text: &str, name: &str) -> AppError {
    let other = app.home(!home.is_sandbox()).ok();
    let elsewhere =
        other.and_then(|other| CampaignDir::named(&*app.disk, &other, name).ok().flatten()).is_some();
    let error = AppError::usage(format!("no campaign called `{name}` has been planned"));
    match (elsewhere, home.is_sandbox()) {
        (true, false) => error.hint("there is a trial of that name: add `--sandbox` to mean that one"),
        (true, true) => {
            error.hint("there is a real one of that name: leave out `--sandbox` to mean that one")
        }
        // By its name before it was renamed, for what must not reach further than it says.
        (false, _) if CampaignDir::once_named(&*app.disk, home, name).ok().flatten().is_some() => {
            let now = CampaignDir::once_named(&*app.disk, home, name).ok().flatten();
            error.hint(format!("it is called {} now", now.map(|now| now.called()).unwrap_or_default()))
        }
        (false, sandbox) if Path::new(text).is_file() => {
            if let Ok(Some(other)) = planned_from(app, home, Path::new(text)) {
                return error.hint(format!("{text} was planned as {}: name that", home.called(&other)));
            }
            let sandbox = if sandbox { " --sandbox" } else { "" };
            error.hint(format!("`sendcast run {text}{sandbox}` plans and sends it"))
        }
        (false, _) => {
            let known: Vec<_> =
                CampaignDir::all(&*app.disk, home).unwrap_or_default().into_iter().map(|l| l.name).collect();
            let near = known
                .iter()
                .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
                .filter(|(likeness, _)| *likeness >= 0.5)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            match near {
                Some((_, near)) => error.hint(format!("did you mean `{near}`?")),
                None => {
                    error.hint("name its file, or see `sendcast status` for those that have been planned")
                }
            }
        }
    }
}
