//! What is known of people beside what an audience says of them.

use std::collections::HashSet;

use crate::domain::ids::NumberId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::problem::Problem;

/// People, each once.
pub type People = HashSet<PhoneIdentity>;

/// What is known of people beside what the audience says of them.
pub trait KnownPeople {
    /// Whether a person is on the opt-out list.
    fn has_opted_out(&self, phone: Phone) -> bool {
        let _ = phone;
        false
    }
    /// The list for whose sake the campaign leaves a person out, as people call it.
    fn excluded_by(&self, phone: Phone) -> Option<&str> {
        let _ = phone;
        None
    }
    /// Why a person got as many messages as the campaign's cap allows.
    fn capped(&self, phone: Phone) -> Option<Problem> {
        let _ = phone;
        None
    }
    /// Why a person can't be written to at any time of the campaign's schedule.
    fn never(&self, phone: Phone) -> Option<String> {
        let _ = phone;
        None
    }
    /// Whom the round wrote to before, or tried to: a sample of so many people counts them, and keeps them.
    fn written_to(&self) -> Option<&People> {
        None
    }
    /// The number that wrote to a person last, in any campaign.
    fn wrote_before(&self, person: PhoneIdentity) -> Option<&NumberId> {
        let _ = person;
        None
    }
}

/// Nothing is known of anybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strangers;

impl KnownPeople for Strangers {}
