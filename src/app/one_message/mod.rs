//! One message to one person, through the same intent, gate, opt-out list, pace and doubt as a campaign's.

mod direct;
mod send;
mod test;

pub use direct::{DirectRequest, direct};
pub use send::{OneMessage, OneSent};
pub use test::{TestRequest, test};
