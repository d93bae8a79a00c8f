//! Campaigns in the making: an upload, what is said about it by and by, and the campaign file that comes of it.
//!
//! A draft is a directory `<data>/drafts/ID/`. Its `campaign.json` is an ordinary campaign file: `sendcast check` and `run` take
//! it, and so do the use cases `check::examine`, `one_message::test` and `run::run`, by [`Draft::source`]. An expert may edit it
//! by hand. Beside it lie uploads under names of ours and `draft.json` (`notes.rs`), without which nothing is lost but what
//! people called their files.
//!
//! Invariants:
//!
//! - A change is made to the keys that it is about, and every other byte of the file's values stays as it was written. What
//!   the parser of campaigns refuses isn't written.
//! - A change, once made, is durable; one that fails leaves the draft as it was.
//! - The use cases here put no path into a draft that names a file outside of its directory: only an editor on this machine can. A
//!   symbolic link in the place of anything of a draft is refused.
//! - Nothing is changed any more once messages were sent of it, or while somebody is working on it: it is a campaign then.

mod change;
mod check;
mod draft;
mod fallback;
mod id;
mod list;
mod notes;
mod object;
mod people;
mod place;
mod planned;
mod preview;
mod told;
mod traces;
mod upload;

pub use change::Key;
pub use draft::{Draft, Removed, create, open};
pub use fallback::with_fallback;
pub use id::DraftId;
pub use list::{Listed, Steps, list};
pub use people::{People, UploadShown};
pub use preview::{Empty, Preview, PreviewRequest};
pub use traces::{FoundDraft, of_campaign, that_name};
pub use upload::{MAX_UPLOAD_BYTES, Role};
