//! A disk that fails under those who only look (`status`, `report`, `verify`), and under `erase`: an answer is
//! the right one or an error that names the file, and what was interrupted can be done again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::desk::{Desk, recipient};
use super::pool::{self, said};
use super::server::Server;
use super::shim::{CHANGES, Fault, LOOKS, Strike, calls};

const PEOPLE: usize = 20;
const RUN: &str = "run c.json --offline --concurrency 6";
const LOOKERS: [&str; 5] = [
    "status kills",
    "status kills --json",
    "verify kills",
    "report kills --format csv",
    "report kills --format json",
];
const ERASE: &str = "erase kills --reports --yes";

#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) command: &'static str,
    pub(super) fault: Fault,
}

/// A desk with a campaign that is settled, and a second, cancelled round.
fn settled(server: &Server) -> Desk {
    let desk = Desk::with(&server.url, PEOPLE);
    for (command, code) in
        [(RUN.to_owned(), 0), (format!("{RUN} --again --limit 3"), 6), ("cancel kills".to_owned(), 0)]
    {
        let done = pool::run(&mut desk.command(&command));
        assert_eq!(done.status.code(), Some(code), "{command}: {}", said(&done));
    }
    desk
}

/// Everything below a directory: files with their bytes, directories without.
pub(super) type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

pub(super) fn tree(dir: &Path) -> Tree {
    let mut found = Tree::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, None);
        } else {
            found.insert(path.clone(), Some(std::fs::read(path).unwrap()));
        }
    }
    found
}

/// Puts the same there as was below `from`.
pub(super) fn restore(tree: &Tree, from: &Path, to: &Path) {
    for (path, bytes) in tree {
        let path = to.join(path.strip_prefix(from).unwrap());
        match bytes {
            None => std::fs::create_dir_all(path).unwrap(),
            Some(bytes) => {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
}

pub(super) fn cases(
    desk: &Desk,
    command: &'static str,
    kinds: &'static str,
    strikes: &[Strike],
) -> Vec<Case> {
    let trace = desk.trace("count");
    let none = Fault { at: 0, strike: Strike::Eio, kinds, only: "" };
    let done = pool::run(&mut desk.shimmed(command, Some(none), Some(&trace)));
    assert!(done.status.success(), "{command}: {}", said(&done));
    let count = calls(&trace).iter().map(|call| call.number).max().unwrap();
    std::fs::remove_file(trace).unwrap();
    let each = |at| {
        strikes.iter().map(move |&strike| Case { command, fault: Fault { at, strike, kinds, only: "" } })
    };
    (1..=count).flat_map(each).collect()
}

/// What was said, but for how long ago something was.
fn timeless(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let words: Vec<_> = said.split(' ').collect();
    let ago = |at: usize| words.get(at + 2).is_some_and(|word| word.starts_with("ago"));
    let kept = words.iter().enumerate().filter(|(at, _)| !ago(*at)).map(|(_, word)| *word);
    kept.collect::<Vec<_>>().join(" ")
}

/// A look that a fault meets: the true answer, or an error that names the place. Says which.
fn look(desk: &Desk, case: &Case, truth: &BTreeMap<&str, Vec<u8>>, before: &Tree) -> bool {
    let Case { command, fault } = *case;
    let trace = desk.trace(&format!("{}-{}-{:?}", command.replace(' ', ""), fault.at, fault.strike));
    let done = pool::run(&mut desk.shimmed(command, Some(fault), Some(&trace)));
    let calls = calls(&trace);
    let struck = calls.iter().find(|call| call.number == fault.at);
    let context = format!("{case:?}, {struck:?}: {}: {}", done.status, said(&done));
    // Nothing is changed. But for `verify`, which has sled open its files: an error may damage those, and the
    // next run rebuilds them.
    let mut after = tree(&desk.data());
    if command.starts_with("verify") && after != *before {
        let states = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "queue");
        after.retain(|path, _| !states(path));
        after.extend(before.iter().filter(|(path, _)| states(path)).map(|(p, b)| (p.clone(), b.clone())));
        let round = desk.data().join("campaigns/kills/round-002/queue");
        std::fs::remove_dir_all(round).unwrap();
        restore(before, desk.root(), desk.root());
    }
    assert!(after == *before, "who looks changes nothing: {context}");
    match (done.status.code(), struck) {
        (Some(0), _) => {
            assert_eq!(timeless(&done.stdout), timeless(&truth[command]), "{context}");
            true
        }
        (Some(1), Some(_)) => {
            let mut broken = calls.iter().filter(|call| call.error > 0 && call.error != 2);
            assert!(broken.any(|call| said(&done).contains(call.file())), "{context}");
            false
        }
        _ => panic!("{context}"),
    }
}

fn looks(stride: usize, from: usize) -> (usize, usize) {
    let server = Server::start("", 5);
    let desk = settled(&server);
    // The heartbeat of the last run is too old by then to stand for somebody who is still at work.
    let truth: BTreeMap<&str, Vec<u8>> =
        LOOKERS.iter().map(|command| (*command, pool::run(&mut desk.command(command)).stdout)).collect();
    let strikes = [Strike::Eio, Strike::EioFromThere];
    let mut all = Vec::new();
    for command in LOOKERS {
        all.extend(cases(&desk, command, LOOKS, &strikes));
    }
    let before = tree(&desk.data());
    let chosen: Vec<Case> = all.into_iter().skip(from % stride).step_by(stride).collect();
    // One at a time: `verify` takes the round's lock while it looks at the states.
    let right = pool::each(&chosen, 1, |case| look(&desk, case, &truth, &before));
    (chosen.len(), right.into_iter().filter(|right| *right).count())
}

/// An erasure that a fault meets, then another that nothing does.
fn erase(server: &Server, case: &Case, files: &Tree, from: &Path) {
    let desk = Desk::with(&server.url, PEOPLE);
    restore(files, from, desk.root());
    // Where the reports lie is known by their absolute paths.
    let list = desk.data().join("campaigns/kills/reports.json");
    let moved = std::fs::read_to_string(&list).unwrap();
    let moved = moved.replace(&*from.to_string_lossy(), &desk.root().to_string_lossy());
    std::fs::write(&list, moved).unwrap();
    assert!(desk.has_report());

    let trace = desk.trace("erase");
    let done = pool::run(&mut desk.shimmed(ERASE, Some(case.fault), Some(&trace)));
    let calls = calls(&trace);
    let struck = calls.iter().find(|call| call.number == case.fault.at);
    let context = format!("{case:?}, {struck:?}: {}: {}", done.status, said(&done));
    match done.status.code() {
        None => assert!(case.fault.strike.kills(), "{context}"),
        Some(0) => {}
        Some(1) => {
            let broken = calls.iter().filter(|call| call.error > 0 && call.error != 2);
            assert!(broken.into_iter().any(|call| said(&done).contains(call.file())), "{context}");
        }
        Some(_) => panic!("{context}"),
    }
    // Whoever runs it meanwhile is refused, or begins anew: nobody goes on with half a ledger.
    let again = pool::run(&mut desk.command(ERASE));
    let gone = again.status.code() == Some(2) && said(&again).contains("has been planned");
    assert!(again.status.success() || gone, "{context}\nagain: {}", said(&again));
    let left = tree(&desk.data().join("campaigns"));
    assert!(left.is_empty(), "{context}\nleft: {:?}", left.keys());
    assert!(!desk.has_report(), "{context}: the report is left");
    let person = recipient(0);
    let digits = &person[2..];
    let told = tree(&desk.data()).into_iter().find(|(_, bytes)| {
        let bytes = bytes.as_deref().unwrap_or_default();
        bytes.windows(digits.len()).any(|window| window == digits.as_bytes())
    });
    assert!(told.is_none(), "{context}: somebody's number is left in {:?}", told.map(|(path, _)| path));
}

fn erasures(stride: usize, from: usize, threads: usize) -> usize {
    let server = Server::start("", 5);
    let desk = settled(&server);
    let mut files = tree(&desk.data());
    for report in ["work/kills.report.csv", "work/kills.round-2.report.csv"] {
        let report = desk.root().join(report);
        files.insert(report.clone(), Some(std::fs::read(&report).unwrap()));
    }
    let mut all = cases(
        &desk,
        ERASE,
        CHANGES,
        &[Strike::Eio, Strike::EioFromThere, Strike::KillBefore, Strike::KillAfter],
    );
    // It is gone by now: counted on another.
    let other = settled(&server);
    all.extend(cases(&other, ERASE, LOOKS, &[Strike::Eio, Strike::EioFromThere]));
    let chosen: Vec<Case> = all.into_iter().skip(from % stride).step_by(stride).collect();
    pool::each(&chosen, threads, |case| erase(&server, case, &files, desk.root()));
    chosen.len()
}

#[test]
fn a_look_at_a_broken_disk_is_right_or_names_the_file() {
    let (looks, right) = looks(19, 2);
    assert!(looks > 10 && right < looks, "{looks}, {right} of them right");
}

#[test]
fn an_erasure_that_is_interrupted_is_done_again_and_leaves_nothing() {
    assert!(erasures(13, 1, 4) > 5);
}

/// Every call of those who look, and of `erase`. `SENDCAST_SOAK_SIZE` is the stride (1), `SENDCAST_SOAK_SEED`
/// where it begins.
#[test]
#[ignore = "a soak: run it with `.ci/soak disk-readers`"]
fn soak_disk_readers() {
    let begun = Instant::now();
    let stride = usize::try_from(super::setting("SENDCAST_SOAK_SIZE", 1)).unwrap().max(1);
    let seed = usize::try_from(super::setting("SENDCAST_SOAK_SEED", 1)).unwrap();
    let (looks, right) = looks(stride, seed);
    let erasures = erasures(stride, seed, 4);
    println!(
        "seed {seed}: {looks} looks at a disk that failed, {right} of them right all the same and the others named the \
         file; {erasures} erasures interrupted, nothing left of any; {:.1?}",
        begun.elapsed()
    );
}
