//! The disk as a trait, under everything that must survive.
//!
//! What is promised: after [`DiskFile::sync`] returns `Ok`, the file's bytes survive a power cut; after
//! [`Disk::sync_dir`], its directory's entries do. After an error of either nothing is known of what is on
//! disk: the caller stops, keeps the evidence and names the file.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A file system, or a test's imitation of one.
pub trait Disk: Send + Sync + Debug {
    /// Creates a file that must not exist yet, readable by its owner only, open for reading and appending.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens an existing file for reading only.
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Renames, replacing what is there, atomically.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a file, or a directory and all below it.
    fn remove_all(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty directory.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;
    /// Creates a directory and its parents, each readable by its owner only.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes the entries of a directory durable (a no-op where the platform has no such call).
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// The entries of a directory, by full path, sorted; empty when it is not there.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
    /// Whether something is there. A disk that can't tell errs: what may be there isn't taken for absent.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Takes an exclusive lock, held until the guard is dropped or the process ends; creates the file where
    /// it is missing. `None` when another holder has it. What is locked is the file that stands under this
    /// name: one that was removed meanwhile guards nothing.
    fn try_lock(&self, path: &Path) -> io::Result<Option<LockGuard>>;

    /// Waits for a lock that others hold for the length of a write.
    fn lock(&self, path: &Path) -> io::Result<LockGuard> {
        loop {
            if let Some(guard) = self.try_lock(path)? {
                return Ok(guard);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Opens a file for reading and writing, and creates it where it is missing; another process may do so at
    /// the same time.
    fn open_or_create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        loop {
            if let Some(file) = if_there(self.open(path))? {
                return Ok(file);
            }
            match self.create_new(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created,
            }
        }
    }

    /// The whole of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open_read(path)?;
        let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        let read = file.fill_from(0, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// An open file. Positions are explicit: no cursor is shared.
pub trait DiskFile: Send + Sync + Debug {
    /// Reads up to `buf.len()` bytes from `offset`; 0 at the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
    /// Fills `buf` from `offset` on; says how much of it, which is less only where the file ends.
    fn fill_from(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_at(offset + filled as u64, &mut buf[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(filled)
    }
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes data and length durable (`fdatasync`).
    fn sync(&self) -> io::Result<()>;
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether it is empty.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Cuts it (or extends it with zeros).
    fn set_len(&self, len: u64) -> io::Result<()>;
}

/// Holds a lock for as long as it lives.
pub type LockGuard = Box<dyn std::any::Any + Send>;

/// How the rooms hold a disk.
pub type SharedDisk = Arc<dyn Disk>;

/// What there is of something that may not be there: `None` where it isn't.
///
/// # Errors
/// Any other than `NotFound`.
pub fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Whether it failed for want of room.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Creates a directory so that it survives a power cut, given that the one `levels` above it does.
///
/// # Errors
/// Whatever the disk said.
pub fn create_durable_dir(disk: &dyn Disk, dir: &Path, levels: usize) -> io::Result<()> {
    disk.create_dir_all(dir)?;
    // Also where it is there: whoever made it may have died before this.
    dir.ancestors().skip(1).take(levels).try_for_each(|above| disk.sync_dir(above))
}

/// Replaces a file's content so that a crash leaves the old bytes or the new, whole and durable.
///
/// # Errors
/// Whatever the disk said; the old file is intact then.
pub fn write_atomic(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (dir, temporary) = temporary_beside(path);
    let file = fresh(disk, &temporary)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&temporary, path)?;
    disk.sync_dir(dir)
}

/// Replaces a file's content so that readers see the old bytes or the new, whole. Nothing is promised for a
/// power cut: for what is rewritten all the time.
///
/// # Errors
/// Whatever the disk said.
pub fn publish(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (_, temporary) = temporary_beside(path);
    fresh(disk, &temporary)?.write_at(0, bytes)?;
    disk.rename(&temporary, path)
}

fn temporary_beside(path: &Path) -> (&Path, PathBuf) {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    (dir, dir.join(name))
}

/// A new file, whatever an earlier crash left in its place.
fn fresh(disk: &dyn Disk, path: &Path) -> io::Result<Box<dyn DiskFile>> {
    if disk.exists(path)? {
        disk.remove_file(path)?;
    }
    disk.create_new(path)
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl RealDisk {
    /// As the rooms hold it.
    #[must_use]
    pub fn shared() -> SharedDisk {
        Arc::new(RealDisk)
    }
}

#[derive(Debug)]
struct RealFile(std::fs::File);

impl Disk for RealDisk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = super::platform::private_options().read(true).write(true).create_new(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile(std::fs::File::open(path)?)))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        if path.symlink_metadata()?.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        }
    }
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir(path)
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        super::platform::create_private_dir_all(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        super::platform::sync_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let Some(entries) = if_there(std::fs::read_dir(path))? else { return Ok(Vec::new()) };
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        match path.try_exists() {
            // Something above it is a file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
            found => found,
        }
    }
    fn try_lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        loop {
            let file = super::platform::private_options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match file.try_lock() {
                Ok(()) if super::platform::is_at(&file, path)? => return Ok(Some(Box::new(file))),
                // Its holder removed it after it was opened here: whoever comes next locks another.
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        super::platform::read_at(&self.0, offset, buf)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        super::platform::write_all_at(&self.0, offset, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}
