//! Drawing people by chance, always the same ones.
//!
//! Invariant: what is drawn follows from what the draw is for, the campaign's name and the person alone. An edited file, a
//! new round and another machine draw the same, and nothing has to be kept.

use sha2::{Digest, Sha256};

use super::hash::{mix, stable_hash};

/// A person's place in a draw: those with the lowest are drawn. Draws for different purposes are independent of each other.
#[must_use]
pub fn rank(purpose: &str, campaign: &str, person: u64) -> u64 {
    let digest = Sha256::digest(format!("{purpose}\0{campaign}\0{person}"));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// The same as a number from 0 to 1, spread evenly over people.
#[must_use]
pub fn draw(purpose: &str, campaign: &str, person: u64) -> f64 {
    share(rank(purpose, campaign, person))
}

/// Which of several weighted choices a person gets, by position; `None` of none. Weighted rendezvous hashing: changing one
/// choice's weight, adding one or removing one moves only people to or from that one. Choices are known by their names.
#[must_use]
pub fn choose<'a>(
    choices: impl IntoIterator<Item = (&'a str, u32)>,
    campaign: &str,
    person: u64,
) -> Option<usize> {
    let person = rank("variant", campaign, person);
    // Of several exponential clocks with the weights as their rates, each is the first one as often as its weight says.
    let rings = choices
        .into_iter()
        .map(|(name, weight)| -share(mix(person ^ stable_hash(name.as_bytes()))).ln() / f64::from(weight));
    rings.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(at, _)| at)
}

#[expect(clippy::cast_precision_loss, reason = "a share of all hashes")]
fn share(hash: u64) -> f64 {
    hash as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: u64 = 100_000;

    fn drawn(choices: &[(&str, u32)]) -> Vec<usize> {
        (0..PEOPLE).map(|person| choose(choices.iter().copied(), "diwali", person).unwrap()).collect()
    }

    fn share_of(drawn: &[usize], choice: usize) -> f64 {
        let many = drawn.iter().filter(|at| **at == choice).count();
        f64::from(u32::try_from(many).unwrap()) / 100_000.0
    }

    #[test]
    fn shares_are_the_weights() {
        for weights in [&[1, 1][..], &[70, 30], &[1, 2, 7], &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]] {
            let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
            let choices: Vec<_> = names.into_iter().zip(weights.iter().copied()).collect();
            let drawn = drawn(&choices);
            let all = f64::from(weights.iter().sum::<u32>());
            for (at, weight) in weights.iter().enumerate() {
                let (found, wanted) = (share_of(&drawn, at), f64::from(*weight) / all);
                assert!((found - wanted).abs() < 0.005, "{weights:?}: {found} of {wanted}");
            }
        }
    }

    #[test]
    fn a_person_keeps_theirs_whatever_becomes_of_the_others() {
        let before = drawn(&[("A", 1), ("B", 1)]);
        assert_eq!(drawn(&[("B", 1), ("A", 1)]).iter().map(|at| 1 - at).collect::<Vec<_>>(), before);
        let added = drawn(&[("A", 1), ("B", 1), ("C", 1)]);
        assert!(before.iter().zip(&added).all(|(old, new)| old == new || *new == 2));
        let heavier = drawn(&[("A", 3), ("B", 1)]);
        assert!(before.iter().zip(&heavier).all(|(old, new)| old == new || *new == 0));
    }

    #[test]
    fn draws_are_independent_of_each_other() {
        let both = (0..PEOPLE).filter(|person| {
            draw("sample", "diwali", *person) < 0.1
                && choose([("A", 1), ("B", 1)], "diwali", *person) == Some(0)
        });
        let share = f64::from(u32::try_from(both.count()).unwrap()) / 100_000.0;
        assert!((share - 0.05).abs() < 0.003, "{share}");
        let same = (0..PEOPLE).filter(|person| {
            choose([("A", 1), ("B", 1)], "diwali", *person) == choose([("A", 1), ("B", 1)], "holi", *person)
        });
        let share = f64::from(u32::try_from(same.count()).unwrap()) / 100_000.0;
        assert!((share - 0.5).abs() < 0.01, "{share}");
    }

    #[test]
    fn of_nothing_nothing_is_drawn() {
        assert_eq!(choose([], "diwali", 1), None);
        assert_eq!(choose([("A", 1)], "diwali", 1), Some(0));
    }
}
