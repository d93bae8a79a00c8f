//! Which of a campaign's numbers sends to whom.
//!
//! Invariant: the choice depends on the person and the numbers alone. An edited file moves nobody who stays
//! in it; a number more takes its share and leaves the others where they were (rendezvous hashing).

use crate::domain::hash::{mix, stable_hash};
use crate::domain::ids::{NumberId, SenderNo};

/// The numbers a plan knows, and those among them that recipients are spread over.
#[derive(Clone, Debug, Default)]
pub(super) struct Senders {
    /// All of them, those of earlier plans first; [`SenderNo`] points into it.
    pub known: Vec<NumberId>,
    spread: Vec<(SenderNo, u64)>,
}

impl Senders {
    /// Begins with the numbers of the last plan, which keep their positions.
    pub fn new(earlier: &[NumberId]) -> Senders {
        Senders { known: earlier.to_vec(), spread: Vec::new() }
    }

    /// The position of a number, which is added where it is new. `None` past 65,536 numbers.
    pub fn position(&mut self, number: &str) -> Option<SenderNo> {
        if let Some(sender) = self.find(number) {
            return Some(sender);
        }
        let sender = SenderNo(u16::try_from(self.known.len()).ok()?);
        self.known.push(NumberId::new(number));
        Some(sender)
    }

    /// The position of a number.
    pub fn find(&self, number: &str) -> Option<SenderNo> {
        let position = self.known.iter().position(|known| known.as_str() == number)?;
        u16::try_from(position).ok().map(SenderNo)
    }

    /// Spreads recipients over these numbers.
    pub fn spread_over(&mut self, numbers: &[NumberId]) {
        for number in numbers {
            if let Some(sender) = self.position(number.as_str()) {
                self.spread.push((sender, stable_hash(number.as_str().as_bytes())));
            }
        }
    }

    /// The number that sends to a person; `None` where there is none to choose.
    pub fn choose(&self, key: &str) -> Option<SenderNo> {
        match self.spread.as_slice() {
            [] => None,
            [(only, _)] => Some(*only),
            several => {
                let person = stable_hash(key.as_bytes());
                several.iter().max_by_key(|(_, number)| mix(person ^ number)).map(|(sender, _)| *sender)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: &[&str]) -> Vec<String> {
        let mut senders = Senders::default();
        let numbers: Vec<NumberId> = numbers.iter().map(|&n| NumberId::new(n)).collect();
        senders.spread_over(&numbers);
        let choose = |n: u32| {
            let SenderNo(position) = senders.choose(&format!("9198{n:08}")).unwrap();
            senders.known[usize::from(position)].to_string()
        };
        (0..9_000).map(choose).collect()
    }

    #[test]
    fn recipients_are_spread_evenly_and_stay_where_they_are() {
        let two = spread(&["a", "b"]);
        let first = two.iter().filter(|number| *number == "a").count();
        assert!((4_200..4_800).contains(&first), "{first} of 9000");
        assert_eq!(spread(&["b", "a"]), two, "the order of the list moves nobody");
        let three = spread(&["a", "b", "c"]);
        let moved = two.iter().zip(&three).filter(|(before, after)| before != after).count();
        assert!((2_700..3_300).contains(&moved), "a third moves, to the new one: {moved}");
        assert!(two.iter().zip(&three).all(|(before, after)| before == after || after == "c"));
    }

    #[test]
    fn earlier_numbers_keep_their_positions() {
        let mut senders = Senders::new(&[NumberId::new("old"), NumberId::new("b")]);
        senders.spread_over(&[NumberId::new("a"), NumberId::new("b")]);
        assert_eq!(senders.known, ["old", "b", "a"].map(NumberId::new));
        assert!((0..100).all(|n| senders.choose(&n.to_string()) != Some(SenderNo(0))));
    }
}
