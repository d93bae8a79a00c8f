//! Changing what is known of somebody.

use crate::domain::ids::SubscriberId;
use crate::domain::phone::Phone;

use super::super::client::Params;
use super::super::done::Done;
use super::super::error::ApiError;
use super::super::transport::Transport;
use super::Subscribers;

const UPDATE: &str = "subscriber/update";

/// What is to change of a subscriber; what isn't said stays. The documentation speaks of "name, phone, custom field
/// values, or segmentation data" and shows `firstName`; the other two are named as for creating, and how custom fields
/// are named it doesn't say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberUpdate {
    id: SubscriberId,
    phone: Option<Phone>,
    changes: Params,
}

impl SubscriberUpdate {
    /// Of the subscriber with this id (`subscriberId`); nothing changes yet.
    #[must_use]
    pub fn of(id: SubscriberId) -> SubscriberUpdate {
        SubscriberUpdate { id, phone: None, changes: Params::new() }
    }

    /// `firstName`
    #[must_use]
    pub fn first_name(self, name: impl Into<String>) -> SubscriberUpdate {
        self.set("firstName", name.into())
    }

    /// `lastName`
    #[must_use]
    pub fn last_name(self, name: impl Into<String>) -> SubscriberUpdate {
        self.set("lastName", name.into())
    }

    /// `phoneNumber`
    #[must_use]
    pub fn phone(mut self, phone: Phone) -> SubscriberUpdate {
        self.phone = Some(phone);
        self.set("phoneNumber", phone.digits())
    }

    fn set(mut self, name: &'static str, value: String) -> SubscriberUpdate {
        self.changes.retain(|(known, _)| known != name);
        self.changes.push((name.into(), value));
        self
    }
}

impl<T: Transport> Subscribers<'_, T> {
    /// Update Subscriber, `subscriber/update`: "update subscriber details".
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) where nothing is to change, or the id is blank.
    pub async fn update(&self, update: &SubscriberUpdate) -> Result<Done, ApiError> {
        if update.changes.is_empty() {
            return Err(ApiError::invalid(UPDATE, "nothing is to change"));
        }
        let id = ApiError::unless_blank(UPDATE, update.id.as_str(), "the subscriber's id")?;
        let mut params: Params = vec![("subscriberId".into(), id)];
        params.extend(update.changes.iter().cloned());
        self.client.act(UPDATE, params, update.phone).await
    }
}
