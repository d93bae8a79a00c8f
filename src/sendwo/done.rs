//! What comes back of an action.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::text::{TEXT_LIMIT, tidy};

use super::envelope::{Envelope, id};

/// An action that the server says it has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Done {
    /// What the server said, without what was sent: `message`, where it is a text.
    #[serde(rename = "message", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What else it answered: the fields of `data` or `message`, and those beside them. The documentation shows no
    /// answer of an action but a message's.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An action that made something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Created<I> {
    /// The id of what was made, where the server tells it: the documentation doesn't show whether it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<I>,
    /// As of any action.
    #[serde(flatten)]
    pub done: Done,
}

impl Done {
    /// Reads an answer that says yes. `redact_echo` takes out of its words what was sent.
    pub(super) fn of(envelope: &Envelope, redact_echo: impl FnOnce(String) -> String) -> Done {
        let text = match &envelope.message {
            Value::String(text) => Some(tidy(&redact_echo(text.clone()), TEXT_LIMIT).into_owned()),
            _ => None,
        };
        let mut other = envelope.rest.clone();
        for fields in envelope.objects() {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "message") {
                other.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Done { text: text.filter(|text| !text.is_empty()), other }
    }

    /// As of something that was made, its id taken from the first of these names that holds one.
    pub(super) fn created<I>(mut self, names: &[&str], new: impl FnOnce(String) -> I) -> Created<I> {
        let found = names.iter().find_map(|name| Some((*name, id(self.other.get(*name)?)?)));
        if let Some((name, _)) = &found {
            self.other.shift_remove(*name);
        }
        // What couldn't be read under that name would stand beside it.
        if found.is_some() {
            self.other.shift_remove("id");
        }
        Created { id: found.map(|(_, id)| new(id)), done: self }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn done(body: &Value) -> Done {
        Done::of(&Envelope::read(body.to_string().as_bytes()).unwrap(), |text| text)
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        for body in [
            json!({"status": "1", "message": "Created.", "data": {"subscriber_id": 501}}),
            json!({"status": "1", "message": {"id": "501"}}),
            json!({"status": "1", "message": "Created.", "subscriber_id": "501"}),
            json!({"status": "1", "message": "Created.", "data": [{"subscriber_id": 501, "id": {}}]}),
        ] {
            let created = done(&body).created(&["subscriber_id", "id"], |id| id);
            assert_eq!(created.id.as_deref(), Some("501"), "{body}");
            assert!(serde_json::to_string(&created).unwrap().matches("\"id\"").count() == 1);
        }
        let none = done(&json!({"status": "1", "message": "Done.", "data": "501"})).created(&["id"], |id| id);
        assert_eq!((none.id, none.done.text.as_deref()), (None, Some("Done.")));
    }

    #[test]
    fn what_else_was_said_is_kept() {
        let done = done(&json!({"status": "1", "message": "ok", "data": {"a": 1, "message": "x"}, "b": 2}));
        assert_eq!(json!(done), json!({"message": "ok", "b": 2, "a": 1}));
    }
}
