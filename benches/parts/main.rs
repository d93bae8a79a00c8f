//! What a job is made of, each part beside a reference in the same run: `cargo bench --bench parts -- [FILTER]`.
//!
//! A group's lines do the same work on the same data, so their quotient holds on any machine; what each costs alone
//! doesn't.

#![expect(clippy::expect_used, reason = "a bench that can't go on tells why and ends")]

mod answer;
mod audience;
mod data;
mod looking;
mod opening;
mod phone;
mod queue;
mod rendering;
mod report;
mod request;
mod round;
mod workbook;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for part in [
        audience::bench,
        workbook::bench,
        phone::bench,
        rendering::bench,
        request::bench,
        answer::bench,
        queue::bench,
        opening::bench,
        looking::bench,
        report::bench,
    ] {
        part(&mut criterion);
    }
    criterion.final_summary();
}
