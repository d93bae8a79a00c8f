//! The rounds' directories, by name alone: some may hold no ledger.

use std::path::{Path, PathBuf};

use crate::queue::QueueError;
use crate::sys::disk::Disk;
use crate::sys::home::{Home, round_number};

/// Those in a campaign's directory, with their numbers.
///
/// # Errors
/// The disk's.
pub fn rounds_in(disk: &dyn Disk, campaign: &Path) -> Result<Vec<(u32, PathBuf)>, QueueError> {
    let there = disk.list(campaign).map_err(QueueError::disk("read", campaign))?;
    Ok(there.into_iter().filter_map(|path| Some((round_number(&path)?, path))).collect())
}

/// Those of all campaigns.
///
/// # Errors
/// The disk's.
pub fn all_rounds(disk: &dyn Disk, home: &Home) -> Result<Vec<PathBuf>, QueueError> {
    let campaigns = home.campaigns();
    let mut rounds = Vec::new();
    for campaign in disk.list(&campaigns).map_err(QueueError::disk("read", &campaigns))? {
        rounds.extend(rounds_in(disk, &campaign)?.into_iter().map(|(_, round)| round));
    }
    Ok(rounds)
}
