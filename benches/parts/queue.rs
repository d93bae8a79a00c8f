//! Intents and outcomes on disk: one group of the journal, one sync for each 64 messages.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use sendcast::sys::disk::Disk as _;
use sendcast::sys::memory_disk::MemoryDisk;
use tokio::runtime::Runtime;

use super::round::{self, GROUP, Place, Round};

/// A round lasts a thousand groups; whatever the queue does now and then is among them.
const ROWS: usize = 1_000 * GROUP;

pub fn bench(criterion: &mut Criterion) {
    in_memory(criterion);
    on_disk(criterion);
}

fn in_memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue, in memory");
    group.throughput(Throughput::Elements(GROUP as u64));
    let mut rounds = Rounds::new(Place::Memory);
    group.bench_function("sendcast, claim and record", |bencher| {
        bencher.iter_custom(|count| rounds.turns(count));
    });
    group.bench_function("the same bytes", |bencher| {
        let file = MemoryDisk::new().create_new(Path::new("/bytes")).expect("a file");
        let bytes = bytes();
        bencher.iter(|| {
            // Always the first ones: memory would run out.
            file.write_at(0, &bytes).expect("a write");
            file.sync().expect("a sync");
        });
    });
    group.finish();
}

fn on_disk(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue, on disk");
    group.throughput(Throughput::Elements(GROUP as u64));
    let mut rounds = Rounds::new(Place::Directory);
    group.bench_function("sendcast, claim and record", |bencher| {
        bencher.iter_custom(|count| rounds.turns(count));
    });
    group.bench_function("write_all and fdatasync", |bencher| {
        let home = round::directory();
        let mut file = File::create(home.path().join("bytes")).expect("a file");
        let bytes = bytes();
        bencher.iter(|| {
            file.write_all(&bytes).expect("a write");
            file.sync_data().expect("a sync");
        });
    });
    group.finish();
}

/// Round after round.
struct Rounds {
    runtime: Runtime,
    place: Place,
    present: Option<Round>,
}

impl Rounds {
    fn new(place: Place) -> Rounds {
        Rounds { runtime: round::runtime(), place, present: None }
    }

    /// How long so many turns take; making the next round isn't counted.
    fn turns(&mut self, count: u64) -> Duration {
        self.runtime.block_on(async {
            let mut took = Duration::ZERO;
            for _ in 0..count {
                let mut round = match self.present.take() {
                    Some(present) if present.left >= GROUP => present,
                    _ => Round::new(self.place, ROWS).await,
                };
                took += round.turn().await;
                self.present = Some(round);
            }
            took
        })
    }
}

/// As many as a group of the journal has.
fn bytes() -> Vec<u8> {
    let len = round::runtime().block_on(async {
        let mut round = Round::new(Place::Memory, 3 * GROUP).await;
        round.turn().await;
        let before = round.journal();
        round.turn().await;
        round.journal() - before
    });
    vec![b'x'; usize::try_from(len).expect("a group")]
}
