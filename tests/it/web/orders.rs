//! Orders from a page: each does what the command does, once.

use std::time::{Duration, Instant};

use super::served::{Served, Visitor};
use crate::cli::Desk;

/// The number by which a page's forms are told from older ones.
fn turn(page: &str) -> String {
    page.split_once("name=\"turn\" value=\"")
        .unwrap_or_else(|| panic!("no form: {page}"))
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

fn people(n: usize) -> String {
    (0..n).map(|n| format!("P{n},+9198765{n:05}\n")).collect()
}

/// A trial that was interrupted by its limit, with the rest queued.
fn half_sent(all: usize, limit: usize) -> Desk {
    let desk = Desk::with(&people(all));
    desk.run(&format!("run c.json --sandbox --limit {limit}")).exits(6);
    desk
}

/// Waits until a page says so.
fn until(served: &Served, visitor: &Visitor, path: &str, says: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page = served.get(path, &visitor.cookie).is(200).text();
        if page.contains(says) {
            return page;
        }
        let main = page.split_once("<main").map_or(&*page, |(_, main)| main);
        assert!(Instant::now() < end, "never `{says}`: {main}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn two_presses_at_once_start_one_run() {
    let desk = half_sent(40, 10);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let page = served.get("/trials/c/c", &visitor.cookie).is(200).text();
    assert!(page.contains("30 queued + 10 accepted = 40"), "{page}");
    let turn = turn(&page);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| served.post("/trials/c/c/go-on", &visitor, &[("turn", &turn)]).is(303));
        }
    });
    until(&served, &visitor, "/trials/c/c", "40 accepted = 40");
    // The same form once more, as Back and reload send it.
    served.post("/trials/c/c/go-on", &visitor, &[("turn", &turn)]).is(303);
    let told = served.get("/trials/c/c", &visitor.cookie).is(200).text();
    assert!(told.contains("older look"), "{told}");
    // The witness is the server.
    let ledger = desk.data.join("sandbox/campaigns/c/server/sandbox-ledger.jsonl");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    let mut posts: Vec<&str> =
        ledger.lines().filter_map(|line| line.split_once("\"to\":")?.1.split(',').next()).collect();
    assert_eq!(posts.len(), 40, "everybody");
    posts.sort_unstable();
    posts.dedup();
    assert_eq!(posts.len(), 40, "once");
}

#[test]
fn orders_do_what_the_commands_do() {
    let desk = half_sent(20, 5);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let path = "/trials/c/c";
    let press = |what: &str, fields: &[(&str, &str)]| {
        let turn = turn(&served.get(path, &visitor.cookie).is(200).text());
        let mut all = vec![("turn", &*turn)];
        all.extend(fields);
        served.post(&format!("{path}/{what}"), &visitor, &all).is(303);
        served.get(path, &visitor.cookie).is(200).text()
    };
    let paused = press("pause", &[]);
    assert!(paused.contains("Paused; 15 messages are queued"), "{paused}");
    assert_eq!(desk.run("status c --sandbox --json").exits(0).json()["state"], "paused");
    // What a terminal does shows on the page at once.
    desk.run("resume c --sandbox").exits(0);
    let page = served.get(path, &visitor.cookie).is(200).text();
    assert!(page.contains("Nobody is sending"), "{page}");
    let cancelled = press("cancel", &[]);
    assert!(cancelled.contains("15 messages cancelled"), "{cancelled}");
    assert!(cancelled.contains("5 accepted + 15 cancelled = 20"), "{cancelled}");
    assert_eq!(desk.run("status c --sandbox --json").exits(0).json()["state"], "cancelled");
}

#[test]
fn a_file_that_changed_since_is_not_sent() {
    let desk = half_sent(6, 2);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    desk.campaign(r#"{"type": "text", "body": "Another message"}"#);
    let turn = turn(&served.get("/trials/c/c", &visitor.cookie).is(200).text());
    served.post("/trials/c/c/go-on", &visitor, &[("turn", &turn)]).is(303);
    let page = until(&served, &visitor, "/trials/c/c", "changed since");
    assert!(page.contains("4 queued + 2 accepted = 6"), "{page}");
}

#[test]
fn the_live_part_is_told_in_a_word_while_nothing_moves() {
    let desk = half_sent(4, 2);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let headers = |tag: &str| {
        let host = served.host.clone();
        let cookie = visitor.cookie.clone();
        let tag = tag.to_owned();
        [("Host", host), ("Cookie", cookie), ("X-Sendcast", "1".to_owned()), ("If-None-Match", tag)]
    };
    let ask = |tag: &str| {
        let headers = headers(tag);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        served.ask("GET", "/trials/c/c", &headers, b"")
    };
    let first = ask("\"x\"").is(200);
    assert!(
        !first.text().contains("<html") && first.text().contains("2 queued + 2 accepted = 4"),
        "{}",
        first.text()
    );
    let tag = first.all("etag")[0].to_owned();
    assert!(ask(&tag).is(304).body.is_empty());
    desk.run("cancel c --sandbox").exits(0);
    ask(&tag).is(200);
}
