//! One message to one person, through the same intent, gate, opt-out list, pace and doubt as a campaign's.
//!
//! Its id is known when a campaign's doubt is looked for, and it shares the pace of its number with campaigns.

mod direct;
mod send;
mod test;

pub use direct::{DirectRequest, direct};
pub use send::{OneMessage, OneSent};
pub use test::{TestRequest, test};
