//! A disk in memory that behaves as badly as disks may: for simulators and tests.
//!
//! What it imitates:
//!
//! - What wasn't synced is lost at a power cut, or isn't: any of the writes since the last sync may have
//!   reached the medium, in any order, whole or torn at a sector of 512 bytes.
//! - A name (creation, rename, removal) is as lasting as its directory's last sync; of the changes since,
//!   the first few may have reached the medium. A file whose name didn't is gone, synced or not.
//! - Any operation can be made to fail, or to be the last before the power goes.
//!
//! All chance comes from the seed of [`MemoryDisk::power_cut`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile, LockGuard};
use super::medium::{Entry, NameChange, Node, Write};

/// What happens at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error, and changes nothing.
    Fail(io::ErrorKind),
    /// It fails, and so does everything after it, until [`MemoryDisk::power_cut`] brings the disk back.
    PowerCut,
}

/// The disk. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    nodes: Vec<Node>,
    /// The root directory's entries as the processes see them, and as they are on the medium.
    names: BTreeMap<PathBuf, Entry>,
    durable_names: BTreeMap<PathBuf, Entry>,
    /// Changes of names that aren't on the medium, in order.
    pending_names: Vec<(PathBuf, NameChange)>,
    /// Rises at each power cut: older handles are dead.
    boot: u64,
    operations: u64,
    fault: Option<(u64, Fault)>,
    dark: bool,
    locked: BTreeSet<PathBuf>,
}

/// A lock that is held.
#[derive(Debug)]
struct Held {
    disk: MemoryDisk,
    path: PathBuf,
    boot: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut inner = self.disk.lock();
        if inner.boot == self.boot {
            inner.locked.remove(&self.path);
        }
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    node: usize,
    boot: u64,
    writable: bool,
}

impl MemoryDisk {
    /// An empty disk with a root directory.
    #[must_use]
    pub fn new() -> MemoryDisk {
        let disk = MemoryDisk::default();
        let mut inner = disk.lock();
        inner.names.insert(PathBuf::from("/"), Entry::Dir);
        inner.durable_names.insert(PathBuf::from("/"), Entry::Dir);
        drop(inner);
        disk
    }

    /// Operations so far: creating, opening, reading, writing, syncing, renaming, removing, listing.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Lets the operation after the next `after` ones meet a fault. One at a time; `None` takes it back.
    pub fn set_fault(&self, fault: Option<(u64, Fault)>) {
        let mut inner = self.lock();
        let now = inner.operations;
        inner.fault = fault.map(|(after, fault)| (now + after, fault));
    }

    /// Whether the planned fault has come to pass.
    #[must_use]
    pub fn fault_happened(&self) -> bool {
        let inner = self.lock();
        inner.fault.is_some_and(|(at, _)| inner.operations > at)
    }

    /// The power goes and comes back: open files are dead, what wasn't synced is kept or lost by chance.
    pub fn power_cut(&self, seed: u64) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut inner = self.lock();
        inner.boot += 1;
        inner.dark = false;
        inner.locked.clear();
        inner.fault = None;
        // Each directory keeps a first part of its changes.
        let mut stopped: Vec<PathBuf> = Vec::new();
        for (dir, change) in std::mem::take(&mut inner.pending_names) {
            if stopped.contains(&dir) || chance.bool() {
                stopped.push(dir);
                continue;
            }
            change.apply(&mut inner.durable_names);
        }
        // What lies below a directory that is gone is gone.
        let names = inner.durable_names.clone();
        inner.durable_names.retain(|path, _| path.ancestors().all(|above| names.contains_key(above)));
        inner.names = inner.durable_names.clone();
        for node in &mut inner.nodes {
            let pending = std::mem::take(&mut node.pending);
            let mut kept: Vec<Write> = pending.into_iter().filter(|_| chance.bool()).collect();
            if chance.bool() {
                chance.shuffle(&mut kept);
            }
            for write in kept {
                if chance.u8(0..4) == 0 {
                    write.torn(&mut chance).apply(&mut node.durable);
                } else {
                    write.apply(&mut node.durable);
                }
            }
            node.now.clone_from(&node.durable);
        }
    }

    /// A file's bytes from `from` on that no power cut takes away; `None` where it takes the name. No operation.
    #[must_use]
    pub fn durable(&self, path: &Path, from: usize) -> Option<Vec<u8>> {
        let inner = self.lock();
        match inner.durable_names.get(path) {
            Some(&Entry::File(node)) => Some(inner.nodes[node].durable.get(from..).unwrap_or(&[]).to_vec()),
            _ => None,
        }
    }

    /// Flips a bit of a file, on the medium and for all who read it.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn flip(&self, path: &Path, byte: usize, bit: u8) -> io::Result<()> {
        self.edit(path, |bytes| {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= 1 << (bit % 8);
            }
        })
    }

    /// Changes a file's bytes behind everybody's back, on the medium too.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn edit(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut inner = self.lock();
        let Some(&Entry::File(node)) = inner.names.get(path) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let node = &mut inner.nodes[node];
        change(&mut node.now);
        node.durable.clone_from(&node.now);
        node.pending.clear();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation and lets a planned fault happen.
    fn operate(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.lock();
        let at = inner.operations;
        inner.operations += 1;
        if inner.dark {
            return Err(io::Error::other("the power is off"));
        }
        match inner.fault {
            Some((n, Fault::Fail(kind))) if n == at => Err(kind.into()),
            Some((n, Fault::PowerCut)) if n == at => {
                inner.dark = true;
                Err(io::Error::other("the power went"))
            }
            _ => Ok(inner),
        }
    }

    fn file(&self, node: usize, boot: u64, writable: bool) -> Box<dyn DiskFile> {
        Box::new(MemoryFile { disk: self.clone(), node, boot, writable })
    }

    fn open_as(&self, path: &Path, writable: bool) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.operate()?;
        match inner.names.get(path) {
            Some(&Entry::File(node)) => Ok(self.file(node, inner.boot, writable)),
            Some(Entry::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Inner {
    fn change_name(&mut self, gone: Option<&Path>, come: Option<(&Path, Entry)>) {
        let dir = gone.or(come.map(|(path, _)| path)).and_then(Path::parent).unwrap_or(Path::new("/"));
        let change = NameChange {
            gone: gone.map(Path::to_owned),
            come: come.map(|(path, entry)| (path.to_owned(), entry)),
        };
        change.apply(&mut self.names);
        self.pending_names.push((dir.to_owned(), change));
    }

    fn parent_must_be_there(&self, path: &Path) -> io::Result<()> {
        match path.parent().map(|parent| self.names.get(parent)) {
            Some(Some(Entry::Dir)) => Ok(()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Disk for MemoryDisk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.operate()?;
        inner.parent_must_be_there(path)?;
        if inner.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = inner.nodes.len();
        inner.nodes.push(Node::default());
        inner.change_name(None, Some((path, Entry::File(node))));
        Ok(self.file(node, inner.boot, true))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open_as(path, true)
    }

    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open_as(path, false)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        inner.parent_must_be_there(to)?;
        match inner.names.get(from).copied() {
            Some(entry @ Entry::File(_)) => {
                inner.change_name(Some(from), Some((to, entry)));
                Ok(())
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        match inner.names.get(path) {
            Some(Entry::File(_)) => {
                inner.change_name(Some(path), None);
                Ok(())
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        if !inner.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let below: Vec<_> = inner.names.keys().filter(|name| name.starts_with(path)).cloned().collect();
        for name in below.into_iter().rev() {
            inner.change_name(Some(&name), None);
        }
        Ok(())
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        if inner.names.get(path) != Some(&Entry::Dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if inner.names.keys().any(|name| name.parent() == Some(path)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        inner.change_name(Some(path), None);
        Ok(())
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        let above: Vec<_> = path.ancestors().map(Path::to_owned).collect();
        for dir in above.iter().rev() {
            match inner.names.get(dir.as_path()) {
                Some(Entry::Dir) => {}
                Some(Entry::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => inner.change_name(None, Some((dir, Entry::Dir))),
            }
        }
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate()?;
        if inner.names.get(path) != Some(&Entry::Dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        for (dir, change) in std::mem::take(&mut inner.pending_names) {
            if dir == path {
                change.apply(&mut inner.durable_names);
            } else {
                inner.pending_names.push((dir, change));
            }
        }
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let inner = self.operate()?;
        Ok(inner.names.keys().filter(|name| name.parent() == Some(path)).cloned().collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.lock().names.contains_key(path))
    }

    /// Held by name alone: no file is made for it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        let mut inner = self.operate()?;
        if !inner.locked.insert(path.to_owned()) {
            return Ok(None);
        }
        let boot = inner.boot;
        Ok(Some(Box::new(Held { disk: self.clone(), path: path.to_owned(), boot })))
    }
}

impl MemoryFile {
    fn node<T>(&self, write: bool, act: impl FnOnce(&mut Node) -> io::Result<T>) -> io::Result<T> {
        let mut inner = self.disk.operate()?;
        if inner.boot != self.boot {
            return Err(io::Error::other("this file was open when the power went"));
        }
        if write && !self.writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        act(&mut inner.nodes[self.node])
    }

    fn write(&self, write: Write) -> io::Result<()> {
        let kept = write.clone();
        let done = self.node(true, move |node| {
            write.apply(&mut node.now);
            node.pending.push(write);
            Ok(())
        });
        // The write at which the power goes may have reached the medium all the same.
        let mut inner = self.disk.lock();
        if done.is_err() && inner.dark && inner.boot == self.boot && self.writable {
            let last = inner.fault.is_some_and(|(n, _)| n + 1 == inner.operations);
            if last {
                inner.nodes[self.node].pending.push(kept);
            }
        }
        done
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.node(false, |node| {
            let at = usize::try_from(offset).map_or(node.now.len(), |at| at.min(node.now.len()));
            let n = buf.len().min(node.now.len() - at);
            buf[..n].copy_from_slice(&node.now[at..at + n]);
            Ok(n)
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        self.write(Write::Bytes(at, bytes.to_vec()))
    }

    fn sync(&self) -> io::Result<()> {
        self.node(false, |node| {
            for write in std::mem::take(&mut node.pending) {
                write.apply(&mut node.durable);
            }
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.node(false, |node| Ok(node.now.len() as u64))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.write(Write::Len(usize::try_from(len).map_err(io::Error::other)?))
    }
}
