//! A draft's directory and its files.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::campaign_dir::{CampaignDir, planned_from};
use crate::app::drafts::edit::Object;
use crate::app::init::offered;
use crate::app::{App, AppError};
use crate::campaign::profile::Profile;
use crate::campaign::tables::{TableError, TableOptions};
use crate::campaign::{Campaign, CampaignError, name_of_file, starter, tables};
use crate::domain::time::Millis;
use crate::sys::disk::{create_durable_dir, if_there, write_atomic};
use crate::sys::platform;

const FILE: &str = "campaign.json";
const CALLED: &str = "called";
/// Endings that say how a file is to be read; another one says nothing.
const ENDINGS: [&str; 11] =
    ["csv", "tsv", "tab", "txt", "xlsx", "xlsm", "xlsb", "xls", "ods", "json", "ndjson"];
/// Characters of a file's name that are shown.
const MAX_CALLED_CHARS: usize = 200;
/// So many names are tried for a campaign before one is asked for.
const MAX_NAMES: u32 = 1_000;

/// A campaign in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// Where it lies.
    pub dir: PathBuf,
}

/// A draft as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The draft.
    pub draft: Draft,
    /// The campaign's name.
    pub name: String,
    /// When it was changed last.
    pub changed: Millis,
}

impl Draft {
    /// All that weren't planned yet, the newest first. What can't be read is left out: it is told when it is opened.
    ///
    /// # Errors
    /// The disk's.
    pub fn all(app: &App) -> Result<Vec<Listed>, AppError> {
        let parent = parent(app)?;
        let dirs = app.disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))?;
        let home = app.home(false)?;
        let mut all = Vec::new();
        for dir in dirs {
            let Some(id) = dir.file_name().and_then(|id| id.to_str()).map(str::to_owned) else { continue };
            let Ok(draft) = Draft::find(app, &id) else { continue };
            if planned_from(app, &home, &draft.file()).ok().flatten().is_some() {
                continue;
            }
            let Ok(campaign) = draft.campaign() else { continue };
            all.push(Listed { name: campaign.name.to_string(), changed: draft.changed(), draft });
        }
        all.sort_by_key(|listed| std::cmp::Reverse(listed.changed));
        Ok(all)
    }

    /// The one with this id.
    ///
    /// # Errors
    /// When there is none, or it isn't what we left.
    pub fn find(app: &App, id: &str) -> Result<Draft, AppError> {
        let nobody = || {
            AppError::usage("there is no such draft").hint("it may have been removed; the others are listed")
        };
        let is_id = id.len() == 16 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_id {
            return Err(nobody());
        }
        let dir = parent(app)?.join(id);
        for path in [&dir, &dir.join(FILE)] {
            let meta = std::fs::symlink_metadata(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => nobody(),
                _ => AppError::disk("read", path, &error),
            })?;
            if meta.is_symlink() {
                return Err(AppError::failed(format!(
                    "{} is a link, which no draft of ours is",
                    path.display()
                )));
            }
        }
        Ok(Draft { id: id.to_owned(), dir })
    }

    /// The draft that a campaign file belongs to, if it is one's.
    #[must_use]
    pub fn of_file(app: &App, file: &Path) -> Option<Draft> {
        let dir = file.parent()?;
        let parent = platform::real_path(&parent(app).ok()?);
        let ours = file.file_name()? == FILE && platform::real_path(dir.parent()?) == parent;
        let id = dir.file_name()?.to_str()?;
        ours.then(|| Draft::find(app, id).ok()).flatten()
    }

    /// Begins one over a spreadsheet, which is taken from where it lies; `called` is its name at home. The message to begin
    /// with greets by name, where there is one.
    ///
    /// # Errors
    /// When it is no table, or the disk says no: nothing is left then.
    pub fn begin(app: &App, upload: &Path, called: &str) -> Result<Draft, AppError> {
        let parent = parent(app)?;
        let mut chance = [0_u8; 8];
        platform::fill_random(&mut chance)
            .map_err(|error| AppError::failed(format!("this system gives no random bits: {error}")))?;
        let id: String = chance.iter().map(|byte| format!("{byte:02x}")).collect();
        let draft = Draft { dir: parent.join(&id), id };
        let begun = draft.fill(app, upload, called);
        if begun.is_err() {
            // Whatever is left can't be found as a draft; the disk may be full, so that this may fail, too.
            let _ = app.disk.remove_all(&draft.dir);
        }
        begun.map(|()| draft)
    }

    fn fill(&self, app: &App, upload: &Path, called: &str) -> Result<(), AppError> {
        create_durable_dir(&*app.disk, &self.dir, 2)
            .map_err(|error| AppError::disk("create", &self.dir, &error))?;
        let stored = self.take(app, upload, called)?;
        let unreadable =
            |error: TableError| AppError::from(CampaignError::from(error)).called(&stored, called);
        let table = tables::open(&stored, &TableOptions::default()).map_err(unreadable)?;
        let profile = Profile::of::<TableError>(table, |_| Ok(())).map_err(unreadable)?;
        let name = self.free_name(app, called)?;
        let audience = json!({ "file": file_name(&stored) });
        let mut file = Object::new();
        file.insert("name".into(), json!(name));
        file.insert("from".into(), json!(starter::SENDER));
        file.insert("audience".into(), audience);
        file.insert("message".into(), json!({ "type": "text", "body": offered(&profile.columns) }));
        self.write(app, &file)
    }

    /// Takes another spreadsheet in place of the one before. How it is read is recognised anew.
    ///
    /// # Errors
    /// When it is no table, or the disk says no: the one before stays then.
    pub fn replace_audience(&self, app: &App, upload: &Path, called: &str) -> Result<(), AppError> {
        let before = self.audience_file(app)?;
        let stored = self.take(app, upload, called)?;
        let unreadable =
            |error: TableError| AppError::from(CampaignError::from(error)).called(&stored, called);
        let checked = tables::open(&stored, &TableOptions::default()).map(drop).map_err(unreadable);
        let changed = checked.and_then(|()| {
            self.change(app, |file| {
                let country = file.get("audience").and_then(|audience| audience.get("country")).cloned();
                let mut audience = Object::new();
                audience.insert("file".into(), json!(file_name(&stored)));
                audience.extend(country.map(|country| ("country".to_owned(), country)));
                file.insert("audience".into(), Value::Object(audience));
            })
        });
        let gone = if changed.is_ok() { before } else { Some(stored.clone()) };
        if let Some(gone) = gone.filter(|gone| changed.is_err() || *gone != stored) {
            if_there(app.disk.remove_file(&gone)).map_err(|error| AppError::disk("remove", &gone, &error))?;
        }
        changed
    }

    /// Moves an upload to where it stays: under its content's fingerprint.
    fn take(&self, app: &App, upload: &Path, called: &str) -> Result<PathBuf, AppError> {
        let failed = |error: io::Error| AppError::disk("keep the spreadsheet in", &self.dir, &error);
        let ending = Path::new(called).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let ending = ending.to_ascii_lowercase();
        let ending = ENDINGS.iter().find(|known| **known == ending).unwrap_or(&"csv");
        let mut file = std::fs::File::open(upload).map_err(failed)?;
        let (mut digest, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            match file.read(&mut piece).map_err(failed)? {
                0 => break,
                read => digest.update(&piece[..read]),
            }
        }
        let digest: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let stored = self.dir.join(format!("audience-{digest}.{ending}"));
        app.disk.rename(upload, &stored).map_err(failed)?;
        let shown: String = called.chars().take(MAX_CALLED_CHARS).collect();
        write_atomic(&*app.disk, &self.dir.join(CALLED), shown.as_bytes()).map_err(failed)?;
        Ok(stored)
    }

    /// The campaign file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// How a use case is told which campaign is meant.
    #[must_use]
    pub fn source(&self) -> String {
        self.file().display().to_string()
    }

    /// What people call the spreadsheet.
    #[must_use]
    pub fn called(&self) -> String {
        std::fs::read(self.dir.join(CALLED)).map_or_else(
            |_| "the spreadsheet".to_owned(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// The campaign.
    ///
    /// # Errors
    /// When somebody has edited the file so that it is none.
    pub fn campaign(&self) -> Result<Campaign, AppError> {
        Ok(Campaign::load(&self.file())?)
    }

    /// The campaign's file as it stands, by its keys.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn json(&self, app: &App) -> Result<Object, AppError> {
        serde_json::from_str(&self.text(app)?)
            .map_err(|error| AppError::usage(format!("the campaign’s file isn’t JSON: {error}")))
    }

    /// The same as a text.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn text(&self, app: &App) -> Result<String, AppError> {
        let path = self.file();
        let bytes = app.disk.read(&path).map_err(|error| AppError::disk("read", &path, &error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Changes some of its keys.
    ///
    /// # Errors
    /// When it would be no campaign any more, in the parser's words, or the disk says no: it stays as it was.
    pub fn change(&self, app: &App, change: impl FnOnce(&mut Object)) -> Result<(), AppError> {
        let mut file = self.json(app)?;
        change(&mut file);
        self.write(app, &file)
    }

    /// Replaces the whole of it, as somebody has written it by hand.
    ///
    /// # Errors
    /// As [`Draft::change`].
    pub fn replace(&self, app: &App, text: &str) -> Result<(), AppError> {
        self.keep(app, text)
    }

    fn write(&self, app: &App, file: &Object) -> Result<(), AppError> {
        let text = serde_json::to_string_pretty(file)
            .map_err(|error| AppError::failed(format!("the campaign can't be written: {error}")))?;
        self.keep(app, &format!("{text}\n"))
    }

    fn keep(&self, app: &App, text: &str) -> Result<(), AppError> {
        let path = self.file();
        let campaign = Campaign::parse(&path, text)?;
        self.not_another(app, campaign.name.as_str())?;
        write_atomic(&*app.disk, &path, text.as_bytes())
            .map_err(|error| AppError::disk("write", &path, &error))
    }

    /// Refuses a name that another campaign or draft has: their ledgers would be one.
    fn not_another(&self, app: &App, name: &str) -> Result<(), AppError> {
        if self.is_taken(app, name)? {
            return Err(AppError::usage(format!("another campaign is called `{name}`"))
                .hint("give this one another name"));
        }
        Ok(())
    }

    fn is_taken(&self, app: &App, name: &str) -> Result<bool, AppError> {
        let home = app.home(false)?;
        if let Some(there) = CampaignDir::named(&*app.disk, &home, name)? {
            let own = planned_from(app, &home, &self.file()).ok().flatten();
            return Ok(own.as_deref() != Some(&*there.name));
        }
        Ok(Draft::all(app)?.iter().any(|listed| listed.name == name && listed.draft != *self))
    }

    /// A name for the campaign, after its spreadsheet's.
    fn free_name(&self, app: &App, called: &str) -> Result<String, AppError> {
        let stem = Path::new(called).file_stem().map(|stem| stem.to_string_lossy().replace('.', "-"));
        let stem = stem.and_then(|stem| name_of_file(Path::new(&format!("{stem}.json"))).ok());
        let stem =
            stem.map_or_else(|| starter::NAME.to_owned(), |name| name.to_string().to_ascii_lowercase());
        for n in 1..MAX_NAMES {
            let name = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
            if !self.is_taken(app, &name)? {
                return Ok(name);
            }
        }
        Err(AppError::usage("too many campaigns are called like this file: give the file another name"))
    }

    fn audience_file(&self, app: &App) -> Result<Option<PathBuf>, AppError> {
        let file = self.json(app)?;
        let named = file.get("audience").and_then(|audience| audience.get("file")).and_then(Value::as_str);
        // What an expert has named elsewhere is theirs.
        Ok(named
            .filter(|name| name.starts_with("audience-") && !name.contains(['/', '\\']))
            .map(|name| self.dir.join(name)))
    }

    /// Removes it, with its spreadsheet. What was planned from it keeps its ledger.
    ///
    /// # Errors
    /// The disk's; done again, it finishes.
    pub fn remove(self, app: &App) -> Result<(), AppError> {
        // The file goes first: without it nothing is found as a draft.
        let (file, dir) = (self.file(), self.dir);
        if_there(app.disk.remove_file(&file)).map_err(|error| AppError::disk("remove", &file, &error))?;
        if_there(app.disk.remove_all(&dir)).map(drop).map_err(|error| AppError::disk("remove", &dir, &error))
    }

    fn changed(&self) -> Millis {
        let changed = std::fs::metadata(self.file()).and_then(|meta| meta.modified()).ok();
        let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
        Millis::ZERO + since
    }
}

/// Where all of them lie; it needn't be there yet.
fn parent(app: &App) -> Result<PathBuf, AppError> {
    let parent = app.home(false)?.drafts();
    if std::fs::symlink_metadata(&parent).is_ok_and(|meta| meta.is_symlink()) {
        return Err(AppError::failed(format!("{} is a link, which our directory isn't", parent.display()))
            .hint("remove the link; drafts are kept in a directory of that name"));
    }
    Ok(parent)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl AppError {
    /// The same, with the file called as people call it.
    fn called(self, stored: &Path, called: &str) -> AppError {
        let said = |text: String| {
            text.replace(&stored.display().to_string(), called).replace(&file_name(stored), called)
        };
        AppError { message: said(self.message), hint: self.hint.map(said), ..self }
    }
}
