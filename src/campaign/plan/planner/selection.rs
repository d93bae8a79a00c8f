//! Who of an audience is meant: who isn't left out, what `where` selects, who was drawn.
//!
//! Invariants:
//!
//! - Where it can't be told whether a row is meant, it is bad, and nothing is sent.
//! - Who is drawn follows from the campaign's name and the person alone: an edited file, a new round and another machine
//!   draw the same people.
//! - Of a sample of so many people there are never more, in a round, whatever becomes of the file: who was written to stays
//!   drawn and counts, and of those who would be sent to besides, it is those with the smallest hashes. A person who is added
//!   takes the place of one who wasn't written to yet, or none.

use std::collections::BTreeSet;

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::Campaign;
use crate::campaign::file::sample::Sample;
use crate::campaign::plan::known_people::People;
use crate::campaign::tables::Kind;
use crate::campaign::template::{Condition, Templates};
use crate::domain::draw;
use crate::domain::format::plural;
use crate::domain::phone::PhoneIdentity;
use crate::domain::plan::SkipCause;
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// What selects rows.
#[derive(Debug)]
pub(super) struct Selection {
    filter: Option<(String, Condition)>,
    sample: Option<(Sample, String)>,
    drawn: Option<Drawn>,
}

/// Those who were drawn, where it was so many people.
#[derive(Debug)]
struct Drawn {
    most: usize,
    people: BTreeSet<(u64, PhoneIdentity)>,
}

impl Selection {
    /// That of a campaign.
    ///
    /// # Errors
    /// When `where` is no expression over its columns.
    pub fn new(campaign: &Campaign, templates: &Templates, empty: bool) -> Result<Selection, CampaignError> {
        let selection = &campaign.audience.selection;
        // Without columns every name would look unknown, and there is no row to ask about.
        let filter = selection.filter.as_ref().filter(|_| !empty).map(|source| {
            let condition = templates.condition(source).map_err(|error| {
                CampaignError::invalid(&campaign.shown, "audience.where", error.to_string())
            })?;
            Ok::<_, CampaignError>((source.clone(), condition))
        });
        let sample = selection.sample.map(|sample| (sample, campaign.name.to_string()));
        Ok(Selection { filter: filter.transpose()?, sample, drawn: None })
    }

    /// How many people are to be drawn, where that is said.
    pub fn most(&self) -> Option<usize> {
        match self.sample {
            Some((Sample::People(most), _)) => Some(most),
            _ => None,
        }
    }

    /// Draws so many, `written_to` among them, of all who would be sent to; `all` tells one after the other.
    ///
    /// # Errors
    /// What `all` says.
    pub fn draw<E>(
        &mut self,
        written_to: Option<&People>,
        all: impl Iterator<Item = Result<PhoneIdentity, E>>,
    ) -> Result<(), E> {
        let (Some(most), Some((_, campaign))) = (self.most(), &self.sample) else { return Ok(()) };
        let before = |person: &PhoneIdentity| written_to.is_some_and(|people| people.contains(person));
        let free = most.saturating_sub(written_to.map_or(0, People::len));
        let mut people = BTreeSet::new();
        for person in all {
            let person = person?;
            if !before(&person) {
                people.insert((draw::rank("sample", campaign, person.as_u64()), person));
                if people.len() > free {
                    people.pop_last();
                }
            }
        }
        let stay = written_to
            .into_iter()
            .flatten()
            .map(|person| (draw::rank("sample", campaign, person.as_u64()), *person));
        people.extend(stay);
        self.drawn = Some(Drawn { most, people });
        Ok(())
    }

    /// Why a row isn't meant, by its cells; `None` where it is.
    pub fn filtered(
        &self,
        templates: &mut Templates,
        cells: &mut Vec<Cell>,
        kinds: &[Kind],
    ) -> Option<(SkipCause, Problem)> {
        let (source, condition) = self.filter.as_ref()?;
        templates.hold(std::mem::take(cells), kinds.to_vec());
        let holds = templates.holds(condition);
        *cells = templates.release();
        match holds {
            Ok(true) => None,
            Ok(false) => Some((SkipCause::Filtered, Problem::new(format!("not selected by `{source}`")))),
            Err(error) => {
                let Problem { reason, column, .. } = error.problem();
                let problem = Problem { column, ..Problem::new(format!("`where`: {reason}")) };
                Some((SkipCause::Bad, problem))
            }
        }
    }

    /// Why a person isn't of the share that was drawn; `None` where they are.
    pub fn not_drawn(&self, person: u64) -> Option<Problem> {
        let Some((Sample::Share(share), campaign)) = &self.sample else { return None };
        let share = share.share();
        (draw::draw("sample", campaign, person) >= share)
            .then(|| Problem::new(format!("not drawn: the sample is {:.4} % of all", share * 100.0)))
    }

    /// Why a person who would be sent to isn't one of so many who were drawn; `None` where they are.
    pub fn not_among(&self, person: PhoneIdentity) -> Option<Problem> {
        let (Some(Drawn { most, people }), Some((_, campaign))) = (&self.drawn, &self.sample) else {
            return None;
        };
        let drawn = people.contains(&(draw::rank("sample", campaign, person.as_u64()), person));
        let most = || plural(u64::try_from(*most).unwrap_or(u64::MAX), "person", "people");
        (!drawn).then(|| Problem::new(format!("not drawn: the sample is {}", most())))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::domain::phone::Phone;

    fn person(n: u64) -> PhoneIdentity {
        Phone::from_digits(&(919_876_500_000 + n).to_string()).unwrap().identity()
    }

    fn drawn(most: usize, written_to: &People, all: impl Iterator<Item = u64> + Clone) -> Vec<u64> {
        let sample = Some((Sample::People(most), "c".to_owned()));
        let mut selection = Selection { filter: None, sample, drawn: None };
        let people = all.clone().map(|n| Ok::<_, Infallible>(person(n)));
        selection.draw(Some(written_to), people).unwrap();
        all.filter(|n| selection.not_among(person(*n)).is_none()).collect()
    }

    #[test]
    fn so_many_are_drawn_whatever_their_order() {
        let nobody = People::new();
        let first = drawn(10, &nobody, 0..1_000);
        assert_eq!(first.len(), 10);
        let mut backwards = drawn(10, &nobody, (0..1_000).rev());
        backwards.reverse();
        assert_eq!(backwards, first);
        assert_eq!(drawn(10, &nobody, 0..7).len(), 7, "there are no more");
        // With others, only some of the first give way.
        let more = drawn(10, &nobody, 0..1_100);
        assert!(more.iter().all(|n| first.contains(n) || *n >= 1_000));
        // Rows of one person are one person.
        assert_eq!(drawn(10, &nobody, (0..1_000).chain(0..1_000)).len(), 20);
    }

    #[test]
    fn who_was_written_to_stays_and_counts() {
        let first = drawn(10, &People::new(), 0..1_000);
        let written_to: People = first[..4].iter().map(|n| person(*n)).collect();
        let more = drawn(10, &written_to, 0..5_000);
        assert_eq!(more.len(), 10);
        assert!(first[..4].iter().all(|n| more.contains(n)));
        // Also those who are gone from the file, and when it is to be fewer.
        assert_eq!(drawn(10, &written_to, 5_000..6_000).len(), 6);
        assert_eq!(drawn(2, &written_to, 0..5_000), first[..4]);
    }
}
