//! Forgetting one person in a round: their rows stay, without words and number.
//!
//! ```text
//! forgotten.json    by what a row of theirs is known again: salted hashes of their numbers and keys, and their jobs
//! ```
//!
//! The unit is the job: whoever's number stands in one of its rows, in whichever plan, all of its rows are theirs. What is
//! done, in this order, under the round's lock:
//!
//! 1. `forgotten.json` is written: from here on a row of theirs in an edited file is known, and never queued.
//! 2. What is queued is cancelled, what may come back is marked as removed, in the journal as ever.
//! 3. The plans are rewritten beside the old ones and renamed over them. The manifest names both hashes meanwhile.
//! 4. The states are removed: old pages of sled hold what was overwritten.
//! 5. The journal is rewritten, with the same batch and sequence numbers, and renamed over the old one. The commit
//!    marker says nothing meanwhile, as it may.
//! 6. The states are rebuilt.
//!
//! Invariants:
//!
//! - A kill between any two of these leaves a round that opens, and forgetting them again finishes.
//! - Nobody who is in `forgotten.json` is ever queued again in this round, by their number or by their key.
//! - A job stands where it stood, but for what was queued: counts add up as before (**L**), doubt stays exact (**X**).

mod held;
mod record;
mod traces;

pub use held::HeldRound;
pub use record::Forgotten;
pub(super) use record::missing;
pub use traces::{Traces, traces};
