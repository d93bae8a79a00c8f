//! The arguments of a filter or a test, and what one answers.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::value::Val;

/// A value, or what is wrong, in words.
pub(super) type Answer<T> = Result<T, String>;

/// The arguments of a filter or a test.
pub(super) struct Given<'r> {
    /// By place.
    pub positional: Vec<Val<'r>>,
    /// By name.
    pub named: Vec<(&'r str, Val<'r>)>,
}

impl<'r> Given<'r> {
    /// One of them, by place or by name.
    pub fn get(&self, place: usize, name: &str) -> Option<&Val<'r>> {
        let named = || self.named.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        self.positional.get(place).or_else(named)
    }
}

/// A whole number that is small enough to count with.
pub(super) fn whole(number: Decimal) -> Answer<i64> {
    let whole = number.is_integer().then(|| number.to_i64()).flatten();
    whole.ok_or_else(|| format!("{number} is no whole number"))
}
