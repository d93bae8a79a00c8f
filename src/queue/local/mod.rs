//! The local queue: frozen plans, a journal and blocks of states in one directory, for one process.
//!
//! ```text
//! manifest.json   whose round it is, and its plans
//! plan-001.plan…  every row as it was read and rendered; an edited file adds the next
//! journal         everything that was or may have been POSTed: the authority
//! mark            the commit marker: the last commit batch of the journal known to be on disk
//! queue/          the states, in sled: made from plan and journal, and rebuilt when damaged
//! lock            one process writes
//! ```
//!
//! Invariants:
//!
//! - What is released (an intent) is in the journal, on disk. The states follow it and are never ahead.
//! - A plan is adopted by one commit batch of the journal: its file is durable under its name before, the manifest
//!   notes it after. A crash between any two of these steps is repaired at the next opening (see `open`).
//! - After an error of the disk every call fails with [`QueueError::Stopped`](crate::queue::QueueError).
//! - Readers ([`View`], [`Listing`]) need neither lock nor sled, and never write.

mod bits;
mod bytes;
mod claim;
mod journal;
mod lock;
mod manifest;
mod message_ids;
mod open;
mod packed;
mod plan;
mod queue;
mod read;
mod removal;
mod replayed;
mod stage;
mod states;
mod storage;

pub use queue::LocalQueue;
pub use read::listing::Listing;
pub use read::verify::{StatesCheck, VerifyReport, verify, verify_on};
pub use read::view::View;
pub use removal::{Removal, remove_if_empty};
pub use stage::Stage;
pub use states::sled_store::{SledStores, silence_caught_panics};
pub use states::store::{BlockStore, KeyVisitor, MemoryStores, StoreError, StoreImage, Stores, WriteBatch};
pub use storage::Storage;
