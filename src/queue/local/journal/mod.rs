//! The journal, the round's write-ahead log: everything that was or may have been POSTed, and the authority on it.
//!
//! Invariants:
//!
//! - One commit batch at a time: batch n+1 is written only once n is on disk. So whatever is broken behind the last
//!   whole batch was never released.
//! - The commit marker names the last batch known to be on disk. It may lag behind the journal, and never leads it.
//! - One writer, which alone cuts a torn end. Readers stop at what was there when they began, and never write.

pub mod frame;
pub mod marker;
pub mod read;
pub mod rewrite;
pub mod write;
