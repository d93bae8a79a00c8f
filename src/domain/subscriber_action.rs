//! What is done about one subscriber of the account, instead of writing to them.

use serde::{Deserialize, Serialize};

use super::ids::{LabelId, SubscriberId};
use super::problem::Problem;

/// The report's word for somebody who is put onto the list.
pub const CREATED: &str = "subscriber";
/// Its word for somebody who gets labels.
pub const LABELLED: &str = "labels";
/// Its word for a note.
pub const NOTED: &str = "note";

/// One change to the list, ready to POST. It reaches nobody's phone, and its acceptance carries no message id. New ones go
/// at the end: plans keep them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SubscriberAction {
    /// Puts the recipient onto the list.
    Create {
        /// Where one is known.
        first_name: Option<String>,
        /// Where one is known.
        last_name: Option<String>,
    },
    /// Gives a person labels.
    Label {
        /// The subscriber.
        subscriber: SubscriberId,
        /// At least one.
        labels: Vec<LabelId>,
    },
    /// Writes something down about a person; each time it is another note.
    Note {
        /// The subscriber.
        subscriber: SubscriberId,
        /// What.
        text: String,
    },
}

impl SubscriberAction {
    /// The report's word for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            SubscriberAction::Create { .. } => CREATED,
            SubscriberAction::Label { .. } => LABELLED,
            SubscriberAction::Note { .. } => NOTED,
        }
    }

    /// Whether a refusal says that what was to be done is done: the person is on the list already. Sendwo documents no
    /// text for it; its siblings say `Subscriber already exists`.
    #[must_use]
    pub fn is_there(&self, refusal: &Problem) -> bool {
        let text = refusal.reason.to_lowercase();
        matches!(self, SubscriberAction::Create { .. })
            && refusal.code.is_none()
            && (text.contains("already exist") || text.contains("already been taken"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::Payload;
    use super::*;

    #[test]
    fn their_bytes_in_a_plan_are_these() {
        let subscriber = SubscriberId::new("7");
        let labels = vec![LabelId::new("12")];
        for (action, bytes) in [
            (
                SubscriberAction::Create { first_name: Some("A".into()), last_name: None },
                &[1, 0, 1, 1, 65, 0][..],
            ),
            (
                SubscriberAction::Label { subscriber: subscriber.clone(), labels },
                &[1, 1, 1, 55, 1, 2, 49, 50],
            ),
            (SubscriberAction::Note { subscriber, text: "x".into() }, &[1, 2, 1, 55, 1, 120]),
        ] {
            let payload = Payload::from(action);
            assert_eq!(postcard::to_stdvec(&payload).unwrap(), bytes, "{payload:?}");
            assert_eq!(postcard::from_bytes::<Payload>(bytes).unwrap(), payload);
        }
    }

    #[test]
    fn only_creating_is_done_by_somebody_being_there() {
        let create = SubscriberAction::Create { first_name: None, last_name: None };
        let note = SubscriberAction::Note { subscriber: SubscriberId::new("501"), text: "x".into() };
        for (text, there) in [
            ("Subscriber already exists.", true),
            ("The phone number has already been taken.", true),
            ("Subscriber doesn't exist.", false),
            ("Subscriber limit has been exceeded.", false),
        ] {
            assert_eq!(create.is_there(&Problem::new(text)), there, "{text}");
            assert!(!note.is_there(&Problem::new(text)));
        }
        assert!(!create.is_there(&Problem::coded(100, "it already exists")));
    }
}
