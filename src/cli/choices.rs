//! How a campaign is run, resolved once: what was said now or stayed from before, then the campaign file,
//! then the default. The engine sees the validated [`Options`] only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::campaign::duration::Span;
use crate::campaign::tables::TableOptions;
use crate::campaign::{Content, Overrides};
use crate::cli::args::SourceArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::opening::Source;
use crate::cli::settings::Settings;
use crate::cli::standard_input::{self, Spool};
use crate::cli::stored::Stored;
use crate::domain::ids::NumberId;
use crate::domain::rate::Rate;
use crate::engine::Options;

/// How long deliveries are followed unless somebody says otherwise.
const TRACK: Duration = Duration::from_secs(600);
/// POSTs in flight at most, unless somebody says otherwise: enough for 80/s at 800 ms an answer.
const CONCURRENCY: usize = 64;
/// How often a run looks for orders; it shows itself half as often.
const PULSE: Duration = Duration::from_millis(250);
/// More would only queue at the server.
const MOST_CONCURRENCY: usize = 1024;

/// The choices that a run takes and that stay with the campaign.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ChoiceArgs {
    /// Where people and numbers come from.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The ceiling for each number: `20/s`, `600/m`, `1000/h` or `max` [default: 20/s]
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Rate>,
    /// How long to follow deliveries after the last send; `0` for not at all [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub track: Option<Span>,
    /// Messages in flight at most [default: 64]
    #[arg(long, value_name = "N", value_parser = concurrency)]
    pub concurrency: Option<usize>,
    /// Where to write the report [default: `NAME.report.csv` in the working directory]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

fn concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MOST_CONCURRENCY).contains(&n) => Ok(n),
        _ => Err(format!("write a number from 1 to {MOST_CONCURRENCY}")),
    }
}

impl SourceArgs {
    /// Whether anything was said.
    #[must_use]
    pub fn is_given(&self) -> bool {
        let choices = ChoiceArgs { source: self.clone(), ..ChoiceArgs::default() };
        choices.said().is_ok_and(|said| !said.options().is_empty())
    }
}

impl ChoiceArgs {
    /// What was said, in the form that is kept.
    ///
    /// # Errors
    /// When a path can't be made absolute, or an id is empty.
    pub fn said(&self) -> Result<Stored, CliError> {
        let reading = &self.source.reading;
        let said = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
        Ok(Stored {
            rate: self.rate,
            from: senders(&self.source.from)?,
            audience: self.source.audience.as_deref().map(absolute).transpose()?,
            phone: said(&reading.phone),
            message: said(&reading.message),
            country: reading.file.country.map(|country| country.to_string()),
            sheet: reading.file.sheet.clone(),
            encoding: said(&reading.file.encoding),
            delimiter: reading.file.delimiter,
            header_row: reading.file.header_row,
            track: self.track,
            concurrency: self.concurrency,
            report: self.report.as_deref().map(absolute).transpose()?,
            ..Stored::default()
        })
    }
}

/// What was said this time, with standard input read where it is the audience: that is gone with what comes back, unless
/// it is kept.
///
/// # Errors
/// As for [`ChoiceArgs::said`]; when standard input can't be read.
pub fn choose(
    ctx: &Context,
    source: &Source,
    args: &ChoiceArgs,
) -> Result<(Stored, Option<Spool>), CliError> {
    let mut said = args.said()?;
    said.timezone.clone_from(&ctx.settings.timezone_said);
    let asked = args.source.audience.as_deref().is_some_and(standard_input::is_named);
    let in_file =
        args.source.audience.is_none() && source.campaign.as_ref().is_some_and(standard_input::is_named_in);
    if !asked && !in_file {
        return Ok((said, None));
    }
    if asked && source.campaign.as_ref().is_some_and(|campaign| campaign.content == Content::Columns) {
        return Ok((said, None));
    }
    let spool = Spool::read(ctx, &source.dir())?;
    // A campaign whose people come from there is taken up again without them.
    if in_file && source.ledger.is_some() && spool.is_empty() {
        ctx.printer.note("nothing came from standard input");
        return Ok((said, None));
    }
    said.audience = Some(spool.path().to_owned());
    Ok((said, Some(spool)))
}

fn senders(ids: &[String]) -> Result<Vec<NumberId>, CliError> {
    let ids: Vec<_> = ids.iter().map(|id| id.trim()).collect();
    if ids.contains(&"") {
        return Err(CliError::usage("--from: a phone number id is empty"));
    }
    Ok(ids.into_iter().map(NumberId::new).collect())
}

fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(|error| CliError::disk("find", path, &error))
}

/// What the choices put in place of the campaign file's words.
#[must_use]
pub fn overrides(stored: &Stored) -> Overrides {
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
pub fn rate(stored: &Stored) -> Rate {
    stored.rate.or(stored.file.rate).unwrap_or(Rate::DEFAULT)
}

/// The zone of the times that people read of a campaign: as said now, else as it stayed with the campaign, else the
/// machine's.
#[must_use]
pub fn timezone(settings: &Settings, stored: &Stored) -> TimeZone {
    match (&settings.timezone_said, &stored.timezone) {
        (None, Some(kept)) => kept.zone().clone(),
        _ => settings.timezone.clone(),
    }
}

/// As the engine takes it; `limit` and `resend_unseen` hold for this time only.
#[must_use]
pub fn options(stored: &Stored, limit: Option<u64>, resend_unseen: bool, timeout: Duration) -> Options {
    Options {
        rate: rate(stored),
        daily: stored.file.daily,
        limit,
        retry: stored.file.retry,
        concurrency: stored.concurrency.unwrap_or(CONCURRENCY),
        track: stored.track.or(stored.file.track).map_or(TRACK, |Span(track)| track),
        resend_unseen,
        request_timeout: timeout,
        pulse: PULSE,
        seed: fastrand::u64(..),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::stored::FromFile;
    use crate::domain::time::Millis;

    #[test]
    fn what_was_said_comes_before_the_file_and_the_default() {
        let mut stored = Stored::default();
        let timeout = Duration::from_secs(30);
        let resolved = options(&stored, None, false, timeout);
        assert_eq!(
            (resolved.rate, resolved.track, resolved.concurrency),
            (Rate::DEFAULT, TRACK, CONCURRENCY)
        );
        stored.file = FromFile { rate: Some(Rate::Max), daily: Some(1000), ..FromFile::default() };
        stored.file.track = Some(Span::default());
        let resolved = options(&stored, Some(3), true, timeout);
        assert_eq!((resolved.rate, resolved.track), (Rate::Max, Duration::ZERO));
        assert_eq!((resolved.daily, resolved.limit, resolved.resend_unseen), (Some(1000), Some(3), true));
        let said = ChoiceArgs { rate: Some("600/m".parse().unwrap()), ..ChoiceArgs::default() };
        stored = stored.with(said.said().unwrap(), Millis(0));
        assert_eq!(rate(&stored).to_string(), "600/m");
    }

    #[test]
    fn a_blank_sender_is_no_sender() {
        assert!(senders(&["A".into(), " ".into()]).is_err());
        assert!(concurrency("0").is_err() && concurrency("2000").is_err() && concurrency("64").is_ok());
    }
}
