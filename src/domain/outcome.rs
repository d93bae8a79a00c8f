//! What an exchange with the server means for the message. Apart from what follows from it
//! ([`policy`](super::policy)).
//!
//! Invariant (**D**): [`Outcome::Unknown`] is the rule, the rest are the proven exceptions. Whatever this
//! module can't prove to be "not accepted" is in doubt.

use std::time::Duration;

use super::ids::MessageId;
use super::problem::Problem;

/// What came back from one POST of a message, before anyone judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The connection was never made (refused, DNS, TLS, connect timeout): the request can't have arrived.
    NeverConnected {
        /// What the system said, without the URL.
        why: String,
    },
    /// The connection was made and then something went wrong: the request may have arrived.
    Lost {
        /// What was seen (timeout, reset, cut-off answer…), without the URL.
        why: String,
    },
    /// A whole answer arrived.
    Answered {
        /// The HTTP status.
        http: u16,
        /// The `Retry-After` header, where it could be read.
        retry_after: Option<Duration>,
        /// The envelope, where the body was one.
        reply: Option<Reply>,
    },
}

/// Sendwo's JSON envelope, read tolerantly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `"status":"1"` (also `1` and `true`); `None` where there is no such field or another value.
    pub ok: Option<bool>,
    /// `message`, where it is a text; else empty.
    pub text: String,
    /// `data.message_id`, or a sibling's `wa_message_id`.
    pub message_id: Option<MessageId>,
}

/// What an exchange proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The API took it. Flows carry no id.
    Accepted {
        /// WhatsApp's id.
        message_id: Option<MessageId>,
    },
    /// The API refused it: known not accepted.
    Refused {
        /// Meta's code, where the text has one, and the text.
        problem: Problem,
        /// The HTTP status it came with.
        http: u16,
    },
    /// Known not accepted, and it says nothing about this recipient: the number (or the network) is held up.
    Held(Held),
    /// Nobody knows whether it was accepted.
    Unknown {
        /// What was seen.
        why: String,
    },
}

/// Why nothing could be sent at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// HTTP 429: too fast.
    Throttled {
        /// What the server asked for.
        retry_after: Option<Duration>,
    },
    /// HTTP 503 with Retry-After: down for a while.
    Unavailable {
        /// What the server asked for.
        retry_after: Duration,
    },
    /// No connection could be made.
    Unreachable {
        /// What the system said.
        why: String,
    },
}
