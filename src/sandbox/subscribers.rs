//! The account's subscribers, by id and by phone.
//!
//! Nobody becomes one by being written to, as they do with the sibling platforms: a million sends must stay cheap. Where the
//! package's limit is reached, only subscribers can be written to.

use std::collections::{BTreeSet, HashMap};

use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::time::Millis;

/// The documentation's subscriber has this id, and the others count on from it.
const FIRST: u64 = 501;

/// What the documentation writes in the place of the sample subscriber's id.
const PLACEHOLDER: &str = "SUBSCRIBER-ID";

/// The end of the sibling platforms' subscriber ids, `PHONE-10`: the account's own id there.
const SIBLING_END: &str = "-10";

/// A subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) phone: Phone,
    pub(super) first_name: String,
    pub(super) last_name: String,
    /// Ids.
    pub(super) labels: BTreeSet<u64>,
    pub(super) notes: Vec<Note>,
    /// The documentation's own, who was there before anybody created them.
    pub(super) is_sample: bool,
}

/// A note on a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) at: Millis,
    pub(super) text: String,
}

/// All of them, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Subscribers {
    /// The one with the id `FIRST + n` at `n`: nobody is ever removed.
    all: Vec<Subscriber>,
    ids: HashMap<PhoneIdentity, u64>,
}

impl Subscribers {
    /// The documentation's subscriber alone.
    pub(super) fn fresh() -> Subscribers {
        let mut subscribers = Subscribers::default();
        let Some(phone) = Phone::from_value(919_876_543_210) else { return subscribers };
        subscribers.create(FIRST, phone, "Amit".to_owned(), "Sharma".to_owned());
        if let Some(sample) = subscribers.get_mut(FIRST) {
            sample.labels = [12, 18].into();
            sample.is_sample = true;
        }
        subscribers
    }

    /// By id, rising.
    pub(super) fn all(&self) -> &[Subscriber] {
        &self.all
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.all.len() as u64
    }

    /// The id that the next one gets.
    pub(super) fn next_id(&self) -> u64 {
        FIRST + self.count()
    }

    pub(super) fn by_phone(&self, phone: Phone) -> Option<&Subscriber> {
        self.get(*self.ids.get(&phone.identity())?)
    }

    /// Whom a `subscriberId` names: by id, by the documentation's placeholder, or as the siblings write it,
    /// `PHONE-10`.
    pub(super) fn named(&self, text: &str) -> Option<&Subscriber> {
        let text = text.trim();
        if text == PLACEHOLDER {
            return self.get(FIRST);
        }
        match text.strip_suffix(SIBLING_END) {
            Some(digits) => self.by_phone(Phone::from_digits(digits)?),
            None => self.get(text.parse().ok()?),
        }
    }

    fn get(&self, id: u64) -> Option<&Subscriber> {
        self.all.get(place(id)?)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Subscriber> {
        self.all.get_mut(place(id)?)
    }

    /// Adds one under the next id; an id that is there is renamed, which is how the sample gets created.
    pub(super) fn create(&mut self, id: u64, phone: Phone, first_name: String, last_name: String) {
        if let Some(known) = self.get_mut(id) {
            (known.first_name, known.last_name, known.is_sample) = (first_name, last_name, false);
            return;
        }
        self.ids.insert(phone.identity(), id);
        let (labels, notes) = (BTreeSet::new(), Vec::new());
        self.all.push(Subscriber { id, phone, first_name, last_name, labels, notes, is_sample: false });
    }

    /// Changes what is given.
    pub(super) fn update(
        &mut self,
        id: u64,
        phone: Option<Phone>,
        first_name: Option<String>,
        last_name: Option<String>,
    ) {
        let Some(subscriber) = place(id).and_then(|place| self.all.get_mut(place)) else { return };
        if let Some(name) = first_name {
            subscriber.first_name = name;
        }
        if let Some(name) = last_name {
            subscriber.last_name = name;
        }
        if let Some(phone) = phone {
            let former = std::mem::replace(&mut subscriber.phone, phone);
            self.ids.remove(&former.identity());
            self.ids.insert(phone.identity(), id);
        }
    }
}

/// A phone's subscriber id as the sibling platforms write it.
pub(super) fn sibling_id(phone: Phone) -> String {
    format!("{}{SIBLING_END}", phone.digits())
}

/// A phone from a `subscriberId` that is nobody's id: a phone number, or `PHONE-10`.
pub(super) fn phone_in(text: &str) -> Option<Phone> {
    let text = text.trim();
    super::exchange::phone(text.strip_suffix(SIBLING_END).unwrap_or(text))
}

fn place(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(FIRST)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_by_id_phone_placeholder_and_the_siblings_id() {
        let mut subscribers = Subscribers::fresh();
        let ada = Phone::from_digits("4915112345678").expect("a phone");
        subscribers.create(subscribers.next_id(), ada, "Ada".to_owned(), String::new());
        let named = |text: &str| subscribers.named(text).map(|found| found.id);
        assert_eq!([named("501"), named("SUBSCRIBER-ID"), named("919876543210-10")], [Some(501); 3]);
        assert_eq!([named("502"), named("4915112345678-10")], [Some(502); 2]);
        for nobody in ["503", "500", "0", "-1", "4915112345678", "-10", "x", ""] {
            assert_eq!(named(nobody), None, "{nobody}");
        }
        let moved = Phone::from_digits("4915100000000").expect("a phone");
        subscribers.update(502, Some(moved), None, Some("L".to_owned()));
        assert_eq!(subscribers.by_phone(ada), None);
        let found = subscribers.by_phone(moved).expect("there");
        assert_eq!((found.first_name.as_str(), found.last_name.as_str()), ("Ada", "L"));
    }
}
