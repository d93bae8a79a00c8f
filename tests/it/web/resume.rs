//! `serve --resume`, and `serve` killed around a Start: nobody is written to twice, and nobody is lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::served::Served;
use crate::cli::Desk;
use crate::cli::account::{Office, TOKEN};
use crate::kills::setting;

fn people(n: usize) -> String {
    (0..n).map(|n| format!("P{n},+9198765{n:05}\n")).collect()
}

/// An account with a campaign that writes to so many people, at this pace, with more of a campaign file.
fn office(n: usize, more: &str) -> Office {
    let office = Office::new();
    office.desk.people(&people(n));
    office.desk.write(
        "c.json",
        &format!(
            r#"{{"name": "c", "from": "PHONE_NUMBER_ID", "track": "0", {more}
                "audience": {{"file": "people.csv", "country": "IN"}}, "message": {{"type": "text", "body": "Hi"}}}}"#
        ),
    );
    office
}

fn serve(office: &Office, more: &[&str]) -> Served {
    let mut command = Served::command(&office.desk.data);
    command.env("SENDWO_BASE_URL", office.running.base_url()).env("SENDWO_API_TOKEN", TOKEN);
    Served::start_by(command, &office.desk.data, more)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn state(office: &Office) -> String {
    office.run(&["status", "c", "--json"]).exits(0).json()["state"].as_str().unwrap().to_owned()
}

/// The runs over this data directory, which may have lost whoever started them.
fn runs(data: &Path) -> Vec<u32> {
    let data = data.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let id = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let mut parts = line.split(|byte| *byte == 0);
        let is_run = parts.nth(1) == Some(b"run") && parts.any(|part| part == data.as_bytes());
        is_run.then_some(id)
    });
    processes.collect()
}

fn kill(id: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
}

#[test]
fn after_run_and_server_were_killed_everybody_is_written_to_once() {
    let office = office(80, r#""rate": "20/s","#);
    let accepted = || office.running.stats().accepted;
    let data = &office.desk.data;
    let first = serve(&office, &[]);
    let mut run =
        office.command(&["run", "c.json", "--yes", "--offline", "--data-dir", data.to_str().unwrap()]);
    let mut run = run.spawn().unwrap();
    until("some are sent", || accepted() >= 10);
    run.kill().unwrap();
    run.wait().unwrap();
    first.kill();
    // Without `--resume` nothing starts.
    let second = serve(&office, &[]);
    assert!(runs(data).is_empty());
    second.kill();
    let at_rest = accepted();
    // Its last sign is young: it is looked at again until that would be too old.
    let third = serve(&office, &["--resume"]);
    third.says("c: taken up where it stopped");
    until("more are sent", || accepted() >= at_rest + 10);
    let child = runs(data);
    assert_eq!(child.len(), 1, "{child:?}");
    third.kill();
    kill(child[0], "-9");
    until("it is gone", || runs(data).is_empty());
    let fourth = serve(&office, &["--resume"]);
    fourth.says("c: taken up where it stopped");
    until("it has ended", || runs(data).is_empty() && state(&office) != "running");
    let counts = office.run(&["status", "c", "--json"]).exits(0).json()["counts"].clone();
    let doubt = counts["in_doubt"].as_u64().unwrap();
    assert_eq!(counts["queued"], 0, "{counts}");
    assert_eq!(counts["accepted"].as_u64().unwrap() + doubt, 80, "{counts}");
    let stats = office.running.stats();
    assert!(stats.duplicates.is_empty(), "{:?}", stats.duplicates);
    assert!(stats.accepted + doubt >= 80, "{} for 80 people, {counts}", stats.accepted);
    let fifth = serve(&office, &["--resume"]);
    fifth.says("nothing was being sent, and nothing is scheduled");
}

#[test]
fn what_waits_for_somebody_is_left_alone() {
    let office = office(9, r#""rate": "max","#);
    office.run(&["run", "c.json", "--yes", "--offline", "--limit", "2"]).exits(6);
    let look = |why: &str| {
        let served = serve(&office, &["--resume"]);
        let said = served.says("c: left alone");
        assert!(said.contains(why), "{said}");
        assert!(runs(&office.desk.data).is_empty());
    };
    look("c: left alone");
    office.run(&["pause", "c"]).exits(0);
    look("c: left alone: it is paused");
    office.run(&["resume", "c"]).exits(0);
    look("c: left alone: nobody was sending it");
    office.run(&["cancel", "c"]).exits(0);
    serve(&office, &["--resume"]).says("nothing was being sent");
    assert_eq!(office.running.stats().accepted, 2);
}

#[test]
fn what_is_scheduled_waits_for_its_time_again() {
    let office = office(3, r#""schedule": {"start": "2099-01-01T10:00", "timezone": "UTC"},"#);
    let data = office.desk.data.to_str().unwrap();
    for signal in ["-9", "-TERM"] {
        let run = office.command(&["run", "c.json", "--yes", "--offline", "--data-dir", data]).spawn();
        let mut run = run.unwrap();
        until("it waits for its time", || {
            let said = office.run(&["status", "c", "--json"]);
            said.code == 0 && said.json()["state"] == "scheduled"
        });
        kill(run.id(), signal);
        run.wait().unwrap();
        let served = serve(&office, &["--resume"]);
        served.says("c: taken up where it stopped, 3 people to go");
        until("it waits for its time again", || state(&office) == "scheduled");
        // Also a server that ends leaves it waiting.
        served.kill();
        let waits = runs(&office.desk.data);
        assert_eq!(waits.len(), 1, "{waits:?}");
        kill(waits[0], "-9");
        until("its sign is too old", || state(&office) != "scheduled");
    }
    assert_eq!(office.running.stats().accepted, 0);
}

/// What a trial's server has accepted, by person.
fn accepted(desk: &Desk) -> BTreeMap<String, u32> {
    let ledger = std::fs::read_to_string(desk.data.join("sandbox/campaigns/c/server/sandbox-ledger.jsonl"));
    let mut people = BTreeMap::new();
    for line in ledger.unwrap_or_default().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(to) = line.get("to") {
            *people.entry(to.to_string()).or_default() += 1;
        }
    }
    people
}

/// `serve` is killed so long after a press on Go on began: then there is no run, or exactly one, and the next `serve` tells which.
fn killed_after(wait: Duration) -> bool {
    let desk = Desk::with(&people(6));
    desk.run("run c.json --sandbox --limit 2").exits(6);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let path = "/trials/c/c";
    let page = served.get(path, &visitor.cookie).is(200).text();
    let turn = page.split_once("name=\"turn\" value=\"").unwrap().1.split('"').next().unwrap();
    let form = format!("token={}&turn={turn}", visitor.token);
    let press = format!(
        "POST {path}/go-on HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        served.host,
        served.origin(),
        visitor.cookie,
        form.len()
    );
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    std::io::Write::write_all(&mut stream, press.as_bytes()).unwrap();
    // The moment is what is tried, so it isn't waited for.
    std::thread::sleep(wait);
    served.kill();
    let begun = runs(&desk.data);
    assert!(begun.len() <= 1, "{begun:?}");
    let mut next = Served::start(&desk.data);
    let visitor = next.visitor();
    until("the run has ended", || runs(&desk.data).is_empty());
    let mut page = String::new();
    until("the next one tells which", || {
        page = next.get(path, &visitor.cookie).is(200).text();
        !page.split_once("<main").unwrap().1.contains("Sending")
    });
    let people = accepted(&desk);
    assert!(people.values().all(|times| *times == 1), "{people:?}");
    let ran = match people.len() {
        2 => false,
        6 => true,
        n => panic!("{n} people: {page}"),
    };
    let told = if ran { "6 accepted = 6" } else { "4 queued + 2 accepted = 6" };
    assert!(page.contains(told), "{page}");
    assert!(ran || begun.is_empty(), "a run that was begun has sent nothing");
    ran
}

/// Kills at moments drawn by a seed; says how often a run had begun.
fn kills(seed: u64, size: u64) -> u64 {
    let mut chance = fastrand::Rng::with_seed(seed);
    (0..size).map(|_| u64::from(killed_after(Duration::from_micros(chance.u64(0..60_000))))).sum()
}

#[test]
fn a_server_killed_around_a_press_leaves_one_run_or_none() {
    kills(1, 5);
}

/// `SENDCAST_SOAK_SIZE` kills at moments drawn by `SENDCAST_SOAK_SEED`.
#[test]
#[ignore = "a soak: run it with `.ci/soak serve`"]
fn soak_serve() {
    let (seed, size) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 200));
    let ran = kills(seed, size);
    println!("seed {seed}: {size} kills, {ran} runs had begun and went to their end");
    assert!(size < 50 || (ran > 0 && ran < size), "the moments are all on one side");
}
