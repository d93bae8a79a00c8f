//! A disk that is full at each of the operations of a change in turn: the draft stays whole, and goes on afterwards.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sendcast::sys::disk::{Disk, DiskFile, LockGuard, RealDisk};

use super::*;

/// So many operations that need room go well; then the disk is full.
#[derive(Clone, Debug)]
struct Filling(Arc<AtomicU64>);

impl Filling {
    fn room(&self) -> io::Result<()> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

#[derive(Debug)]
struct Writes(Box<dyn DiskFile>, Filling);

impl DiskFile for Writes {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buf)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let Err(full) = self.1.room() {
            // Half of it is there.
            self.0.write_at(offset, &bytes[..bytes.len() / 2])?;
            return Err(full);
        }
        self.0.write_at(offset, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        self.1.room()?;
        self.0.sync()
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

impl Disk for Filling {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.room()?;
        Ok(Box::new(Writes(RealDisk.create_new(path)?, self.clone())))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Writes(RealDisk.open(path)?, self.clone())))
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.open_read(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.room()?;
        RealDisk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_all(path)
    }
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_dir(path)
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.room()?;
        RealDisk.create_dir_all(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.room()?;
        RealDisk.sync_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        RealDisk.exists(path)
    }
    fn try_lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        RealDisk.try_lock(path)
    }
}

/// The use cases over a disk with room for so many operations.
fn with_room(bench: &Bench, operations: u64) -> App {
    App { disk: Arc::new(Filling(Arc::new(AtomicU64::new(operations)))), ..bench.app.clone() }
}

/// Does something with room for none, one, two operations and so on, until it goes well; says how often it didn't.
fn until_it_fits(
    bench: &Bench,
    mut attempt: impl FnMut(&App) -> Result<(), AppError>,
    mut failed: impl FnMut(),
) -> u64 {
    for operations in 0..100 {
        match attempt(&with_room(bench, operations)) {
            Ok(()) => return operations,
            Err(error) => {
                assert!(!error.is_usage() && error.path.is_some(), "{error:?}");
                failed();
            }
        }
    }
    panic!("it never fits");
}

#[test]
fn a_disk_that_is_full_leaves_no_half_of_a_new_draft() {
    let bench = Bench::new(Page::default());
    let failed = || assert!(drafts::list(&bench.app).unwrap().is_empty());
    let times = until_it_fits(&bench, |app| drafts::create(app, None).map(drop), failed);
    assert!(times >= 5, "{times}");
    assert_eq!(drafts::list(&bench.app).unwrap().len(), 1);
}

#[test]
fn a_disk_that_is_full_leaves_the_draft_as_it_was() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let before = draft.as_file(&bench.app).unwrap();
    let set = |app: &App| draft.set(app, &[(Key::Daily, Some(json!(9)))]);
    let times = until_it_fits(&bench, set, || {
        let now = draft.as_file(&bench.app).unwrap();
        // Once it is renamed, only the directory's sync is missing: it is the new one, whole.
        assert!(now == before || draft.campaign(&bench.app).unwrap().daily == Some(9), "{now}");
        std::fs::write(draft.path(), &before).unwrap();
        draft.people(&bench.app).unwrap();
    });
    assert_eq!(times, 5, "make, write, sync, rename, sync the directory");
    assert_eq!(draft.campaign(&bench.app).unwrap().daily, Some(9));
}

#[test]
fn a_disk_that_is_full_keeps_the_upload_before() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let before = draft.as_file(&bench.app).unwrap();
    let from = bench.path("upload.part");
    let times = until_it_fits(
        &bench,
        |app| {
            std::fs::write(&from, "Mobile\n98765 43219\n").unwrap();
            draft.take_upload(app, &from, "new.csv", Role::Audience)
        },
        || {
            let people = draft.people(&bench.app).unwrap();
            let new = draft.as_file(&bench.app).unwrap() != before;
            assert_eq!(people.understood.rows, if new { 1 } else { 5 }, "the old one or the new one, whole");
        },
    );
    assert!(times > 8, "{times}");
    assert_eq!(names(&draft).len(), 4);
    assert_eq!(draft.people(&bench.app).unwrap().file.unwrap().called, "new.csv");
}
