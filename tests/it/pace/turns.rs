//! Processes that share a number: a single message beside a campaign, whatever is killed or stopped.

use std::time::{Duration, Instant};

use super::{Seen, Witness};
use crate::kills::desk::{Desk, recipient};
use crate::kills::pool::{self, said};
use crate::kills::server::Server;

const RATE: f64 = 40.0;
const RUN: &str = "--rate 40/s --offline";

/// A single message to somebody whom the campaign doesn't know.
fn single(n: usize) -> String {
    let to = recipient(500_000 + n);
    format!("send text --to +{to} --from PHONE_NUMBER_ID --message Hello --offline")
}

/// A campaign that is killed and started again, and single messages beside it all the while.
#[test]
fn single_messages_beside_a_campaign_wait_for_a_turn_and_no_longer() {
    let server = Server::start("", 1);
    let desk = Desk::with(&server.url, 2_000);
    let witness = Witness::start();
    let singles = 6;
    for n in 0..singles {
        let before = server.stats().posts;
        let mut run = desk.start(RUN);
        let ended = || run.try_wait().unwrap().is_some();
        assert!(server.wait_for_posts(before + 10, Duration::from_secs(30), ended), "{}", desk.said());
        let begun = Instant::now();
        let sent = pool::run(&mut desk.command(&single(n)));
        assert_eq!(sent.status.code(), Some(0), "{}", said(&sent));
        // A turn is a second; a start-up of a debug build on a busy machine isn't measured here.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert!(run.try_wait().unwrap().is_none(), "the campaign is far from its end");
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let late = witness.worst();
    let stats = server.stats();
    assert!(stats.duplicates.is_empty(), "{:?}", stats.duplicates);
    let alone = |n: &usize| stats.recipients.get(&recipient(500_000 + n)) == Some(&1);
    assert!((0..singles).all(|n| alone(&n)), "each single message arrived once");
    Seen { stats: stats.numbers["PHONE_NUMBER_ID"].clone(), late }.keeps(RATE);
}

/// Who is stopped in its turn may wake and send at any time: the other waits for it, and says so.
#[cfg(unix)]
#[test]
fn a_stopped_process_keeps_its_turn() {
    use crate::kills::desk::signal;

    let server = Server::start("", 2);
    let desk = Desk::with(&server.url, 2_000);
    let witness = Witness::start();
    let mut run = desk.start(RUN);
    let ended = || run.try_wait().unwrap().is_some();
    assert!(server.wait_for_posts(10, Duration::from_secs(30), ended), "{}", desk.said());
    signal(&run, "STOP");
    std::thread::sleep(Duration::from_millis(300));
    let stopped_at = server.stats().posts;
    let mut other = pool::start(&mut desk.command(&single(1)));
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(other.try_wait().unwrap().is_none(), "it waits");
    assert_eq!(server.stats().posts, stopped_at);
    signal(&run, "CONT");
    let other = pool::end(other);
    assert_eq!(other.status.code(), Some(0), "{}", said(&other));
    run.kill().unwrap();
    run.wait().unwrap();
    let late = witness.worst();
    let stats = server.stats();
    assert_eq!(stats.recipients.get(&recipient(500_001)), Some(&1));
    Seen { stats: stats.numbers["PHONE_NUMBER_ID"].clone(), late }.keeps(RATE);
}
