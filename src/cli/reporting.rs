//! Writing a report to a file, and remembering where it went.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::ledger::Ledger;
use crate::cli::observe;
use crate::cli::stored::{self, Stored};
use crate::domain::ids::JobId;
use crate::domain::plan::PlanHead;
use crate::domain::text::Cell;
use crate::engine::replies;
use crate::queue::{Listed, Make, QueueError, Take};
use crate::report::file::{self, FileError, Written};
use crate::report::{Format, Made, Scan, Spec, replied, with_replies};
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
    let replies = Replies::of(ctx, ledger)?;
    let (shown, columns) = (replies.head(head), head.columns.len());
    let written = file::write(&*ctx.disk, path, spec, &shown, &mut |make, take| {
        replies.scan(columns, (make, take), scan)
    })?;
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

/// What people pressed in a round, as its report shows it.
#[derive(Debug, Default)]
pub struct Replies(HashMap<JobId, Cell>);

impl Replies {
    /// The newest round's.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn of(ctx: &Context, ledger: &Ledger) -> Result<Replies, CliError> {
        Ok(Replies(replies::titles(&observe::pressed(ctx, ledger)?)))
    }

    /// The plan's head, with a column for them where there are any.
    #[must_use]
    pub fn head<'h>(&self, head: &'h PlanHead) -> Cow<'h, PlanHead> {
        if self.0.is_empty() { Cow::Borrowed(head) } else { Cow::Owned(with_replies(head)) }
    }

    /// Lists the same with what each person pressed. `columns` is the number of the audience's own.
    ///
    /// # Errors
    /// What `scan` or `take` said.
    pub fn scan(
        &self,
        columns: usize,
        (make, take): (&Make<'_, Made>, &mut Take<'_, Made>),
        scan: &mut Scan<'_>,
    ) -> Result<(), QueueError> {
        if self.0.is_empty() {
            return scan(make, take);
        }
        let with_reply = |listed: &[Listed<'_>]| {
            let shown = listed.iter().map(|listed| replied(listed.clone(), &self.0, columns));
            make(&shown.collect::<Vec<_>>())
        };
        scan(&with_reply, take)
    }
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
