//! All drafts, and how far each of them is.

use std::collections::HashMap;
use std::path::PathBuf;

use super::notes::Notes;
use super::{Draft, DraftId, check, place};
use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::campaign::Draft as MessageDraft;
use crate::campaign::{Campaign, Content, Source};
use crate::domain::round_kind::RoundKind;
use crate::domain::time::Millis;

/// A draft, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// By what it is known.
    pub id: DraftId,
    /// What the campaign is called; `None` where its file can't be read as a campaign.
    pub name: Option<String>,
    /// When its file was changed last, where the disk tells.
    pub changed: Option<Millis>,
    /// How far it is.
    pub steps: Steps,
    /// The campaign that was planned from it: it is that, and a draft no more.
    pub planned: Option<String>,
}

/// Which steps are done. It is told by the campaign file alone, without a look into the people's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// It says who is written to, and their file is there.
    pub people: bool,
    /// It says what.
    pub message: bool,
    /// Both were looked at as they are, and somebody would be sent to.
    pub check: bool,
    /// It says which number sends.
    pub send: bool,
}

impl Steps {
    /// So many of four.
    #[must_use]
    pub fn done(self) -> usize {
        [self.people, self.message, self.check, self.send].into_iter().filter(|done| *done).count()
    }
}

/// All drafts, the one that was changed last first. Symbolic links and what isn't whole are no drafts.
///
/// # Errors
/// The disk's.
pub fn list(app: &App) -> Result<Vec<Listed>, AppError> {
    let planned = planned_from(app)?;
    let mut listed = Vec::new();
    for draft in all(app)? {
        let changed = draft.path().metadata().and_then(|meta| meta.modified()).ok();
        let changed = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        listed.push(Listed {
            name: draft.campaign(app).ok().map(|campaign| campaign.name.to_string()),
            changed: changed.and_then(|since| u64::try_from(since.as_millis()).ok()).map(Millis),
            steps: draft.steps(app)?,
            planned: planned.get(&draft.path()).cloned(),
            id: draft.id,
        });
    }
    listed.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.id.cmp(&b.id)));
    Ok(listed)
}

/// All drafts, by their ids.
///
/// # Errors
/// The disk's.
pub(super) fn all(app: &App) -> Result<Vec<Draft>, AppError> {
    let root = place::root(app)?;
    let dirs = app.disk.list(&root).map_err(|error| AppError::disk("read", &root, &error))?;
    let mut drafts = Vec::new();
    for dir in dirs {
        let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match super::open(app, name) {
            Ok(draft) => drafts.push(draft),
            Err(error) if error.is_usage() => {}
            Err(error) if error.path.as_deref().is_some_and(is_link) => app.warn(error.message),
            Err(error) => return Err(error),
        }
    }
    Ok(drafts)
}

fn is_link(path: &std::path::Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_symlink())
}

/// The names of all drafts that can be read, with their files.
pub(super) fn named(app: &App) -> Result<Vec<(String, PathBuf)>, AppError> {
    let named = |draft: Draft| Some((draft.campaign(app).ok()?.name.to_string(), draft.path()));
    Ok(all(app)?.into_iter().filter_map(named).collect())
}

/// Which campaign was planned from which file; of several the one that is known by it still.
fn planned_from(app: &App) -> Result<HashMap<PathBuf, String>, AppError> {
    let campaigns = CampaignDir::all(&*app.disk, &app.home(false)?)?;
    let mut planned = HashMap::new();
    for campaign_dir in &campaigns {
        for identity in campaign_dir.identities(&*app.disk)? {
            if identity.kind == RoundKind::Campaign {
                planned.entry(identity.path).or_insert_with(|| campaign_dir.name.clone());
            }
        }
    }
    for campaign_dir in &campaigns {
        if let Some(identity) = campaign_dir.known_identity(&*app.disk)?
            && identity.kind == RoundKind::Campaign
        {
            planned.insert(identity.path, campaign_dir.name.clone());
        }
    }
    Ok(planned)
}

impl Draft {
    /// Which steps are done.
    ///
    /// # Errors
    /// The disk's. Of a file that can't be read as a campaign none is.
    pub fn steps(&self, app: &App) -> Result<Steps, AppError> {
        let text = self.as_file(app)?;
        let Ok(campaign) = self.parsed(&text) else { return Ok(Steps::default()) };
        let notes = Notes::load(app, &self.dir)?;
        let people = has_people(app, &campaign)?;
        let message = has_message(&campaign);
        Ok(Steps {
            people,
            message,
            check: people && message && notes.checked.is_some() && notes.checked == check::fingerprint(&text),
            send: !campaign.from.is_empty() || campaign.from_column.is_some(),
        })
    }
}

fn has_people(app: &App, campaign: &Campaign) -> Result<bool, AppError> {
    Ok(match &campaign.audience.source {
        Source::File { path } => {
            app.disk.exists(path).map_err(|error| AppError::disk("find", path, &error))?
        }
        Source::Recipients(people) => !people.is_empty(),
        Source::Labels { .. } | Source::Campaign { .. } => true,
        Source::Nowhere => false,
    })
}

fn has_message(campaign: &Campaign) -> bool {
    let says = |text: &str| !text.trim().is_empty();
    match &campaign.content {
        Content::Columns => true,
        Content::Messages(messages) => messages.iter().all(|message| match &message.draft {
            MessageDraft::Text { body } => says(body),
            MessageDraft::Media { url, .. } => says(url),
            MessageDraft::Buttons { body, buttons } => {
                says(body) && buttons.iter().all(|(id, title)| says(id) && says(title))
            }
            MessageDraft::Flow { flow_id } => says(flow_id),
        }),
    }
}
