//! Changing the list: what can be read is taken in, and what can't be is told.

use std::io;
use std::path::Path;

use crate::app::{App, AppError, phones};
use crate::domain::format::{count, people, plural};
use crate::domain::phone::Phone;
use crate::engine::optout::OptOutList;
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// What became of people who were to be put on the list.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// How many are on it now who weren't.
    pub added: u64,
    /// How many were on it already.
    pub already: u64,
    /// Rows without a usable number, in words.
    pub bad: Vec<String>,
}

/// So many bad rows of an import are told one by one.
const BAD_TOLD: usize = 20;

impl Added {
    /// What became of them, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.added, self.already) {
            (0, 0) => "no number could be read; nothing changed".to_owned(),
            (0, _) => "everybody was on the list already; nothing changed".to_owned(),
            (added, 0) => format!("{} added: no campaign writes to them", people(added)),
            (added, already) => {
                format!("{} added, {} were on the list already", people(added), count(already))
            }
        }
    }

    /// The bad rows, the first of them one by one.
    pub fn bad_rows(&self) -> impl Iterator<Item = String> {
        let more = self.bad.len().saturating_sub(BAD_TOLD) as u64;
        let more = (more > 0).then(|| format!("and {} more rows without a usable number", count(more)));
        self.bad.iter().take(BAD_TOLD).cloned().chain(more)
    }

    /// `3 rows were left out`; `None` where none was.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let bad = self.bad.len() as u64;
        (bad > 0).then(|| format!("{} left out", plural(bad, "row was", "rows were")))
    }
}

/// Puts people on the list, and says why for its owner's records.
///
/// # Errors
/// When the disk says no.
pub fn add(app: &App, list: &mut OptOutList, phones: &[Phone], reason: &str) -> Result<Added, AppError> {
    let new: Vec<_> = phones.iter().map(|phone| (*phone, reason.to_owned())).collect();
    let added = list.add_all(&new, app.clock.now()).map_err(|error| not_kept(app, &error))?;
    Ok(Added { added, already: new.len() as u64 - added, bad: Vec::new() })
}

/// Takes people off the list; how many were on it.
///
/// # Errors
/// When the disk says no.
pub fn remove(app: &App, list: &mut OptOutList, phones: &[Phone]) -> Result<u64, AppError> {
    list.remove_all(phones).map_err(|error| not_kept(app, &error))
}

/// Puts everybody in a table on the list: by the column `named`, else by the one that looks like phone numbers.
///
/// # Errors
/// When the table can't be read or has no such column, or the disk says no.
pub fn import(
    app: &App,
    list: &mut OptOutList,
    (file, named, country): (&Path, Option<&str>, Option<&str>),
    reason: &str,
) -> Result<Added, AppError> {
    let found = phones::in_table(file, named, country)?;
    Ok(Added { bad: found.bad, ..add(app, list, &found.phones, reason)? })
}

fn not_kept(app: &App, error: &io::Error) -> AppError {
    let path = Home::new(&app.settings.data_dir).optouts();
    AppError::disk("keep the opt-out list in", &path, error)
}
