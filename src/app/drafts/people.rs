//! How a draft's people are understood.

use super::Draft;
use super::notes::Notes;
use crate::app::{App, AppError};
use crate::campaign::{self, Campaign, Exclude, Numbers, PhoneBy, Source, Understood};
use crate::domain::format::{count, plural};
use crate::domain::phone::Country;

/// A file as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadShown {
    /// What they call it, fit to be shown.
    pub called: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// How a draft's people are understood.
#[derive(Debug)]
pub struct People {
    /// Their file, where they come from one.
    pub file: Option<UploadShown>,
    /// The country of national numbers, as the draft says.
    pub country: Option<Country>,
    /// What was read. `Understood::phone` tells the column with the phone numbers.
    pub understood: Understood,
    /// Why that column is taken, as a fragment: `its header says so`.
    pub why: Option<String>,
    /// Why nobody, or nearly nobody, can be written to as it is; what to do is in its hint.
    pub problem: Option<AppError>,
}

impl Draft {
    /// Reads the people through: how their file was read, which columns it has and what they hold, what the phone numbers are,
    /// and what is to be corrected ([`Key::Phone`](super::Key::Phone), `Country`, `Sheet`, `Encoding`, `Delimiter`, `HeaderRow`).
    ///
    /// # Errors
    /// When nobody said yet who they are, only the account or another campaign knows, or their file can't be read as a table: with
    /// the file's name as people know it.
    pub fn people(&self, app: &App) -> Result<People, AppError> {
        let mut campaign = self.campaign(app)?;
        self.refuse_links(&campaign)?;
        without_account(&mut campaign);
        match &campaign.audience.source {
            Source::Nowhere => {
                return Err(AppError::usage("there are no people yet")
                    .hint("upload their file: CSV, Excel, ODS or JSON"));
            }
            Source::Labels { .. } | Source::Campaign { .. } => {
                return Err(AppError::usage(
                    "who they are is asked for when it is checked, not read from a file",
                )
                .hint("check it to see them; an upload takes their place"));
            }
            Source::File { .. } | Source::Recipients(_) => {}
        }
        let (reading, mut rows) = (app.reading(), 0);
        let understood = campaign::understand(&campaign, || {
            rows += 1;
            reading.rows(rows);
        });
        drop(reading);
        let understood = understood.map_err(|error| self.told(app, error))?;
        let notes = Notes::load(app, &self.dir)?;
        let file = self.people_called(&campaign, &notes).map(|called| {
            let bytes = match &campaign.audience.source {
                Source::File { path } => path.metadata().map_or(0, |meta| meta.len()),
                _ => 0,
            };
            UploadShown { called, bytes }
        });
        let country = campaign.audience.country;
        let why = understood.phone.as_ref().ok().map(|(_, by)| why(by, &understood));
        let problem = problem(&understood, country);
        Ok(People { file, country, understood, why, problem })
    }

    /// What people call the file that a campaign's people are read from.
    pub(super) fn people_called(&self, campaign: &Campaign, notes: &Notes) -> Option<String> {
        match &campaign.audience.source {
            Source::File { path } => Some(self.called(notes, path)),
            _ => None,
        }
    }
}

/// Leaves out whom only the account could name: what is read here is read without it.
pub(super) fn without_account(campaign: &mut Campaign) {
    campaign.audience.selection.exclude.retain(|exclude| !Exclude::is_unlisted(exclude));
}

fn why(by: &PhoneBy, understood: &Understood) -> String {
    let header = |position: &usize| {
        format!("`{}`", understood.columns.get(*position).map_or("", |column| column.name.as_str()))
    };
    match by {
        PhoneBy::Said => "it was chosen by hand".to_owned(),
        PhoneBy::Report => "the file is a report of sendcast".to_owned(),
        PhoneBy::Header { others } if others.is_empty() => "its header says so".to_owned(),
        PhoneBy::Header { others } => {
            let others: Vec<_> = others.iter().take(6).map(header).collect();
            format!("its header says so; {} could hold some, too", others.join(", "))
        }
        PhoneBy::Cells { against: None } => "its cells are phone numbers; no header says so".to_owned(),
        PhoneBy::Cells { against: Some(other) } => {
            format!(
                "its cells are phone numbers; those of {} aren't, though its header says so",
                header(other)
            )
        }
    }
}

/// Why (nearly) nobody can be written to.
fn problem(understood: &Understood, country: Option<Country>) -> Option<AppError> {
    let Understood { phone, numbers, rows, bad, .. } = understood;
    let Numbers { filled, good, homeless, rejected, .. } = numbers;
    if *rows == 0 {
        return Some(
            AppError::usage("the file holds nobody: there is no row below the column names")
                .hint("save it with its rows, and upload it again"),
        );
    }
    let position = match phone {
        Err(invalid) => {
            return Some(
                AppError::usage(invalid.what.clone()).hint("say which column holds the phone numbers"),
            );
        }
        Ok((position, _)) => *position,
    };
    let column = understood.columns.get(position).map_or("", |column| column.name.as_str());
    if country.is_none() && *homeless > 0 && homeless * 10 >= filled * 9 {
        let what = format!("column `{column}` holds national numbers, and nothing says of which country");
        return Some(AppError::usage(what).hint("say of which country they are"));
    }
    if *good > 0 {
        return None;
    }
    Some(match rejected.first() {
        _ if *filled == 0 && bad == rows => AppError::usage("no row of the file can be read").hint(
            "look at how it was read: its encoding, what separates its cells, and where the column names are",
        ),
        _ if *filled == 0 => AppError::usage(format!("column `{column}` is empty"))
            .hint("say which column holds the phone numbers"),
        Some(first) => AppError::usage(format!(
            "column `{column}` holds no phone number that could be written to: row {}, `{}`: {}",
            first.row,
            first.cell,
            without_column(&first.reason, column)
        ))
        .hint(format!(
            "mend {} in the file, or say which column holds the phone numbers",
            plural(first.rows, "such row", "such rows")
        )),
        None => AppError::usage(format!("none of {} names a phone number", count(*rows))),
    })
}

/// A reason without the column that is named before it.
fn without_column<'r>(reason: &'r str, column: &str) -> &'r str {
    reason.strip_prefix(&format!("column `{column}`: ")).unwrap_or(reason)
}
