//! What becomes of messages that were accepted: asked for, or told by webhooks.
//!
//! Invariants:
//!
//! - News never goes backwards: an event that tells what is known changes nothing, however often it comes, and
//!   whichever way.
//! - News never queues a message again.
//! - At most [`WINDOW`](tracker::WINDOW) messages are held in memory; who finds no room is asked for in a later round.
//! - A reply is nobody's where it is in doubt whom it answers.
//! - How far the inbox was read is noted only once what it told is on disk.

pub mod attribution;
pub mod inbox_reader;
mod last_touch;
pub mod missed_webhooks;
pub mod news;
pub mod offline;
pub mod poll;
mod recipients;
pub mod replies;
pub mod tracker;
pub mod webhooks;
