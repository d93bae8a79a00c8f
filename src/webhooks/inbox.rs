//! The inbox: every event that was acknowledged, in an append-only log in the data directory, one for each account.
//!
//! ```text
//! accounts/<origin>/hooks/
//!   inbox-<milliseconds>    records, a line each (`line`); the name says when it was begun
//!   lock                    one process writes
//!   path-secret             the secret of the path
//! ```
//!
//! Invariants:
//!
//! - What [`InboxWriter::append`] returned for is on disk. A line that a crash tore is cut by the next writer, and never
//!   read.
//! - Readers ([`Inbox`]) need no lock and never write; a [`Cursor`] stays valid while its file is there, and where it was
//!   removed goes on with the next.
//! - Files are begun anew each day or at 8 MiB, and removed after 35 days: news comes for 30.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::line::{decode, encode, is_blank};
use super::unattributed::Unattributed;
use crate::domain::time::Millis;
use crate::sys::disk::{Disk, DiskFile, LockGuard, SharedDisk, create_durable_dir, if_there};

pub use super::line::Record;

/// A file isn't written on beyond this.
const MAX_FILE_BYTES: u64 = 8 << 20;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Older files are removed.
const MAX_FILE_AGE: Duration = Duration::from_secs(35 * 24 * 3600);
/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;
/// A longer line is damage: none is written.
const MAX_LINE_BYTES: usize = 64 << 10;

/// How far an inbox has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The file, by when it was begun (milliseconds).
    pub file: u64,
    /// The next byte in it.
    pub offset: u64,
}

/// Where an account's inbox lies.
#[must_use]
pub fn inbox_dir(account: &Path) -> PathBuf {
    account.join("hooks")
}

/// An inbox, to be read.
#[derive(Clone, Debug)]
pub struct Inbox {
    disk: SharedDisk,
    dir: PathBuf,
}

impl Inbox {
    /// The one in this directory ([`inbox_dir`]), which needn't be there yet.
    #[must_use]
    pub fn new(disk: SharedDisk, dir: PathBuf) -> Inbox {
        Inbox { disk, dir }
    }

    /// A cursor before everything that was received at `at` or later.
    ///
    /// # Errors
    /// The disk's.
    pub fn since(&self, at: Millis) -> io::Result<Cursor> {
        let files = files(&*self.disk, &self.dir)?;
        let before = files.iter().map(|(began, _)| *began).rfind(|began| *began <= at.0);
        Ok(Cursor { file: before.unwrap_or(0), offset: 0 })
    }

    /// A cursor behind everything that is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn end(&self) -> io::Result<Cursor> {
        let Some((file, path)) = files(&*self.disk, &self.dir)?.pop() else { return Ok(Cursor::default()) };
        let offset = if_there(self.disk.open_read(&path))?.map_or(Ok(0), |file| file.len())?;
        Ok(Cursor { file, offset })
    }

    /// Reads on from `cursor`, which it moves: some records, each with the cursor before it. None where there is nothing
    /// new.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&self, cursor: &mut Cursor) -> io::Result<Vec<(Cursor, Record)>> {
        let mut records = Vec::new();
        for (file, path) in files(&*self.disk, &self.dir)? {
            match file.cmp(&cursor.file) {
                Ordering::Less => continue,
                Ordering::Equal => {}
                Ordering::Greater => *cursor = Cursor { file, offset: 0 },
            }
            // Removed meanwhile: the next one goes on.
            let Some(opened) = if_there(self.disk.open_read(&path))? else { continue };
            // What was made blank may fill a whole chunk.
            loop {
                let began = *cursor;
                self.read_lines(&*opened, cursor, &mut |before, line| {
                    match decode(line) {
                        Some(record) => records.push((before, record)),
                        None if is_blank(line) => {}
                        None => {
                            let dir = self.dir.display();
                            tracing::warn!(%dir, offset = before.offset, "skipped a damaged record of webhook events");
                        }
                    }
                    Ok(())
                })?;
                if !records.is_empty() || *cursor == began {
                    break;
                }
            }
            if !records.is_empty() {
                break;
            }
        }
        Ok(records)
    }

    /// Calls `each` for the next whole lines, without their ends.
    fn read_lines(
        &self,
        file: &dyn DiskFile,
        cursor: &mut Cursor,
        each: &mut dyn FnMut(Cursor, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if file.len()? <= cursor.offset {
            return Ok(());
        }
        let mut bytes = vec![0; READ_BYTES];
        let filled = file.fill_from(cursor.offset, &mut bytes)?;
        let Some(end) = bytes[..filled].iter().rposition(|byte| *byte == b'\n') else {
            if filled >= MAX_LINE_BYTES {
                // Not ours: it would never end.
                tracing::warn!(dir = %self.dir.display(), "skipped unreadable data among the webhook events");
                cursor.offset += filled as u64;
            }
            return Ok(());
        };
        for line in bytes[..=end].split_inclusive(|byte| *byte == b'\n') {
            let before = *cursor;
            cursor.offset += line.len() as u64;
            each(before, &line[..line.len() - 1])?;
        }
        Ok(())
    }

    /// Makes every record blank that `erased` names, in place: cursors stay valid, and a writer may be at work.
    /// Says how many.
    ///
    /// # Errors
    /// The disk's; done again, it finishes.
    pub fn erase(&self, erased: &mut dyn FnMut(&Record) -> bool) -> io::Result<u64> {
        let mut count = 0;
        for (file, path) in files(&*self.disk, &self.dir)? {
            let Some(opened) = if_there(self.disk.open(&path))? else { continue };
            let (mut cursor, before) = (Cursor { file, offset: 0 }, count);
            loop {
                let began = cursor;
                self.read_lines(&*opened, &mut cursor, &mut |at, line| {
                    if decode(line).is_some_and(|record| erased(&record)) {
                        opened.write_at(at.offset, &vec![b' '; line.len()])?;
                        count += 1;
                    }
                    Ok(())
                })?;
                if cursor == began {
                    break;
                }
            }
            if count > before {
                opened.sync()?;
            }
        }
        Ok(count)
    }
}

/// The files of an inbox by when they were begun, oldest first.
fn files(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let began = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix("inbox-")?.parse::<u64>().ok();
    let mut files: Vec<_> =
        disk.list(dir)?.into_iter().filter_map(|path| Some((began(&path)?, path))).collect();
    files.sort_unstable();
    Ok(files)
}

/// Why an inbox can't be written.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Another process does.
    #[error("another `sendcast webhooks listen` is taking webhooks in for this account")]
    Locked,
    /// The disk said no.
    #[error("can't keep webhooks in {}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The one who writes.
#[derive(Debug)]
pub struct InboxWriter {
    disk: SharedDisk,
    dir: PathBuf,
    open: Option<Open>,
    _lock: LockGuard,
}

#[derive(Debug)]
struct Open {
    began: u64,
    file: Box<dyn DiskFile>,
    len: u64,
}

impl InboxWriter {
    /// Takes the inbox in `dir`, creates it where it is missing, cuts what a crash tore, and removes what is old.
    ///
    /// # Errors
    /// [`InboxError`].
    pub fn open(disk: SharedDisk, dir: PathBuf, now: Millis) -> Result<InboxWriter, InboxError> {
        let failed = |source| InboxError::Disk { path: dir.clone(), source };
        create_durable_dir(&*disk, &dir, 3).map_err(failed)?;
        let lock = disk.try_lock(&dir.join("lock")).map_err(failed)?.ok_or(InboxError::Locked)?;
        let mut writer = InboxWriter { disk, dir: dir.clone(), open: None, _lock: lock };
        writer.remove_old(now).map_err(failed)?;
        let open = writer.ready(now).map_err(failed)?;
        writer.open = Some(open);
        Ok(writer)
    }

    /// Where stops are kept of which nobody knows whose they are.
    #[must_use]
    pub fn unattributed(&self) -> Unattributed {
        Unattributed::of_inbox(self.disk.clone(), &self.dir)
    }

    /// Appends events that were received at `now`; on disk when it returns.
    ///
    /// # Errors
    /// The disk's: none of them counts as kept then.
    pub fn append(&mut self, records: &[Record], now: Millis) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for record in records {
            let line = encode(record).map_err(io::Error::other)?;
            // Its parts are bounded where they are read; one that isn't would never be read back.
            if line.len() < MAX_LINE_BYTES {
                bytes.extend_from_slice(&line);
            }
        }
        // After an error nothing is known of the file: the next append reads it anew.
        let mut open = self.ready(now)?;
        open.file.write_at(open.len, &bytes)?;
        open.file.sync()?;
        open.len += bytes.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    /// The file to append to: the newest, or a new one. Taken out: whoever succeeds puts it back.
    fn ready(&mut self, now: Millis) -> io::Result<Open> {
        let open = match self.open.take() {
            Some(open) => Some(open),
            None => self.newest()?,
        };
        let fresh = |open: &Open| open.len < MAX_FILE_BYTES && now < Millis(open.began) + DAY;
        match open {
            Some(open) if fresh(&open) => Ok(open),
            // Names rise, whatever the clock says.
            open => self.begin(open.map_or(now.0, |open| now.0.max(open.began + 1)), now),
        }
    }

    fn begin(&self, began: u64, now: Millis) -> io::Result<Open> {
        let path = self.dir.join(format!("inbox-{began}"));
        let file = self.disk.create_new(&path)?;
        self.disk.sync_dir(&self.dir)?;
        self.remove_old(now)?;
        Ok(Open { began, file, len: 0 })
    }

    fn newest(&self) -> io::Result<Option<Open>> {
        let Some((began, path)) = files(&*self.disk, &self.dir)?.pop() else { return Ok(None) };
        let bytes = self.disk.read(&path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        let file = self.disk.open(&path)?;
        if whole < bytes.len() as u64 {
            file.set_len(whole)?;
            file.sync()?;
        }
        Ok(Some(Open { began, file, len: whole }))
    }

    fn remove_old(&self, now: Millis) -> io::Result<()> {
        let mut files = files(&*self.disk, &self.dir)?;
        // The newest stays, however old.
        files.pop();
        for (began, path) in files {
            if Millis(began) + MAX_FILE_AGE < now {
                if_there(self.disk.remove_file(&path))?;
            }
        }
        Ok(())
    }
}
