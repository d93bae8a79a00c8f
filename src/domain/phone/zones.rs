//! In which time zones a number may be.
//!
//! `zones.tsv` is a table over the beginnings of numbers, written by `zones.py` from the data of Google's libphonenumber.
//! Invariants:
//!
//! - A number that says where it belongs is looked up by its area code; any other may be anywhere in its country.
//! - A number of no country (`+800`, `+881`), and one that no table knows, has no zones: whoever asks decides.
//! - `tests/data/zones.tsv` holds libphonenumber's own answers; the suite compares.

use std::sync::{LazyLock, OnceLock};

use jiff::tz::TimeZone;

use super::{Phone, numbering};
use crate::domain::zone;

/// Sets of zones, and what numbers begin with where the set changes (see `zones.py`).
static TABLE: &str = include_str!("zones.tsv");
/// Beginnings are compared as numbers of so many digits.
const DIGITS: u32 = 15;
/// In place of a set: nobody knows.
const UNKNOWN: u16 = u16::MAX;

/// The zones that a number may be in, as one of a few hundred sets. Numbers of one set are alike in this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneSet(u16);

struct Table {
    sets: Vec<Set>,
    placed: Vec<(u64, u16)>,
    others: Vec<(u64, u16)>,
}

struct Set {
    names: Vec<&'static str>,
    zones: OnceLock<Vec<TimeZone>>,
}

static ZONES: LazyLock<Table> = LazyLock::new(|| {
    let mut parts = TABLE.split('#').skip(1).map(|part| part.lines().skip(1));
    let sets = parts.next().into_iter().flatten();
    let set = |line: &'static str| Set { names: line.split(' ').collect(), zones: OnceLock::new() };
    let mut changes = || {
        let lines = parts.next().into_iter().flatten();
        let change = |line: &str| {
            let (begins, set) = line.split_once('\t')?;
            Some((padded(begins.parse().ok()?), set.parse().unwrap_or(UNKNOWN)))
        };
        lines.filter_map(change).collect()
    };
    Table { sets: sets.map(set).collect(), placed: changes(), others: changes() }
});

impl Phone {
    /// The zones that it may be in.
    #[must_use]
    pub fn zones(self) -> ZoneSet {
        let placed = numbering::is_placed(self.digits().as_bytes());
        let table = if placed { &ZONES.placed } else { &ZONES.others };
        let number = padded(self.as_u64());
        let after = table.partition_point(|(begins, _)| *begins <= number);
        let found = after.checked_sub(1).and_then(|at| table.get(at));
        ZoneSet(found.map_or(UNKNOWN, |(_, set)| *set))
    }
}

impl ZoneSet {
    /// Nobody knows where.
    pub const UNKNOWN: ZoneSet = ZoneSet(UNKNOWN);

    /// Their names; none where nobody knows.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        ZONES.sets.get(usize::from(self.0)).map_or(&[], |set| &set.names)
    }

    /// The zones themselves; none where nobody knows.
    #[must_use]
    pub fn zones(self) -> &'static [TimeZone] {
        let Some(set) = ZONES.sets.get(usize::from(self.0)) else { return &[] };
        set.zones.get_or_init(|| set.names.iter().filter_map(|name| zone::named(name)).collect())
    }
}

/// As many digits as all: 12 stands between 119 and 121.
pub(super) fn padded(digits: u64) -> u64 {
    let length = digits.checked_ilog10().map_or(1, |log| log + 1);
    digits.saturating_mul(10u64.pow(DIGITS.saturating_sub(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(digits: &str) -> &'static [&'static str] {
        Phone::from_digits(digits).unwrap().zones().names()
    }

    #[test]
    fn a_number_tells_its_zones() {
        for (digits, expected) in [
            ("919876543210", &["Asia/Calcutta"][..]),
            ("12125550123", &["America/New_York"]),
            ("13105550123", &["America/Los_Angeles"]),
            // A mobile of a small country behind the code of a large one.
            ("18767654321", &["America/Jamaica"]),
            ("447400123456", &["Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/London"]),
            ("80012345678", &[]),
            ("8821612345678", &[]),
        ] {
            assert_eq!(zones(digits), expected, "{digits}");
        }
        assert!(zones("79161234567").len() > 9, "a mobile may be anywhere in Russia");
        assert!(zones("61412345678").contains(&"Australia/Perth"));
        assert_eq!(
            zones("61861234567"),
            ["Australia/Adelaide", "Australia/Perth"],
            "a fixed line has an area"
        );
    }

    #[test]
    fn every_zone_is_known() {
        assert!(ZONES.placed.is_sorted() && ZONES.others.is_sorted() && ZONES.sets.len() > 300);
        for (at, set) in (0u16..).zip(&ZONES.sets) {
            assert_eq!(ZoneSet(at).zones().len(), set.names.len(), "{:?}", set.names);
        }
        let known = |table: &[(u64, u16)]| {
            table.iter().all(|(_, set)| *set == UNKNOWN || usize::from(*set) < ZONES.sets.len())
        };
        assert!(known(&ZONES.placed) && known(&ZONES.others));
    }
}
