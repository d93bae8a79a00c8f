//! Subscribers, labels and notes from a spreadsheet.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sendcast::sandbox::{FaultPlan, SandboxOptions};
use serde_json::{Value, json};

use super::account::Office;
use super::{Desk, Said};

const CREATE: &str = "/subscriber/create";
const EXISTS: &str = "subscriber_exists";

fn phone(n: u64) -> String {
    format!("9198{n:08}")
}

fn sheet(people: impl Iterator<Item = u64>) -> String {
    let rows = people.map(|n| format!("Name {n},O'Last {n},+{}\n", phone(n)));
    format!("First Name,last_name,Mobile\n{}", rows.collect::<String>())
}

fn create(office: &Office, more: &[&str]) -> Said {
    office.run(&[&["subscribers", "create", "--file", "new.csv", "--rate", "max"], more].concat())
}

fn calls(office: &Office, endpoint: &str) -> u64 {
    office.running.stats().calls.get(endpoint).copied().unwrap_or_default()
}

fn refused(office: &Office, why: &str) -> u64 {
    office.running.stats().refused.get(why).copied().unwrap_or_default()
}

fn counts(office: &Office, name: &str) -> Value {
    office.json(&["status", name])["counts"].clone()
}

#[test]
fn everybody_in_the_file_is_put_on_the_list_once() {
    let office = Office::new();
    let rows = format!("{}Bad,Row,12\nAgain,Twice,+{}\n,,09800000007\n", sheet(1..=5), phone(3));
    office.desk.write("new.csv", &rows);
    // Nobody is written to: neither the opt-out list nor a number of the account is asked.
    office.run(&["optout", "add", &format!("+{}", phone(2))]).exits(0);
    let said = create(&office, &["--country", "IN"]).exits(0);
    let said = said.says("create-new: 8 rows: 6 to create").says("new.csv: row 7: column `Mobile`");
    let said = said.says("row 8: duplicate of row 4").says("6 done, 2 skipped; the report is in");
    assert!(!said.err.contains("98000000") && said.out.is_empty(), "{}", said.err);
    let list = office.json(&["subscribers", "list"]);
    let of = |n: u64| {
        let found: Vec<_> =
            list.as_array().unwrap().iter().filter(|p| p["phone_number"] == phone(n)).cloned().collect();
        assert_eq!(found.len(), 1, "{n}");
        found[0].clone()
    };
    assert_eq!((&of(2)["first_name"], &of(2)["last_name"]), (&json!("Name 2"), &json!("O'Last 2")));
    assert_eq!(of(7)["first_name"], json!(""));
    assert_eq!((office.running.stats().subscribers, office.running.stats().posts), (7, 0));
    let report = office.desk.read("create-new.report.csv");
    assert!(report.lines().nth(1).unwrap().contains(&format!("2,{},accepted,subscriber,", phone(1))));
    assert_eq!((report.lines().count(), report.matches(",skipped,subscriber,").count()), (9, 2), "{report}");

    // The same again does nothing, another row is all that is new.
    create(&office, &["--country", "IN"]).exits(0).says("6 done");
    assert_eq!(calls(&office, CREATE), 6);
    office.desk.write("new.csv", &format!("{rows}New,One,+{}\n", phone(9)));
    create(&office, &["--country", "IN"]).exits(0).says("1 new, 0 changed, 6 already sent");
    assert_eq!((calls(&office, CREATE), refused(&office, EXISTS)), (7, 0));
    office.run(&["verify", "create-new"]).exits(0);
    office.run(&["erase", "create-new", "--yes"]).exits(0);
    assert!(!office.desk.data.join("campaigns/create-new").exists());
}

#[test]
fn who_is_there_already_fails_by_themselves_and_stops_nobody() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=60));
    create(&office, &[]).exits(0);
    office.desk.write("new.csv", &sheet(1..=62));
    let said = create(&office, &["--name", "again", "--json"]).exits(3).json();
    assert_eq!((&said["counts"]["accepted"], &said["counts"]["failed"]), (&json!(2), &json!(60)));
    assert_eq!((&said["campaign"], &said["exit_code"]), (&json!("again"), &json!(3)));
    office.run(&["report", "again", "--status", "failed"]).exits(0).prints("already exists");
    assert_eq!(office.running.stats().subscribers, 63);
}

#[test]
fn a_kill_in_the_middle_loses_nobody_and_creates_nobody_twice() {
    const PEOPLE: u64 = 300;
    let office = Office::with(SandboxOptions {
        faults: "changes.latency:20ms-80ms".parse().unwrap(),
        ..SandboxOptions::default()
    });
    office.desk.write("new.csv", &sheet(1..=PEOPLE));
    let mut killed = office
        .command(&["subscribers", "create", "--file", "new.csv", "--rate", "max"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while calls(&office, CREATE) < PEOPLE / 3 {
        assert!(begun.elapsed() < Duration::from_secs(60) && killed.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();

    let said = create(&office, &[]);
    assert!(said.code == 0 || said.code == 4, "{}", said.err);
    assert_eq!(refused(&office, EXISTS), 0, "nobody was asked for twice");
    let found = counts(&office, "create-new");
    let (done, doubts) = (found["accepted"].as_u64().unwrap(), found["in_doubt"].as_u64().unwrap());
    assert_eq!(done + doubts, PEOPLE, "{found}");
    assert!(doubts <= 64, "no more than were in flight: {doubts}");
    // Who is in doubt is exactly who isn't on the list.
    assert_eq!(office.running.stats().subscribers, 1 + done, "{found} {}", said.err);
    if doubts > 0 {
        said.says("resolve create-new --resend");
        office.run(&["resolve", "create-new", "--resend"]).exits(0);
        create(&office, &[]).exits(0).says("300 done");
    }
    let list = office.json(&["subscribers", "list"]);
    let phones = list.as_array().unwrap().iter().map(|person| person["phone_number"].as_str().unwrap());
    let phones: Vec<_> = phones.map(str::to_owned).collect();
    let once: BTreeSet<_> = phones.iter().cloned().collect();
    assert_eq!((phones.len() as u64, once.len() as u64), (1 + PEOPLE, 1 + PEOPLE));
    assert!((1..=PEOPLE).all(|n| once.contains(&phone(n))));
    assert_eq!(refused(&office, EXISTS), 0);
}

/// An account that does what is asked and whose answers get lost.
fn mute(more: &str) -> Office {
    let faults = format!("changes.reset-after=100%{more}").parse().unwrap();
    let office = Office::with(SandboxOptions { faults, ..SandboxOptions::default() });
    office.desk.write("new.csv", &sheet(1..=3));
    office
}

#[test]
fn a_lost_answer_is_settled_by_the_list() {
    let office = mute("");
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((office.running.stats().subscribers, calls(&office, CREATE)), (4, 3));
    assert_eq!(counts(&office, "create-new")["accepted"], 3);
    assert_eq!(office.json(&["status", "create-new"])["state"], "settled");
}

#[test]
fn what_the_operator_has_done_again_counts_as_done_where_they_are_there() {
    let office = mute(",gets.500=100%");
    let said = create(&office, &[]).exits(4).says("the list can't be looked at").says("3 in doubt");
    said.says("resolve create-new --resend");
    office.running.set_faults(FaultPlan::default());
    office.run(&["resolve", "create-new", "--resend"]).exits(0);
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((office.running.stats().subscribers, refused(&office, EXISTS)), (4, 3));
}

#[test]
fn a_later_run_looks_at_the_list_for_what_an_earlier_one_left() {
    let office = mute(",gets.500=100%");
    create(&office, &[]).exits(4);
    office.running.set_faults(FaultPlan::default());
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((calls(&office, CREATE), refused(&office, EXISTS)), (3, 0));
}

#[test]
fn what_is_wrong_with_the_account_stops_it_and_the_rest_stays_to_do() {
    let office =
        Office::with(SandboxOptions { token: Some("12|another".into()), ..SandboxOptions::default() });
    office.desk.write("new.csv", &sheet(1..=30));
    create(&office, &[]).exits(5).says("stopped: ").says("goes on where it stopped");
    assert_eq!((counts(&office, "create-new")["queued"].clone(), calls(&office, CREATE)), (json!(30), 0));
}

#[test]
fn labels_and_notes_go_to_everybody_in_the_file_who_is_on_the_list() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=4));
    create(&office, &[]).exits(0);
    office.desk.write("some.csv", &sheet([2, 4, 8].into_iter()));
    let assign = |labels: &str| {
        office.run(&[
            "subscribers",
            "assign-labels",
            "--file",
            "some.csv",
            "--labels",
            labels,
            "--rate",
            "max",
        ])
    };
    assign("Leed").exits(2).says("did you mean `Lead`");
    let said = assign("lead,Ecommerce").exits(0).says("2 done, 1 skipped");
    said.says("row 4: nobody with this number is on the account's list");
    let carriers = |label: &str| office.json(&["subscribers", "list", "--label", label]);
    assert_eq!(carriers("Lead").as_array().unwrap().len(), 3);
    assert_eq!(carriers("Ecommerce").as_array().unwrap().len(), 3);
    // Who is on the list by now gets them, too, and nobody else again.
    office.run(&["subscribers", "create", "--phone", &format!("+{}", phone(8))]).exits(0);
    assign("lead,Ecommerce").exits(0).says("1 new").says("3 done");
    assert_eq!(calls(&office, "/subscriber/assign-labels"), 3);

    let list = office.json(&["subscribers", "list"]);
    let ids = list.as_array().unwrap().iter().filter(|person| person["first_name"] == "Name 2");
    let id = ids.map(|person| person["subscriber_id"].as_str().unwrap().to_owned()).next().unwrap();
    office.desk.write("ids.csv", &format!("subscriber_id,phone\n{id},\n501,\n99999,\n"));
    let note = |text: &str| {
        office.run(&["subscribers", "add-note", "--file", "ids.csv", "--note", text, "--rate", "max"])
    };
    note(" ").exits(2).says("the note is blank");
    note("- asked for pricing").exits(0).says("2 done, 1 skipped").says("nobody with this id");
    note("- asked for pricing").exits(0).says("2 done, 1 skipped");
    assert_eq!(calls(&office, "/subscriber/add-note"), 2, "the same note is written once");
    note("called back").exits(0);
    assert_eq!(calls(&office, "/subscriber/add-note"), 4, "another note is another work");
}

#[test]
fn orders_hold_it_and_wrong_usage_leaves_nothing() {
    let office = Office::new();
    office.desk.write("new.csv", "City\nPune\n");
    create(&office, &[]).exits(2).says("no column of new.csv looks like phone numbers").says("`City`");
    create(&office, &["--phone", "+919800000001"]).exits(2);
    office.run(&["subscribers", "create", "--phone", "+919800000001", "--yes"]).exits(2).says("--yes");
    office.run(&["subscribers", "assign-labels", "501", "--file", "new.csv", "--labels", "Lead"]).exits(2);
    office.desk.write("new.csv", "phone\n12\n");
    create(&office, &[]).exits(2).says("names nobody");
    assert!(super::files(&office.desk.data.join("campaigns")).is_empty(), "nothing was left behind");
    office.desk.write("new.csv", &sheet(1..=2));
    create(&office, &[]).exits(0);
    office.run(&["pause", "create-new"]).exits(0);
    create(&office, &[]).exits(6).says("it is paused").says("resume create-new");
    office.run(&["run", "create-new"]).exits(2).says("it is no campaign").says("subscribers create --file");
    office.desk.write("kunden-übersicht.csv", &sheet(1..=1));
    office.run(&["subscribers", "create", "--file", "kunden-übersicht.csv"]).exits(2).says("--name NAME");
}

#[test]
fn a_trial_reaches_nobody() {
    let desk = Desk::new();
    desk.write("new.csv", &sheet(1..=2));
    desk.run("subscribers create --file new.csv --sandbox --rate max").exits(0).says("2 done");
    desk.run("status create-new --sandbox").exits(0).prints("settled");
    assert!(!desk.data.join("campaigns").exists());
    desk.run("subscribers create --file new.csv").exits(1).says("there is no API token");
}
