//! `forget` on a disk that fails or under `kill -9`, at every call of the disk: what is left opens and is whole, nobody is
//! written to again, and done again it finishes.

use std::path::Path;
use std::time::Instant;

use super::desk::{Desk, recipient};
use super::pool::{self, said};
use super::readers::{Case, Tree, cases, restore, tree};
use super::server::Server;
use super::shim::{CHANGES, LOOKS, Strike, calls};

const PEOPLE: usize = 12;
const FORGET: &str = "forget +919876000003 --yes";
const RUN: &str = "run c.json --offline --concurrency 1";

/// A campaign that has sent to half of its people: the person got a message.
fn half_sent(server: &Server) -> Desk {
    let desk = Desk::with(&server.url, PEOPLE);
    let done = pool::run(&mut desk.command(&format!("{RUN} --limit 6")));
    assert_eq!(done.status.code(), Some(6), "{}", said(&done));
    desk
}

fn told_in(tree: &Tree, digits: &str) -> Option<String> {
    let told = |bytes: &[u8]| bytes.windows(digits.len()).any(|window| window == digits.as_bytes());
    let found = tree.iter().find(|(_, bytes)| bytes.as_deref().is_some_and(told));
    found.map(|(path, _)| path.display().to_string())
}

fn forget(server: &Server, case: &Case, files: &Tree, from: &Path) {
    let desk = Desk::with(&server.url, PEOPLE);
    restore(files, from, desk.root());
    let trace = desk.trace("forget");
    let done = pool::run(&mut desk.shimmed(FORGET, Some(case.fault), Some(&trace)));
    let calls = calls(&trace);
    let struck = calls.iter().find(|call| call.number == case.fault.at);
    let context = format!("{case:?}, {struck:?}: {}: {}", done.status, said(&done));
    match done.status.code() {
        None => assert!(case.fault.strike.kills(), "{context}"),
        Some(0 | 1) => {}
        Some(_) => panic!("{context}"),
    }
    // What is left is whole; the cached states are rebuilt by whoever opens them next.
    let verified = pool::run(&mut desk.command("verify kills"));
    let told = said(&verified);
    let is_rebuilt = told.contains("1 problem found") && told.contains("the next run rebuilds it");
    assert!(verified.status.success() || is_rebuilt, "{context}\nverify: {told}");
    let again = pool::run(&mut desk.command(FORGET));
    assert!(again.status.success(), "{context}\nagain: {}", said(&again));
    let verified = pool::run(&mut desk.command("verify kills"));
    assert!(verified.status.success(), "{context}\nverify: {}", said(&verified));
    let status = pool::run(&mut desk.command("status kills --json"));
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(
        (&status["counts"]["accepted"], &status["counts"]["queued"]),
        (&6.into(), &6.into()),
        "{context}"
    );
    let person = recipient(3);
    let told = told_in(&tree(&desk.data()), &person[2..]);
    assert!(told.is_none(), "{context}: their number is left in {told:?}");
}

fn all_cases(desk: &Desk, command: &'static str) -> Vec<Case> {
    let files = tree(&desk.data());
    let changes = [Strike::Eio, Strike::EioFromThere, Strike::KillBefore, Strike::KillAfter];
    let mut all = cases(desk, command, CHANGES, &changes);
    // Each count has carried it out.
    std::fs::remove_dir_all(desk.data()).unwrap();
    restore(&files, desk.root(), desk.root());
    all.extend(cases(desk, command, LOOKS, &[Strike::Eio]));
    all
}

fn forgettings(stride: usize, from: usize, threads: usize) -> usize {
    let server = Server::start("", 5);
    let desk = half_sent(&server);
    let files = tree(&desk.data());
    let all = all_cases(&desk, FORGET);
    let chosen: Vec<Case> = all.into_iter().skip(from % stride).step_by(stride).collect();
    pool::each(&chosen, threads, |case| forget(&server, case, &files, desk.root()));
    assert_eq!(server.stats().recipients[&recipient(3)], 1);
    chosen.len()
}

#[test]
fn interrupted_anywhere_it_is_done_again_and_leaves_nothing() {
    assert!(forgettings(23, 2, 4) > 5);
}

/// Every call. `SENDCAST_SOAK_SIZE` is the stride (1), `SENDCAST_SOAK_SEED` where it begins.
#[test]
#[ignore = "a soak: run it with `.ci/soak disk-forget`"]
fn soak_disk_forget() {
    let begun = Instant::now();
    let stride = usize::try_from(super::setting("SENDCAST_SOAK_SIZE", 1)).unwrap().max(1);
    let seed = usize::try_from(super::setting("SENDCAST_SOAK_SEED", 1)).unwrap();
    let count = forgettings(stride, seed, 4);
    println!("seed {seed}: {count} interrupted, all finished; {:.1?}", begun.elapsed());
}
