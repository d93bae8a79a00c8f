//! A report on disk.
//!
//! Invariants:
//!
//! - The file under the report's name is the whole old report or the whole new one: it is written beside it,
//!   synced, and renamed.
//! - A report that can't be replaced because another program holds it (Excel on Windows) isn't given up: it
//!   goes beside it, under `-2`, `-3`, …, and the caller is told.
//! - Only its owner can read it (0600): it holds phone numbers. Who wants to share it decides so. A file that
//!   was there with wider rights loses them.
//! - What isn't a regular file (`/dev/stdout`, a pipe) is written to as it is; a symbolic link is followed.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::queue::QueueError;
use crate::sys::disk::{Disk, DiskFile, is_full};

use super::format::Format;
use super::head::Head;
use super::tally::Tally;
use super::write::{Scan, Spec, WriteError, write as write_lines};

/// The highest number tried beside a held file.
const MAX_FILE_NUMBER: u32 = 99;

/// A temporary file that nobody has written to for so long was left by a killed process.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// A report that was written.
#[derive(Debug)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// The name that was asked for, where another program held that file.
    pub instead_of: Option<PathBuf>,
    /// What its lines add up to.
    pub tally: Tally,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A directory can't be written.
    #[error("can't write the report to {}: it is a directory", .0.display())]
    Directory(PathBuf),
    /// The disk said no.
    #[error("can't write the report to {}: {source}", path.display())]
    Output {
        /// The report's name.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The queue couldn't be read.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl FileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            FileError::Directory(_) => Some("name a file, as in `--report out/result.csv`"),
            FileError::Output { source, .. } => Some(match source.kind() {
                io::ErrorKind::NotFound => "create the directory first, or name another one",
                _ if is_full(source) => {
                    "nothing is lost: free some space, then ask for it again with `sendcast report`"
                }
                _ => "nothing is lost: ask for it again elsewhere with `sendcast report CAMPAIGN -o FILE`",
            }),
            FileError::Queue(_) => None,
        }
    }
}

/// The name a report has unless the user gives another: `<name>.report.csv`, `<name>.sandbox.report.csv` for a trial,
/// and from the second round on `<name>.round-2.report.csv`.
#[must_use]
pub fn default_name(campaign: &str, trial: bool, round: u32, format: Format) -> String {
    let trial = if trial { ".sandbox" } else { "" };
    let round = if round > 1 { format!(".round-{round}") } else { String::new() };
    format!("{campaign}{trial}{round}.report.{format}")
}

/// The name beside another report's for one of an earlier round: `x.report.csv` becomes `x.report.round-1.csv`.
#[must_use]
pub fn of_round(report: &Path, round: u32) -> PathBuf {
    with_suffix(report, &format!(".round-{round}"))
}

/// Writes the whole report to `path`, atomically.
///
/// # Errors
/// [`FileError`]; what was there before is untouched then.
pub fn write(
    disk: &dyn Disk,
    path: &Path,
    spec: &Spec,
    head: &Head,
    scan: &mut Scan<'_>,
) -> Result<Written, FileError> {
    let output = |source: io::Error| FileError::Output { path: path.to_owned(), source };
    let mut real = path.to_owned();
    if let Ok(meta) = std::fs::metadata(path) {
        if meta.is_dir() {
            return Err(FileError::Directory(path.to_owned()));
        }
        if !meta.is_file() {
            let out = std::fs::OpenOptions::new().write(true).open(path).map_err(output)?;
            let tally = write_lines(out, spec, head, scan).map_err(|e| file_error(e, path))?;
            return Ok(Written { path: path.to_owned(), instead_of: None, tally });
        }
        if path.is_symlink() {
            real = path.canonicalize().map_err(output)?;
        }
    }
    // A workbook's sheets wait where the report goes: there is room for it, and it isn't kept in memory.
    let spec = &Spec { scratch: Some(directory(&real).to_owned()), ..spec.clone() };
    let (temporary, file) = Temporary::create(disk, &real).map_err(output)?;
    let tally =
        write_lines(Appender { file: &*file, at: 0 }, spec, head, scan).map_err(|e| file_error(e, path))?;
    file.sync().map_err(output)?;
    drop(file);
    let number = temporary.place(&real).map_err(output)?;
    if number == 1 {
        return Ok(Written { path: path.to_owned(), instead_of: None, tally });
    }
    Ok(Written { path: beside(&real, number), instead_of: Some(path.to_owned()), tally })
}

fn file_error(error: WriteError, path: &Path) -> FileError {
    match error {
        WriteError::Output(source) => FileError::Output { path: path.to_owned(), source },
        WriteError::Queue(error) => FileError::Queue(error),
    }
}

/// A file beside the report that becomes it, or vanishes when it is dropped before.
struct Temporary<'d> {
    disk: &'d dyn Disk,
    path: PathBuf,
    placed: bool,
}

impl<'d> Temporary<'d> {
    fn create(disk: &'d dyn Disk, target: &Path) -> io::Result<(Temporary<'d>, Box<dyn DiskFile>)> {
        // Two processes may write the same report at once (`run` at its end, `report` beside it).
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
        };
        let dir = directory(target);
        let prefix = prefix(name);
        remove_stale(disk, dir, &prefix);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{prefix}{}-{count}.tmp", std::process::id()));
        if disk.exists(&path)? {
            // A dead process had our id.
            disk.remove_file(&path)?;
        }
        let file = disk.create_new(&path)?;
        Ok((Temporary { disk, path, placed: false }, file))
    }

    /// Renames it to the target, or beside it where the target is held: the number says which (1 is the
    /// target itself).
    fn place(mut self, target: &Path) -> io::Result<u32> {
        let mut number = 1;
        loop {
            let name = if number == 1 { target.to_owned() } else { beside(target, number) };
            match self.disk.rename(&self.path, &name) {
                Ok(()) => break,
                Err(error) if number < MAX_FILE_NUMBER && is_held(&error) && self.disk.exists(&name)? => {
                    tracing::debug!(number, %error, "the report is held by another program");
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.placed = true;
        // The bytes are on disk already. Where a file system can't sync a directory, the name follows.
        if let Err(error) = self.disk.sync_dir(directory(target)) {
            tracing::debug!(%error, "the report's directory can't be synced");
        }
        Ok(number)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.placed {
            let _ = self.disk.remove_file(&self.path);
        }
    }
}

/// Another program has the file open and won't let it be replaced.
fn is_held(error: &io::Error) -> bool {
    // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION, which have no kind of their own.
    let shared = cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33));
    shared
        || matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy
        )
}

/// `x.report.csv` becomes `x.report-2.csv`.
fn beside(target: &Path, number: u32) -> PathBuf {
    with_suffix(target, &format!("-{number}"))
}

/// With something more before its ending.
fn with_suffix(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.file_stem().unwrap_or_default().to_owned();
    name.push(suffix);
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The directory a file is in; `.` for a bare name.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How the names of a report's temporary files begin.
pub(super) fn prefix(name: &OsStr) -> String {
    format!(".{}.", name.to_string_lossy())
}

/// Temporary files of the reports whose names begin so.
fn temporaries(disk: &dyn Disk, dir: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = disk.list(dir)?;
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".tmp")).is_some_and(is_ours)
    });
    Ok(found)
}

/// `<process>-<count>`: nobody else's file is called that.
fn is_ours(middle: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    middle.split_once('-').is_some_and(|(process, count)| number(process) && number(count))
}

/// A killed process leaves its half report behind, phone numbers and all.
fn remove_stale(disk: &dyn Disk, dir: &Path, prefix: &str) {
    for path in temporaries(disk, dir, prefix).unwrap_or_default() {
        let age = std::fs::metadata(&path).and_then(|m| m.modified()).map(|at| at.elapsed());
        if matches!(age, Ok(Ok(age)) if age > STALE_AFTER) {
            let _ = disk.remove_file(&path);
        }
    }
}

/// Removes the half reports that killed processes left beside `report`, at once: for when nobody may be writing one.
///
/// # Errors
/// The disk's.
pub fn remove_leftovers(disk: &dyn Disk, report: &Path) -> io::Result<()> {
    let Some(name) = report.file_name() else { return Ok(()) };
    for path in temporaries(disk, directory(report), &prefix(name))? {
        disk.remove_file(&path)?;
    }
    Ok(())
}

/// Writes at the end of a file that has no cursor.
struct Appender<'f> {
    file: &'f dyn DiskFile,
    at: u64,
}

impl Write for Appender<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names() {
        assert_eq!(default_name("diwali", false, 1, Format::Csv), "diwali.report.csv");
        assert_eq!(default_name("diwali", false, 2, Format::Csv), "diwali.round-2.report.csv");
        assert_eq!(default_name("diwali", true, 1, Format::Ndjson), "diwali.sandbox.report.ndjson");
        assert_eq!(default_name("diwali", true, 3, Format::Json), "diwali.sandbox.round-3.report.json");
        assert_eq!(of_round(Path::new("out/all.csv"), 1), Path::new("out/all.round-1.csv"));
        assert_eq!(beside(Path::new("a/diwali.report.csv"), 2), Path::new("a/diwali.report-2.csv"));
        assert_eq!(beside(Path::new("report"), 3), Path::new("report-3"));
        assert_eq!(directory(Path::new("x.csv")), Path::new("."));
    }
}
