//! Days of the week.

use std::fmt;

use jiff::civil::Weekday;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    const ALL: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

    fn word(self) -> &'static str {
        match self {
            Day::Mon => "mon",
            Day::Tue => "tue",
            Day::Wed => "wed",
            Day::Thu => "thu",
            Day::Fri => "fri",
            Day::Sat => "sat",
            Day::Sun => "sun",
        }
    }
}

/// Some days of the week, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Day>", into = "Vec<Day>")]
pub struct Days(u8);

impl Days {
    /// All of them.
    pub const ALL: Days = Days(0b111_1111);

    /// Whether this day is one of them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }

    fn list(self) -> impl Iterator<Item = Day> {
        Day::ALL.into_iter().filter(move |day| self.0 >> (*day as u8) & 1 == 1)
    }
}

impl TryFrom<Vec<Day>> for Days {
    type Error = &'static str;
    fn try_from(days: Vec<Day>) -> Result<Days, &'static str> {
        let mask = days.into_iter().fold(0, |mask, day| mask | 1 << (day as u8));
        if mask == 0 { Err("name a day, or leave `days` out for all of them") } else { Ok(Days(mask)) }
    }
}

impl From<Days> for Vec<Day> {
    fn from(days: Days) -> Vec<Day> {
        days.list().collect()
    }
}

impl fmt::Display for Days {
    /// `mon, tue, fri`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.list().map(Day::word).collect();
        f.pad(&words.join(", "))
    }
}
