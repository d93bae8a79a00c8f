//! A template with three variables, compiled once.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::mem;

use criterion::{Criterion, Throughput};
use minijinja::{Environment, Value};
use sendcast::campaign::template::Templates;
use sendcast::domain::text::Cell;

use super::data::{self, BODY, COLUMNS};

const ROWS: usize = 1_000;

pub fn bench(criterion: &mut Criterion) {
    let people = data::people(ROWS, data::clean);
    let mut group = criterion.benchmark_group("rendering");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("sendcast", |bencher| {
        let mut templates = Templates::new(&COLUMNS.map(str::to_owned), &BTreeMap::new());
        let text = templates.compile(BODY).expect("a template");
        let mut rows: Vec<Vec<Cell>> =
            people.iter().map(|cells| cells.iter().map(Cell::from).collect()).collect();
        bencher.iter(|| {
            for row in &mut rows {
                templates.hold(mem::take(row), Vec::new());
                black_box(templates.render(&text).expect("a text"));
                *row = templates.release();
            }
        });
    });
    group.bench_function("minijinja", |bencher| {
        let mut environment = Environment::new();
        environment.add_template("body", BODY).expect("a template");
        let template = environment.get_template("body").expect("a template");
        bencher.iter(|| {
            for [_, first_name, city, order, ..] in &people {
                let person = [("first_name", first_name), ("order", order), ("city", city)];
                black_box(template.render(Value::from_pairs(person)).expect("a text"));
            }
        });
    });
    group.bench_function("str::replace", |bencher| {
        bencher.iter(|| {
            for [_, first_name, city, order, ..] in &people {
                let text = BODY.replace("{{ first_name }}", first_name);
                black_box(text.replace("{{ order }}", order).replace("{{ city }}", city));
            }
        });
    });
    group.finish();
}
