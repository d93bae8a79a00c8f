//! One message on its way: gate, POST, outcome.
//!
//! Invariants:
//!
//! - The order for each message: permit → intent on disk → gate → POST → outcome recorded. The types hold it: only a
//!   queue makes an [`Intent`](crate::queue::Intent), only the gate makes a
//!   [`Cleared`](super::pace::gate::Cleared), and only that is POSTed.
//! - A request is POSTed once: nothing here retries.
//! - Each message in flight reports exactly one result, whatever becomes of its task; one that is dropped half way is
//!   reported lost, and is in doubt.
//! - There are as many senders as messages in flight: what was claimed never waits for one.
//!
//! The permit comes before the intent, so that waiting for the pace leaves nothing in doubt. The gate comes after it, so that
//! a stalled disk releases no burst and a pause isn't too late.

pub mod completion;
pub mod in_flight;
pub mod sender;
pub mod sender_pool;
