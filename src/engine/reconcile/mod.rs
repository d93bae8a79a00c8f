//! Messages in doubt, looked for in the recipients' conversations.
//!
//! Invariants (**X**):
//!
//! - A doubt ends by a verdict or by the operator's word, and a verdict needs proof ([`judge`]).
//! - *Unseen* is no verdict: the message stays in doubt, and is sent again only where that was asked for.
//! - Nothing is found by a time before it is known how the server's clock stands ([`clock_skew`]).
//! - What may be another campaign's message, or another attempt's, settles no doubt.

pub mod clock_skew;
pub mod conversation;
pub mod judge;
pub mod run;
pub mod schedule;
pub mod skew_samples;
pub mod text_match;
