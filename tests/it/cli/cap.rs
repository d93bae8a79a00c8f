//! `cap`: how many messages one person gets from all campaigns together. The witness is what the imitation accepted.

use std::process::{Child, Stdio};

use sendcast::sandbox::SandboxOptions;
use serde_json::{Value, json};

use super::Desk;
use super::account::Office;
use crate::webhooks::desk::until;

/// A campaign of this name over `people.csv`, with this cap.
fn campaign(desk: &Desk, name: &str, cap: &Value) {
    let campaign = json!({
        "name": name, "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0", "cap": cap,
        "audience": {"file": "people.csv"}, "message": {"type": "text", "body": format!("{name}, {{{{ name }}}}")}
    });
    desk.write(&format!("{name}.json"), &campaign.to_string());
}

/// What a report says of each person: where it stands or why it is skipped, and the reason.
fn told(desk: &Desk, campaign: &str) -> Vec<(String, String)> {
    let report = desk.run(&format!("report {campaign} --sandbox --json")).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |row: &Value| {
        let skipped_as = text(&row["skipped_as"]);
        (if skipped_as.is_empty() { text(&row["status"]) } else { skipped_as }, text(&row["reason"]))
    };
    report.as_array().unwrap().iter().map(each).collect()
}

fn states(desk: &Desk, campaign: &str) -> Vec<String> {
    told(desk, campaign).into_iter().map(|(state, _)| state).collect()
}

#[test]
fn who_got_as_many_as_are_allowed_is_skipped_and_why_is_said() {
    let desk = Desk::with("Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\n");
    let cap = json!({"messages": 2, "per": "7d"});
    desk.run("run c.json --sandbox --limit 2").exits(6);
    campaign(&desk, "second", &cap);
    desk.run("run second.json --sandbox --new").exits(0).says("3 rows: 3 to send");
    campaign(&desk, "third", &cap);
    let check = desk.run("check third.json --offline --sandbox --json").exits(0).json();
    assert_eq!((&check["to_send"], &check["capped"]), (&json!(1), &json!(2)));
    assert_eq!(check["cap"], json!({"messages": 2, "per_s": 604_800}));
    desk.run("run third.json --sandbox --new").exits(0).says("3 rows: 1 to send, 2 capped");
    assert_eq!(states(&desk, "third"), ["capped", "capped", "accepted"]);
    let why = told(&desk, "third")[0].1.clone();
    let begins = "capped: 2 messages in the last 7 days; the next one is allowed from ";
    assert!(why.starts_with(begins), "{why}");
    // A trial's messages are no real ones, and other accounts' are others'.
    let real = desk.run("check third.json --offline --json").exits(0).json();
    assert_eq!(real["to_send"], 3);
    // Whom it wrote to itself stays as they are, whatever the file says; a new round counts like another campaign.
    desk.write("people.csv", "Name,Phone\nCem,+919876543212\nAnn,+919876543210\n");
    desk.run("run third.json --sandbox").exits(0).says("1 already sent");
    assert_eq!(states(&desk, "third"), ["accepted", "capped"]);
    desk.run("run third.json --sandbox --again").exits(2).says("no row can be sent to");
    // Messages of an erased campaign are gone, and so they don't count.
    desk.run("erase c --sandbox --yes").exits(0);
    desk.run("run third.json --sandbox --again").exits(0).says("2 rows: 1 to send, 1 capped");
    for (cap, says) in [
        (json!({"messages": 0, "per": "7d"}), "a cap of 0 messages would reach nobody"),
        (json!({"messages": 1, "per": "0"}), "`per` is at least a second"),
        (json!({"messages": 1, "per": "7"}), "has no unit"),
        (json!({"mesages": 1, "per": "7d"}), "did you mean `messages`?"),
        (json!(2), "an object such as {\"messages\": 2, \"per\": \"7d\"}"),
    ] {
        campaign(&desk, "third", &cap);
        desk.run("check third.json --offline").exits(2).says(says);
    }
}

/// A plan is frozen: what others wrote since is seen when a message is claimed.
#[test]
fn what_other_campaigns_wrote_since_it_was_planned_counts() {
    let desk = Desk::with("Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\n");
    campaign(&desk, "first", &json!({"messages": 1, "per": "24h"}));
    desk.run("run first.json --sandbox --limit 1").exits(6).says("3 rows: 3 to send");
    desk.write(
        "c.json",
        &desk.read("c.json").replace("\"country\"", "\"where\": \"name == 'Bob'\", \"country\""),
    );
    desk.run("run c.json --sandbox --new").exits(0);
    desk.run("run first.json --sandbox").exits(0);
    assert_eq!(states(&desk, "first"), ["accepted", "capped", "accepted"]);
    assert!(
        told(&desk, "first")[1].1.starts_with("capped: 1 message in the last 1 day;"),
        "{:?}",
        told(&desk, "first")
    );
    // Several messages of one campaign to one person count as well.
    desk.write(
        "bills.csv",
        "Name,Phone,Bill\nEve,+919876543219,1\nEve,+919876543219,2\nEve,+919876543219,3\n",
    );
    let bills = json!({
        "name": "bills", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0",
        "cap": {"messages": 2, "per": "1h"}, "message": {"type": "text", "body": "Bill {{ bill }}"},
        "audience": {"file": "bills.csv", "duplicates": "send"}
    });
    desk.write("bills.json", &bills.to_string());
    desk.run("run bills.json --sandbox").exits(0).says("3 to send");
    assert_eq!(states(&desk, "bills"), ["accepted", "accepted", "capped"]);
}

/// A run, until it is killed.
fn start(office: &Office, file: &str) -> Child {
    let run = ["run", file, "--yes", "--offline", "--new", "--track", "0", "--concurrency", "4"];
    office.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn campaigns_that_run_at_once_and_are_killed_write_to_nobody_too_often() {
    let faults = "latency:2ms-20ms,slow:2ms-30ms,reset-after=3%,500=3%,502-after=2%".parse().unwrap();
    let office = Office::with(SandboxOptions { faults, ..SandboxOptions::default() });
    let people: String = (0..150).map(|n| format!("P{n},+9198000{n:05}\n")).collect();
    office.desk.people(&people);
    let files = ["a.json", "b.json", "d.json"];
    for name in ["a", "b", "d"] {
        campaign(&office.desk, name, &json!({"messages": 2, "per": "1d"}));
        // On one number they would take turns.
        let file = format!("{name}.json");
        office
            .desk
            .write(&file, &office.desk.read(&file).replace("PHONE_NUMBER_ID", &format!("NUMBER-{name}")));
    }
    let accepted = || office.running.stats().accepted;
    for goal in [40, 100, 170, 230] {
        let mut runs = files.map(|file| start(&office, file));
        let mut ended = 0;
        until("they have sent some", || {
            ended = runs.iter_mut().filter_map(|run| run.try_wait().unwrap()).count();
            accepted() >= goal || ended == files.len()
        });
        for run in &mut runs {
            let _ = run.kill();
            run.wait().unwrap();
        }
    }
    let stats = office.running.stats();
    let most = stats.recipients.values().max().unwrap();
    assert_eq!(*most, 2, "{:?}", stats.recipients);
    assert!(stats.accepted > 150, "{}", stats.accepted);
}
