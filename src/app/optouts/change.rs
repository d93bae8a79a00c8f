//! Changing the list: what can be read is taken in, and what can't be is told.

use std::io;
use std::path::Path;

use crate::app::{App, AppError, phones};
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
