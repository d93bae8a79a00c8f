//! A campaign that is killed again and again, while the server resets, hangs and fails.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::desk::{Desk, recipient};
use super::judge;
use super::server::Server;

/// Messages in flight at most.
const CONCURRENCY: usize = 16;

/// What goes wrong: 5 % resets after accepting, 5 % server errors (half before, half after accepting), 2 %
/// hangs (likewise), and now and then a refusal that is tried again. A kill finds some of those in flight not
/// yet accepted (`latency`) and some accepted and not yet answered (`slow`).
const FAULTS: &str = "latency:2ms-20ms,slow:2ms-30ms,reset-after=5%,500=2.5%,502-after=2.5%,hang=1%,hang-after=1%,\
                      code:131016=0.3%";

struct Size {
    people: usize,
    kills: usize,
}

/// What happened, for those who look on.
struct Told {
    kills: usize,
    runs: usize,
    in_flight: usize,
    took: Duration,
    accepted: u64,
    tally: judge::Tally,
}

/// A person's line, and now and then one that can't be written to or comes twice.
fn lines(people: usize) -> (Vec<String>, BTreeSet<String>) {
    let mut lines = Vec::new();
    let mut good = BTreeSet::new();
    for n in 0..people {
        match n % 100 {
            50 => lines.push(format!("Guest {n},12")),
            75 => lines.push(format!("Again {n},+{}", recipient(n - 10))),
            _ => {
                lines.push(format!("Guest {n},+{}", recipient(n)));
                good.insert(recipient(n));
            }
        }
    }
    (lines, good)
}

fn survive(size: &Size, seed: u64) -> Told {
    let begun = Instant::now();
    let mut chance = fastrand::Rng::with_seed(seed);
    let server = Server::start(FAULTS, seed);
    let (lines, good) = lines(size.people);
    let rows = lines.len() as u64;
    let desk = Desk::new(&server.url, lines.into_iter());
    let arguments = format!("--timeout 500ms --concurrency {CONCURRENCY} --track 1s");

    let (mut kills, mut runs, mut in_flight) = (0, 0, BTreeSet::new());
    let mut settled = None;
    while kills < size.kills {
        let mut run = desk.start(&arguments);
        runs += 1;
        // Now and then while it opens or has only just begun; otherwise somewhere on the way, so that the
        // kills are spread over all of it. The last ones fall when doubts are looked for.
        if chance.u8(..4) > 0 {
            let posts = server.stats().posts;
            let left = (good.len() as u64).saturating_sub(posts);
            let share = 2 * left / (size.kills - kills + 1) as u64;
            let target = posts + chance.u64(1..=share.max(1));
            let ended = || run.try_wait().unwrap().is_some();
            server.wait_for_posts(target, Duration::from_secs(3), ended);
        }
        std::thread::sleep(Duration::from_micros(chance.u64(0..60_000)));
        if let Some(status) = run.try_wait().unwrap() {
            assert!(matches!(status.code(), Some(0 | 3..=5)), "{status}, seed {seed}:\n{}", desk.said());
            settled = status.code().filter(|code| *code != 5);
            if settled.is_some() {
                break;
            }
            continue;
        }
        run.kill().unwrap();
        run.wait().unwrap();
        kills += 1;
        if let Some(mut view) = desk.view() {
            in_flight.extend(judge::after_a_kill(&mut view, CONCURRENCY));
        }
        assert_eq!(server.stats().duplicates.len(), 0, "after kill {kills}, seed {seed}");
    }
    // The breaker may stop it when the faults cluster (5): then it is run again, as a user would.
    while settled.is_none() {
        let run = desk.run(&arguments);
        runs += 1;
        let code = run.status.code();
        assert!(
            matches!(code, Some(0 | 3..=5)) && runs < size.kills + 10,
            "{}, seed {seed}:\n{}",
            run.status,
            String::from_utf8_lossy(&run.stderr)
        );
        settled = code.filter(|code| *code != 5);
    }
    let stats = server.stats();
    let tally = judge::settled(&desk, &stats, &good, rows);
    let doubts = tally.get("in_doubt").copied().unwrap_or(0);
    assert_eq!(settled == Some(4), doubts > 0, "the exit code, with {doubts} in doubt");
    Told { kills, runs, in_flight: in_flight.len(), took: begun.elapsed(), accepted: stats.accepted, tally }
}

#[test]
fn killed_three_times_nobody_is_written_to_twice_and_nobody_is_lost() {
    let told = survive(&Size { people: 600, kills: 3 }, 7);
    assert_eq!(told.kills, 3, "it ended by itself before");
    assert!(told.accepted > 500, "{}", told.accepted);
}

/// `SENDCAST_SOAK_SIZE` recipients (5,000) and twenty kills, drawn by `SENDCAST_SOAK_SEED`.
#[test]
#[ignore = "a soak: run it with `.ci/soak kills`"]
fn soak_kills() {
    let people = super::setting("SENDCAST_SOAK_SIZE", 5_000);
    let seed = super::setting("SENDCAST_SOAK_SEED", 1);
    println!("seed {seed}, {people} recipients");
    let told = survive(&Size { people: usize::try_from(people).unwrap(), kills: 20 }, seed);
    println!(
        "{} kills in {} runs, {} messages in flight when they fell; {} accepted by the server, nobody twice; the report: \
         {:?}; {:.1?}",
        told.kills, told.runs, told.in_flight, told.accepted, told.tally, told.took
    );
}
