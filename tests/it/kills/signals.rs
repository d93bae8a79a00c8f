//! SIGTERM and Ctrl-C end a run in order; two processes on one campaign.

use std::process::Child;
use std::time::{Duration, Instant};

use super::desk::{Desk, signal};
use super::server::Server;

const PEOPLE: usize = 400;

/// A run that is sending.
fn under_way(faults: &str) -> (Server, Desk, Child) {
    let server = Server::start(faults, 3);
    let desk = Desk::with(&server.url, PEOPLE);
    let mut run = desk.start("--concurrency 4");
    let ended = || run.try_wait().unwrap().is_some();
    let sending = server.wait_for_posts(20, Duration::from_secs(30), ended);
    assert!(sending, "{}", desk.said());
    (server, desk, run)
}

#[test]
fn a_signal_lets_what_is_in_flight_finish_and_writes_the_report() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let (server, desk, mut run) = under_way("latency:50ms");
        signal(&run, name);
        let status = run.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", desk.said());
        let report = desk.report();
        assert_eq!(report.len(), PEOPLE);
        let of = |status: &str| report.iter().filter(|row| row.status == status).count();
        // All that the server saw came to an end, and is told of.
        assert_eq!(of("accepted") as u64, server.stats().accepted, "{name}");
        assert_eq!(of("accepted") + of("queued"), PEOPLE, "{name}");
        assert!(of("queued") > 0, "it was not over");
    }
}

#[test]
fn a_second_signal_leaves_at_once_and_what_was_in_flight_is_found() {
    let (server, desk, mut run) = under_way("hang-after=20+100x,latency:5ms");
    // All four places hang by now or soon: an orderly end would take its ten seconds.
    assert!(server.wait_for_posts(24, Duration::from_secs(10), || false), "{}", desk.said());
    signal(&run, "TERM");
    let begun = Instant::now();
    while !desk.said().contains("again to leave at once") {
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", desk.said());
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&run, "INT");
    let status = run.wait().unwrap();
    assert_eq!(status.code(), Some(130), "the second signal's");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    assert!(!desk.has_report());
    let mut view = desk.view().unwrap();
    assert_eq!(super::judge::after_a_kill(&mut view, 4).len(), 4);
}

#[test]
fn two_runs_of_one_campaign_and_exactly_one_sends() {
    let (server, desk, mut first) = under_way("latency:30ms");
    let second = desk.run("--concurrency 4");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another sendcast is working on this campaign"), "{said}");
    assert!(said.contains("hint: ") && said.contains("status kills --watch"), "{said}");
    let status = first.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{}", desk.said());
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.posts), (PEOPLE as u64, PEOPLE as u64));
    assert!(stats.duplicates.is_empty());
}
