//! Putting somebody on the list.

use crate::domain::ids::SubscriberId;
use crate::domain::phone::Phone;

use super::super::client::Params;
use super::super::done::Created;
use super::super::error::ApiError;
use super::super::transport::Transport;
use super::Subscribers;

const CREATE: &str = "subscriber/create";

/// Somebody who is to be put on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscriber {
    phone: Phone,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl NewSubscriber {
    /// With this "subscriber phone number with country code" (`phoneNumber`, required).
    #[must_use]
    pub fn new(phone: Phone) -> NewSubscriber {
        NewSubscriber { phone, first_name: None, last_name: None }
    }

    /// "Subscriber first name" (`firstName`, optional). A blank one is none.
    #[must_use]
    pub fn first_name(mut self, name: impl Into<String>) -> NewSubscriber {
        self.first_name = Some(name.into()).filter(|name| !name.trim().is_empty());
        self
    }

    /// "Subscriber last name" (`lastName`, optional). A blank one is none.
    #[must_use]
    pub fn last_name(mut self, name: impl Into<String>) -> NewSubscriber {
        self.last_name = Some(name.into()).filter(|name| !name.trim().is_empty());
        self
    }

    pub(super) fn request(&self) -> (&'static str, Params) {
        let mut params: Params = vec![("phoneNumber".into(), self.phone.digits())];
        params.extend(self.first_name.clone().map(|name| ("firstName".into(), name)));
        params.extend(self.last_name.clone().map(|name| ("lastName".into(), name)));
        (CREATE, params)
    }
}

impl<T: Transport> Subscribers<'_, T> {
    /// Create Subscriber, `subscriber/create`: "a new subscriber inside Sendwo from your CRM, website form, ad funnel,
    /// ecommerce checkout, or lead capture system".
    ///
    /// # Errors
    /// [`ApiError`]; one that is [in doubt](ApiError::is_in_doubt) leaves open whether the person is on
    /// the list now.
    pub async fn create(&self, who: &NewSubscriber) -> Result<Created<SubscriberId>, ApiError> {
        let (path, params) = who.request();
        let done = self.client.act(path, params, Some(who.phone)).await?;
        Ok(done.created(&["subscriber_id", "id"], SubscriberId::new))
    }
}
