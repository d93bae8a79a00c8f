//! A disk that fails, at every single call of the shipped binary: the run stops in order and names the place,
//! nothing leaves without its intent on disk, and the next run goes on as if nothing had been.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::time::Instant;

use super::desk::{Desk, recipient};
use super::pool::{self, said};
use super::server::Server;
use super::shim::{CHANGES, Call, Fault, LOOKS, Strike, calls};
use super::{judge, order};

const PEOPLE: usize = 40;
const RUN: &str = "run c.json --offline --concurrency 6";
/// What the first of two runs does, where it is the second that meets the fault.
const HALF: &str = "run c.json --offline --concurrency 6 --limit 17";

/// Which run meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// The very first, which creates everything.
    First,
    /// One that takes up a queue half done.
    Second,
}

/// One fault to be tried.
#[derive(Clone, Copy, Debug)]
struct Case {
    met: Met,
    fault: Fault,
}

/// What became of the cases.
#[derive(Debug, Default)]
struct Told {
    cases: usize,
    killed: usize,
    stopped: usize,
    /// Went on to its end all the same, by the file that it could do without.
    survived: BTreeMap<String, usize>,
    /// The call wasn't reached: what threads do varies.
    unreached: usize,
    doubts: u64,
}

/// A campaign of its own, at the point where the fault comes.
fn prepared(met: Met) -> (Server, Desk) {
    let server = Server::start("", 5);
    let desk = Desk::with(&server.url, PEOPLE);
    if met == Met::Second {
        let half = pool::run(&mut desk.command(HALF));
        assert_eq!(half.status.code(), Some(6), "{}", said(&half));
    }
    (server, desk)
}

/// The calls of a run that meets nothing; those of these kinds are numbered.
fn undisturbed(met: Met, kinds: &'static str) -> Vec<Call> {
    let (_server, desk) = prepared(met);
    let trace = desk.trace("count");
    let none = Fault { at: 0, strike: Strike::Eio, kinds, only: "" };
    let run = pool::run(&mut desk.shimmed(RUN, Some(none), Some(&trace)));
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    calls(&trace)
}

/// Files without which a run goes on: sled's, which are made again from the journal; what it shows of itself;
/// directories that may not be ours to sync or to tidy: above the data directory, the report's; the opt-out list when it
/// is looked at once more: the last known one holds; what webhooks told: deliveries are asked for instead; what says
/// whose turn a number has, when it is taken away at the end: nobody holds its lock then.
fn does_without(call: &Call) -> bool {
    let sled = call.path.contains("/queue/") || call.path.ends_with("/queue");
    let dir = matches!(call.path.as_str(), "." | "work" | "work/.");
    let webhooks = call.path.ends_with("/hooks") || call.path.contains("/hooks/inbox-");
    let turns = call.kind == "unlink" && call.path.contains("/line/");
    sled || dir || webhooks || turns || matches!(call.file(), "status.json" | "optout.csv")
}

fn attempt(case: &Case) -> Told {
    let Case { met, fault } = *case;
    let (server, desk) = prepared(met);
    let (earlier, trace) = (server.stats(), desk.trace("fault"));
    let run = pool::run(&mut desk.shimmed(RUN, Some(fault), Some(&trace)));
    let calls = calls(&trace);
    let struck = calls.iter().find(|call| call.number == fault.at && fault.at > 0);
    let context = format!("{case:?}, {struck:?}");

    let mut now = Told { cases: 1, ..Told::default() };
    match struck {
        None => now.unreached = 1,
        Some(_) if fault.strike.kills() => {
            assert_eq!(run.status.signal(), Some(9), "{context}: {}", said(&run));
            now.killed = 1;
        }
        Some(call) => match run.status.code() {
            // A campaign or an audience that can't be read is a campaign that can't run.
            Some(code) if code == 1 || (code == 2 && call.path.starts_with("work/")) => {
                now.stopped = 1;
                let said = said(&run);
                let broken = calls.iter().filter(|call| ![0, 2, 17].contains(&call.error));
                let named: BTreeSet<&str> = broken.map(Call::file).collect();
                assert!(
                    named.iter().any(|file| said.contains(file)),
                    "{context}: none of {named:?} in: {said}"
                );
            }
            Some(0 | 4) => {
                let harmless = does_without(call) || fault.strike == Strike::Short || call.kind == "stat";
                assert!(harmless, "{context}: it went on: {}", said(&run));
                *now.survived.entry(call.file().to_owned()).or_default() += 1;
            }
            _ => panic!("{context}: {}: {}", run.status, said(&run)),
        },
    }
    after_a_failed_sync(&calls, &context);
    let between = server.stats();
    assert!(between.duplicates.is_empty(), "{context}: {:?}", between.duplicates);
    let posts = calls.iter().filter(|call| call.kind == "post").count() as u64;
    assert!(between.posts - earlier.posts <= posts, "{context}: the server has seen more than was sent");

    // Mended: it goes on where it stopped.
    let second = desk.trace("mended");
    let run = pool::run(&mut desk.shimmed(RUN, None, Some(&second)));
    // 3: one that was in doubt was found, and had failed on its way.
    assert!(matches!(run.status.code(), Some(0 | 3 | 4)), "{context}: then {}: {}", run.status, said(&run));
    let stats = server.stats();
    let good: BTreeSet<String> = (0..PEOPLE).map(recipient).collect();
    let tally = judge::settled(&desk, &stats, &good, PEOPLE as u64);
    now.doubts = tally.get("in_doubt").copied().unwrap_or(0);
    if met == Met::First {
        order::check(&desk, &[&trace, &second]);
    }
    now
}

/// Once a sync of the journal has failed, no more leaves than was in flight.
fn after_a_failed_sync(calls: &[Call], context: &str) {
    let failed = calls.iter().position(|call| {
        call.path.ends_with("/journal") && matches!(call.kind.as_str(), "sync" | "write") && call.error > 0
    });
    let Some(failed) = failed else { return };
    let later = calls[failed..].iter().filter(|call| call.kind == "post").count();
    assert!(later <= 6, "{context}: {later} POSTs left after the journal had failed");
}

impl Told {
    fn add(&mut self, other: Told) {
        self.cases += other.cases;
        self.killed += other.killed;
        self.stopped += other.stopped;
        self.unreached += other.unreached;
        self.doubts += other.doubts;
        for (file, n) in other.survived {
            *self.survived.entry(file).or_default() += n;
        }
    }
}

/// Tries all cases.
fn sweep(cases: &[Case], threads: usize) -> Told {
    let mut told = Told::default();
    pool::each(cases, threads, attempt).into_iter().for_each(|one| told.add(one));
    told
}

fn cases(met: Met, kinds: &'static str, strikes: &[Strike]) -> Vec<Case> {
    let count = undisturbed(met, kinds).iter().map(|call| call.number).max().unwrap();
    let each =
        |at| strikes.iter().map(move |&strike| Case { met, fault: Fault { at, strike, kinds, only: "" } });
    (1..=count).flat_map(each).collect()
}

const STRIKES: [Strike; 7] = [
    Strike::Eio,
    Strike::EioFromThere,
    Strike::Full,
    Strike::Short,
    Strike::KillBefore,
    Strike::KillAfter,
    Strike::Torn,
];

/// Every `stride`-th of the cases of both runs, in turn with all strikes.
fn every(stride: usize, from: usize) -> (usize, Vec<Case>) {
    let mut all = Vec::new();
    for met in [Met::First, Met::Second] {
        all.extend(cases(met, CHANGES, &STRIKES));
        all.extend(cases(met, LOOKS, &[Strike::Eio, Strike::EioFromThere]));
    }
    (all.len(), all.into_iter().skip(from % stride).step_by(stride).collect())
}

/// Of all cases, two of each strike: one early, one late.
fn of_each_strike(all: &[Case]) -> Vec<Case> {
    let of = |strike: Strike| all.iter().filter(move |case| case.fault.strike == strike).copied();
    let two = |(n, &strike): (usize, &Strike)| {
        let count = of(strike).count();
        let at = count * (n + 1) / (STRIKES.len() + 1) / 2;
        of(strike).skip(at).step_by((count / 2).max(1)).take(2).collect::<Vec<_>>()
    };
    STRIKES.iter().enumerate().flat_map(two).collect()
}

/// Calls to what the promise stands on: the kind, the file, and which of these calls.
const THAT_MATTER: [(&str, &str, u64); 14] = [
    ("create", "/journal", 1),
    // Created, opened, the plan adopted, the queue taken, and the first intents.
    ("sync", "/journal", 1),
    ("sync", "/journal", 2),
    ("sync", "/journal", 3),
    ("sync", "/journal", 4),
    ("sync", "/journal", 5),
    ("sync", "/journal", 6),
    ("write", "/journal", 4),
    ("write", "/mark", 2),
    ("rename", "/manifest.json", 1),
    ("sync", "/manifest.json.tmp", 2),
    ("write", "/plan-001.plan.staged", 1),
    ("rename", "/plan-001.plan", 1),
    ("write", "/last", 1),
];

/// An error at each of them.
fn that_matter() -> Vec<Case> {
    let fault = |(kinds, only, at)| Fault { at, strike: Strike::Eio, kinds, only };
    THAT_MATTER.into_iter().map(|call| Case { met: Met::First, fault: fault(call) }).collect()
}

#[test]
fn a_fault_of_the_disk_stops_a_run_and_the_next_one_goes_on() {
    let (all, whole) = every(1, 0);
    let mut cases = of_each_strike(&whole);
    cases.extend(that_matter());
    let told = sweep(&cases, 8);
    assert!(told.stopped >= THAT_MATTER.len() && told.killed > 0, "of {all}: {told:?}");
}

/// Every call × every strike. `SENDCAST_SOAK_SIZE` is the stride (1), `SENDCAST_SOAK_SEED` where it begins.
#[test]
#[ignore = "a soak: run it with `.ci/soak disk-calls`"]
fn soak_disk_calls() {
    let begun = Instant::now();
    let stride = usize::try_from(super::setting("SENDCAST_SOAK_SIZE", 1)).unwrap().max(1);
    let seed = usize::try_from(super::setting("SENDCAST_SOAK_SEED", 1)).unwrap();
    let (all, cases) = every(stride, seed);
    let told = sweep(&cases, 32);
    println!(
        "seed {seed}: {} faults of {all} tried, each call of a first and a second run: {} stopped in order and named \
         the place, {} killed, {} went on without the file ({:?}), {} not reached; after all of them the next run \
         ended, nobody twice, nobody lost, {} left in doubt and listed; {:.1?}",
        told.cases,
        told.stopped,
        told.killed,
        told.survived.values().sum::<usize>(),
        told.survived,
        told.unreached,
        told.doubts,
        begun.elapsed()
    );
}
