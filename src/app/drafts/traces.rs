//! What drafts hold of campaigns and of people, for whoever erases and forgets.

use std::path::PathBuf;

use super::notes::Notes;
use super::{Draft, DraftId, list, place};
use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::campaign::Source;
use crate::campaign::tables::{self, Kind, Row, TableOptions};
use crate::domain::phone::Phone;
use crate::domain::round_kind::RoundKind;

/// A shorter number at home may be anything.
const MIN_NATIONAL_DIGITS: usize = 8;

/// A draft whose upload names somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDraft {
    /// Which draft.
    pub id: DraftId,
    /// The campaign's name, where its file can be read.
    pub name: Option<String>,
    /// The upload.
    pub path: PathBuf,
    /// What people call it, fit to be shown.
    pub called: String,
    /// So many rows name them.
    pub rows: u64,
}

/// The draft that a real campaign was planned from, where nothing else was planned from it since.
///
/// # Errors
/// The disk's.
pub fn of_campaign(app: &App, campaign_dir: &CampaignDir) -> Result<Option<Draft>, AppError> {
    if campaign_dir.home.is_sandbox() {
        return Ok(None);
    }
    let root = place::root(app)?;
    for identity in campaign_dir.identities(&*app.disk)? {
        let Some(dir) = identity.path.parent().filter(|dir| dir.parent() == Some(&root)) else { continue };
        let id = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let draft = match super::open(app, id) {
            Ok(draft) if draft.path() == identity.path && identity.kind == RoundKind::Campaign => draft,
            Err(error) if !error.is_usage() => return Err(error),
            _ => continue,
        };
        let others = CampaignDir::all(&*app.disk, &campaign_dir.home)?;
        let mut others = others.iter().filter(|other| other.dir != campaign_dir.dir);
        let is_its = |other: &CampaignDir| -> Result<bool, AppError> {
            let known = other.known_identity(&*app.disk)?;
            Ok(known.is_some_and(|known| known.path == identity.path))
        };
        if others.try_fold(false, |found, other| Ok::<_, AppError>(found || is_its(other)?))? {
            continue;
        }
        return Ok(Some(draft));
    }
    Ok(None)
}

impl Draft {
    /// Removes it, whatever was planned from it.
    ///
    /// # Errors
    /// The disk's; done again, it finishes.
    pub(in crate::app) fn erase(&self, app: &App) -> Result<(), AppError> {
        // Whoever is changing it is done in a moment. One that is gone already needs no lock.
        let guard = match self.lock(app) {
            Ok(guard) => Some(guard),
            Err(error) if error.is_usage() => None,
            Err(error) => return Err(error),
        };
        self.discard(app, guard)
    }

    /// Its directory.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        &self.dir
    }
}

/// The drafts whose uploads have rows in which this number stands, however it is written. An upload that can't be read as a table
/// tells nothing here.
///
/// # Errors
/// The disk's.
pub fn that_name(app: &App, phone: Phone) -> Result<Vec<FoundDraft>, AppError> {
    let mut numbers = vec![phone.digits(), phone.identity().digits(), phone.national()];
    numbers.retain(|number| number.len() >= MIN_NATIONAL_DIGITS);
    let mut found = Vec::new();
    for draft in list::all(app)? {
        let notes = Notes::load(app, &draft.dir)?;
        let campaign = draft.campaign(app).ok();
        for path in draft.uploads(app)?.into_iter().filter(|path| place::refuse_link(path).is_ok()) {
            let said = campaign.as_ref().map(|campaign| &campaign.audience);
            let said =
                said.filter(|audience| matches!(&audience.source, Source::File { path: of } if *of == path));
            let options = said.map(|audience| audience.reading.clone()).unwrap_or_default();
            let table =
                tables::open(&path, &options).or_else(|_| tables::open(&path, &TableOptions::default()));
            let Ok(table) = table else { continue };
            let rows = table.map_while(Result::ok).filter(|row| tells(row, &numbers)).count() as u64;
            if rows > 0 {
                let (id, name) =
                    (draft.id.clone(), campaign.as_ref().map(|campaign| campaign.name.to_string()));
                let called = draft.called(&notes, &path);
                found.push(FoundDraft { id, name, path, called, rows });
            }
        }
    }
    Ok(found)
}

/// Whether one of the numbers stands in a row, whatever stands between its digits.
fn tells(row: &Row, numbers: &[String]) -> bool {
    row.cells.iter().enumerate().any(|(at, cell)| {
        let digits: String = match row.kinds.get(at) {
            // A worksheet may show it as 9.2E+11.
            Some(Kind::Number(value)) => format!("{value:.0}"),
            _ => cell.chars().filter(char::is_ascii_digit).collect(),
        };
        numbers.iter().any(|number| digits.contains(number.as_str()))
    })
}
