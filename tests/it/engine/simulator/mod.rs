//! Whole lives of campaigns, each drawn from a seed, in virtual time: faults of server, network, disk and
//! clock, kills at any step, power cuts, orders, edits; with hours, canaries, variants. L, D, X, P and H are judged at
//! every step by what the server and the disk know.
//!
//! - `life`: a life as a script; `chance`, `hours`: what it is made of.
//! - `machine`, `process`, `border`, `disk`, `clock`: processes on a machine, and all that crosses to them.
//! - `judge`, `verdict`, `book`: the promise, held against the server's truth and the durable journal.

mod audience;
mod book;
mod border;
mod chance;
mod disk;
mod hours;
mod judge;
mod life;
mod machine;
mod process;
mod tally;
mod trace;
mod verdict;

use std::ops::Range;
use std::panic::catch_unwind;
use std::time::Instant;

use crate::kills::setting;
use life::live;
use tally::Tally;

/// Lives of many seeds, on two threads: lives know nothing of each other. Tells every seed that breaks the
/// promise, and how to live it once more.
fn live_all(seeds: Range<u64>, people: u64) -> Tally {
    let part = |offset: u64| {
        let (mut sum, mut broken) = (Tally::default(), Vec::new());
        for seed in seeds.clone().filter(|seed| seed % 2 == offset) {
            match catch_unwind(|| live(seed, people)) {
                Ok(life) => sum.add(seed, &life),
                Err(_) => broken.push(seed),
            }
        }
        (sum, broken)
    };
    let ((even, mut broken), (odd, others)) = std::thread::scope(|scope| {
        let other = scope.spawn(|| part(1));
        (part(0), other.join().unwrap())
    });
    broken.extend(others);
    for seed in &broken {
        println!(
            "the life of seed {seed} with {people} people breaks the promise; alone once more:\n  \
             SENDCAST_SOAK_TRACE=1 SENDCAST_SOAK_PEOPLE={people} .ci/soak simulator --seed {seed} --size 1"
        );
    }
    assert!(broken.is_empty(), "{} of {} lives break the promise: {broken:?}", broken.len(), seeds.count());
    even.join(odd)
}

#[test]
fn the_promise_holds_over_any_life() {
    let all = live_all(300..420, 60);
    println!("{all}");
    assert!(all.kills > 120 && all.power_cuts > 60 && all.disk_errors > 10, "{all}");
    assert!(all.jumps > 20 && all.orders > 120 && all.edits > 20, "{all}");
    assert!(all.with_hours > 10 && all.posts_within_hours > 300, "{all}");
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_another() {
    let mut traces = Vec::new();
    for seed in 1_000..1_008 {
        let first = live(seed, 40);
        assert_eq!(first, live(seed, 40), "seed {seed}");
        traces.push(first.trace);
    }
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), 8, "each seed has a life of its own");
}

#[test]
#[ignore = "a soak: minutes"]
fn soak_simulator() {
    let (first, seeds) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 10_000));
    let people = setting("SENDCAST_SOAK_PEOPLE", 1_000);
    let started = Instant::now();
    let all = live_all(first..first + seeds, people);
    let real = started.elapsed();
    let factor = all.virtual_time.as_secs_f64() / real.as_secs_f64();
    println!("seeds {first}..{} with {people} people: {all}", first + seeds);
    println!("  in {real:.1?}: {factor:.0} times as fast as the clock");
    assert!(factor >= 1_000.0, "only {factor:.0} times as fast as the clock");
}
