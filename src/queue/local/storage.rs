//! Where a round's files are kept.

use super::states::sled_store::SledStores;
use super::states::store::Stores;
use crate::sys::disk::SharedDisk;

/// What a round stands on.
#[derive(Debug)]
pub struct Storage {
    /// The disk under plan, journal, commit marker and manifest.
    pub disk: SharedDisk,
    /// Where the states are kept.
    pub stores: Box<dyn Stores>,
    /// Syncs on the caller's thread. Otherwise each commit batch goes through tokio's blocking pool.
    pub inline: bool,
}

impl Storage {
    /// This disk, with states in sled and the lock on the machine's file system.
    #[must_use]
    pub fn real(disk: SharedDisk) -> Storage {
        Storage { disk, stores: Box::new(SledStores), inline: false }
    }
}
