//! Opening a round that is half done.

use std::cell::LazyCell;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use sendcast::queue::{LocalQueue, Queue as _};
use sendcast::sys::disk::RealDisk;
use tempfile::TempDir;

use super::round::{self, NAME, Place, Round};

const ROWS: usize = 100_000;

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("opening, half done");
    group.sample_size(20).throughput(Throughput::Elements(ROWS as u64));
    let closed = LazyCell::new(|| half_done(true));
    let killed = LazyCell::new(|| half_done(false));
    group.bench_function("sendcast, closed", |bencher| {
        bencher.iter_custom(|count| (0..count).map(|_| open(closed.path())).sum());
    });
    group.bench_function("sendcast, killed", |bencher| {
        bencher.iter_custom(|count| (0..count).map(|_| open(copy(killed.path()).path())).sum());
    });
    group.bench_function("reading its bytes", |bencher| {
        let dir = closed.path().join(NAME);
        bencher.iter(|| read(&dir));
    });
    group.finish();
}

/// A round with half of its rows accepted, in a directory.
fn half_done(closed: bool) -> TempDir {
    round::runtime().block_on(async {
        let mut round = Round::new(Place::Directory, ROWS).await;
        round.work(ROWS / 2).await;
        let Round { queue, home, .. } = round;
        if closed {
            queue.close().await.expect("the queue");
        }
        home.expect("a directory")
    })
}

fn open(home: &Path) -> Duration {
    let begun = Instant::now();
    let queue = LocalQueue::open(RealDisk::shared(), &home.join(NAME), Some(&round::identity()));
    let took = begun.elapsed();
    drop(queue.expect("a round"));
    took
}

/// Opening it mends what the kill left, so each opening gets one of its own.
fn copy(home: &Path) -> TempDir {
    fn below(from: &Path, to: &Path) {
        fs::create_dir(to).expect("a directory");
        for entry in fs::read_dir(from).expect("a directory") {
            let entry = entry.expect("an entry");
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                below(&from, &to);
            } else {
                fs::copy(&from, &to).expect("a copy");
                // Else the opening's own syncs would pay for it.
                fs::File::open(&to).and_then(|file| file.sync_all()).expect("a sync");
            }
        }
    }
    let copy = round::directory();
    below(&home.join(NAME), &copy.path().join(NAME));
    copy
}

/// The bytes of all files below a directory.
fn read(dir: &Path) -> usize {
    let paths = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    paths.map(|path| if path.is_dir() { read(&path) } else { fs::read(&path).expect("a file").len() }).sum()
}
