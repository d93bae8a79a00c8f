//! What became of a message, for those who send one at a time.

use std::time::Duration;

use crate::domain::ids::MessageId;
use crate::domain::outcome::{Exchange, Held, Outcome, classify};

/// What became of a message that was POSTed once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message that is in doubt must not be sent again as if it had failed"]
#[non_exhaustive]
pub enum SendOutcome {
    /// The API took it. Whether it arrives, [`delivery_status`](super::WhatsApp::delivery_status) tells.
    #[non_exhaustive]
    Accepted {
        /// WhatsApp's id; a flow has none.
        message_id: Option<MessageId>,
    },
    /// The API refused it: the person wasn't written to.
    #[non_exhaustive]
    Refused {
        /// Meta's code, where the answer names one.
        code: Option<u32>,
        /// Why, in plain words where the code is known.
        reason: String,
    },
    /// It wasn't sent, and that says nothing about the person: too many at once, the server is down, no connection.
    /// Sending it again later writes to nobody twice.
    #[non_exhaustive]
    NotSent {
        /// Why.
        reason: String,
        /// How long the server asks to wait, where it does.
        retry_after: Option<Duration>,
    },
    /// The outcome is unknown: the answer was lost, or is neither yes nor no. Sending it again may write to the
    /// person twice; their conversation may show it.
    #[non_exhaustive]
    InDoubt {
        /// What was seen.
        reason: String,
    },
}

impl SendOutcome {
    /// WhatsApp's id of a message that was taken.
    #[must_use]
    pub fn message_id(&self) -> Option<&MessageId> {
        match self {
            SendOutcome::Accepted { message_id } => message_id.as_ref(),
            _ => None,
        }
    }
}

impl From<Exchange> for SendOutcome {
    fn from(exchange: Exchange) -> SendOutcome {
        let not_sent = |reason: String, retry_after| SendOutcome::NotSent { reason, retry_after };
        match classify(&exchange) {
            Outcome::Accepted { message_id } => SendOutcome::Accepted { message_id },
            Outcome::Refused { problem, .. } => {
                SendOutcome::Refused { code: problem.code, reason: problem.reason.to_string() }
            }
            Outcome::Held(Held::Throttled { retry_after }) => {
                not_sent("too many messages at once".to_owned(), retry_after)
            }
            Outcome::Held(Held::Unavailable { retry_after }) => {
                not_sent("the server is down for maintenance".to_owned(), Some(retry_after))
            }
            Outcome::Held(Held::Unreachable { why }) => not_sent(format!("no connection: {why}"), None),
            Outcome::Unknown { why } => SendOutcome::InDoubt { reason: why },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::outcome::Reply;

    use super::*;

    #[test]
    fn each_outcome_has_its_own() {
        let answered = |http, ok, text: &str| {
            let message_id = (ok == Some(true)).then(|| MessageId::new("wamid.1="));
            let reply = Some(Reply { ok, text: text.to_owned(), message_id, web_page: false });
            SendOutcome::from(Exchange::Answered {
                http,
                retry_after: Some(Duration::from_secs(7)),
                rate_limit: None,
                reply,
            })
        };
        let accepted = answered(200, Some(true), "");
        assert_eq!(accepted.message_id(), Some(&MessageId::new("wamid.1=")));
        let refused = answered(200, Some(false), "(Error Code : 131026)");
        assert!(
            matches!(&refused, SendOutcome::Refused { code: Some(131_026), reason } if !reason.is_empty())
        );
        assert_eq!(refused.message_id(), None);
        for http in [429, 503] {
            let held = answered(http, None, "");
            assert!(matches!(held, SendOutcome::NotSent { retry_after: Some(_), .. }), "{held:?}");
        }
        let never = SendOutcome::from(Exchange::NeverConnected { why: "refused".into() });
        assert!(matches!(never, SendOutcome::NotSent { retry_after: None, .. }));
        let lost = SendOutcome::from(Exchange::Lost { why: "reset".into() });
        assert_eq!(lost, SendOutcome::InDoubt { reason: "reset".into() });
        assert!(matches!(answered(500, None, ""), SendOutcome::InDoubt { .. }));
    }
}
