//! From a cell to a number in E.164.

use criterion::{Criterion, Throughput};
use phonenumber::country::Id;
use sendcast::domain::phone;

use super::data::{self, STYLES};

const NUMBERS: usize = 1_000;

pub fn bench(criterion: &mut Criterion) {
    let country = "IN".parse().ok();
    for (name, style) in STYLES {
        let cells: Vec<String> = data::numbers(NUMBERS).into_iter().map(style).collect();
        let mut group = criterion.benchmark_group(format!("phone, {name}"));
        group.throughput(Throughput::Elements(NUMBERS as u64));
        group.bench_function("sendcast", |bencher| {
            bencher.iter(|| cells.iter().filter(|cell| phone::parse(cell, country).is_ok()).count());
        });
        group.bench_function("phonenumber", |bencher| {
            let valid = |cell: &&String| phonenumber::parse(Some(Id::IN), cell).is_ok_and(|n| n.is_valid());
            bencher.iter(|| cells.iter().filter(valid).count());
        });
        group.finish();
    }
}
