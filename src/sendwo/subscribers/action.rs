//! An action's request: the same as its method's beside it.

use crate::domain::ids::LabelId;
use crate::domain::phone::Phone;
use crate::domain::subscriber_action::SubscriberAction;

use super::super::client::Params;
use super::{NewSubscriber, label, note};

/// The endpoint and the form fields, as Sendwo documents them. `who` is the person as far as a number names them.
pub(in crate::sendwo) fn request(who: Phone, action: &SubscriberAction) -> (&'static str, Params) {
    match action {
        SubscriberAction::Create { first_name, last_name } => NewSubscriber::new(who)
            .first_name(first_name.as_deref().unwrap_or_default())
            .last_name(last_name.as_deref().unwrap_or_default())
            .request(),
        SubscriberAction::Label { subscriber, labels } => {
            let ids: Vec<&str> = labels.iter().map(LabelId::as_str).collect();
            label::request(subscriber.as_str().to_owned(), &ids)
        }
        SubscriberAction::Note { subscriber, text } => {
            note::request(subscriber.as_str().to_owned(), text.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::ids::SubscriberId;

    use super::*;

    fn shown(action: &SubscriberAction) -> String {
        let (path, params) = request(Phone::from_digits("919876543210").unwrap(), action);
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{path}: {}", params.join(" "))
    }

    #[test]
    fn fields_are_as_documented() {
        let create = SubscriberAction::Create { first_name: Some("Amit".into()), last_name: None };
        assert_eq!(shown(&create), "subscriber/create: phoneNumber=919876543210 firstName=Amit");
        let labels = vec![LabelId::new("12"), LabelId::new("18")];
        let label = SubscriberAction::Label { subscriber: SubscriberId::new("501"), labels };
        assert_eq!(shown(&label), "subscriber/assign-labels: subscriberId=501 labelIds=12,18");
        let note = SubscriberAction::Note { subscriber: SubscriberId::new("501"), text: "Asked".into() };
        assert_eq!(shown(&note), "subscriber/add-note: subscriberId=501 note=Asked");
    }
}
