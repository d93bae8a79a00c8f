//! Writing a report to a file, and remembering where it went.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::ledger::Ledger;
use crate::cli::observe;
use crate::cli::stored::{self, Stored};
use crate::cli::zone;
use crate::engine::replies;
use crate::queue::Listing;
use crate::report::file::{self, FileError, Written};
use crate::report::{Format, FormatError, Head, Reply, Scan, Spec, place};
use crate::sys::platform;

/// The form that a file's name asks for: a format, and what stands between the cells of CSV.
///
/// # Errors
/// When it names one that isn't written yet. A name without an extension, or with one that isn't a format's,
/// gets CSV.
pub fn form_of(path: &Path) -> Result<(Format, u8), CliError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if ["tsv", "tab"].iter().any(|tabs| extension.eq_ignore_ascii_case(tabs)) {
        return Ok((Format::Csv, b'\t'));
    }
    match Format::from_str(extension) {
        Ok(format) => Ok((format, b',')),
        Err(FormatError::Unknown(_)) => Ok((Format::Csv, b',')),
        Err(error) => Err(CliError::usage(error.to_string())),
    }
}

/// Where a run writes its report: where it was told to, else under the usual name in the working directory. One of an
/// earlier round never takes the newest one's place: `newest` is that round's number.
#[must_use]
pub fn path(ledger: &Ledger, newest: u32, stored: &Stored) -> PathBuf {
    match &stored.report {
        Some(path) if ledger.round == newest => path.clone(),
        Some(path) => file::of_round(path, ledger.round),
        None => {
            let name = file::default_name(&ledger.name, ledger.home.is_sandbox(), ledger.round, Format::Csv);
            PathBuf::from(name)
        }
    }
}

/// Tries the place of the report that a run will leave behind.
///
/// # Errors
/// When nothing can be written there: exit 2, before anything is sent.
pub fn try_place(ctx: &Context, ledger: &Ledger, stored: &Stored) -> Result<(), CliError> {
    let path = path(ledger, ledger.round, stored);
    form_of(&path)?;
    place::try_place(&*ctx.disk, &path).map_err(|error| {
        let hint = match &error {
            FileError::Output { source, .. } if source.kind() != std::io::ErrorKind::NotFound => {
                Some("nothing was sent; name another place with `--report FILE`")
            }
            error => error.hint(),
        };
        CliError { hint: hint.map(str::to_owned), ..CliError::usage(error.to_string()) }
    })
}

/// Writes the report that a run leaves behind, of everybody, and says what its times mean. All that the run did must be
/// on disk.
///
/// # Errors
/// When it can't be written.
pub fn at_the_end(
    ctx: &Context,
    ledger: &Ledger,
    stored: &Stored,
) -> Result<(Written, Option<String>), CliError> {
    let path = path(ledger, ledger.round, stored);
    let (format, delimiter) = form_of(&path)?;
    let zone = choices::timezone(&ctx.settings, stored);
    let spec = Spec { format, delimiter, zone, ..Spec::default() };
    let mut listing = Listing::open(ctx.disk.clone(), &ledger.round_dir())?;
    let head =
        head(ctx, ledger, &listing)?.ok_or_else(|| CliError::failed("internal: a run without a plan"))?;
    let written = to_file(ctx, ledger, &path, &spec, &head, &mut |make, take| listing.parts(make, take))?;
    Ok((written, times(spec.format, &spec.zone)))
}

/// What the lines of a round's report have in common, with what people answered; `None` before the first plan.
///
/// # Errors
/// When it can't be read.
pub fn head(ctx: &Context, ledger: &Ledger, listing: &Listing) -> Result<Option<Head>, CliError> {
    let Some(newest) = listing.head() else { return Ok(None) };
    let titles = replies::titles(&observe::pressed(ctx, ledger)?);
    let replies = titles.into_iter().map(|(job, (text, at))| (job, Reply { text, at })).collect();
    Ok(Some(Head::new(newest, &listing.earlier_heads()?).with_replies(replies)))
}

/// Writes a report and remembers where, for `erase`.
///
/// # Errors
/// When it can't be written.
pub fn to_file(
    ctx: &Context,
    ledger: &Ledger,
    path: &Path,
    spec: &Spec,
    head: &Head,
    scan: &mut Scan<'_>,
) -> Result<Written, CliError> {
    // Remembered first: a kill in between leaves a name too many, never a report that `erase` doesn't know.
    // By its real path: the bytes of a linked report are where the link leads. A pipe or a device keeps none.
    if !path.exists() || path.is_file() {
        stored::remember_report(&*ctx.disk, &ledger.dir, &platform::real_path(path))?;
    }
    let written = file::write(&*ctx.disk, path, spec, head, scan)?;
    if let Some(asked) = &written.instead_of {
        stored::remember_report(&*ctx.disk, &ledger.dir, &written.path)?;
        ctx.warn(&format!(
            "{} is held by another program: the report is in {}",
            asked.display(),
            written.path.display()
        ));
    }
    Ok(written)
}

/// What the times of a report mean, for those that a person reads.
#[must_use]
pub fn times(format: Format, zone: &TimeZone) -> Option<String> {
    (format == Format::Csv).then(|| format!("times are {}", zone::name(zone)))
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> CliError {
        let hint = error.hint().map(str::to_owned);
        match error {
            FileError::Queue(error) => error.into(),
            error => CliError { hint, ..CliError::failed(error.to_string()) },
        }
    }
}
