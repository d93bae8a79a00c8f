//! Removing campaigns and single messages from the data directory.
//!
//! Invariants: nobody is sending while it is removed; interrupted at any point, what is left is found and removed by
//! erasing it again.

mod erasure;
mod old;
mod singles;
mod webhooks;

pub use erasure::{Erased, Erasure};
pub use old::{KeptCampaign, OldCampaign, OldCampaigns};
pub use singles::{ErasedSingles, age_out_singles, count_singles, erase_singles};
