//! What was planned from a draft, and which names are taken.

use std::path::{Path, PathBuf};

use super::list;
use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::{App, AppError};
use crate::campaign::Name;
use crate::domain::round_kind::RoundKind;
use crate::domain::status::Status;
use crate::sys::platform;

/// What was planned from a file last, real or as a trial.
///
/// # Errors
/// The disk's.
pub(super) fn from(app: &App, sandbox: bool, path: &Path) -> Result<Option<CampaignDir>, AppError> {
    let real = platform::real_path(path);
    let home = app.home(sandbox)?;
    let mut earlier = None;
    for campaign_dir in CampaignDir::all(&*app.disk, &home)? {
        let known = campaign_dir.known_identity(&*app.disk)?;
        if known.is_some_and(|identity| identity.kind == RoundKind::Campaign && identity.path == real) {
            return Ok(Some(campaign_dir));
        }
        let mut identities = campaign_dir.identities(&*app.disk)?.into_iter();
        if identities.any(|identity| identity.kind == RoundKind::Campaign && identity.path == real) {
            earlier = Some(campaign_dir);
        }
    }
    Ok(earlier)
}

/// Refuses to change what was sent of, or is being worked on: who was written to and who will be would be told by two files.
///
/// # Errors
/// Then; the disk's.
pub(super) fn refuse_begun(app: &App, path: &Path) -> Result<(), AppError> {
    let Some(campaign_dir) = from(app, false, path)? else { return Ok(()) };
    let look = observe::look(app, &campaign_dir)?;
    let waiting = [Status::Queued, Status::Skipped, Status::Cancelled].map(|status| look.counts[status]);
    if look.total == waiting.into_iter().sum::<u64>() && !observe::is_alive(app, &campaign_dir) {
        return Ok(());
    }
    let what = format!("it is the campaign {} by now, and can't be changed here any more", campaign_dir.name);
    Err(AppError::usage(what).hint(format!(
        "begin a new draft; or edit {}, and `sendcast run {}` says what changes before it sends",
        path.display(),
        campaign_dir.name
    )))
}

/// The names of all campaigns, trials and drafts, with the files that they are of.
///
/// # Errors
/// The disk's.
pub(super) fn names(app: &App) -> Result<Vec<(String, PathBuf)>, AppError> {
    let mut names = list::named(app)?;
    for sandbox in [false, true] {
        for campaign_dir in CampaignDir::all(&*app.disk, &app.home(sandbox)?)? {
            let path = campaign_dir.known_identity(&*app.disk)?.map(|identity| identity.path);
            names.push((campaign_dir.name, path.unwrap_or_default()));
        }
    }
    Ok(names)
}

/// Refuses a name that a campaign, a trial or a draft has, but for those of the file at `own`. Names that differ in upper and
/// lower case alone are one: some disks hold them for the same.
///
/// # Errors
/// Then; the disk's.
pub(super) fn refuse_taken(app: &App, name: &Name, own: Option<&Path>) -> Result<(), AppError> {
    let own = own.map(platform::real_path);
    let taken = names(app)?
        .into_iter()
        .find(|(taken, path)| taken.eq_ignore_ascii_case(name.as_str()) && own.as_deref() != Some(path));
    match taken {
        None => Ok(()),
        Some((taken, _)) => Err(AppError::usage(format!(
            "the name `{name}` is taken: there is a campaign or a draft `{taken}`"
        ))
        .hint("give it another one; by its name a campaign knows whom it has written to")),
    }
}
