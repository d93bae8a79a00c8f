//! The ledgers of a data directory, for whoever asks what became of people in all campaigns of an account.

use std::path::{Path, PathBuf};

use crate::app::claims::is_same_server;
use crate::domain::round_kind::RoundKind;
use crate::queue::{LocalQueue, QueueError};
use crate::sys::disk::Disk;
use crate::sys::home::{Home, round_number};

/// The directories of all rounds. Some may hold no ledger.
///
/// # Errors
/// The disk's.
pub fn rounds(disk: &dyn Disk, home: &Home) -> Result<Vec<PathBuf>, QueueError> {
    let list = |dir: &Path| disk.list(dir).map_err(QueueError::disk("read", dir));
    let mut rounds = Vec::new();
    for campaign in list(&home.campaigns())? {
        rounds.extend(list(&campaign)?.into_iter().filter(|round| round_number(round).is_some()));
    }
    Ok(rounds)
}

/// Whether a round sent a campaign's messages from the account on this server.
///
/// # Errors
/// When its ledger can't be read.
pub fn is_campaign_on(disk: &dyn Disk, round: &Path, origin: &str) -> Result<bool, QueueError> {
    let identity = LocalQueue::identity_of(disk, round)?;
    Ok(identity.kind == RoundKind::Campaign && is_same_server(&identity.origin, origin))
}
