//! Two processes on one campaign, started microseconds to milliseconds apart: one of them sends, the other
//! says so, and whatever they were, the server has seen everybody once.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::time::{Duration, Instant};

use sendcast::domain::job::Event;
use sendcast::domain::time::Millis;
use sendcast::queue::{DesiredState, Entry, View};

use super::desk::{Desk, recipient};
use super::pool::{self, said};
use super::server::Server;

const PEOPLE: usize = 12;
const RUN: &str = "run c.json --offline --concurrency 3";
/// How many are written to before the race, where the campaign has begun.
const BEGUN: usize = 5;

/// Who races against a `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rival {
    /// Another one; neither has planned anything yet.
    FirstRun,
    /// Another one, on a campaign half done.
    Run,
    /// `pause`, on a campaign half done.
    Pause,
    /// `pause`, before anything was planned.
    EarlyPause,
    /// `retry`, where three have failed.
    Retry,
    /// `report`, on a campaign half done.
    Report,
    /// `report`, before anything was planned.
    EarlyReport,
    /// `erase`, on a campaign half done.
    Erase,
    /// `run --again`, once all is settled.
    Again,
    /// Both are `run --again`.
    BothAgain,
}

const RIVALS: [Rival; 10] = [
    Rival::FirstRun,
    Rival::Run,
    Rival::Pause,
    Rival::EarlyPause,
    Rival::Retry,
    Rival::Report,
    Rival::EarlyReport,
    Rival::Erase,
    Rival::Again,
    Rival::BothAgain,
];

#[derive(Clone, Copy, Debug)]
struct Race {
    rival: Rival,
    seed: u64,
}

/// How a race went, in a word.
type Went = (Rival, &'static str);

impl Rival {
    fn command(self) -> String {
        match self {
            Rival::FirstRun | Rival::Run => RUN.to_owned(),
            Rival::Pause | Rival::EarlyPause => "pause kills".to_owned(),
            Rival::Retry => "retry kills".to_owned(),
            Rival::Report | Rival::EarlyReport => "report kills".to_owned(),
            Rival::Erase => "erase kills --yes".to_owned(),
            Rival::Again | Rival::BothAgain => format!("{RUN} --again"),
        }
    }

    /// Brings the campaign to where the race begins.
    fn prepare(self, desk: &Desk) {
        let (arguments, code) = match self {
            Rival::FirstRun | Rival::EarlyPause | Rival::EarlyReport => return,
            Rival::Again | Rival::BothAgain => (String::new(), 0),
            Rival::Retry | Rival::Run | Rival::Pause | Rival::Report | Rival::Erase => {
                (format!("--limit {BEGUN}"), 6)
            }
        };
        let run = pool::run(&mut desk.command(&format!("{RUN} {arguments}")));
        assert_eq!(run.status.code(), Some(code), "{}", said(&run));
    }
}

fn is_locked(output: &Output) -> bool {
    let said = said(output);
    output.status.code() == Some(1)
        && said.contains("another sendcast is working on this campaign")
        && said.contains("hint: ")
}

/// How often the server accepted a message for each recipient.
fn accepted(server: &Server) -> BTreeMap<String, u64> {
    server.stats().recipients
}

/// Everybody so many times.
fn everybody(times: u64) -> BTreeMap<String, u64> {
    (0..PEOPLE).map(|n| (recipient(n), times)).collect()
}

fn race(race: &Race) -> Went {
    let Race { rival, seed } = *race;
    let mut chance = fastrand::Rng::with_seed(seed);
    // Three are refused for good, for `retry`.
    let refused = if rival == Rival::Retry { ",code:131026=3x" } else { "" };
    let server = Server::start(&format!("latency:1ms-4ms{refused}"), seed);
    let desk = Desk::with(&server.url, PEOPLE);
    rival.prepare(&desk);

    let run = if rival == Rival::BothAgain { rival.command() } else { RUN.to_owned() };
    let mut commands = [desk.command(&run), desk.command(&rival.command())];
    let first = usize::from(chance.bool());
    // Evenly over the orders of magnitude, from a microsecond to longer than a run takes.
    let pause = Duration::from_micros(1 << chance.u32(0..=17)).mul_f64(0.5 + chance.f64());
    let one = pool::start(&mut commands[first]);
    let begun = Instant::now();
    while begun.elapsed() < pause {
        std::hint::spin_loop();
        if pause > Duration::from_millis(1) {
            std::thread::sleep(Duration::from_micros(100));
        }
    }
    let other = pool::start(&mut commands[1 - first]);
    let (one, other) = (pool::end(one), pool::end(other));
    let (run, rivals) = if first == 0 { (one, other) } else { (other, one) };
    let context = format!(
        "{race:?}, {} first by {pause:?}\nrun: {}: {}\nrival: {}: {}",
        if first == 0 { "run" } else { "the rival" },
        run.status,
        said(&run),
        rivals.status,
        said(&rivals)
    );
    let went = judged(rival, &desk, &server, &run, &rivals, &context);
    let verified = desk.verify();
    assert!(verified.status.success(), "{context}\nverify: {}", said(&verified));
    (rival, went)
}

/// The code of a process that ended in one of these ways.
fn code(output: &Output, allowed: &[i32], context: &str) -> Option<i32> {
    let code = output.status.code().filter(|code| allowed.contains(code));
    assert!(code.is_some() || is_locked(output), "{context}");
    code
}

fn judged(
    rival: Rival,
    desk: &Desk,
    server: &Server,
    run: &Output,
    rivals: &Output,
    context: &str,
) -> &'static str {
    match rival {
        Rival::FirstRun | Rival::Run => {
            let codes = [code(run, &[0], context), code(rivals, &[0], context)];
            assert!(codes.contains(&Some(0)), "{context}");
            assert_eq!(accepted(server), everybody(1), "{context}");
            settle(desk, server, 1, context);
            if codes == [Some(0); 2] { "one after the other" } else { "one was turned away" }
        }
        Rival::Pause | Rival::EarlyPause => {
            let unplanned = rivals.status.code() == Some(2) && said(rivals).contains("has been planned");
            assert!(rivals.status.success() || (unplanned && rival == Rival::EarlyPause), "{context}");
            code(run, &[0, 6], context);
            let paused = desk.view().is_some_and(|view| view.wanted() == DesiredState::Paused);
            assert_eq!(paused, rivals.status.success(), "an order is durable when it is given: {context}");
            if paused {
                let resumed = pool::run(&mut desk.command("resume kills"));
                assert!(resumed.status.success(), "{context}\nresume: {}", said(&resumed));
            }
            settle(desk, server, 1, context);
            match (unplanned, run.status.code()) {
                (true, _) => "too early",
                (_, Some(0)) => "too late",
                (_, Some(6)) => "paused",
                _ => "the run was turned away",
            }
        }
        Rival::Retry => {
            assert!(rivals.status.success(), "{context}");
            code(run, &[0, 3], context);
            let retried = pool::run(&mut desk.command("retry kills"));
            assert!(retried.status.success(), "{context}\nretry: {}", said(&retried));
            settle(desk, server, 1, context);
            if is_locked(run) { "the run was turned away" } else { "the run sent" }
        }
        Rival::Report | Rival::EarlyReport => {
            let unplanned = rivals.status.code() == Some(2) && said(rivals).contains("has been planned");
            assert!(rivals.status.success() || (unplanned && rival == Rival::EarlyReport), "{context}");
            assert!(run.status.success(), "a look doesn't hinder a run: {context}");
            if rivals.status.success() {
                let mut reader = csv::Reader::from_reader(rivals.stdout.as_slice());
                assert_eq!(reader.records().filter(|row| row.is_ok()).count(), PEOPLE, "{context}");
            }
            assert_eq!(desk.report().len(), PEOPLE, "{context}");
            settle(desk, server, 1, context);
            if unplanned { "too early" } else { "looked" }
        }
        Rival::Erase => {
            let (erased, sent) = (code(rivals, &[0], context), code(run, &[0], context));
            let there = desk.view().is_some();
            let now = accepted(server);
            let begun: BTreeMap<String, u64> = (0..BEGUN).map(|n| (recipient(n), 1)).collect();
            let mut anew = everybody(1);
            anew.extend((0..BEGUN).map(|n| (recipient(n), 2)));
            let went = match (erased, sent) {
                (None, Some(_)) if there && now == everybody(1) => "it was turned away",
                (Some(_), None) if !there && now == begun => "the run was turned away",
                (Some(_), Some(_)) if !there && now == everybody(1) => "erased after the run",
                (Some(_), Some(_)) if there && now == anew => "erased before the run",
                _ => panic!("it is there: {there}; {now:?}: {context}"),
            };
            let run = pool::run(&mut desk.command(RUN));
            assert!(run.status.success(), "{context}\nthen: {}", said(&run));
            if there {
                assert_eq!(accepted(server), now, "{context}");
            }
            went
        }
        Rival::Again | Rival::BothAgain => {
            let codes = [code(run, &[0], context), code(rivals, &[0], context)];
            assert!(codes.contains(&Some(0)), "{context}");
            let rounds = desk.rounds();
            // Somebody was at work on the first round: whoever asked for another was turned away.
            let early = rounds == 1 && codes == [Some(0), None] && rival == Rival::Again;
            assert!(early || (2..=3).contains(&rounds), "{rounds} rounds: {context}");
            assert!(rounds <= 2 || rival == Rival::BothAgain, "a round that nobody ordered: {context}");
            if rounds == 3 {
                let (before, after) = (span(&desk.round(2)), span(&desk.round(3)));
                assert!(before.1 <= after.0, "two rounds at a time: {context}");
            }
            assert_eq!(accepted(server), everybody(u64::from(rounds)), "{context}");
            settle(desk, server, u64::from(rounds), context);
            match (rounds, codes) {
                (3, _) => "two rounds, one after the other",
                (_, [Some(0), Some(0)]) => "one round, both content",
                _ => "one was turned away",
            }
        }
    }
}

/// Sends what is left: then everybody was written to so often, and once more changes nothing.
fn settle(desk: &Desk, server: &Server, times: u64, context: &str) {
    for command in [RUN, RUN] {
        let done = pool::run(&mut desk.command(command));
        assert!(done.status.success(), "{context}\nthen {command}: {}", said(&done));
    }
    assert_eq!(accepted(server), everybody(times), "{context}");
    let statuses: BTreeSet<String> = desk.report().into_iter().map(|row| row.status).collect();
    assert_eq!(statuses, BTreeSet::from(["accepted".to_owned()]), "{context}");
}

/// When the first message of a round was about to be sent, and when the last was accepted.
fn span(view: &View) -> (Millis, Millis) {
    let (mut first, mut last) = (Millis(u64::MAX), Millis(0));
    view.entries(&mut |_, entry| {
        match entry {
            Entry::Job { event: Event::Claimed { at, .. }, .. } => first = first.min(at),
            Entry::Job { event: Event::Accepted { at, .. }, .. } => last = last.max(at),
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    (first, last)
}

fn races(count: usize, seed: u64, threads: usize) -> BTreeMap<Went, usize> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let races: Vec<Race> =
        (0..count).map(|n| Race { rival: RIVALS[n % RIVALS.len()], seed: chance.u64(..) }).collect();
    let mut tally = BTreeMap::new();
    pool::each(&races, threads, race).into_iter().for_each(|went| *tally.entry(went).or_default() += 1);
    tally
}

#[test]
fn of_two_processes_one_sends_and_nobody_is_written_to_twice() {
    let tally = races(RIVALS.len(), 4, 4);
    assert_eq!(tally.values().sum::<usize>(), RIVALS.len(), "{tally:?}");
}

/// `SENDCAST_SOAK_SIZE` races (1,000), drawn by `SENDCAST_SOAK_SEED`.
#[test]
#[ignore = "a soak: run it with `.ci/soak races`"]
fn soak_races() {
    let begun = Instant::now();
    let count = usize::try_from(super::setting("SENDCAST_SOAK_SIZE", 1_000)).unwrap();
    let seed = super::setting("SENDCAST_SOAK_SEED", 1);
    let tally = races(count, seed, 4);
    println!("seed {seed}: {count} races, nobody written to twice, nobody left out; {:.1?}", begun.elapsed());
    for ((rival, went), times) in tally {
        println!("  {times:>5}  {rival:?}: {went}");
    }
}
