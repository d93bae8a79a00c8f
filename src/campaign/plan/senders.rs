//! Which of a campaign's numbers sends to whom.
//!
//! Invariant: a person keeps the number that wrote to them last, as long as the campaign names it. Else the choice depends on
//! the person and the numbers alone: an edited file moves nobody who stays in it, a new round and another campaign over the
//! same numbers choose the same, and a number more takes its share and leaves the others where they were (rendezvous hashing).

use crate::campaign::plan::known_people::KnownPeople;
use crate::campaign::text::visible;
use crate::domain::hash::{mix, stable_hash};
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::phone::PhoneIdentity;
use crate::domain::plan::{PlanHead, in_place_of};
use crate::domain::text::Cell;

/// Numbers that recipients are spread over.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// Each with its hash.
    numbers: Vec<(NumberId, u64)>,
}

impl Spread {
    /// Over these numbers.
    #[must_use]
    pub fn over(numbers: &[NumberId]) -> Spread {
        let hashed = |number: &NumberId| (number.clone(), stable_hash(number.as_str().as_bytes()));
        Spread { numbers: numbers.iter().map(hashed).collect() }
    }

    /// The number that sends to a person; `None` where there is none to choose.
    #[must_use]
    pub fn choose(&self, person: PhoneIdentity) -> Option<&NumberId> {
        let person = mix(person.as_u64());
        self.numbers.iter().max_by_key(|(_, number)| mix(person ^ number)).map(|(number, _)| number)
    }

    fn names(&self, number: &NumberId) -> bool {
        self.numbers.iter().any(|(known, _)| known == number)
    }
}

/// The numbers a plan knows, those among them that recipients are spread over, and who sends in whose place.
#[derive(Clone, Debug, Default)]
pub(super) struct Senders {
    /// All of them, those of earlier plans first; [`SenderNo`] points into it.
    pub known: Vec<NumberId>,
    spread: Spread,
    /// The audience's column that says who sends.
    column: Option<usize>,
    moved: Vec<(SenderNo, SenderNo)>,
}

impl Senders {
    /// Spreads recipients over these numbers. Those of the last plan keep their positions; what was moved from one of them to
    /// another stays so, if they were spread over the same.
    pub fn new(numbers: &[NumberId], earlier: Option<&PlanHead>) -> Senders {
        let spread = Spread::over(numbers);
        let mut senders = Senders { spread, ..Senders::default() };
        if let Some(earlier) = earlier {
            senders.known.clone_from(&earlier.senders);
            if earlier.spread == numbers {
                senders.moved.clone_from(&earlier.moved);
            }
        }
        for number in numbers {
            senders.position(number.as_str());
        }
        senders
    }

    /// Who sends stands in this column, and is spread where it doesn't.
    pub fn read_from(&mut self, column: usize) {
        self.column = Some(column);
    }

    /// The numbers, and who sends in whose place, as the plan's head keeps them.
    pub fn into_head(self, head: PlanHead) -> PlanHead {
        let spread = self.spread.numbers.into_iter().map(|(number, _)| number).collect();
        PlanHead { senders: self.known, moved: self.moved, spread, ..head }
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

    /// The number that sends what a row says; `None` where nobody is named to.
    pub fn of_row(
        &self,
        cells: &[Cell],
        person: Option<PhoneIdentity>,
        known: &dyn KnownPeople,
    ) -> Option<SenderNo> {
        let own = self.column.and_then(|column| cells.get(column)).map_or("", |cell| visible(cell));
        let named = self.find(own).or_else(|| {
            let kept = || known.wrote_before(person?).filter(|number| self.spread.names(number));
            let number = kept().or_else(|| self.spread.choose(person?))?;
            self.find(number.as_str())
        });
        let named = named.or_else(|| self.find(self.spread.numbers.first()?.0.as_str()))?;
        Some(in_place_of(&self.moved, named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::plan::known_people::Strangers;
    use crate::domain::phone::Phone;

    /// This number wrote to everybody before.
    struct All(NumberId);

    impl KnownPeople for All {
        fn wrote_before(&self, _: PhoneIdentity) -> Option<&NumberId> {
            Some(&self.0)
        }
    }

    fn chosen(numbers: &[&str]) -> Vec<String> {
        let numbers: Vec<NumberId> = numbers.iter().map(|&n| NumberId::new(n)).collect();
        let spread = Spread::over(&numbers);
        (0..9_000).map(|n| spread.choose(person(n)).unwrap().to_string()).collect()
    }

    fn person(n: u32) -> PhoneIdentity {
        Phone::from_digits(&format!("9198{n:08}")).unwrap().identity()
    }

    #[test]
    fn recipients_are_spread_evenly_and_stay_where_they_are() {
        let two = chosen(&["a", "b"]);
        let first = two.iter().filter(|number| *number == "a").count();
        assert!((4_200..4_800).contains(&first), "{first} of 9000");
        assert_eq!(chosen(&["b", "a"]), two, "the order of the list moves nobody");
        let three = chosen(&["a", "b", "c"]);
        let moved = two.iter().zip(&three).filter(|(before, after)| before != after).count();
        assert!((2_700..3_300).contains(&moved), "a third moves, to the new one: {moved}");
        assert!(two.iter().zip(&three).all(|(before, after)| before == after || after == "c"));
    }

    #[test]
    fn earlier_numbers_keep_their_positions() {
        let earlier = ["old", "b"].map(NumberId::new).to_vec();
        let earlier = PlanHead { senders: earlier, ..PlanHead::default() };
        let senders = Senders::new(&["a", "b"].map(NumberId::new), Some(&earlier));
        assert_eq!(senders.known, ["old", "b", "a"].map(NumberId::new));
        assert!((0..100).all(|n| senders.of_row(&[], Some(person(n)), &Strangers) != Some(SenderNo(0))));
    }

    #[test]
    fn a_person_keeps_the_number_that_wrote_to_them_while_the_campaign_names_it() {
        let [a, b, gone] = ["a", "b", "gone"].map(NumberId::new);
        let senders = Senders::new(&[a.clone(), b.clone()], None);
        let plain: Vec<_> = (0..100).map(|n| senders.of_row(&[], Some(person(n)), &Strangers)).collect();
        let kept = |number: &NumberId| -> Vec<_> {
            (0..100).map(|n| senders.of_row(&[], Some(person(n)), &All(number.clone()))).collect()
        };
        assert!(kept(&b).iter().all(|number| *number == Some(SenderNo(1))));
        assert_eq!(kept(&gone), plain);
    }

    #[test]
    fn a_column_says_who_sends_and_what_was_moved_stays_moved_while_the_numbers_are_the_same() {
        let numbers = ["a", "b"].map(NumberId::new);
        let mut senders = Senders::new(&numbers[..1], None);
        senders.read_from(0);
        senders.position("b");
        let of = |senders: &Senders, cell: &str| {
            let SenderNo(at) = senders.of_row(&[cell.into()], Some(person(1)), &Strangers).unwrap();
            senders.known[usize::from(at)].to_string()
        };
        assert_eq!((of(&senders, " b "), of(&senders, "")), ("b".into(), "a".into()));
        let head = senders.into_head(PlanHead::default()).reassigned(&numbers[..1], &numbers[1]).unwrap();
        let mut again = Senders::new(&numbers[..1], Some(&head));
        again.read_from(0);
        assert_eq!(of(&again, "a"), "b");
        let edited = Senders::new(&numbers, Some(&head));
        assert!((0..100).any(|n| edited.of_row(&[], Some(person(n)), &Strangers) == Some(SenderNo(0))));
    }
}
