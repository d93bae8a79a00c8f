//! A canary, a guard and a share as people give and meet them. The witness is what the imitation accepted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Desk;

/// A campaign of so many people, whose file says this as well.
fn watched(desk: &Desk, people: u32, more: &Value) {
    let rows: String = (0..people).map(|n| format!("P{n},+9198765{n:05}\n")).collect();
    desk.write("people.csv", &format!("Name,Phone\n{rows}"));
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    for (key, value) in more.as_object().unwrap() {
        campaign[key] = value.clone();
    }
    desk.write("c.json", &campaign.to_string());
}

fn counts(desk: &Desk) -> Value {
    desk.run("status c --sandbox --json").exits(0).json()["counts"].clone()
}

#[test]
fn a_canary_goes_first_and_then_everybody() {
    let desk = Desk::with("");
    // The imitation fails to deliver some by chance.
    watched(&desk, 100, &json!({"canary": {"share": "5%", "wait": "1m", "max_failed": "100%"}}));
    desk.run("check c.json --offline").exits(0).prints("a canary of 5 people (5%) goes first");
    let check = desk.run("check c.json --offline --json").exits(0).json();
    assert_eq!((&check["canary"]["people"], &check["canary"]["wait_s"]), (&json!(5), &json!(60)));
    let ended = |said: super::Said| {
        assert!([0, 3].contains(&said.code), "{}", said.err);
        said
    };
    ended(desk.run("run c.json --sandbox --yes"))
        .says("the canary has passed: ")
        .says(" of 5 people delivered");
    assert_eq!(counts(&desk)["queued"], 0);
    // The next round draws its own.
    ended(desk.run("run c.json --sandbox --again --yes")).says("the canary has passed");
}

#[test]
fn a_canary_that_fails_pauses_and_says_why() {
    let desk = Desk::with("");
    watched(&desk, 100, &json!({"canary": {"share": "5%", "wait": "1m"}}));
    let run = "run c.json --sandbox --yes --faults code:131026";
    desk.run(run).exits(6).says("paused: of the canary 100 % of 5 people failed").says("131026");
    assert_eq!(counts(&desk)["queued"], 95);
    let status = desk.run("status c --sandbox --json").exits(0).json();
    assert_eq!(status["state"], "paused");
    assert!(status["reason"].as_str().unwrap().contains("of the canary"), "{status}");
    desk.run("run c.json --sandbox --yes").exits(6).says("it is paused");
    desk.run("resume c --sandbox").exits(0);
    desk.run("run c.json --sandbox --yes").exits(3);
    assert_eq!(counts(&desk)["queued"], 0);
}

#[test]
fn a_guard_pauses_when_too_many_fail() {
    let desk = Desk::with("");
    watched(&desk, 400, &json!({"rate": "100/s", "guard": {"max_failed": "20%", "after": 20}}));
    desk.run("check c.json --offline")
        .exits(0)
        .prints("more than 20% failed pauses it, once 20 people were written to");
    desk.run("run c.json --sandbox --yes --faults code:131026=60%")
        .exits(6)
        .says("where the guard allows 20%");
    assert!(counts(&desk)["queued"].as_u64().unwrap() > 100);
}

#[test]
fn a_share_is_drawn_by_chance() {
    let desk = Desk::with("");
    watched(&desk, 200, &json!({}));
    desk.run("run c.json --sandbox --yes --limit 5%").exits(6);
    let sent = |desk: &Desk| -> BTreeSet<u64> {
        let report = desk.run("report c --sandbox --json").exits(0).json();
        let rows = report.as_array().unwrap().iter();
        rows.filter(|row| row["status"] != "queued").map(|row| row["row"].as_u64().unwrap()).collect()
    };
    let first = sent(&desk);
    assert_eq!(first.len(), 10);
    assert!(first.last() > Some(&30), "not the first ten: {first:?}");
    desk.run("run c.json --sandbox --yes --limit 3").exits(6);
    let more: Vec<u64> = sent(&desk).difference(&first).copied().collect();
    assert_eq!(more.len(), 3);
    assert!(more.iter().all(|row| *row < 16), "the first of the audience: {more:?}");
    for wrong in ["0", "0%", "101%", "five", "-1"] {
        desk.run(&format!("run c.json --sandbox --limit={wrong}")).exits(2);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let desk = Desk::with("Ann,+919876543210\n");
    for (more, said) in [
        (json!({"canary": {"share": "0%"}}), "is no share"),
        (json!({"canary": {"share": "5%", "wait": "0"}}), "`wait` is 0"),
        (json!({"canary": {"wait": "1m"}}), "share"),
        (json!({"guard": {"max_failed": "20", "after": 1}}), "is no share"),
        (json!({"guard": {"max_failed": "20%", "after": 0}}), "`after` is 0"),
        (json!({"guard": {"max_failled": "20%"}}), "max_failed"),
    ] {
        let desk_file = desk.read("c.json");
        watched(&desk, 1, &more);
        desk.run("check c.json --offline").exits(2).says(said);
        desk.write("c.json", &desk_file);
    }
}
