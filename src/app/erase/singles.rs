//! Removing single messages (`test`, `send`): those of long ago on the way, all of them when that is asked for.
//!
//! Old ones are removed whatever became of them: a message in doubt is long decided by then, and no campaign's doubt is that
//! old. Who answers one of them with STOP by a webhook that doesn't name them is no longer found by it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::webhooks::forget_webhooks;
use crate::app::{App, AppError};
use crate::domain::time::Millis;
use crate::queue::QueueError;
use crate::queue::local::Removal;
use crate::sys::disk::Disk;
use crate::sys::home::{Home, single_time};

/// How long a single message is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What became of all single messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedSingles {
    /// So many are gone.
    pub erased: u64,
    /// So many are still being sent, and stay.
    pub held: u64,
}

/// Removes the single messages that are older than 30 days and that nobody is working on. A disk that says no is told, and
/// is no reason not to send: the next one tries again.
pub fn age_out_singles(app: &App, home: &Home, now: Millis) {
    let removed = list(app, home).and_then(|dirs| {
        let old = |dir: &PathBuf| single_time(dir).is_some_and(|at| now.since(at) > KEPT);
        let held: Vec<_> = dirs.iter().filter(|dir| old(dir)).map(|dir| hold(&*app.disk, dir)).collect();
        let held = held.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        remove(app, home, held)
    });
    if let Err(error) = removed {
        app.warn(format!("single messages of more than 30 days ago are still there: {error}"));
    }
}

/// Removes all single messages, with what webhooks told of them.
///
/// # Errors
/// The disk's; done again, it finishes.
pub fn erase_singles(app: &App, home: &Home) -> Result<ErasedSingles, AppError> {
    let mut erased = ErasedSingles::default();
    let (mut dirs, mut removals) = (Vec::new(), Vec::new());
    for dir in list(app, home)? {
        match hold(&*app.disk, &dir)? {
            Some(removal) => {
                removals.push(removal);
                dirs.push(dir);
            }
            None => erased.held += 1,
        }
    }
    forget_webhooks(app, home, &dirs)?;
    erased.erased = removals.len() as u64;
    remove(app, home, removals)?;
    Ok(erased)
}

/// How many single messages there are.
///
/// # Errors
/// The disk's.
pub fn count_singles(app: &App, home: &Home) -> Result<u64, AppError> {
    Ok(list(app, home)?.len() as u64)
}

fn list(app: &App, home: &Home) -> Result<Vec<PathBuf>, AppError> {
    let parent = home.singles();
    app.disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))
}

/// Takes one, unless somebody is sending it, or has removed it meanwhile.
fn hold(disk: &dyn Disk, dir: &Path) -> Result<Option<Removal>, AppError> {
    match Removal::hold(disk, dir) {
        Ok(removal) => Ok(Some(removal)),
        Err(QueueError::Locked { .. }) => Ok(None),
        Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn remove(app: &App, home: &Home, removals: Vec<Removal>) -> Result<(), AppError> {
    if removals.is_empty() {
        return Ok(());
    }
    for removal in removals {
        removal.carry_out(&*app.disk)?;
    }
    let parent = home.singles();
    app.disk.sync_dir(&parent).map_err(|error| AppError::disk("sync", &parent, &error))
}
