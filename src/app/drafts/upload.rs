//! Taking an upload into a draft, under a name of ours.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::change::{Change, Key, files};
use super::notes::Notes;
use super::object::Object;
use super::place::refuse_link;
use super::told::shown_name;
use super::{Draft, planned};
use crate::app::{App, AppError};
use crate::campaign::tables::{self, TableError, TableErrorKind, TableOptions};
use crate::campaign::{Campaign, CampaignError, Source, headers};
use crate::domain::hex::{hex, is_hex};
use crate::sys::disk::if_there;

/// A larger file is refused.
pub const MAX_UPLOAD_BYTES: u64 = 200 << 20;

/// The endings that say something to whoever reads a table.
const ENDINGS: [&str; 13] =
    ["csv", "tsv", "tab", "txt", "json", "ndjson", "jsonl", "xlsx", "xlsm", "xlsb", "xls", "ods", "numbers"];
/// The ending of a file that has none of those: its content tells.
const OTHER_ENDING: &str = "txt";

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its people are written to. It takes the place of those before.
    Audience,
    /// Its people are left out, beside those who are already.
    Exclude,
    /// It is the list of prices.
    Rates,
}

impl Role {
    const ALL: [Role; 3] = [Role::Audience, Role::Exclude, Role::Rates];

    fn word(self) -> &'static str {
        match self {
            Role::Audience => "audience",
            Role::Exclude => "exclude",
            Role::Rates => "rates",
        }
    }
}

impl Draft {
    /// Takes a file that was uploaded to `from`, on the disk of the data directory: it is moved into the draft and the draft's
    /// file names it. `called` is what people call it; it is shown, and never a path here. An audience before it goes; what was
    /// said by hand of how that was read stays where it fits, and else is taken back, which is told as a notice.
    ///
    /// # Errors
    /// When it is too large, or nobody could ever be read from it (a PDF, a password), with its name as people know it; when
    /// messages were sent of the draft already; the disk's. The draft stays as it was, and `from` may be gone.
    pub fn take_upload(&self, app: &App, from: &Path, called: &str, role: Role) -> Result<(), AppError> {
        let shown = shown_name(called);
        let _guard = self.lock(app)?;
        planned::refuse_begun(app, &self.path())?;
        let before = self.as_file(app)?;
        let campaign = self.parsed(&before).map_err(|error| AppError {
            hint: Some("mend the draft's file first: edit it as a whole".to_owned()),
            ..self.told(app, error)
        })?;
        let digest = hash(app, from, &shown)?;
        let name = format!("{}-{digest}.{}", role.word(), ending(called));
        let path = self.dir.join(&name);
        refuse_link(&path)?;
        let known = files(&campaign).contains(&path);
        let failed = |error| AppError::disk("keep", &path, &error);
        app.disk.rename(from, &path).map_err(failed)?;
        let taken = app.disk.sync_dir(&self.dir).map_err(failed).and_then(|()| {
            let changes = match role {
                Role::Audience => self.audience(app, &campaign, (&name, &shown))?,
                Role::Exclude => {
                    columns(&path, &shown)?;
                    vec![excluded(&before, &name)?]
                }
                Role::Rates => vec![(Key::Rates.path(), Some(json!(name)))],
            };
            let mut notes = Notes::load(app, &self.dir)?;
            notes.called.insert(name.clone(), called.chars().take(1_000).collect());
            notes.called.retain(|known, _| *known == name || self.dir.join(known).exists());
            notes.save(app, &self.dir)?;
            self.change(app, &before, &changes)
        });
        if taken.is_err() && !known && self.campaign(app).is_ok_and(|now| !files(&now).contains(&path)) {
            // Nothing names it. What can't be removed goes with the next upload. Where only the last sync failed, the draft is
            // the new one.
            let _ = app.disk.remove_file(&path);
        }
        taken
    }

    /// What the file has to say of another audience.
    fn audience(
        &self,
        app: &App,
        campaign: &Campaign,
        (name, shown): (&str, &str),
    ) -> Result<Vec<Change>, AppError> {
        const SOURCES: [&[&str]; 8] = [
            &["audience", "recipients"],
            &["audience", "labels"],
            &["audience", "campaign"],
            &["audience", "status"],
            &["audience", "code"],
            &["audience", "replied"],
            &["audience", "button"],
            &["audience", "round"],
        ];
        let path = self.dir.join(name);
        let mut changes: Vec<Change> = SOURCES.iter().map(|source| (*source, None)).collect();
        changes.push((&["audience", "file"], Some(json!(name))));
        let audience = &campaign.audience;
        if matches!(&audience.source, Source::File { path: before } if *before == path) {
            return Ok(changes);
        }
        // Rows are counted from another beginning.
        let kept = TableOptions { header_row: None, ..audience.reading.clone() };
        let has_phone = |columns: &[String]| {
            audience.phone.as_ref().is_none_or(|phone| headers::find(columns, phone).is_some())
        };
        let fits = tables::open(&path, &kept).is_ok_and(|table| has_phone(&table.columns));
        let mut back = Vec::new();
        let mut take_back = |key: Key, what: Option<String>| {
            if let Some(what) = what {
                back.push(what);
                changes.push((key.path(), None));
            }
        };
        take_back(
            Key::HeaderRow,
            audience.reading.header_row.map(|row| format!("the column names are in row {row}")),
        );
        if !fits {
            let columns = columns(&path, shown)?;
            let reading = &audience.reading;
            take_back(Key::Sheet, reading.sheet.as_ref().map(|sheet| format!("the worksheet is `{sheet}`")));
            take_back(
                Key::Encoding,
                reading.encoding.as_ref().map(|encoding| format!("it is written in {encoding}")),
            );
            take_back(
                Key::Delimiter,
                reading.delimiter.map(|delimiter| format!("cells are separated by `{delimiter}`")),
            );
            let phone =
                audience.phone.as_ref().filter(|_| columns.is_none_or(|columns| !has_phone(&columns)));
            take_back(Key::Phone, phone.map(|phone| format!("the phone numbers are in `{phone}`")));
        }
        if !back.is_empty() {
            app.note(format!(
                "{shown} is read anew; no longer holds what was said of the file before: {}",
                back.join("; ")
            ));
        }
        Ok(changes)
    }

    /// Refuses to read an upload in whose place a symbolic link was put.
    ///
    /// # Errors
    /// Then.
    pub(super) fn refuse_links(&self, campaign: &Campaign) -> Result<(), AppError> {
        files(campaign)
            .iter()
            .filter(|path| path.parent() == Some(&self.dir))
            .try_for_each(|path| refuse_link(path))
    }

    /// The uploads that are there.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn uploads(&self, app: &App) -> Result<Vec<PathBuf>, AppError> {
        let there = app.disk.list(&self.dir).map_err(|error| AppError::disk("read", &self.dir, &error))?;
        Ok(there.into_iter().filter(|path| is_upload(path)).collect())
    }
}

/// The list of those who are left out, with another table.
fn excluded(before: &str, name: &str) -> Result<Change, AppError> {
    let read = || -> serde_json::Result<Vec<Value>> {
        let file = Object::read(before)?;
        let audience =
            file.get("audience").map(|raw| Object::read(raw.get())).transpose()?.unwrap_or_default();
        audience.get("exclude").map_or_else(|| Ok(Vec::new()), |raw| serde_json::from_str(raw.get()))
    };
    let mut list = read().map_err(|error| AppError::usage(error.to_string()))?;
    let entry = json!({ "file": name });
    if !list.iter().any(|known| known.get("file") == entry.get("file")) {
        list.push(entry);
    }
    Ok((Key::Exclude.path(), Some(Value::Array(list))))
}

/// Removes the uploads that a draft's file doesn't name any more. One that can't be removed goes with the next change.
pub(super) fn tidy(app: &App, draft: &Draft, campaign: &Campaign) {
    let named = files(campaign);
    let uploads = draft.uploads(app).unwrap_or_default();
    for path in uploads.iter().filter(|path| !named.contains(path)) {
        if let Err(error) = if_there(app.disk.remove_file(path)) {
            app.warn(format!("the file before is still there: {}: {error}", path.display()));
        }
    }
}

/// Whether a file bears a name that an upload gets.
fn is_upload(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((stem, ending)) = name.split_once('.') else { return false };
    let Some((role, digest)) = stem.split_once('-') else { return false };
    ENDINGS.contains(&ending) && Role::ALL.iter().any(|known| known.word() == role) && is_hex(digest, 64)
}

/// The ending of a name, where a reader of tables knows it.
fn ending(called: &str) -> &'static str {
    let ending =
        called.rsplit_once('.').map(|(_, ending)| ending.trim().to_ascii_lowercase()).unwrap_or_default();
    ENDINGS.into_iter().find(|known| *known == ending).unwrap_or(OTHER_ENDING)
}

/// The SHA-256 of a file that isn't too large, in hex; it is on disk then.
fn hash(app: &App, path: &Path, shown: &str) -> Result<String, AppError> {
    let failed = |error: io::Error| AppError::disk("read", path, &error);
    refuse_link(path)?;
    let file = app.disk.open(path).map_err(failed)?;
    let bytes = file.len().map_err(failed)?;
    if bytes > MAX_UPLOAD_BYTES {
        let what = format!("{shown} has {} MB; a file may have {}", bytes >> 20, MAX_UPLOAD_BYTES >> 20);
        return Err(AppError::usage(what)
            .hint("take away the columns that no message needs, or split it into several campaigns"));
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    let mut at = 0;
    loop {
        let filled = file.fill_from(at, &mut buffer).map_err(failed)?;
        hash.update(&buffer[..filled]);
        at += filled as u64;
        if filled < buffer.len() {
            break;
        }
    }
    file.sync().map_err(failed)?;
    Ok(hex(&hash.finalize()))
}

/// The columns of an upload as it is recognised, where it is.
///
/// # Errors
/// When no word of how it is to be read makes a table of it.
fn columns(path: &Path, shown: &str) -> Result<Option<Vec<String>>, AppError> {
    match tables::open(path, &TableOptions::default()) {
        Ok(table) => Ok(Some(table.columns)),
        Err(error) if is_hopeless(&error.kind) => {
            let error = TableError { file: Some(PathBuf::from(shown)), ..error };
            Err(CampaignError::from(error).into())
        }
        Err(_) => Ok(None),
    }
}

/// Whether no word of how the file is to be read makes a table of it.
fn is_hopeless(kind: &TableErrorKind) -> bool {
    use TableErrorKind as K;
    matches!(
        kind,
        K::Io(_)
            | K::NotAFile
            | K::Empty
            | K::NotText
            | K::TooLarge(_)
            | K::Workbook(_)
            | K::Damaged(_)
            | K::Protected
            | K::Unpacked
            | K::Other(_)
            | K::NotAnArray
            | K::Json { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_gets_a_name_of_ours() {
        for (called, expected) in [
            ("customers.XLSX", "xlsx"),
            ("a.b.csv", "csv"),
            ("list", "txt"),
            ("list.exe", "txt"),
            ("x.csv/../../y", "txt"),
            ("list.csv ", "csv"),
            (".csv", "csv"),
            ("a.csv\0", "txt"),
        ] {
            assert_eq!(ending(called), expected, "{called:?}");
        }
        let digest = "0123456789abcdef".repeat(4);
        assert!(is_upload(Path::new(&format!("x/audience-{digest}.csv"))));
        for other in ["campaign.json", "draft.json", "lock", "audience-1.csv", "audience-.csv"] {
            assert!(!is_upload(Path::new(other)), "{other}");
        }
        assert!(!is_upload(Path::new(&format!("x/audience-{digest}.csv.tmp"))));
        assert!(!is_upload(Path::new(&format!("x/report-{digest}.csv"))));
    }
}
