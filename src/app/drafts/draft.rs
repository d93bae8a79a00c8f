//! A draft: made, found, read, removed.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::id::gone;
use super::notes::Notes;
use super::place::{self, CAMPAIGN, LOCK};
use super::told::{shown_name, told};
use super::{DraftId, planned};
use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::campaign::{Campaign, CampaignError, Name};
use crate::sys::disk::{LockGuard, create_durable_dir, if_there, write_atomic};

/// What a draft is called that nobody has called anything, with a number behind it from the second on.
const UNNAMED: &str = "new-campaign";

/// A campaign in the making. It holds nothing but where it lies: whatever it is asked is read then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// By what it is known.
    pub id: DraftId,
    /// Its directory.
    pub(super) dir: PathBuf,
}

/// What became of a draft that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The trial that was made of it and that is still there, with its people; `sendcast erase NAME --sandbox` removes it.
    pub trial: Option<String>,
}

/// Begins a draft, with an empty message to nobody. `name`: what the campaign is called; without one it gets one.
///
/// # Errors
/// When the name can't be one, or is taken; the disk's.
pub fn create(app: &App, name: Option<&str>) -> Result<Draft, AppError> {
    let root = place::root(app)?;
    let made = |error| AppError::disk("create", &root, &error);
    create_durable_dir(&*app.disk, &root, 2).map_err(made)?;
    // From here on its path is that of the next day, too.
    let root = place::root(app)?;
    let name = match name {
        Some(name) => {
            let name = parsed(name)?;
            planned::refuse_taken(app, &name, None)?;
            name
        }
        None => unnamed(app)?,
    };
    let id = DraftId::draw()?;
    let draft = Draft { dir: root.join(id.as_str()), id };
    let file = json!({ "name": name.as_str(), "message": { "type": "text", "body": "" } });
    let text = format!("{file:#}\n");
    let path = draft.path();
    let written = create_durable_dir(&*app.disk, &draft.dir, 1)
        .and_then(|()| write_atomic(&*app.disk, &path, text.as_bytes()));
    written.map_err(|error| {
        // Half of a draft is none: it isn't listed, and what can't be removed stays empty.
        let _ = app.disk.remove_all(&draft.dir);
        AppError::disk("write", &path, &error)
    })?;
    Ok(draft)
}

/// The draft that an address names.
///
/// # Errors
/// When there is none, or something of it is a symbolic link.
pub fn open(app: &App, id: &str) -> Result<Draft, AppError> {
    let id: DraftId = id.parse()?;
    let dir = place::of(app, &id)?;
    let draft = Draft { id, dir };
    let path = draft.path();
    match app.disk.exists(&path).map_err(|error| AppError::disk("find", &path, &error))? {
        true => Ok(draft),
        false => Err(gone()),
    }
}

/// A campaign's name.
pub(super) fn parsed(name: &str) -> Result<Name, AppError> {
    name.trim().parse().map_err(|error: <Name as std::str::FromStr>::Err| AppError::usage(error.to_string()))
}

fn unnamed(app: &App) -> Result<Name, AppError> {
    let taken = planned::names(app)?;
    let mut name = UNNAMED.to_owned();
    let mut n = 2;
    while taken.iter().any(|(taken, _)| taken.eq_ignore_ascii_case(&name)) {
        name = format!("{UNNAMED}-{n}");
        n += 1;
    }
    parsed(&name)
}

impl Draft {
    /// Its campaign file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(CAMPAIGN)
    }

    /// How the other use cases and the commands name it: `CheckRequest::campaign`, `TestRequest::campaign`,
    /// `RunRequest::campaign`, `sendcast run SOURCE`.
    #[must_use]
    pub fn source(&self) -> String {
        self.path().display().to_string()
    }

    /// The whole campaign file as it stands, to be edited by hand.
    ///
    /// # Errors
    /// When it is gone or isn't text; the disk's.
    pub fn as_file(&self, app: &App) -> Result<String, AppError> {
        let path = self.path();
        let bytes = if_there(app.disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
        String::from_utf8(bytes.ok_or_else(gone)?).map_err(|_| {
            AppError::usage("the draft's campaign file isn't UTF-8 text")
                .hint("save it as UTF-8, or remove the draft")
        })
    }

    /// What its file says.
    ///
    /// # Errors
    /// When it can't be read as a campaign: what the parser says, and where.
    pub fn campaign(&self, app: &App) -> Result<Campaign, AppError> {
        let text = self.as_file(app)?;
        self.parsed(&text).map_err(|error| self.told(app, error))
    }

    /// A campaign file's text, as if it were this draft's.
    pub(super) fn parsed(&self, text: &str) -> Result<Campaign, CampaignError> {
        Campaign::parse(&self.path(), text)
    }

    /// An error, with files called as people call them.
    pub(super) fn told(&self, app: &App, error: CampaignError) -> AppError {
        let notes = Notes::load(app, &self.dir).unwrap_or_default();
        told(error, &|path| self.called(&notes, path))
    }

    /// What people call a file of the draft.
    pub(super) fn called(&self, notes: &Notes, path: &Path) -> String {
        if path == self.path() {
            return "the draft".to_owned();
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match notes.called.get(&*name).filter(|_| path.parent() == Some(&self.dir)) {
            Some(called) => shown_name(called),
            None => shown_name(&name),
        }
    }

    /// Keeps others from changing it meanwhile.
    ///
    /// # Errors
    /// When it is gone; the disk's.
    pub(super) fn lock(&self, app: &App) -> Result<LockGuard, AppError> {
        let dir = place::of(app, &self.id)?;
        let path = dir.join(LOCK);
        let guard = if_there(app.disk.lock(&path)).map_err(|error| AppError::disk("lock", &path, &error))?;
        guard.ok_or_else(gone)
    }

    /// The campaign that was planned from it, not the trial: then it is a draft no more.
    ///
    /// # Errors
    /// The disk's.
    pub fn planned(&self, app: &App) -> Result<Option<CampaignDir>, AppError> {
        planned::from(app, false, &self.path())
    }

    /// The trial that was made of it.
    ///
    /// # Errors
    /// The disk's.
    pub fn trial(&self, app: &App) -> Result<Option<CampaignDir>, AppError> {
        planned::from(app, true, &self.path())
    }

    /// Removes it, with all uploads.
    ///
    /// # Errors
    /// When it is a campaign by now; the disk's: done again, it finishes.
    pub fn remove(&self, app: &App) -> Result<Removed, AppError> {
        let guard = self.lock(app)?;
        if let Some(campaign_dir) = self.planned(app)? {
            let what = format!("it is the campaign {} by now, which goes on with it", campaign_dir.name);
            return Err(AppError::usage(what)
                .hint(format!("`sendcast erase {}` removes both", campaign_dir.called())));
        }
        let trial = self.trial(app)?.map(|campaign_dir| campaign_dir.name);
        self.discard(app)?;
        drop(guard);
        Ok(Removed { trial })
    }

    /// Removes its directory. The campaign file goes first: without it nothing is left that would be listed.
    pub(super) fn discard(&self, app: &App) -> Result<(), AppError> {
        let removed = if_there(app.disk.remove_file(&self.path()))
            .and_then(|_| if_there(app.disk.remove_all(&self.dir)))
            .and_then(|_| self.dir.parent().map_or(Ok(()), |root| app.disk.sync_dir(root)));
        removed.map_err(|error| AppError::disk("remove", &self.dir, &error))
    }
}
