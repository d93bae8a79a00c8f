//! The figures, by name.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use super::ours::{self, Desk};
use super::process::{self, Took};
use super::sink::{Seen, Sink};

type Figure = fn(&Settings) -> io::Result<()>;

const FIGURES: [(&str, Figure); 8] = [
    ("sending", sending),
    ("slow", slow),
    ("start", start),
    ("planning", planning),
    ("large", large),
    ("restart", restart),
    ("pace", pace),
    ("idle", idle),
];

/// How much.
struct Settings {
    rows: usize,
    rounds: usize,
}

/// Runs the figures named, or all.
pub fn run(arguments: &[String]) -> io::Result<()> {
    let mut settings = Settings { rows: 10_000, rounds: 5 };
    let mut wanted = Vec::new();
    for argument in arguments {
        match argument.split_once('=') {
            Some(("--rows", rows)) => settings.rows = rows.parse().map_err(io::Error::other)?,
            Some(("--rounds", rounds)) => settings.rounds = rounds.parse().map_err(io::Error::other)?,
            _ => wanted.push(argument.as_str()),
        }
    }
    if let Some(unknown) = wanted.iter().find(|name| FIGURES.iter().all(|(known, _)| known != *name)) {
        let known: Vec<_> = FIGURES.iter().map(|(name, _)| *name).collect();
        return Err(io::Error::other(format!(
            "no figure is called {unknown}; there are: {}",
            known.join(", ")
        )));
    }
    for (name, figure) in FIGURES {
        if wanted.is_empty() || wanted.contains(&name) {
            println!("\n## {name}\n");
            figure(&settings)?;
        }
    }
    Ok(())
}

/// A program and what the sink saw of it.
struct Round {
    took: Took,
    seen: Seen,
}

fn round(
    sink: &Sink,
    expected: usize,
    command: &mut Command,
    said: impl Fn() -> String,
) -> io::Result<Round> {
    sink.reset();
    let took = process::run(command)?;
    let seen = sink.seen();
    if seen.posts.len() != expected {
        return Err(io::Error::other(format!(
            "{} of {expected} came ({}): {}",
            seen.posts.len(),
            took.status,
            said()
        )));
    }
    Ok(Round { took, seen })
}

fn bare(sink: &Sink, settings: &Settings, in_flight: usize) -> io::Result<Round> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare-loop", &sink.url(), &settings.rows.to_string(), &in_flight.to_string()]);
    round(sink, settings.rows, &mut command, String::new)
}

fn ours(sink: &Sink, settings: &Settings, in_flight: usize) -> io::Result<Round> {
    let desk = Desk::new(settings.rows, &sink.url())?;
    let mut command = desk.run(&format!("--concurrency {in_flight}"));
    round(sink, settings.rows, &mut command, || desk.said())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Sending as fast as it goes, to a sink that answers at once.
fn sending(settings: &Settings) -> io::Result<()> {
    compare(settings, Duration::ZERO, 64)
}

/// The same, with answers after 50 ms.
fn slow(settings: &Settings) -> io::Result<()> {
    compare(settings, Duration::from_millis(50), 64)?;
    println!();
    compare(settings, Duration::from_millis(50), 256)
}

fn compare(settings: &Settings, delay: Duration, in_flight: usize) -> io::Result<()> {
    println!("{} rows, {in_flight} in flight, answers after {delay:?}\n", settings.rows);
    println!(
        "| round | bare, msg/s | bare, CPU s | sending, msg/s | of bare | whole, msg/s | CPU s | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let sink = Sink::start(delay)?;
    let (mut ratios, mut rates, mut wholes, mut cpus) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 1..=settings.rounds {
        let reference = bare(&sink, settings, in_flight)?;
        let mine = ours(&sink, settings, in_flight)?;
        let answered = mine.seen.answered.map_or(mine.took.wall, |at| at.duration_since(mine.took.begun));
        let whole = settings.rows as f64 / answered.as_secs_f64();
        let cpu = mine.took.cpu.as_secs_f64();
        let ratio = mine.seen.rate() / reference.seen.rate();
        println!(
            "| {n} | {:.0} | {:.2} | {:.0} | {ratio:.2} | {whole:.0} | {cpu:.2} | {:.0} |",
            reference.seen.rate(),
            reference.took.cpu.as_secs_f64(),
            mine.seen.rate(),
            mine.took.peak
        );
        ratios.push(ratio);
        rates.push(mine.seen.rate());
        wholes.push(whole);
        cpus.push(cpu);
    }
    println!(
        "| median | | | {:.0} | {:.2} | {:.0} | {:.2} | |",
        median(rates),
        median(ratios),
        median(wholes),
        median(cpus)
    );
    Ok(())
}

/// From Enter to the first POST, 1,000 rows.
fn start(settings: &Settings) -> io::Result<()> {
    println!("| round | first POST after, ms |\n|---|---|");
    let sink = Sink::start(Duration::ZERO)?;
    let mut all = Vec::new();
    for n in 1..=settings.rounds {
        let mine = ours(&sink, &Settings { rows: 1_000, rounds: 1 }, 64)?;
        let first = first_post(&mine).as_secs_f64() * 1e3;
        println!("| {n} | {first:.1} |");
        all.push(first);
    }
    println!("| median | {:.1} |", median(all));
    Ok(())
}

/// From a table to the first POST: all rows are planned by then.
fn planning(settings: &Settings) -> io::Result<()> {
    type Numbers = fn(usize) -> String;
    println!(
        "{} rows, 6 columns, 3 variables\n\n| numbers | rows/s | peak MB |\n|---|---|---|",
        settings.rows
    );
    let sink = Sink::start(Duration::ZERO)?;
    let spaced: Numbers = |n| {
        let digits = ours::clean(n);
        format!("{} {} {}", &digits[..3], &digits[3..8], &digits[8..])
    };
    let national: Numbers = |n| format!("0{}", &ours::clean(n)[3..]);
    let kinds: [(&str, Numbers); 3] =
        [("+919800000000", ours::clean), ("+91 98000 00000", spaced), ("09800000000", national)];
    for (name, number) in kinds {
        let (mut rates, mut peak) = (Vec::new(), 0.0_f64);
        for _ in 0..settings.rounds {
            let desk = Desk::with(settings.rows, &sink.url(), number)?;
            let only = round(&sink, 1, &mut desk.run("--limit 1"), || desk.said())?;
            rates.push(settings.rows as f64 / first_post(&only).as_secs_f64());
            peak = peak.max(only.took.peak);
        }
        println!("| {name} | {:.0} | {peak:.0} |", median(rates));
    }
    Ok(())
}

fn first_post(round: &Round) -> Duration {
    round.seen.posts.first().map_or(round.took.wall, |at| at.duration_since(round.took.begun))
}

/// Recipients of a campaign that large ones are held against.
const SMALL: usize = 100_000;

/// A hundred thousand, and so many as were asked for: what a message costs, and what it all takes.
fn large(settings: &Settings) -> io::Result<()> {
    println!(
        "| rows | planned, rows/s | sent, msg/s | CPU s / 10,000 | peak MB | disk MB | of its bound | report, rows/s |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let sink = Sink::start(Duration::ZERO)?;
    // The machine's speed drifts: small ones before and after, so that the cost of a message can be held against theirs.
    let around = [SMALL; 3];
    let mut small = Vec::new();
    let mut large = None;
    for rows in around.into_iter().chain([settings.rows]).chain(around) {
        let desk = Desk::new(rows, &sink.url())?;
        let all = round(&sink, rows, &mut desk.run("--concurrency 64"), || desk.said())?;
        let (disk, bound) = (desk.disk(), 2 * (desk.audience()? + desk.rendered()) + 700 * rows as u64);
        let report = process::run(&mut desk.command("report bench.json --output again.csv"))?;
        let cost = all.took.cpu.as_secs_f64() / rows as f64 * 1e4;
        if rows == SMALL {
            small.push(cost);
        } else {
            large = Some(cost);
        }
        println!(
            "| {rows} | {:.0} | {:.0} | {cost:.3} | {:.0} | {:.0} | {:.2} | {:.0} |",
            rows as f64 / first_post(&all).as_secs_f64(),
            all.seen.rate(),
            all.took.peak,
            disk as f64 / 1e6,
            disk as f64 / bound as f64,
            rows as f64 / report.wall.as_secs_f64()
        );
    }
    if let Some(large) = large {
        let small = median(small);
        println!("\nA message's CPU, {} against {SMALL}: {:.2} ×", settings.rows, large / small);
    }
    Ok(())
}

/// From starting again with half of it done to the next POST.
fn restart(settings: &Settings) -> io::Result<()> {
    println!("{} rows, half of them sent\n\n| before | first POST after, ms |\n|---|---|", settings.rows);
    let half = settings.rows / 2;
    for killed in [false, true] {
        let sink = Sink::start(Duration::ZERO)?;
        let desk = Desk::new(settings.rows, &sink.url())?;
        let mut command = desk.run(&if killed { String::new() } else { format!("--limit {half}") });
        process::run_while(&mut command, |child| {
            if killed && sink.count() >= half {
                let _ = child.kill();
            }
        })?;
        sink.reset();
        let again = Round { took: process::run(&mut desk.run("--limit 1"))?, seen: sink.seen() };
        let name = if killed { "killed" } else { "ended" };
        println!("| {name} | {:.0} |", first_post(&again).as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Ten seconds at a rate.
fn pace(_: &Settings) -> io::Result<()> {
    println!("| rate | of it | the fullest second held |\n|---|---|---|");
    for rate in [80, 1_000] {
        let sink = Sink::start(Duration::ZERO)?;
        let desk = Desk::new(rate * 10, &sink.url())?;
        let mut command = desk.command(&format!("run bench.json --offline --track 0 --rate {rate}/s"));
        let all = round(&sink, rate * 10, &mut command, || desk.said())?;
        let span = all.seen.posts.last().zip(all.seen.posts.first());
        let span = span.map_or(Duration::ZERO, |(last, first)| last.duration_since(*first));
        let share = (all.seen.posts.len() - 1) as f64 / span.as_secs_f64() / rate as f64;
        println!("| {rate}/s | {:.1} % | {} |", share * 100.0, all.seen.fullest_second());
    }
    Ok(())
}

/// CPU while it waits for deliveries.
fn idle(_: &Settings) -> io::Result<()> {
    let sink = Sink::start(Duration::ZERO)?;
    let desk = Desk::new(1_000, &sink.url())?;
    let mut command = desk.command("run bench.json --offline --track 40s --rate max");
    let (from, to) = (Duration::from_secs(10), Duration::from_secs(40));
    let (begun, mut spent) = (Instant::now(), (None, None));
    process::run_while(&mut command, |child| {
        if begun.elapsed() >= from && spent.0.is_none() {
            spent.0 = Some(process::cpu_of(child.id()));
        }
        if begun.elapsed() < to {
            spent.1 = Some(process::cpu_of(child.id()));
        }
    })?;
    let cpu = spent.1.zip(spent.0).map_or(Duration::ZERO, |(after, before)| after.saturating_sub(before));
    println!("{:.2} % of a core", cpu.as_secs_f64() / (to - from).as_secs_f64() * 100.0);
    Ok(())
}
