//! Who may POST now, and when the next may.
//!
//! Invariants (**P**):
//!
//! - A number's permits are granted at its rate, one at a time; one that isn't taken is lost. Over restarts and over
//!   all campaigns of a data directory: one run at a time has a number's turn ([`Permits`](crate::queue::Permits)), and
//!   goes on where the last left off, an interval after its last POST.
//! - A permit is taken before the intent is written, so that waiting for the pace leaves no doubt behind. The starts
//!   themselves are spaced once more by the gate, after the disk.
//! - Nothing passes a gate that is shut, and what doesn't pass was not POSTed.
//! - A hold that a server asked for outlives the process.
//! - Reads take what sending leaves: a throttled read slows reads down and says nothing of sending.

pub mod gate;
pub mod lane;
pub mod lanes;
pub mod meter;
pub mod pacer;
pub mod reads;
