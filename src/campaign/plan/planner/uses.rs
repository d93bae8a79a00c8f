//! What each column of an audience is used for, for people who look before they send.

use super::{Maker, Planner};
use crate::campaign::tables::Reading;

impl Planner<'_> {
    /// How the audience's file was read.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What columns are used for, by position, the phone numbers first. A column may be used for several things; one that
    /// isn't there is data that no message names.
    #[must_use]
    pub fn uses(&self) -> Vec<(usize, &'static str)> {
        if self.head.columns.is_empty() {
            return Vec::new();
        }
        let mut uses = vec![(self.layout.phone, "phone numbers")];
        uses.extend(self.layout.key.map(|position| (position, "who it is (`key`)")));
        uses.extend(
            self.layout.countries.iter().flatten().map(|&position| (position, "the number's country")),
        );
        match &self.content {
            Maker::Drawn(variants) => {
                uses.extend(variants.columns().into_iter().map(|position| (position, "in the message")))
            }
            Maker::Each(columns) => uses.extend(columns.uses()),
        }
        uses
    }
}
