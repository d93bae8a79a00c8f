//! The report as CSV and as a workbook.

use std::hint::black_box;
use std::io;

use criterion::{Criterion, Throughput};
use jiff::tz::TimeZone;
use rust_xlsxwriter::Workbook;
use sendcast::queue::{Listed, Queue as _};
use sendcast::report::{self, Csv, Format, Head, Render as _, Scan, Spec};

use super::round::{self, GROUP, Place, Round};

const ROWS: usize = 100 * GROUP;

pub fn bench(criterion: &mut Criterion) {
    let head = Head::from(&round::head());
    let mut round = all_accepted();
    let jobs = listed(&mut round);
    let mut group = criterion.benchmark_group("report");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("sendcast, jobs to lines", |bencher| {
        bencher.iter(|| {
            let csv = Csv::new(&head, b',', &TimeZone::UTC);
            let mut out = Vec::new();
            for jobs in jobs.chunks(256) {
                let lines: Vec<_> = jobs.iter().map(|job| report::line(job, &head)).collect();
                csv.lines(&lines, &mut out).expect("lines");
                black_box(&out);
                out.clear();
            }
        });
    });
    group.bench_function("sendcast, plan and journal to lines", |bencher| {
        bencher.iter(|| write(&round, Format::Csv, io::sink()));
    });
    let records = records(&round);
    group.bench_function("csv", |bencher| {
        bencher.iter(|| {
            let mut csv = csv::Writer::from_writer(io::sink());
            records.iter().for_each(|record| csv.write_record(record).expect("a record"));
            csv.flush().expect("an end");
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("report-xlsx");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.sample_size(10);
    group.bench_function("sendcast, plan and journal to workbook", |bencher| {
        bencher.iter(|| write(&round, Format::Xlsx, io::sink()));
    });
    group.bench_function("rust_xlsxwriter", |bencher| bencher.iter(|| workbook(&records)));
    group.finish();
}

/// The same records as texts on one sheet, in constant memory and compressed alike.
fn workbook(records: &[Vec<String>]) {
    let mut book = Workbook::new();
    book.set_zip_compression_level(3);
    let sheet = book.add_worksheet_with_constant_memory().expect("a sheet");
    for (row, record) in (0..).zip(records) {
        for (column, cell) in (0..).zip(record).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, column, cell).expect("a cell");
        }
    }
    book.save_to_writer(io::sink()).expect("a workbook");
}

fn all_accepted() -> Round {
    round::runtime().block_on(async {
        let mut round = Round::new(Place::Memory, ROWS).await;
        round.work(0).await;
        // The last ones' outcomes.
        round.turn().await;
        round
    })
}

fn listed(round: &mut Round) -> Vec<Listed<'static>> {
    let mut jobs = Vec::with_capacity(ROWS);
    let scanned = round.queue.scan(&mut |job| {
        jobs.push(job.into_owned());
        Ok(())
    });
    scanned.expect("the queue");
    jobs
}

fn write(round: &Round, format: Format, out: impl io::Write + Send) {
    let mut listing = round.listing();
    let lines: &mut Scan<'_> = &mut |make, take| listing.parts(make, take);
    let spec = Spec { format, ..Spec::default() };
    report::write(out, &spec, &Head::from(&round::head()), lines).expect("a report");
}

/// The report's own records, header first.
fn records(round: &Round) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    write(round, Format::Csv, &mut out);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&out[..]);
    let records = reader.records().map(|record| record.expect("a record"));
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}
