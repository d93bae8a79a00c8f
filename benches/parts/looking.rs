//! Looking at a round from outside, all of it sent: opening it, and what a page asks of it then.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use sendcast::app::campaign_dir::CampaignDir;
use sendcast::app::recipients::{Digits, Filter, Place, Recipients};
use sendcast::domain::ids::JobId;
use sendcast::domain::status::Status;
use sendcast::queue::{Queue as _, Stamp, View};
use sendcast::sys::disk::RealDisk;
use sendcast::sys::home::Home;
use tempfile::TempDir;

use super::round::{self, NAME, Place as In, Round};

const ROWS: usize = 100_000;

pub fn bench(criterion: &mut Criterion) {
    let home = sent();
    let (disk, dir) = (RealDisk::shared(), home.path().to_owned());
    let mut group = criterion.benchmark_group("looking");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("sendcast, a stamp", |bencher| {
        bencher.iter(|| Stamp::of(&*disk, &dir.join(NAME)).expect("a round").expect("a stamp"));
    });
    group.bench_function("sendcast, a view", |bencher| {
        bencher.iter(|| View::open(disk.clone(), &dir.join(NAME)).expect("a round"));
    });
    let campaign_dir =
        CampaignDir { home: Home::new(&dir), name: "bench".to_owned(), dir: dir.clone(), round: 1 };
    let open = || Recipients::open(&disk, &campaign_dir, &|_| {}).expect("a round");
    group.bench_function("sendcast, recipients", |bencher| bencher.iter(open));
    group.finish();

    let mut group = criterion.benchmark_group("looking, once open");
    let mut recipients = open();
    group.bench_function("nothing new", |bencher| bencher.iter(|| recipients.refresh().expect("a round")));
    let mut at = 0_u32;
    let rows = u32::try_from(ROWS).expect("rows");
    let mut anywhere = || {
        at = (at + rows / 7 + 1) % rows;
        Place::After(JobId(at))
    };
    let mut page = |filter: &Filter, place| black_box(recipients.page(filter, place, 50).expect("a page"));
    group.bench_function("50 recipients", |bencher| bencher.iter(|| page(&Filter::default(), anywhere())));
    let accepted = Filter { status: Some(Status::Accepted), ..Filter::default() };
    group.bench_function("50 accepted", |bencher| bencher.iter(|| page(&accepted, anywhere())));
    let doubtful = Filter { status: Some(Status::InDoubt), ..Filter::default() };
    group.bench_function("50 in doubt, of none", |bencher| bencher.iter(|| page(&doubtful, Place::Start)));
    let digits: Digits = "4321".parse().expect("digits");
    let ends = Filter { digits: Some(digits), ..Filter::default() };
    group.bench_function("a number's end", |bencher| bencher.iter(|| page(&ends, Place::Start)));
    let holds = Filter { digits: Some("4321987".parse::<Digits>().expect("digits").anywhere()), ..ends };
    group.bench_function("a number's part", |bencher| bencher.iter(|| page(&holds, Place::Start)));
    group.bench_function("a story", |bencher| {
        bencher.iter(|| recipients.story(JobId(rows / 2)).expect("a round").expect("a job"));
    });
    group.finish();
}

/// A round whose messages are all accepted, in a directory, closed.
fn sent() -> TempDir {
    round::runtime().block_on(async {
        let mut round = Round::new(In::Directory, ROWS).await;
        round.work(0).await;
        round.turn().await;
        let Round { queue, home, .. } = round;
        queue.close().await.expect("the queue");
        home.expect("a directory")
    })
}
