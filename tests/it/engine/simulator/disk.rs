//! The machine's disk and the states' store, as one process sees them: through its border.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use sendcast::queue::local::{
    BlockStore, KeyVisitor, MemoryStores, StoreError, StoreImage, Stores, WriteBatch,
};
use sendcast::sys::disk::{Disk, DiskFile, LockGuard};
use sendcast::sys::memory_disk::MemoryDisk;

use super::border::Border;

/// The disk behind a border.
#[derive(Clone, Debug)]
pub struct ProcessDisk {
    pub disk: MemoryDisk,
    pub border: Border,
}

#[derive(Debug)]
struct ProcessFile {
    file: Box<dyn DiskFile>,
    place: String,
    border: Border,
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl ProcessDisk {
    fn file(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(ProcessFile { file, place: name(path), border: self.border.clone() })
    }
}

impl Disk for ProcessDisk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.border.change("create", &name(path), b"", || self.disk.create_new(path))?;
        Ok(self.file(path, file))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.border.look("open", &name(path), || self.disk.open(path))?;
        Ok(self.file(path, file))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.border.look("open", &name(path), || self.disk.open_read(path))?;
        Ok(self.file(path, file))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let content = name(to);
        self.border.change("rename", &name(from), content.as_bytes(), || self.disk.rename(from, to))
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.border.change("remove", &name(path), b"", || self.disk.remove_file(path))
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        self.border.change("remove", &name(path), b"", || self.disk.remove_all(path))
    }
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.border.change("remove", &name(path), b"", || self.disk.remove_dir(path))
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.border.change("mkdir", &name(path), b"", || self.disk.create_dir_all(path))
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.border.change("sync", &name(path), b"", || self.disk.sync_dir(path))
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.border.look("list", &name(path), || self.disk.list(path))
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }
    fn try_lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        self.border.look("lock", &name(path), || self.disk.try_lock(path))
    }
}

impl DiskFile for ProcessFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.border.look("read", &self.place, || self.file.read_at(offset, buf))
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.border.change("write", &self.place, bytes, || self.file.write_at(offset, bytes))
    }
    fn sync(&self) -> io::Result<()> {
        self.border.change("sync", &self.place, b"", || self.file.sync())
    }
    fn len(&self) -> io::Result<u64> {
        self.border.look("measure", &self.place, || self.file.len())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.border.change("cut", &self.place, &len.to_le_bytes(), || self.file.set_len(len))
    }
}

/// The states' store of a machine. It syncs nothing: a power cut may put it back to an earlier moment.
#[derive(Clone, Debug, Default)]
pub struct MachineStores {
    stores: MemoryStores,
    /// With whether they were tainted then.
    past: Arc<Mutex<Vec<(StoreImage, bool)>>>,
    damaged: Arc<AtomicBool>,
    /// They were damaged and not rebuilt since: what is put back may be damaged, too.
    tainted: Arc<AtomicBool>,
}

impl MachineStores {
    /// What a power cut makes of it: what it was at one of the last moments, nothing, or damage.
    pub fn power_cut(&self, chance: &mut fastrand::Rng) {
        let past = std::mem::take(&mut *self.past.lock().unwrap());
        match chance.u8(0..4) {
            0 => {}
            1 => self.lose(),
            2 => match chance.choice(&past) {
                Some((image, tainted)) => {
                    self.stores.restore(image);
                    self.tainted.store(*tainted, Relaxed);
                }
                None => self.lose(),
            },
            _ => {
                self.tainted.store(true, Relaxed);
                self.stores.corrupt(chance.usize(0..1_000));
            }
        }
        self.damaged.store(self.tainted.load(Relaxed), Relaxed);
    }

    /// All of it is lost, damage and all: they are rebuilt.
    pub fn lose(&self) {
        self.stores.restore(&StoreImage::default());
        self.made_anew();
    }

    fn made_anew(&self) {
        self.tainted.store(false, Relaxed);
        self.damaged.store(false, Relaxed);
    }

    /// Whether they were damaged, and nobody has told since the last power cut.
    pub fn take_damage(&self) -> bool {
        self.damaged.swap(false, Relaxed)
    }
}

/// The store behind a border.
#[derive(Clone, Debug)]
pub struct ProcessStores {
    pub machine: MachineStores,
    pub border: Border,
}

impl Stores for ProcessStores {
    fn open(&self, dir: &Path) -> Result<Box<dyn BlockStore>, StoreError> {
        drop(self.machine.stores.open(dir)?);
        Ok(Box::new(self.clone()))
    }
    fn exists(&self, dir: &Path) -> Result<bool, StoreError> {
        self.machine.stores.exists(dir)
    }
    fn set_aside(&self, dir: &Path) -> Result<String, StoreError> {
        let act = || {
            self.machine.made_anew();
            self.machine.stores.set_aside(dir).map_err(io::Error::other)
        };
        Ok(self.border.change("set aside", "states", b"", act)?)
    }
    fn remove(&self, dir: &Path) -> Result<(), StoreError> {
        let act = || {
            self.machine.made_anew();
            self.machine.stores.remove(dir).map_err(io::Error::other)
        };
        Ok(self.border.change("remove", "states", b"", act)?)
    }
}

impl BlockStore for ProcessStores {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.machine.stores.get(key)
    }
    fn scan(&mut self, prefix: &[u8], each: &mut KeyVisitor<'_>) -> Result<(), StoreError> {
        self.machine.stores.scan(prefix, each)
    }
    fn apply(&mut self, batch: WriteBatch) -> Result<(), StoreError> {
        let MachineStores { stores, past, tainted, .. } = &mut self.machine;
        let count = batch.len().to_le_bytes();
        Ok(self.border.change("apply", "states", &count, || {
            let mut past = past.lock().unwrap();
            past.push((stores.image(), tainted.load(Relaxed)));
            let old = past.len().saturating_sub(3);
            past.drain(..old);
            stores.apply(batch).map_err(io::Error::other)
        })?)
    }
    fn condemn(&mut self) {
        if !self.border.is_dead() {
            self.machine.stores.condemn();
        }
    }
    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}
