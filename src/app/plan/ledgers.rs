//! Which ledgers of a data directory count, for whoever asks what became of people in all campaigns of an account.

use std::path::Path;

use crate::app::claims::is_same_server;
use crate::domain::round_kind::RoundKind;
use crate::queue::{LocalQueue, QueueError};
use crate::sys::disk::Disk;

/// Whether a round sent a campaign's messages from the account on this server.
///
/// # Errors
/// When its ledger can't be read.
pub fn is_campaign_on(disk: &dyn Disk, round: &Path, origin: &str) -> Result<bool, QueueError> {
    let identity = LocalQueue::identity_of(disk, round)?;
    Ok(identity.kind == RoundKind::Campaign && is_same_server(&identity.origin, origin))
}
