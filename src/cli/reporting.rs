//! Writing a report to a file, and remembering where it went.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::ledger::Ledger;
use crate::cli::observe;
use crate::cli::stored::{self, Stored};
use crate::domain::plan::PlanHead;
use crate::engine::replies;
use crate::queue::{Listed, Listing};
use crate::report::file::{self, FileError, Written};
use crate::report::place;
use crate::report::{Filter, Format, Scan, Spec, replied, with_replies};
use crate::sys::platform;

/// The format that a file's name asks for.
///
/// # Errors
/// When it names one that isn't written yet. A name without an extension, or with one that isn't a format's,
/// gets CSV.
pub fn format_of(path: &Path) -> Result<Format, CliError> {
    let Some(extension) = path.extension().and_then(|e| e.to_str()) else { return Ok(Format::Csv) };
    match Format::from_str(extension) {
        Ok(format) => Ok(format),
        Err(crate::report::FormatError::Unknown(_)) => Ok(Format::Csv),
        Err(error) => Err(CliError::usage(error.to_string())),
    }
}

/// Where a run writes its report: where it was told to, else under the usual name in the working directory.
#[must_use]
pub fn path(ledger: &Ledger, stored: &Stored) -> PathBuf {
    let usual = || PathBuf::from(file::default_name(&ledger.name, ledger.home.is_sandbox(), Format::Csv));
    stored.report.clone().unwrap_or_else(usual)
}

/// Tries the place of the report that a run will leave behind.
///
/// # Errors
/// When nothing can be written there: exit 2, before anything is sent.
pub fn try_place(ctx: &Context, ledger: &Ledger, stored: &Stored) -> Result<(), CliError> {
    let path = path(ledger, stored);
    format_of(&path)?;
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

/// Writes the report that a run leaves behind, of everybody. All that the run did must be on disk.
///
/// # Errors
/// When it can't be written.
pub fn at_the_end(ctx: &Context, ledger: &Ledger, stored: &Stored) -> Result<Written, CliError> {
    let path = path(ledger, stored);
    let spec = Spec { format: format_of(&path)?, filter: Filter::ALL };
    let mut listing = Listing::open(ctx.disk.clone(), &ledger.round_dir())?;
    let head = listing.head().cloned().ok_or_else(|| CliError::failed("internal: a run without a plan"))?;
    to_file(ctx, ledger, &path, spec, &head, &mut |make, take| listing.parts(make, take))
}

/// Writes a report and remembers where, for `erase`.
///
/// # Errors
/// When it can't be written.
pub fn to_file(
    ctx: &Context,
    ledger: &Ledger,
    path: &Path,
    spec: Spec,
    head: &PlanHead,
    scan: &mut Scan<'_>,
) -> Result<Written, CliError> {
    // Remembered first: a kill in between leaves a name too many, never a report that `erase` doesn't know.
    // By its real path: the bytes of a linked report are where the link leads. A pipe or a device keeps none.
    if !path.exists() || path.is_file() {
        stored::remember_report(&*ctx.disk, &ledger.dir, &platform::real_path(path))?;
    }
    let write = |head: &PlanHead, scan: &mut Scan<'_>| file::write(&*ctx.disk, path, spec, head, scan);
    let written = with_pressed(ctx, ledger, head, scan, write)??;
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

/// Has `write` write a report that shows what people pressed in the newest round, where they did.
///
/// # Errors
/// When that can't be read.
pub fn with_pressed<R>(
    ctx: &Context,
    ledger: &Ledger,
    head: &PlanHead,
    scan: &mut Scan<'_>,
    write: impl FnOnce(&PlanHead, &mut Scan<'_>) -> R,
) -> Result<R, CliError> {
    let titles = replies::titles(&observe::pressed(ctx, ledger)?);
    if titles.is_empty() {
        return Ok(write(head, scan));
    }
    let columns = head.columns.len();
    Ok(write(&with_replies(head), &mut |make, take| {
        let with_reply = |listed: &[Listed<'_>]| {
            let shown = listed.iter().map(|listed| replied(listed.clone(), &titles, columns));
            make(&shown.collect::<Vec<_>>())
        };
        scan(&with_reply, take)
    }))
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
