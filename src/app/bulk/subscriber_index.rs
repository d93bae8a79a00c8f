//! Who is on the account's list.

use std::collections::HashMap;

use crate::app::account::pages;
use crate::app::{App, AppError};
use crate::domain::ids::SubscriberId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::sendwo::{Client, Transport};

/// Those of them whose number is told.
#[derive(Debug, Default)]
pub(super) struct SubscriberIndex {
    by_phone: HashMap<PhoneIdentity, (Phone, SubscriberId)>,
}

impl SubscriberIndex {
    /// Reads the whole list.
    ///
    /// # Errors
    /// When a page can't be read.
    pub async fn of<T: Transport>(app: &App, client: &Client<T>) -> Result<SubscriberIndex, AppError> {
        let mut people = SubscriberIndex::default();
        pages::each(app, "subscribers", client.subscribers().all(), |person| {
            if let (Some(phone), Some(id)) = (person.phone, person.id) {
                people.by_phone.insert(phone.identity(), (phone, id));
            }
        })
        .await?;
        Ok(people)
    }

    /// Who has this number.
    #[must_use]
    pub fn find(&self, phone: Phone) -> Option<&SubscriberId> {
        self.by_phone.get(&phone.identity()).map(|(_, id)| id)
    }

    /// Whose id is which number.
    #[must_use]
    pub fn by_id(&self) -> HashMap<&str, Phone> {
        self.by_phone.values().map(|(phone, id)| (id.as_str(), *phone)).collect()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(Phone, SubscriberId); N]> for SubscriberIndex {
    fn from(people: [(Phone, SubscriberId); N]) -> SubscriberIndex {
        SubscriberIndex { by_phone: people.map(|(phone, id)| (phone.identity(), (phone, id))).into() }
    }
}
