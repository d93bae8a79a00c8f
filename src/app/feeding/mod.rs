//! What webhooks told, on its way to the campaigns that nobody runs, and to the opt-out list.
//!
//! Invariant: what is handed on twice changes nothing, and what couldn't be handed on is tried again.

mod attribute;
mod feed;
mod listen;

pub use attribute::{Attributed, Attribution, unattributed};
pub use feed::{Fed, Feeder};
pub use listen::{Heard, ListenOptions, WebhookListener};
