//! Who is written to: where the people are, and how their table is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::campaign::file::json_audience::{
    AudienceFile, CountryCode, Delimiter, DuplicateRows, ExcludeFile,
};
use crate::campaign::file::overrides::Overrides;
use crate::campaign::file::retarget::{Retarget, retarget};
use crate::campaign::file::sample::Sample;
use crate::campaign::tables::TableOptions;
use crate::domain::phone::{Accept, Bare, Country, Phone};
use crate::domain::status::Status;

/// Who is written to, and how their table is read.
#[derive(Clone, Debug)]
pub struct Audience {
    /// Where the people are.
    pub source: Source,
    /// The column with the phone numbers; recognised by its header when absent.
    pub phone: Option<String>,
    /// The country of national numbers, where a row has none of its own.
    pub country: Option<Country>,
    /// The column that holds each row's country; recognised by its header when absent, none when empty.
    pub country_column: Option<String>,
    /// What digits without `+` and `00` are.
    pub numbers: Bare,
    /// Which numbers are taken.
    pub accept: Accept,
    /// What becomes of a second row to one number.
    pub duplicates: Duplicates,
    /// The column that identifies a person; the phone number when absent.
    pub key: Option<String>,
    /// How the file is to be read.
    pub reading: TableOptions,
    /// Who of them is meant.
    pub selection: Selection,
}

/// Who of an audience is meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// An expression over the columns.
    pub filter: Option<String>,
    /// Who is left out.
    pub exclude: Vec<Exclude>,
    /// The part that is drawn; everybody when absent.
    pub sample: Option<Sample>,
}

/// People who are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclude {
    /// Everybody in a table.
    File {
        /// The table.
        path: PathBuf,
        /// Its column with the phone numbers; recognised when absent.
        phone: Option<String>,
        /// The country of its national numbers.
        country: Option<Country>,
    },
    /// Whom a campaign wrote to.
    Campaign {
        /// Its name.
        name: String,
        /// In which statuses; empty for whoever may have got a message.
        statuses: Vec<Status>,
    },
    /// Subscribers of the account with one of these labels.
    Labels {
        /// Names or ids.
        labels: Vec<String>,
        /// Who they are; the account has to be asked for it.
        carriers: Option<Arc<[Phone]>>,
    },
}

impl Exclude {
    /// Whether only the account knows who that is, and it wasn't asked.
    #[must_use]
    pub fn is_unlisted(&self) -> bool {
        matches!(self, Exclude::Labels { carriers: None, .. })
    }
}

impl Audience {
    /// People in a place, and nothing said beside it.
    pub(super) fn at(source: Source) -> Audience {
        Audience {
            source,
            phone: None,
            country: None,
            country_column: None,
            numbers: Bare::default(),
            accept: Accept::default(),
            duplicates: Duplicates::default(),
            key: None,
            reading: TableOptions::default(),
            selection: Selection::default(),
        }
    }

    /// Whether people are named whom only the account or another campaign knows, and nobody has listed them.
    #[must_use]
    pub fn is_unlisted(&self) -> bool {
        matches!(self.source, Source::Labels { list: None, .. } | Source::Campaign { list: None, .. })
            || self.selection.exclude.iter().any(Exclude::is_unlisted)
    }

    /// Whether the account has to be asked who is meant.
    #[must_use]
    pub fn needs_account(&self) -> bool {
        matches!(self.source, Source::Labels { list: None, .. })
            || self.selection.exclude.iter().any(Exclude::is_unlisted)
    }

    /// Says where those who bear the labels are listed, an object a line. Anything but labels stays as it is.
    pub fn list_carriers(&mut self, path: PathBuf) {
        if let Source::Labels { list, .. } = &mut self.source {
            *list = Some(path);
        }
    }

    /// Says where those whom the other campaign reached are listed, an object a line, and in which column their numbers
    /// stand, with their country's code. Anything but a campaign stays as it is.
    pub fn list_reached(&mut self, path: PathBuf, column: &str) {
        if let Source::Campaign { list, .. } = &mut self.source {
            *list = Some(path);
            self.phone = Some(column.to_owned());
            self.country_column = Some(String::new());
            self.numbers = Bare::International;
            self.accept = Accept::Possible;
        }
    }

    /// Puts the command line's words in place of the file's.
    ///
    /// # Errors
    /// When an option for reading a file meets an audience that is none.
    pub(super) fn apply(&mut self, overrides: &Overrides) -> Result<(), String> {
        let said = &overrides.reading;
        let of_a_file = [
            ("--sheet", said.sheet.is_some()),
            ("--encoding", said.encoding.is_some()),
            ("--delimiter", said.delimiter.is_some()),
            ("--header-row", said.header_row.is_some()),
        ];
        if let Some((option, _)) = of_a_file.iter().find(|(_, given)| *given)
            && !matches!(self.source, Source::File { .. } | Source::Nowhere)
        {
            return Err(format!("`{option}` says how a file is read, and this audience isn't one"));
        }
        if overrides.phone.is_some() && matches!(self.source, Source::Campaign { .. }) {
            return Err("`--phone` names a column, and whom a campaign reached is known".to_owned());
        }
        if let Some(phone) = &overrides.phone {
            self.phone = Some(phone.clone());
        }
        if let Some(country) = overrides.country {
            self.country = Some(country);
            self.reading.country = Some(country);
        }
        let reading = &mut self.reading;
        reading.sheet = said.sheet.clone().or(reading.sheet.take());
        reading.encoding = said.encoding.clone().or(reading.encoding.take());
        reading.delimiter = said.delimiter.or(reading.delimiter);
        reading.header_row = said.header_row.or(reading.header_row);
        Ok(())
    }
}

/// What becomes of a second row to one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// The first good row is sent, others are skipped.
    #[default]
    First,
    /// Each row is sent (two invoices to one number).
    Send,
}

impl From<DuplicateRows> for Duplicates {
    fn from(rows: DuplicateRows) -> Duplicates {
        match rows {
            DuplicateRows::First => Duplicates::First,
            DuplicateRows::Send => Duplicates::Send,
        }
    }
}

/// Where the people are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A table.
    File {
        /// The file.
        path: PathBuf,
    },
    /// Objects in the campaign file.
    Recipients(Arc<Vec<Value>>),
    /// Subscribers of the account with one of these labels.
    Labels {
        /// Names or ids.
        labels: Vec<String>,
        /// Who they are, an object a line; the account has to be asked for it.
        list: Option<PathBuf>,
    },
    /// Whom another campaign reached.
    Campaign {
        /// Which, and how.
        retarget: Retarget,
        /// Who they are, an object a line; the ledger has to be read for it.
        list: Option<PathBuf>,
    },
    /// Not said (yet): `--audience` can.
    Nowhere,
}

/// Makes an audience of what the file says, or tells what is wrong with it.
pub(super) fn audience(campaign: &Path, file: Option<AudienceFile>) -> Result<Audience, String> {
    let Some(file) = file else {
        return Ok(Audience::at(Source::Nowhere));
    };
    let of_a_file = [
        ("sheet", file.sheet.is_some()),
        ("encoding", file.encoding.is_some()),
        ("delimiter", file.delimiter.is_some()),
        ("header_row", file.header_row.is_some()),
    ];
    if let Some((key, _)) = of_a_file.iter().find(|(_, given)| *given && file.file.is_none()) {
        return Err(format!("`{key}` belongs to `file`"));
    }
    let retarget = retarget(&file)?;
    let source = match (file.file, file.recipients, file.labels, retarget) {
        (Some(path), None, None, None) => {
            if path.trim().is_empty() {
                return Err("`file` is empty".to_owned());
            }
            let base = campaign.parent().unwrap_or(Path::new(""));
            Source::File { path: base.join(path) }
        }
        (None, Some(recipients), None, None) => Source::Recipients(Arc::new(recipients)),
        (None, None, Some(labels), None) => Source::Labels { labels: named(labels)?, list: None },
        (None, None, None, Some(retarget)) => Source::Campaign { retarget, list: None },
        (None, None, None, None) => Source::Nowhere,
        _ => return Err("says more than once who is written to".to_owned()),
    };
    let country = file.country.map(|CountryCode(country)| country);
    let base = campaign.parent().unwrap_or(Path::new(""));
    let mut exclude = Vec::new();
    for entry in file.exclude.unwrap_or_default() {
        exclude.push(excluded(base, entry, country)?);
    }
    let selection = Selection { filter: file.filter, exclude, sample: file.sample };
    Ok(Audience {
        selection,
        source,
        phone: file.phone,
        country,
        country_column: file.country_column,
        numbers: file.numbers.map_or(Bare::National, Bare::from),
        accept: file.accept.map_or(Accept::Valid, Accept::from),
        duplicates: file.duplicates.map_or(Duplicates::First, Duplicates::from),
        key: file.key,
        reading: TableOptions {
            sheet: file.sheet,
            encoding: file.encoding,
            delimiter: file.delimiter.map(|Delimiter(delimiter)| delimiter),
            header_row: file.header_row,
            country,
        },
    })
}

/// Labels that name something.
fn named(labels: Vec<String>) -> Result<Vec<String>, String> {
    if labels.is_empty() || labels.iter().any(|label| label.trim().is_empty()) {
        return Err("`labels` needs at least one label, and none may be empty".to_owned());
    }
    Ok(labels)
}

/// Makes sense of one entry of `exclude`, or tells what is wrong with it.
fn excluded(base: &Path, entry: ExcludeFile, country: Option<Country>) -> Result<Exclude, String> {
    let ExcludeFile { file, phone, country: own, campaign, status, labels } = entry;
    let of_a_file = phone.is_some() || own.is_some();
    match (file, campaign, labels) {
        (Some(file), None, None) if status.is_some() => {
            Err(format!("`status` in `exclude` belongs to `campaign`, not to the file {file}"))
        }
        (Some(file), None, None) => {
            let country = own.map(|CountryCode(country)| country).or(country);
            Ok(Exclude::File { path: base.join(file), phone, country })
        }
        (None, Some(name), None) if !of_a_file => {
            Ok(Exclude::Campaign { name, statuses: status.unwrap_or_default() })
        }
        (None, Some(name), None) => {
            Err(format!("`phone` and `country` in `exclude` belong to `file`, not to the campaign {name}"))
        }
        (None, None, Some(_)) if of_a_file || status.is_some() => {
            Err("`labels` in `exclude` stand alone: the account knows who carries them".to_owned())
        }
        (None, None, Some(labels)) => Ok(Exclude::Labels { labels: named(labels)?, carriers: None }),
        _ => Err("each entry of `exclude` has one of `file`, `campaign`, `labels`".to_owned()),
    }
}
