//! Campaigns in the making, as the dashboard keeps them: each an ordinary campaign file beside its spreadsheet, below
//! `drafts/` in the data directory.
//!
//! ```text
//! drafts/ID/campaign.json       what `sendcast run` takes as it is, and an expert may edit
//! drafts/ID/audience-SHA.EXT    the spreadsheet as it came, under a name of ours
//! drafts/ID/called              what people call it, for show alone
//! ```
//!
//! Invariants:
//!
//! - A draft's file can be read as a campaign at any time: what couldn't is refused, and the file stays as it was.
//! - A change touches its own keys: whatever else an expert wrote stays.
//! - An id from outside is sixteen hexadecimal digits or none; a link in the place of a draft, or of a file in it, is refused.
//! - What was planned from a draft's file is a campaign; the draft stays where it is, because its campaign is run from there.

mod audience;
mod draft;
mod edit;
mod message;

pub use audience::{Audience, Example, audience};
pub use draft::{Draft, Listed};
pub use edit::{Object, People, Sending, set};
pub use message::{Typed, typed};
