//! Changing what a draft's file says, a key at a time or as a whole.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::object::Object;
use super::{Draft, planned, upload};
use crate::app::{App, AppError};
use crate::campaign::{Campaign, CampaignError, Exclude, Source};
use crate::sys::disk::write_atomic;

/// What of a campaign file can be set by itself. Values are as the file writes them; the schema says which are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `name`: unlike those of all campaigns and drafts.
    Name,
    /// `from`: a number's id, a list of them, or `{"column": NAME}`.
    From,
    /// `message`; it takes the place of `variants`.
    Message,
    /// `variants`; they take the place of `message`.
    Variants,
    /// `variables`
    Variables,
    /// `rate`
    Rate,
    /// `daily`
    Daily,
    /// `cap`
    Cap,
    /// `priority`
    Priority,
    /// `canary`
    Canary,
    /// `guard`
    Guard,
    /// `retry`
    Retry,
    /// `track`
    Track,
    /// `schedule.start`
    Start,
    /// `schedule.hours`
    Hours,
    /// `schedule.days`
    Days,
    /// `schedule.timezone`
    Timezone,
    /// `schedule.late`
    Late,
    /// `rates`: the name of an uploaded price list.
    Rates,
    /// `audience.phone`: the column with the phone numbers.
    Phone,
    /// `audience.country`
    Country,
    /// `audience.country_column`
    CountryColumn,
    /// `audience.numbers`
    Numbers,
    /// `audience.duplicates`
    Duplicates,
    /// `audience.key`: the column that says who somebody is.
    Person,
    /// `audience.sheet`
    Sheet,
    /// `audience.encoding`
    Encoding,
    /// `audience.delimiter`
    Delimiter,
    /// `audience.header_row`
    HeaderRow,
    /// `audience.where`: the condition that a row has to meet.
    Where,
    /// `audience.exclude`: who is left out.
    Exclude,
    /// `audience.sample`
    Sample,
}

impl Key {
    /// Where it stands in the file.
    #[must_use]
    pub fn path(self) -> &'static [&'static str] {
        match self {
            Key::Name => &["name"],
            Key::From => &["from"],
            Key::Message => &["message"],
            Key::Variants => &["variants"],
            Key::Variables => &["variables"],
            Key::Rate => &["rate"],
            Key::Daily => &["daily"],
            Key::Cap => &["cap"],
            Key::Priority => &["priority"],
            Key::Canary => &["canary"],
            Key::Guard => &["guard"],
            Key::Retry => &["retry"],
            Key::Track => &["track"],
            Key::Start => &["schedule", "start"],
            Key::Hours => &["schedule", "hours"],
            Key::Days => &["schedule", "days"],
            Key::Timezone => &["schedule", "timezone"],
            Key::Late => &["schedule", "late"],
            Key::Rates => &["rates"],
            Key::Phone => &["audience", "phone"],
            Key::Country => &["audience", "country"],
            Key::CountryColumn => &["audience", "country_column"],
            Key::Numbers => &["audience", "numbers"],
            Key::Duplicates => &["audience", "duplicates"],
            Key::Person => &["audience", "key"],
            Key::Sheet => &["audience", "sheet"],
            Key::Encoding => &["audience", "encoding"],
            Key::Delimiter => &["audience", "delimiter"],
            Key::HeaderRow => &["audience", "header_row"],
            Key::Where => &["audience", "where"],
            Key::Exclude => &["audience", "exclude"],
            Key::Sample => &["audience", "sample"],
        }
    }
}

/// A change to a file: where, and to what; nothing takes the key away.
pub(super) type Change = (&'static [&'static str], Option<Value>);

impl Draft {
    /// Sets keys of the file, or takes them away (`None`), all or none of them. Whatever else stands in it stays as it is
    /// written.
    ///
    /// # Errors
    /// When the file could not be read as a campaign then (what the parser says), a name is taken, a file would be named that
    /// doesn't belong to the draft, or messages were sent of it already. The disk's. The file stays as it was.
    pub fn set(&self, app: &App, changes: &[(Key, Option<Value>)]) -> Result<(), AppError> {
        let mut all: Vec<Change> = Vec::new();
        for (key, value) in changes {
            all.push((key.path(), value.clone()));
            match key {
                Key::Message if value.is_some() => all.push((Key::Variants.path(), None)),
                Key::Variants if value.is_some() => all.push((Key::Message.path(), None)),
                _ => {}
            }
        }
        let _guard = self.lock(app)?;
        planned::refuse_begun(app, &self.path())?;
        let before = self.as_file(app)?;
        self.change(app, &before, &all)
    }

    /// Puts another text in the place of the whole file, as it was edited by hand.
    ///
    /// # Errors
    /// As [`Draft::set`].
    pub fn replace_file(&self, app: &App, text: &str) -> Result<(), AppError> {
        let _guard = self.lock(app)?;
        planned::refuse_begun(app, &self.path())?;
        let before = self.as_file(app)?;
        self.write(app, &before, text)
    }

    /// The file's text with these changes.
    ///
    /// # Errors
    /// When it can't be read well enough to be changed.
    pub(super) fn changed(&self, app: &App, before: &str, changes: &[Change]) -> Result<String, AppError> {
        let mended = |error: AppError| AppError {
            hint: Some("mend the draft's file first: edit it as a whole".to_owned()),
            ..error
        };
        let unreadable = |error: serde_json::Error| match self.parsed(before) {
            Err(error) => mended(self.told(app, error)),
            Ok(_) => mended(AppError::usage(error.to_string())),
        };
        let mut file = Object::read(before).map_err(unreadable)?;
        for (path, value) in changes {
            file.set(path, value.as_ref()).map_err(unreadable)?;
        }
        Ok(file.text())
    }

    pub(super) fn change(&self, app: &App, before: &str, changes: &[Change]) -> Result<(), AppError> {
        let after = self.changed(app, before, changes)?;
        // Where in a text that nobody has seen is no help.
        self.parsed(&after).map_err(|error| self.told(app, without_place(error)))?;
        self.write(app, before, &after)
    }

    /// Writes the file, once it has been looked at; then removes the uploads that it doesn't name any more.
    fn write(&self, app: &App, before: &str, after: &str) -> Result<(), AppError> {
        let campaign = self.parsed(after).map_err(|error| self.told(app, error))?;
        let earlier = self.parsed(before).ok();
        self.refuse_files(&campaign, earlier.as_ref())?;
        if earlier.is_none_or(|earlier| earlier.name != campaign.name) {
            self.refuse_name(app, &campaign)?;
        }
        if before != after {
            let path = self.path();
            write_atomic(&*app.disk, &path, after.as_bytes())
                .map_err(|error| AppError::disk("write", &path, &error))?;
        }
        upload::tidy(app, self, &campaign);
        Ok(())
    }

    fn refuse_name(&self, app: &App, campaign: &Campaign) -> Result<(), AppError> {
        if let Some(planned) = self.planned(app)?
            && planned.name != campaign.name.as_str()
        {
            let what = format!("it was planned as the campaign {} and keeps that name", planned.name);
            return Err(AppError::usage(what).hint("begin a new draft for a campaign of another name"));
        }
        planned::refuse_taken(app, &campaign.name, Some(&self.path()))
    }

    /// Refuses to name files that neither belong to the draft nor were named before: what can be typed into a page could
    /// show any file of this machine else.
    fn refuse_files(&self, campaign: &Campaign, earlier: Option<&Campaign>) -> Result<(), AppError> {
        let known = earlier.map(files).unwrap_or_default();
        let ours = |path: &Path| path.parent() == Some(&self.dir) && path != self.path();
        match files(campaign).into_iter().find(|path| !ours(path) && !known.contains(path)) {
            None => Ok(()),
            Some(path) => {
                let what = format!("it names a file outside of the draft: {}", path.display());
                Err(AppError::usage(what).hint(format!(
                    "upload the file; or name it with an editor, in {}",
                    self.path().display()
                )))
            }
        }
    }
}

/// The files that a campaign names.
pub(super) fn files(campaign: &Campaign) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = campaign.rates.iter().cloned().collect();
    if let Source::File { path } = &campaign.audience.source {
        files.push(path.clone());
    }
    files.extend(campaign.audience.selection.exclude.iter().filter_map(|exclude| match exclude {
        Exclude::File { path, .. } => Some(path.clone()),
        Exclude::Campaign { .. } | Exclude::Labels { .. } => None,
    }));
    files
}

/// An error without line and column.
pub(super) fn without_place(mut error: CampaignError) -> CampaignError {
    if let CampaignError::Invalid(invalid) = &mut error {
        invalid.at = None;
    }
    error
}
