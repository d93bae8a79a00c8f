//! The column that tells who is meant.

use std::path::Path;

use crate::app::{App, AppError};
use crate::campaign::tables::{self, TableOptions};
use crate::campaign::{CampaignError, headers};

/// Headers of a column with subscribers' ids, as the list's own export writes them.
const IDS: [&str; 2] = ["subscriber_id", "subscriberid"];

/// A column, by its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Phone numbers.
    Phones(String),
    /// The account's ids of people on its list.
    Ids(String),
}

impl Who {
    /// Looks for it in the table's header: the one that is named, else the ids where there may be ids, else what looks
    /// like phone numbers.
    ///
    /// # Errors
    /// When the table can't be read, or has no such column.
    pub fn find(app: &App, file: &Path, named: Option<&str>, ids: bool) -> Result<Who, AppError> {
        let table = tables::open(file, &TableOptions::default()).map_err(CampaignError::from)?;
        let columns = table.columns;
        let is_id = |header: &str| ids && IDS.contains(&headers::plain(header).as_str());
        let shown = || columns.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let missing = |what: String| {
            Err(AppError::usage(what).hint(format!("`--phone-column NAME` takes one of {}", shown())))
        };
        if let Some(named) = named {
            return match headers::find(&columns, named).and_then(|at| columns.get(at)) {
                Some(header) if is_id(header) => Ok(Who::Ids(header.clone())),
                Some(header) => Ok(Who::Phones(header.clone())),
                None => missing(format!("{} has no column `{named}`", file.display())),
            };
        }
        if let Some(header) = columns.iter().find(|header| is_id(header)) {
            return Ok(Who::Ids(header.clone()));
        }
        let Some(found) = headers::find_phone(&columns) else {
            return missing(format!("no column of {} looks like phone numbers", file.display()));
        };
        if let Some(other) = found.others.first().and_then(|at| columns.get(*at)) {
            let taken = &columns[found.position];
            app.warn(format!(
                "the phone numbers are taken from column `{taken}`; `{other}` could hold some, too \
                 (`--phone-column` says which)"
            ));
        }
        Ok(Who::Phones(columns[found.position].clone()))
    }

    /// The column's header.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Who::Phones(column) | Who::Ids(column) => column,
        }
    }
}
