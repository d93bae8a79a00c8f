//! Which of a campaign's numbers wrote to a person last, in all rounds and campaigns of the account: it stays theirs.
//!
//! Nothing is kept for it: the campaigns' own ledgers are read. Only whoever was ever written to by another number than the
//! spread would choose is remembered, so that memory doesn't grow with people who stay where they are.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::app::campaign_dir::all_rounds;
use crate::app::plan::ledgers;
use crate::app::{App, AppError, Reading};
use crate::campaign::Spread;
use crate::domain::ids::NumberId;
use crate::domain::job::Attempt;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::time::Millis;
use crate::queue::{Listed, Listing, LocalQueue, QueueError, number};
use crate::sys::home::Home;

/// The people whose number isn't the one that the spread would choose.
#[derive(Debug, Default)]
pub struct WroteBefore {
    last: HashMap<PhoneIdentity, (Millis, NumberId)>,
}

/// Whether a message to this person, from this number, is of interest.
type Wanted<'a> = dyn Fn(PhoneIdentity, &NumberId) -> bool + Sync + 'a;

impl WroteBefore {
    /// Reads who wrote to whom from the account on this server. `numbers`: those that the campaign spreads its people over.
    ///
    /// # Errors
    /// When a ledger can't be read.
    pub fn read(app: &App, home: &Home, numbers: &[NumberId], origin: &str) -> Result<WroteBefore, AppError> {
        // One number writes to everybody.
        if numbers.len() < 2 {
            return Ok(WroteBefore::default());
        }
        let rounds = rounds(app, home, origin)?;
        let (spread, reading) = (Spread::over(numbers), app.reading());
        let is_elsewhere = |person, by: &NumberId| numbers.contains(by) && spread.choose(person) != Some(by);
        let mut elsewhere = HashSet::new();
        wrote(app, &rounds, &reading, &is_elsewhere, &mut |person, _, _| {
            elsewhere.insert(person);
        })?;
        let mut last: HashMap<_, (Millis, NumberId)> = HashMap::with_capacity(elsewhere.len());
        if !elsewhere.is_empty() {
            let of_them = |person, by: &NumberId| numbers.contains(by) && elsewhere.contains(&person);
            wrote(app, &rounds, &reading, &of_them, &mut |person, at, by| {
                if last.get(&person).is_none_or(|(before, _)| *before <= at) {
                    last.insert(person, (at, by));
                }
            })?;
        }
        Ok(WroteBefore { last })
    }

    /// The number that wrote to this person last, where it isn't the one that the spread would choose.
    #[must_use]
    pub fn number_of(&self, person: PhoneIdentity) -> Option<&NumberId> {
        self.last.get(&person).map(|(_, number)| number)
    }
}

/// The ledgers of the account's campaigns.
fn rounds(app: &App, home: &Home, origin: &str) -> Result<Vec<PathBuf>, AppError> {
    let mut found = Vec::new();
    for round in all_rounds(&*app.disk, home)? {
        if LocalQueue::exists(&*app.disk, &round)? && ledgers::is_campaign_on(&*app.disk, &round, origin)? {
            found.push(round);
        }
    }
    Ok(found)
}

/// Goes through the messages of these rounds that people may have got, as far as they are `wanted`: to whom, when it left, from
/// which number.
fn wrote(
    app: &App,
    rounds: &[PathBuf],
    reading: &Reading,
    wanted: &Wanted<'_>,
    each: &mut dyn FnMut(PhoneIdentity, Millis, NumberId),
) -> Result<(), QueueError> {
    let mut listed = 0;
    for round in rounds {
        let mut listing = Listing::open(app.disk.clone(), round)?;
        let Some(head) = listing.head().cloned() else { continue };
        let of = |line: &Listed<'_>| -> Vec<_> {
            let Some(person) = line.phone().map(Phone::identity) else { return Vec::new() };
            let wrote = |attempt: &Attempt| Some((person, attempt.at, number(&head, attempt.sender)?));
            let wrote = line.job.attempts.iter().filter_map(wrote).filter(|(.., by)| wanted(person, by));
            wrote.map(|(person, at, by)| (person, at, by.clone())).collect()
        };
        let made = |lines: &[Listed<'_>]| (lines.len(), lines.iter().flat_map(of).collect::<Vec<_>>());
        listing.parts(&made, &mut |(lines, messages)| {
            listed += lines as u64;
            reading.listed("earlier messages", listed);
            messages.into_iter().for_each(|(person, at, by)| each(person, at, by));
            Ok(())
        })?;
    }
    Ok(())
}
