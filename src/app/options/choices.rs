//! How a campaign is run, resolved once: what was said now or stayed from before, then the campaign file,
//! then the default. The engine sees the validated [`Options`] only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::app::Settings;
use crate::app::open::Source;
use crate::app::open::standard_input::{self, Spool};
use crate::app::options::SavedOptions;
use crate::app::{App, AppError};
use crate::campaign::duration::Span;
use crate::campaign::tables::TableOptions;
use crate::campaign::{Content, Overrides};
use crate::domain::ids::NumberId;
use crate::domain::rate::Rate;
use crate::domain::schedule::Timetable;
use crate::engine::{LimitOption, Options};

/// How long deliveries are followed unless somebody says otherwise.
const DEFAULT_TRACK: Duration = Duration::from_secs(600);
/// POSTs in flight at most, unless somebody says otherwise: enough for 80/s at 800 ms an answer.
const DEFAULT_CONCURRENCY: usize = 64;
/// How often a run looks for orders; it shows itself half as often.
const PULSE_INTERVAL: Duration = Duration::from_millis(250);
/// Messages in flight at most, whatever is said: more would only queue at the server.
pub const MAX_CONCURRENCY: usize = 1024;

/// The choices that a run takes and that stay with the campaign, as they were said this time.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Where people are taken from instead; `-` is standard input.
    pub audience: Option<PathBuf>,
    /// Which numbers send.
    pub from: Vec<String>,
    /// The column with the phone numbers.
    pub phone: Option<String>,
    /// The column with the messages, of a spreadsheet that is the campaign.
    pub message: Option<String>,
    /// How a table is read.
    pub reading: TableOptions,
    /// The ceiling for each number.
    pub rate: Option<Rate>,
    /// How long to follow deliveries after the last send.
    pub track: Option<Span>,
    /// Messages in flight at most, from 1 to [`MAX_CONCURRENCY`].
    pub concurrency: Option<usize>,
    /// Where to write the report.
    pub report: Option<PathBuf>,
}

impl Choices {
    /// Whether anything was said about whom it goes to, from where, and how that is read.
    #[must_use]
    pub fn names_people(&self) -> bool {
        let Choices { audience, from, phone, message, reading, .. } = self.clone();
        let choices = Choices { audience, from, phone, message, reading, ..Choices::default() };
        choices.said().is_ok_and(|said| !said.options().is_empty())
    }

    /// What was said, in the form that is kept.
    ///
    /// # Errors
    /// When a path can't be made absolute, or an id is empty.
    pub fn said(&self) -> Result<SavedOptions, AppError> {
        let said = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
        Ok(SavedOptions {
            rate: self.rate,
            from: senders(&self.from)?,
            audience: self.audience.as_deref().map(absolute).transpose()?,
            phone: said(&self.phone),
            message: said(&self.message),
            country: self.reading.country.map(|country| country.to_string()),
            sheet: self.reading.sheet.clone(),
            encoding: said(&self.reading.encoding),
            delimiter: self.reading.delimiter,
            header_row: self.reading.header_row,
            track: self.track,
            concurrency: self.concurrency,
            report: self.report.as_deref().map(absolute).transpose()?,
            ..SavedOptions::default()
        })
    }
}

/// What was said this time, with standard input read where it is the audience: that is gone with what comes back, unless
/// it is kept.
///
/// # Errors
/// As for [`Choices::said`]; when standard input can't be read.
pub fn choose(
    app: &App,
    source: &Source,
    choices: &Choices,
) -> Result<(SavedOptions, Option<Spool>), AppError> {
    let mut said = choices.said()?;
    said.timezone.clone_from(&app.settings.timezone_said);
    let asked = choices.audience.as_deref().is_some_and(standard_input::is_named);
    let in_file =
        choices.audience.is_none() && source.campaign.as_ref().is_some_and(standard_input::is_named_in);
    if !asked && !in_file {
        return Ok((said, None));
    }
    if asked && source.campaign.as_ref().is_some_and(|campaign| campaign.content == Content::Columns) {
        return Ok((said, None));
    }
    let spool = Spool::read(app, &source.dir())?;
    // A campaign whose people come from there is taken up again without them.
    if in_file && source.campaign_dir.is_some() && spool.is_empty() {
        app.note("nothing came from standard input");
        return Ok((said, None));
    }
    said.audience = Some(spool.path().to_owned());
    Ok((said, Some(spool)))
}

fn senders(ids: &[String]) -> Result<Vec<NumberId>, AppError> {
    let ids: Vec<_> = ids.iter().map(|id| id.trim()).collect();
    if ids.contains(&"") {
        return Err(AppError::usage("--from: a phone number id is empty"));
    }
    Ok(ids.into_iter().map(NumberId::new).collect())
}

fn absolute(path: &Path) -> Result<PathBuf, AppError> {
    std::path::absolute(path).map_err(|error| AppError::disk("find", path, &error))
}

/// What the choices put in place of the campaign file's words.
#[must_use]
pub fn overrides(stored: &SavedOptions) -> Overrides {
    Overrides {
        audience: stored.audience.clone(),
        from: stored.from.clone(),
        phone: stored.phone.clone(),
        message: stored.message.clone(),
        // It was a country when it was kept.
        country: stored.country.as_deref().and_then(|code| code.parse().ok()),
        reading: TableOptions {
            sheet: stored.sheet.clone(),
            encoding: stored.encoding.clone(),
            delimiter: stored.delimiter,
            header_row: stored.header_row,
            ..TableOptions::default()
        },
    }
}

/// The rate that holds.
#[must_use]
pub fn rate(stored: &SavedOptions) -> Rate {
    stored.rate.or(stored.file.rate).unwrap_or(Rate::DEFAULT)
}

/// The zone of the times that people read of a campaign: as said now, else as it stayed with the campaign, else the
/// machine's.
#[must_use]
pub fn timezone(settings: &Settings, stored: &SavedOptions) -> TimeZone {
    match (&settings.timezone_said, &stored.timezone) {
        (None, Some(kept)) => kept.zone().clone(),
        _ => settings.timezone.clone(),
    }
}

/// When it may send, by the clocks that hold; `None` for at all times.
#[must_use]
pub fn timetable(settings: &Settings, stored: &SavedOptions) -> Option<Timetable> {
    let schedule = stored.file.schedule.clone();
    schedule.map(|schedule| Timetable::new(schedule, timezone(settings, stored)))
}

/// As the engine takes it, read by people in this `timezone`, without schedule, canary and guard: these are a campaign's alone. `limit` and `resend_unseen` hold
/// for this time only.
#[must_use]
pub fn options(
    stored: &SavedOptions,
    limit: Option<LimitOption>,
    resend_unseen: bool,
    timeout: Duration,
    timezone: TimeZone,
) -> Options {
    Options {
        timetable: None,
        canary: None,
        guard: None,
        rate: rate(stored),
        priority: stored.file.priority,
        daily: stored.file.daily,
        limit,
        retry: stored.file.retry,
        concurrency: stored.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        track: stored.track.or(stored.file.track).map_or(DEFAULT_TRACK, |Span(track)| track),
        resend_unseen,
        request_timeout: timeout,
        api_is_known: true,
        pulse: PULSE_INTERVAL,
        timezone,
        seed: fastrand::u64(..),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::options::FromFile;
    use crate::domain::time::Millis;

    #[test]
    fn what_was_said_comes_before_the_file_and_the_default() {
        let mut stored = SavedOptions::default();
        let timeout = Duration::from_secs(30);
        let resolved = options(&stored, None, false, timeout, TimeZone::UTC);
        assert_eq!(
            (resolved.rate, resolved.track, resolved.concurrency),
            (Rate::DEFAULT, DEFAULT_TRACK, DEFAULT_CONCURRENCY)
        );
        stored.file = FromFile { rate: Some(Rate::Max), daily: Some(1000), ..FromFile::default() };
        stored.file.track = Some(Span::default());
        let resolved = options(&stored, Some(LimitOption::First(3)), true, timeout, TimeZone::UTC);
        assert_eq!((resolved.rate, resolved.track), (Rate::Max, Duration::ZERO));
        assert_eq!(
            (resolved.daily, resolved.limit, resolved.resend_unseen),
            (Some(1000), Some(LimitOption::First(3)), true)
        );
        let said = Choices { rate: Some("600/m".parse().unwrap()), ..Choices::default() };
        stored = stored.with(said.said().unwrap(), Millis(0));
        assert_eq!(rate(&stored).to_string(), "600/m");
    }

    #[test]
    fn a_blank_sender_is_no_sender() {
        assert!(senders(&["A".into(), " ".into()]).is_err());
    }
}
