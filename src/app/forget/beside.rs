//! What lies beside a campaign's plans and journals and may tell of a person.

use std::io;
use std::path::{Path, PathBuf};

use super::found::FoundRound;
use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::claims::Likeness;
use crate::app::{App, AppError};
use crate::domain::phone::Phone;
use crate::engine::{orders, replies};
use crate::sys::disk::if_there;

/// Takes the person out of a round's replies and orders, and forgets what was published of it: its counts are others now.
pub(super) fn forget_in_round(app: &App, round: &FoundRound, phone: Phone) -> Result<(), AppError> {
    let dir = &round.dir;
    let failed = |error| AppError::disk("take a person out of", dir, &error);
    replies::forget(&*app.disk, dir, &round.traces.jobs).map_err(failed)?;
    orders::forget(&*app.disk, dir, phone).map_err(failed)?;
    observe::forget(app, dir)
}

/// Takes the person out of the sample by which a copy of the campaign is known, and removes the audiences that were read
/// for it: the frozen plan goes on.
pub(super) fn forget_in_campaign(
    app: &App,
    campaign_dir: &CampaignDir,
    phone: Phone,
) -> Result<(), AppError> {
    let dir = &campaign_dir.dir;
    let mut likeness = Likeness::load(&*app.disk, dir)?;
    if likeness.forget(phone) {
        likeness.save(&*app.disk, dir)?;
    }
    for path in app.disk.list(dir).map_err(|error| AppError::disk("read", dir, &error))? {
        if is_audience(&path) {
            if_there(app.disk.remove_file(&path)).map_err(|error| AppError::disk("remove", &path, &error))?;
        }
    }
    app.disk.sync_dir(dir).map_err(|error| AppError::disk("sync", dir, &error))
}

/// What came by standard input, or was listed from another campaign, and temporary files.
fn is_audience(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("standard-input-") || name.starts_with("audience-") || name.ends_with(".tmp")
}

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 20;
/// A shorter number at home may be anything.
const MIN_NATIONAL_DIGITS: usize = 8;

/// The files of the data directory in which the number stands as digits, but for the opt-out list. Plans and states are
/// packed: what stands in those isn't seen.
pub(super) fn files_that_tell(app: &App, phone: Phone) -> Result<Vec<PathBuf>, AppError> {
    let home = app.home(false)?;
    let mut numbers = vec![phone.digits(), phone.identity().digits(), phone.national()];
    numbers.retain(|number| number.len() >= MIN_NATIONAL_DIGITS);
    let mut found = Vec::new();
    let mut dirs = vec![home.data().to_owned()];
    while let Some(dir) = dirs.pop() {
        for path in app.disk.list(&dir).map_err(|error| AppError::disk("read", &dir, &error))? {
            match path.symlink_metadata() {
                Ok(meta) if meta.is_dir() => dirs.push(path),
                Ok(meta) if meta.is_file() && path != home.optouts() => {
                    // What is gone meanwhile tells of nobody.
                    let tells = if_there(tells(app, &path, &numbers));
                    if tells.map_err(|error| AppError::disk("read", &path, &error))?.unwrap_or(false) {
                        found.push(path);
                    }
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn tells(app: &App, path: &Path, numbers: &[String]) -> io::Result<bool> {
    let file = app.disk.open_read(path)?;
    let overlap = numbers.iter().map(String::len).max().unwrap_or(1) - 1;
    let mut bytes = vec![0; READ_BYTES];
    let mut at = 0;
    loop {
        let filled = file.fill_from(at, &mut bytes)?;
        if numbers.iter().any(|number| memchr::memmem::find(&bytes[..filled], number.as_bytes()).is_some()) {
            return Ok(true);
        }
        if filled < bytes.len() {
            return Ok(false);
        }
        at += (filled - overlap) as u64;
    }
}
