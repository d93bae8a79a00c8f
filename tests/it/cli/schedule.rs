//! A campaign with a schedule, as its user meets it: what `check` and `schedule` say, a run that waits, a start that was
//! missed.

use std::process::Stdio;

use serde_json::Value;

use super::account::Office;
use super::{Desk, THREE};

/// The campaign `c` with this schedule.
fn scheduled(desk: &Desk, schedule: &str) {
    desk.people(THREE);
    desk.write(
        "c.json",
        &format!(
            r#"{{"name": "c", "from": "PHONE_NUMBER_ID", "rate": "1/s", "track": "0", "schedule": {schedule},
                "audience": {{"file": "people.csv", "country": "IN"}}, "message": {{"type": "text", "body": "Hi"}}}}"#
        ),
    );
}

#[test]
fn check_and_schedule_say_when_it_goes_out() {
    let desk = Desk::new();
    scheduled(&desk, r#"{"start": "2099-12-01T10:00", "hours": "09:00-20:00", "timezone": "Asia/Kolkata"}"#);
    let check = desk.run("check c.json --offline").exits(0);
    check
        .prints("sends 09:00-20:00 in Asia/Kolkata")
        .prints(
            "run now: starts Tue 2099-12-01 10:00, takes a moment, done Tue 2099-12-01 10:00 (Asia/Kolkata)",
        )
        .prints("limited by the schedule (09:00-20:00 in Asia/Kolkata)");
    let json = desk.run("check c.json --offline --json").exits(0).json();
    assert_eq!(json["starts_at"], "2099-12-01T04:30:00Z");
    assert_eq!(json["ends_at"], "2099-12-01T04:30:03Z");
    assert_eq!(json["schedule"]["hours"], "09:00-20:00");
    let listed = desk.run("schedule c.json --json").exits(0).json();
    assert_eq!((&listed["state"], &listed["queued"]), (&Value::Null, &Value::from(3)));
    assert_eq!((&listed["next_at"], &listed["ends_at"]), (&json["starts_at"], &json["ends_at"]));
    desk.run("schedule").exits(0).says("no campaign has anything to send");
    desk.run("schedule c.json").exits(0).prints("Tue 2099-12-01 10:00 (Asia/Kolkata)");
}

#[test]
fn each_recipients_clock_counts_and_who_has_no_time_is_a_bad_row() {
    let desk = Desk::new();
    scheduled(&desk, r#"{"hours": "10:00-18:00", "timezone": "recipient"}"#);
    desk.people(&format!("{THREE}Dee,+18005550123\n"));
    let check = desk.run("check c.json --offline --all").exits(0);
    check
        .prints("row 5: the schedule has no time that fits all 42 time zones in which the number may be")
        .prints("3 to send, 1 bad")
        .prints("sends 10:00-18:00 by each recipient's own clock");
}

#[cfg(unix)]
#[test]
fn a_run_waits_for_its_start_and_says_so() {
    let desk = Desk::new();
    scheduled(&desk, r#"{"start": "2099-12-01T10:00", "timezone": "Asia/Kolkata"}"#);
    let mut command = desk.command("run c.json --sandbox");
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let look = loop {
        let look = desk.run("status c --sandbox --json");
        // It is planned and taken before it says where it stands.
        if look.code == 0 && look.json()["state"] == "scheduled" {
            break look.json();
        }
        assert!(run.try_wait().unwrap().is_none(), "{}", look.out);
    };
    assert_eq!((&look["state"], &look["waiting_for"]), (&Value::from("scheduled"), &Value::from("schedule")));
    assert_eq!(look["until"], "2099-12-01T04:30:00Z");
    let listed = desk.run("schedule --sandbox --json").exits(0).json();
    assert_eq!((&listed[0]["campaign"], &listed[0]["state"]), (&Value::from("c"), &Value::from("scheduled")));
    crate::kills::desk::signal(&run, "TERM");
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(143));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("scheduled; it begins Tue 2099-12-01 10:00 (Asia/Kolkata)"), "{said}");
    assert_eq!(desk.counts()["queued"], 3);
}

#[test]
fn a_start_that_was_missed_is_asked_about_sent_or_skipped() {
    let office = Office::new();
    scheduled(&office.desk, r#"{"start": "2020-12-01T10:00", "timezone": "Asia/Kolkata"}"#);
    let refused = office.run(&["run", "c.json"]).exits(2);
    refused
        .says("c: its start was missed: it should have gone out Tue 2020-12-01 10:00 (Asia/Kolkata); nothing was sent")
        .says("`--late send` sends it now");
    let skipped = office.run(&["run", "c.json", "--late", "skip", "--json"]).exits(6);
    assert_eq!(skipped.json()["missed_at"], "2020-12-01T04:30:00Z");
    office.run(&["run", "c.json", "--late", "now"]).exits(2);
    assert_eq!(office.running.stats().accepted, 0);
    office.run(&["run", "c.json", "--late", "send"]).exits(0);
    assert_eq!(office.running.stats().accepted, 3);
    office.run(&["run", "c.json"]).exits(0);

    let office = Office::new();
    scheduled(&office.desk, r#"{"start": "2020-12-01T10:00", "timezone": "Asia/Kolkata", "late": "skip"}"#);
    office.run(&["run", "c.json"]).exits(6).says("nothing was sent");
    office.desk.run("run c.json --sandbox").exits(0);
}
