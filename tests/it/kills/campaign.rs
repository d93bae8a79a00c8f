//! A campaign that is killed again and again, while the server resets, hangs and fails.

use std::collections::BTreeSet;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::desk::{Desk, recipient};
use super::judge;
use super::server::Server;

/// What goes wrong: 5 % resets after accepting, 5 % server errors (half before, half after accepting), 2 %
/// hangs (likewise), and now and then a refusal that is tried again. A kill finds some of those in flight not
/// yet accepted (`latency`) and some accepted and not yet answered (`slow`).
const FAULTS: &str = "latency:2ms-20ms,slow:2ms-30ms,reset-after=5%,500=2.5%,502-after=2.5%,hang=1%,hang-after=1%,\
                      code:131016=0.3%";

struct Size {
    people: usize,
    kills: usize,
    /// Messages in flight at most.
    concurrency: usize,
}

/// What happened, for those who look on.
struct Told {
    kills: usize,
    at_calls: usize,
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

/// How the next run is killed.
enum Way {
    /// At a moment: so many bytes of journal later, and then some.
    Moment { journal: u64, pause: Duration },
    /// At a call to the disk.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    Call(super::shim::Fault),
}

/// What was seen of a campaign so far, to aim the next kill by.
#[derive(Clone, Copy, Default)]
struct Pace {
    posts: u64,
    journal: u64,
    /// Calls of the runs that were killed at one, and the messages that they sent.
    calls: u64,
    sent: u64,
}

impl Pace {
    /// A way to fall somewhere on the way of the next `share` messages.
    fn draw(&self, share: u64, chance: &mut fastrand::Rng) -> Way {
        // Now and then while it opens or has only just begun; otherwise somewhere on the way, so that the
        // kills are spread over all of it. The last ones fall when doubts are looked for.
        let messages = if chance.u8(..4) > 0 { chance.u64(1..=share) } else { 0 };
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        if chance.bool() {
            use super::shim::{CHANGES, Fault, Strike};
            const OPENING: u64 = 40;
            let strike = [Strike::KillBefore, Strike::KillAfter, Strike::Torn][chance.usize(..3)];
            let calls = (messages * self.calls).checked_div(self.sent).unwrap_or(messages);
            let at = 1 + chance.u64(..OPENING) + calls;
            return Way::Call(Fault { at, strike, kinds: CHANGES, only: "" });
        }
        let bytes = self.journal.checked_div(self.posts).unwrap_or(200);
        let longest = 2 * share.clamp(500, 30_000);
        Way::Moment {
            journal: self.journal + messages * bytes,
            pause: Duration::from_micros(chance.u64(0..longest)),
        }
    }
}

/// Starts a run and kills it. What became of it, and whether it fell at a call.
fn kill(desk: &Desk, arguments: &str, way: &Way) -> ExitStatus {
    match way {
        Way::Moment { journal, pause } => {
            let mut run = desk.start(arguments);
            let begun = Instant::now();
            while desk.journal_len() < *journal && begun.elapsed() < Duration::from_secs(3) {
                if let Some(status) = run.try_wait().unwrap() {
                    return status;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(*pause);
            if let Some(status) = run.try_wait().unwrap() {
                return status;
            }
            run.kill().unwrap();
            run.wait().unwrap()
        }
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        Way::Call(fault) => desk.start_on(arguments, *fault).wait().unwrap(),
    }
}

fn survive(size: &Size, seed: u64) -> Told {
    let begun = Instant::now();
    let mut chance = fastrand::Rng::with_seed(seed);
    let server = Server::start(FAULTS, seed);
    let (lines, good) = lines(size.people);
    let rows = lines.len() as u64;
    let desk = Desk::new(&server.url, lines.into_iter());
    let arguments = format!("--timeout 500ms --concurrency {} --track 1s", size.concurrency);

    let (mut kills, mut at_calls, mut runs, mut in_flight) = (0, 0, 0, BTreeSet::new());
    let (mut settled, mut pace) = (None, Pace::default());
    while kills < size.kills {
        let left = (good.len() as u64).saturating_sub(pace.posts);
        let share = 2 * left / (size.kills - kills + 1) as u64;
        let way = pace.draw(share.max(1), &mut chance);
        let status = kill(&desk, &arguments, &way);
        runs += 1;
        if let Some(code) = status.code() {
            assert!(matches!(code, 0 | 3..=5), "{status}, seed {seed}:\n{}", desk.said());
            settled = Some(code).filter(|code| *code != 5);
            if settled.is_some() {
                break;
            }
            continue;
        }
        kills += 1;
        if let Some(mut view) = desk.view() {
            in_flight.extend(judge::after_a_kill(&mut view, size.concurrency));
        }
        let stats = server.stats();
        assert_eq!(stats.duplicates.len(), 0, "after kill {kills}, seed {seed}");
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        if let Way::Call(fault) = way {
            at_calls += 1;
            pace.calls += fault.at;
            pace.sent += stats.posts - pace.posts;
        }
        pace = Pace { posts: stats.posts, journal: desk.journal_len(), ..pace };
    }
    // The breaker may stop it when the faults cluster (5): then it is run again, as a user would.
    while settled.is_none() {
        let run = desk.run(&arguments);
        runs += 1;
        let code = run.status.code();
        assert!(
            matches!(code, Some(0 | 3..=5)) && runs < size.kills + 20,
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
    assert!(!desk.said().contains("panicked"), "{}", desk.said());
    Told {
        kills,
        at_calls,
        runs,
        in_flight: in_flight.len(),
        took: begun.elapsed(),
        accepted: stats.accepted,
        tally,
    }
}

#[test]
fn killed_three_times_nobody_is_written_to_twice_and_nobody_is_lost() {
    let told = survive(&Size { people: 600, kills: 3, concurrency: 16 }, 7);
    assert_eq!(told.kills, 3, "it ended by itself before");
    assert!(told.accepted > 500, "{}", told.accepted);
}

/// `SENDCAST_SOAK_SIZE` recipients (100,000), and a kill for every 200 of them, half of them at a call to the
/// disk, drawn by `SENDCAST_SOAK_SEED`.
#[test]
#[ignore = "a soak: run it with `.ci/soak kills`"]
fn soak_kills() {
    let people = usize::try_from(super::setting("SENDCAST_SOAK_SIZE", 100_000)).unwrap();
    let seed = super::setting("SENDCAST_SOAK_SEED", 1);
    println!("seed {seed}, {people} recipients");
    let size = Size { people, kills: people.div_ceil(200), concurrency: 48 };
    let told = survive(&size, seed);
    println!(
        "{} kills in {} runs, {} of them at a call to the disk, {} messages in flight when they fell; {} accepted by the \
         server, nobody twice; the report: {:?}; {:.1?}",
        told.kills, told.runs, told.at_calls, told.in_flight, told.accepted, told.tally, told.took
    );
    assert!(told.kills * 10 >= size.kills * 9, "it ended by itself after {} kills", told.kills);
}
