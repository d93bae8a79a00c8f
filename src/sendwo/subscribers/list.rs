//! Who is on the list.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::domain::ids::SubscriberId;
use crate::domain::phone::Phone;

use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::pages::{Listed, Listing, Pages};
use super::super::token::Token;
use super::super::transport::{Method, Transport};
use super::Subscribers;

/// Documented with `page=1`.
const LIST: Listing = Listing { path: "subscriber/list", method: Method::Get, says_page_from: 1 };

/// A person on the account's list. Each field is `None` where the answer lacks it or has it in an unknown shape; then
/// it is among the `other`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Subscriber {
    /// `subscriber_id`
    #[serde(rename = "subscriber_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<SubscriberId>,
    /// `first_name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// `last_name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// `phone_number`, with its country code. `None` where Sendwo masks it, too.
    #[serde(rename = "phone_number", serialize_with = "digits", skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// `labels`, by their names.
    pub labels: Vec<String>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn digits<S: Serializer>(phone: &Option<Phone>, serializer: S) -> Result<S::Ok, S::Error> {
    phone.map(Phone::digits).serialize(serializer)
}

impl Subscriber {
    /// Whether the person carries this label; in any case, since nobody means two labels by it.
    #[must_use]
    pub fn carries(&self, label: &str) -> bool {
        let label = label.trim().to_lowercase();
        self.labels.iter().any(|carried| carried.trim().to_lowercase() == label)
    }

    /// First and last name, as far as there are.
    #[must_use]
    pub fn name(&self) -> String {
        let names = [&self.first_name, &self.last_name];
        names.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl Listed for Subscriber {
    fn read(row: &Value, _: &Token) -> Option<Subscriber> {
        let mut fields = Fields::of(row)?;
        Some(Subscriber {
            id: fields.id(&["subscriber_id", "id"], SubscriberId::new),
            first_name: fields.text(&["first_name"]),
            last_name: fields.text(&["last_name"]),
            phone: fields.phone(&["phone_number", "phone", "chat_id"]),
            labels: fields.names(&["labels", "label_names"], &["label_name", "name"]),
            other: fields.rest(),
        })
    }

    fn identity(&self) -> Option<&str> {
        self.id.as_ref().map(SubscriberId::as_str)
    }
}

impl<'a, T: Transport> Subscribers<'a, T> {
    /// Subscribers List, `subscriber/list`: "fetch subscriber records from your Sendwo account", a page of them, from 1.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list(&self, page: u32) -> Result<Vec<Subscriber>, ApiError> {
        self.client.page(LIST, page).await
    }

    /// Subscribers List, `subscriber/list`: everybody, page after page.
    #[must_use]
    pub fn all(&self) -> Pages<'a, T, Subscriber> {
        self.client.pages(LIST)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: &Value) -> Option<Subscriber> {
        Subscriber::read(row, &Token::new("9|CANARY-canary").unwrap())
    }

    #[test]
    fn a_documented_row_comes_out_as_it_went_in() {
        let row = json!({"subscriber_id": "501", "first_name": "Amit", "last_name": "Sharma",
            "phone_number": "919876543210", "labels": ["Lead", "Ecommerce"]});
        let subscriber = read(&row).unwrap();
        assert_eq!(json!(subscriber), row);
        assert_eq!(subscriber.name(), "Amit Sharma");
        assert!(subscriber.carries("lead") && !subscriber.carries("Leads"));
        assert!(!format!("{subscriber:?}").contains("9876543210"));
    }

    #[test]
    fn what_cant_be_read_stays_as_it_came() {
        let row = json!({"id": 7, "phone_number": "+91 98765 XXXXX", "labels": null, "gender": "f"});
        let subscriber = read(&row).unwrap();
        assert_eq!((subscriber.phone, subscriber.labels.len()), (None, 0));
        assert_eq!(subscriber.other["phone_number"], "+91 98765 XXXXX");
        let again =
            json!({"subscriber_id": "7", "labels": [], "phone_number": "+91 98765 XXXXX", "gender": "f"});
        assert_eq!(json!(subscriber), again);
        assert_eq!(read(&json!("Amit")), None);
    }
}
