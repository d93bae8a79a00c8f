//! An audience from standard input: it is put into a file of the campaign's own, because a plan reads its audience twice
//! and looks at it again when it is run again.
//!
//! Invariant: the file is its owner's alone (0600) and lies in the campaign's directory, so that `erase` removes it. One
//! that no plan came of is removed again; one that a plan came of takes the place of the one before.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::app::{App, AppError};
use crate::campaign::{Campaign, Source};
use crate::queue::local::remove_if_empty;
use crate::sys::disk::{DiskFile, SharedDisk};

/// How standard input is written as a file.
const DASH: &str = "-";
/// What the files' names begin with.
const NAME: &str = "standard-input-";
/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// What was read, as long as it isn't kept.
#[derive(Debug)]
pub struct Spool {
    disk: SharedDisk,
    dir: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.disk.remove_file(&self.path);
            let _ = remove_if_empty(&*self.disk, &self.dir);
        }
    }
}

/// Whether this names standard input.
#[must_use]
pub fn is_named(path: &Path) -> bool {
    path.as_os_str() == DASH
}

/// Whether the campaign file itself names it: `"audience": {"file": "-"}`.
#[must_use]
pub fn is_named_in(campaign: &Campaign) -> bool {
    matches!(&campaign.audience.source, Source::File { path } if path.ends_with(DASH) && !path.exists())
}

/// Refuses it as a campaign: it has no name, by which it would be known again.
///
/// # Errors
/// Where that was asked.
pub fn refuse_as_campaign(text: &str) -> Result<(), AppError> {
    if text != DASH {
        return Ok(());
    }
    Err(AppError::usage("standard input can't be the campaign: it has no name by which it is known again").hint(
        "save it as a file and run that, or write a campaign file with \"audience\": {\"file\": \"-\"}, or give \
         one `--audience -`",
    ))
}

impl Spool {
    /// Reads standard input to its end, into a file in `dir`.
    ///
    /// # Errors
    /// When there is none, or it can't be read or kept.
    pub fn read(app: &App, dir: &Path) -> Result<Spool, AppError> {
        let failed = |error| AppError::disk("write", dir, &error);
        let unread = |error| AppError::failed(format!("can't read standard input: {error}"));
        let mut input = app.operator.standard_input()?;
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut filled = fill(&mut input, &mut buffer).map_err(unread)?;
        app.disk.create_dir_all(dir).map_err(failed)?;
        let ending = ending(&buffer[..filled]);
        let path = dir.join(format!("{NAME}{}-{:08x}.{ending}", std::process::id(), fastrand::u32(..)));
        let file: Box<dyn DiskFile> = app.disk.create_new(&path).map_err(failed)?;
        let spool = Spool { disk: app.disk.clone(), dir: dir.to_owned(), path, kept: false };
        let mut at = 0;
        while filled > 0 {
            let written = file.write_at(at, &buffer[..filled]);
            written.map_err(|error| AppError::disk("write", &spool.path, &error))?;
            at += filled as u64;
            filled = fill(&mut input, &mut buffer).map_err(unread)?;
        }
        file.sync().map_err(|error| AppError::disk("write", &spool.path, &error))?;
        Ok(spool)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|meta| meta.len() == 0)
    }

    /// Keeps it with the campaign, in the place of the one before.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep(mut self) -> Result<(), AppError> {
        self.kept = true;
        for path in self.disk.list(&self.dir).map_err(|error| AppError::disk("read", &self.dir, &error))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(NAME) && path != self.path {
                let _ = self.disk.remove_file(&path);
            }
        }
        Ok(())
    }
}

fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What a file that begins so is called: the readers of tables go by it.
fn ending(start: &[u8]) -> &'static str {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    match text {
        _ if start.starts_with(b"PK\x03\x04") => {
            let ods = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
            if start.get(30..).is_some_and(|rest| rest.starts_with(ods)) { "ods" } else { "xlsx" }
        }
        _ if start.starts_with(b"\xd0\xcf\x11\xe0") => "xls",
        [b'[', ..] => "json",
        [b'{', ..] => "ndjson",
        _ => "csv",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_holds_shows_what_it_is() {
        for (start, expected) in [
            (&b"to,name\n"[..], "csv"),
            (b"", "csv"),
            (b" [{\"to\": 1}]", "json"),
            (b"\xef\xbb\xbf{\"to\": 1}\n", "ndjson"),
            (b"PK\x03\x04 and so on", "xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls"),
        ] {
            assert_eq!(ending(start), expected, "{start:?}");
        }
        let mut ods = b"PK\x03\x04".to_vec();
        ods.resize(30, 0);
        ods.extend_from_slice(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK");
        assert_eq!(ending(&ods), "ods");
        assert!(refuse_as_campaign("-").is_err() && refuse_as_campaign("a-b").is_ok());
    }
}
