//! Searching for a number by some of its digits.

use std::str::FromStr;

use crate::domain::ids::JobId;
use crate::domain::phone::Phone;
use crate::queue::{QueueError, View};

/// A search shows so many people at most.
pub const MAX_FOUND: usize = 1_000;

/// Fewer digits are in everybody's number.
const MIN_DIGITS: usize = 3;
/// A number has no more.
const MAX_DIGITS: usize = 15;

/// Digits that a number ends with, or holds anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    value: u64,
    /// Ten to the power of how many there are.
    span: u64,
    /// Anywhere in the number, in the place of at its end.
    pub anywhere: bool,
}

impl FromStr for Digits {
    type Err = String;

    /// Three digits or more, which a number is to end with; what else people write in numbers is passed over.
    fn from_str(text: &str) -> Result<Digits, String> {
        if let Some(other) = text.chars().find(|c| !(c.is_ascii_digit() || " +-()./\u{a0}".contains(*c))) {
            return Err(format!("`{other}` is no digit: numbers are searched for by their digits"));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        match digits.len() {
            0..MIN_DIGITS => Err(format!("type {MIN_DIGITS} digits or more")),
            MIN_DIGITS..=MAX_DIGITS => Ok(Digits {
                value: digits.parse().map_err(|_| "these are no digits".to_owned())?,
                span: digits.bytes().fold(1, |span, _| span * 10),
                anywhere: false,
            }),
            _ => Err(format!("a number has {MAX_DIGITS} digits at most")),
        }
    }
}

impl Digits {
    /// The same, anywhere in a number.
    #[must_use]
    pub fn anywhere(self) -> Digits {
        Digits { anywhere: true, ..self }
    }

    /// Whether a number has them. `0` stands for no number.
    fn are_in(self, mut number: u64) -> bool {
        let shortest = self.span / 10;
        while number >= shortest {
            if number % self.span == self.value {
                return true;
            }
            if !self.anywhere {
                return false;
            }
            number /= 10;
        }
        false
    }
}

/// The number of each job, by its id; `0` where there is none.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The plans that had been adopted when it was made: another one may say other numbers.
    plans: u32,
    by_job: Vec<u64>,
}

impl Numbers {
    /// Those of a round.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub(super) fn of(view: &mut View) -> Result<Numbers, QueueError> {
        let jobs = usize::try_from(view.counts().total()).unwrap_or(usize::MAX);
        let mut by_job = vec![0; jobs];
        view.phones(&mut |id, phone: Phone| {
            if let Some(number) = by_job.get_mut(id.0 as usize) {
                *number = phone.as_u64();
            }
        })?;
        Ok(Numbers { plans: view.plans(), by_job })
    }

    /// Whether they are those of the round as it is now.
    pub(super) fn are_of(&self, view: &View) -> bool {
        self.plans == view.plans()
    }

    /// The jobs whose number has these digits, in their order.
    pub(super) fn with(&self, digits: Digits) -> impl Iterator<Item = JobId> {
        let found = (0..).map(JobId).zip(&self.by_job).filter(move |(_, number)| digits.are_in(**number));
        found.map(|(id, _)| id)
    }

    /// Whether the number of this one has them.
    pub(super) fn has(&self, id: JobId, digits: Digits) -> bool {
        self.by_job.get(id.0 as usize).is_some_and(|number| digits.are_in(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_at_the_end_or_anywhere() {
        let number = 919_876_543_210;
        for (text, at_the_end, anywhere) in [
            ("3210", true, true),
            ("987", false, true),
            ("919876543210", true, true),
            ("+91 98765-43210", true, true),
            ("91987", false, true),
            ("5919876543210", false, false),
            ("0919876543210", false, false),
            ("321", false, true),
            ("322", false, false),
        ] {
            let digits: Digits = text.parse().unwrap();
            assert_eq!(
                (digits.are_in(number), digits.anywhere().are_in(number)),
                (at_the_end, anywhere),
                "{text}"
            );
        }
        let zeros: Digits = "0012".parse().unwrap();
        assert!(zeros.are_in(4_900_012) && !zeros.are_in(4_901_012) && !zeros.are_in(12));
        assert!(!"000".parse::<Digits>().unwrap().are_in(0), "who has no number isn't found by one");
    }

    #[test]
    fn what_is_no_search_says_why() {
        for (text, why) in [
            ("32", "3 digits or more"),
            ("", "3 digits or more"),
            ("Asha", "`A` is no digit"),
            ("1234567890123456", "15 digits at most"),
        ] {
            assert!(text.parse::<Digits>().unwrap_err().contains(why), "{text}");
        }
    }
}
