//! The recipients of a round, as somebody looks through them: pages, a search by number, one person's story, what happened
//! when, and why messages failed.
//!
//! [`Recipients`] is opened once, which reads the whole journal, and kept between looks; [`Recipients::refresh`] then reads
//! what was written since. It takes no lock, changes nothing, and can be sent to another thread.
//!
//! Invariants:
//!
//! - No look goes through all people: pages begin at a person ([`Place`]), blocks without anybody of the wanted status
//!   are passed over, and a search ends with [`MAX_FOUND`] people. Only one person's story goes through the journal, whose
//!   other entries aren't decoded.
//! - All figures are of the same moment, that of the last refresh: counts by status add up to the total, and failures
//!   by reason to those who are failed.
//! - Memory is bounded by what each person takes: about 80 bytes, 8 more once a number was searched for.
//! - Who was forgotten is gone with the next refresh.

mod digits;
mod over_time;
mod page;
mod reasons;
mod round;
mod story;

pub use digits::{Digits, MAX_FOUND};
pub use over_time::{Bucket, MAX_BUCKETS, OverTime};
pub use page::{Filter, Page, Place, Recipient};
pub use reasons::{Cause, Failures};
pub use round::Recipients;
pub use story::{AttemptEnd, AttemptStory, Story};

#[cfg(test)]
mod tests;
