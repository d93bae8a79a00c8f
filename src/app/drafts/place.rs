//! Where drafts lie, and what is refused there.

use std::io;
use std::path::{Path, PathBuf};

use super::DraftId;
use crate::app::{App, AppError};
use crate::sys::platform;

/// The campaign file.
pub(super) const CAMPAIGN: &str = "campaign.json";
/// Held while a draft is changed.
pub(super) const LOCK: &str = "lock";

/// The directory of all drafts, by the path that it has from one day to the next. It may not be there.
///
/// # Errors
/// When the data directory can't be used, or drafts are a symbolic link.
pub(super) fn root(app: &App) -> Result<PathBuf, AppError> {
    let root = app.home(false)?.drafts();
    refuse_link(&root)?;
    Ok(platform::real_path(&root))
}

/// The directory of one.
///
/// # Errors
/// As [`root`]; when it, or what belongs to every draft, is a symbolic link.
pub(super) fn of(app: &App, id: &DraftId) -> Result<PathBuf, AppError> {
    let dir = root(app)?.join(id.as_str());
    refuse_link(&dir)?;
    for name in [CAMPAIGN, LOCK, super::notes::NOTES] {
        refuse_link(&dir.join(name))?;
    }
    Ok(dir)
}

/// Refuses what leads elsewhere: whoever put it there chose what is read, and overwritten.
///
/// # Errors
/// When it is a symbolic link, or the disk can't tell.
pub(super) fn refuse_link(path: &Path) -> Result<(), AppError> {
    match path.symlink_metadata() {
        Ok(meta) if meta.file_type().is_symlink() => {
            let what = format!("{} is a symbolic link, and nothing of a draft may be one", path.display());
            Err(AppError { path: Some(path.to_owned()), ..AppError::failed(what) }
                .hint("take the link away, and put what it leads to in its place"))
        }
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(())
        }
        Err(error) => Err(AppError::disk("look at", path, &error)),
    }
}
