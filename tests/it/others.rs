//! The other ledgers of a data directory, as most tests have them.
#![cfg(test)]

use std::sync::Arc;

use sendcast::domain::ids::{MessageId, OwnerId};
use sendcast::domain::payload::Payload;
use sendcast::domain::phone::Phone;
use sendcast::domain::time::Millis;
use sendcast::engine::{Options, OtherCampaigns};
use sendcast::queue::local::open_permits;
use sendcast::queue::{OpenPermits, QueueError};
use sendcast::sys::disk::SharedDisk;
use sendcast::sys::home::Home;

/// A run's permits, in this data directory.
pub fn permits(disk: SharedDisk, home: Home, owner: OwnerId, options: &Options) -> OpenPermits {
    open_permits(disk, home, owner, format!("campaign-{}", owner.0), options.priority)
}

/// They know every id that begins with `old.`, and have nothing in doubt.
#[derive(Clone, Copy, Debug)]
pub struct Others;

impl OtherCampaigns for Others {
    fn refresh(&mut self) -> Result<bool, QueueError> {
        Ok(true)
    }

    fn knows(&self, id: &MessageId) -> bool {
        id.as_str().starts_with("old.")
    }

    fn open_attempts(&self, _: Phone) -> Vec<(Millis, Arc<Payload>)> {
        Vec::new()
    }
}
