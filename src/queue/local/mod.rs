//! The local queue: frozen plans, a journal and blocks of states in one directory, for one process.
//!
//! ```text
//! manifest.json   whose round it is, and its plans
//! plan-001.plan…  every row as it was read and rendered; an edited file adds the next
//! journal         everything that was or may have been POSTed: the authority
//! mark            the commit marker: the last commit batch of the journal known to be on disk
//! forgotten.json  by what the rows of people who were forgotten are known again
//! queue/          the states, in sled: made from plan and journal, and rebuilt when damaged
//! lock            one process writes
//! ```
//!
//! The journal is the authority, and sled a cache of it: sled alone can't keep the promise, because its flush is no fsync
//! and a torn file may open cleanly with nothing in it. Commit batch n+1 is written only once n is on disk, so whatever is
//! broken behind the last whole one was never released. States are written in one batch over one tree, with the last
//! *synced* commit batch that they include. Where states are ahead of the journal it has lost what was on disk: that is
//! refused, not rebuilt, because the journal alone knows who may have been written to.
//!
//! Every file carries a version, and another one's is refused by name ([`QueueError::OtherFormat`](crate::queue::QueueError)).
//! What is binary is little-endian, but for sled's key numbers, which are big-endian so that they rise. postcard tells
//! variants and fields by their place: a new variant goes at the end of its enum, a new field needs a new version, and its
//! bytes belong into `queue::damage::the_journals_bytes_are_these`.
//!
//! What a crash or damage leaves behind, and what becomes of it, is a table in `open` and, with its tests, in PROOF.md.
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
mod forget;
mod journal;
mod lock;
mod manifest;
mod message_ids;
mod open;
mod packed;
mod permits;
mod plan;
mod queue;
mod read;
mod reassign;
mod removal;
mod replayed;
mod stage;
mod states;
mod storage;

pub use forget::{Forgotten, HeldRound, Traces, traces};
pub use permits::{LocalPermits, in_line, kept_hold, kept_lesson, open_permits};
pub use queue::LocalQueue;
pub use read::listing::Listing;
pub use read::stamp::Stamp;
pub use read::verify::{StatesCheck, VerifyReport, verify, verify_on};
pub use read::view::View;
pub use removal::{Removal, remove_if_empty};
pub use replayed::Folded;
pub use stage::Stage;
pub use states::sled_store::SledStores;
pub use states::store::{BlockStore, KeyVisitor, MemoryStores, StoreError, StoreImage, Stores, WriteBatch};
pub use storage::Storage;
