//! Orders to a campaign: pause, resume, cancel, retry, resolve, another number.
//!
//! Invariant: an order is durable before it is answered, and given twice it changes nothing more.

mod give;

pub use give::{Applied, Given, give, new, reassign};
