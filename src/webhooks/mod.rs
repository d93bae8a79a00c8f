//! Webhooks in: what Sendwo (and WhatsApp beneath it) tells by itself, taken in, checked, and kept.
//!
//! Invariants:
//!
//! - What was acknowledged is never lost: an event is in the [`inbox`], on disk, before its `200`, and whoever asked
//!   not to be written to is on the opt-out list by then, or among the stops that are not attributed yet
//!   ([`Unattributed`]).
//! - No body, whatever its bytes, makes it panic; what it doesn't understand changes nothing.
//! - Who doesn't know the path's secret learns nothing, not even that something listens for webhooks. Where a
//!   signing secret is set, nothing unsigned is read.
//! - Of what people wrote the first 1,000 characters are kept, as one line without control characters; by themselves they
//!   go after 35 days, with the inbox's files.
//!
//! An event's way: [`server`] (the wire) → [`signature`] → [`read`](mod@read) (both shapes) → [`intake`] (opt-outs by
//! [`stop`], then the [`inbox`]) → the campaigns, which read the inbox themselves, each from a cursor of its own.
//!
//! The inbox lies between so that the listener needs no campaign's lock to acknowledge, a run needs no listener, and neither
//! loses what the other has. Reading twice changes nothing.

mod clean;
pub mod event;
mod flat;
pub mod inbox;
pub mod intake;
mod line;
mod meta;
mod meta_content;
pub mod read;
pub mod secret;
pub mod server;
pub mod signature;
pub mod stop;
mod unattributed;

pub use event::{Button, Hook, HookDelivery, HookMarketing, HookReply, STOPPED_MARKETING, Wish};
pub use inbox::{Cursor, Inbox, InboxError, InboxWriter, Record, inbox_dir};
pub use intake::{Intake, StopList, Taken};
pub use read::{Unreadable, read};
pub use secret::{PathSecret, SecretError};
pub use signature::SigningSecret;
pub use stop::{StopFileError, StopWords};
pub use unattributed::{StopOfUnknown, Unattributed};
