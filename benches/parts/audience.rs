//! From a table's bytes to rows, and to planned rows.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput};
use sendcast::campaign::tables::{self, TableOptions};
use sendcast::campaign::{Campaign, PlanOptions, Planner};
use tempfile::TempDir;

use super::data::{self, Cells, STYLES};

const ROWS: usize = 10_000;

pub fn bench(criterion: &mut Criterion) {
    reading(criterion);
    planning(criterion);
}

/// Rows are a vector of texts for us; for the csv crate the same, and what costs it least.
fn reading(criterion: &mut Criterion) {
    let people = data::people(ROWS, data::clean);
    for (name, people) in [("ascii", people.clone()), ("utf-8", data::accented(people))] {
        let desk = Desk::new(&people);
        let mut group = criterion.benchmark_group(format!("reading, {name}"));
        group.throughput(Throughput::Elements(ROWS as u64));
        group.bench_function("sendcast", |bencher| {
            bencher.iter(|| {
                let table = tables::open(&desk.table, &TableOptions::default()).expect("a table");
                table.for_each(|row| drop(black_box(row.expect("a row"))));
            });
        });
        group.bench_function("csv, owned cells", |bencher| {
            bencher.iter(|| {
                let mut reader = csv::Reader::from_path(&desk.table).expect("a table");
                let owned = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
                reader.records().for_each(|record| drop(black_box(owned(record.expect("a record")))));
            });
        });
        group.bench_function("csv", |bencher| bencher.iter(|| alone(&desk.table)));
        group.finish();
    }
}

/// The message is rendered and checked, the number parsed, duplicates are looked for.
fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("planning");
    group.throughput(Throughput::Elements(ROWS as u64));
    for (name, style) in STYLES {
        let desk = Desk::new(&data::people(ROWS, style));
        let campaign = Campaign::load(&desk.campaign).expect("a campaign");
        group.bench_function(format!("sendcast, {name} numbers"), |bencher| {
            bencher.iter(|| {
                let planner = Planner::new(&campaign, PlanOptions::default()).expect("a plan");
                planner.for_each(|row| drop(black_box(row.expect("a row"))));
            });
        });
    }
    let desk = Desk::new(&data::people(ROWS, data::clean));
    group.bench_function("csv", |bencher| bencher.iter(|| alone(&desk.table)));
    group.finish();
}

/// The csv crate's reader, one record used again and again.
fn alone(table: &Path) {
    let mut reader = csv::Reader::from_path(table).expect("a table");
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).expect("a record") {
        black_box(&record);
    }
}

/// A campaign and its audience.
struct Desk {
    table: PathBuf,
    campaign: PathBuf,
    _home: TempDir,
}

impl Desk {
    fn new(people: &[Cells]) -> Desk {
        let home = tempfile::tempdir().expect("a directory");
        let (table, campaign) = (home.path().join("people.csv"), home.path().join("bench.json"));
        std::fs::write(&table, data::table(people)).expect("an audience");
        let text = format!(
            r#"{{"from": "PHONE_NUMBER_ID", "audience": {{"file": "people.csv", "country": "IN"}},
                "message": {{"type": "text", "body": "{}"}}}}"#,
            data::BODY
        );
        std::fs::write(&campaign, text).expect("a campaign");
        Desk { table, campaign, _home: home }
    }
}
