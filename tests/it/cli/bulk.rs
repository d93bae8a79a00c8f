//! Subscribers, labels and notes from a spreadsheet.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sendcast::sandbox::{FaultPlan, Limits, SandboxOptions};
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
    let said = said
        .says("create-new: 8 rows: 6 to create, 1 bad, 1 duplicate")
        .says("new.csv row 7: column `Mobile`");
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
    let first = report.lines().nth(1).unwrap().replace(' ', "");
    assert!(first.starts_with(&format!("2,+{},accepted,,subscriber,", phone(1))), "{first}");
    let skipped =
        ["bad", "duplicate"].map(|why| report.matches(&format!(",skipped,{why},subscriber,")).count());
    assert_eq!((report.lines().count(), skipped.iter().sum::<usize>()), (9, 2), "{report}");

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
fn who_is_there_already_is_skipped_and_who_comes_to_be_there_meanwhile_stops_nobody() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=60));
    create(&office, &[]).exits(0);
    // What is there is there, whoever remembers it.
    office.desk.write("new.csv", &sheet(1..=62));
    let said = create(&office, &["--name", "again"]).exits(0).says("62 rows: 2 to create, 60 duplicates");
    said.says("60 rows: on the account's list already").says("the report lists each of these rows");
    assert_eq!((calls(&office, CREATE), refused(&office, EXISTS)), (62, 0));
    create(&office, &["--name", "once-more"]).exits(0).says("0 to create").says("0 done, 62 skipped");

    // Planned before somebody else put them there: each fails by themselves.
    office.desk.write("new.csv", &sheet(100..=160));
    kill(begin(&office, &["--name", "late", "--rate", "1/s"]));
    office.desk.write("others.csv", &sheet(100..=158));
    office.run(&["subscribers", "create", "--file", "others.csv", "--rate", "max"]).exits(0);
    let said = create(&office, &["--name", "late", "--json"]).exits(3).json();
    let count = |status: &str| said["counts"][status].as_u64().unwrap();
    assert_eq!((count("accepted") + count("failed"), &said["campaign"]), (61, &json!("late")));
    assert!(count("failed") > 50, "the guard against one answer for all keeps still");
    office.run(&["report", "late", "--status", "failed"]).exits(0).prints("already exists");
    assert_eq!(office.running.stats().subscribers, 1 + 62 + 61);
}

#[test]
fn a_kill_in_the_middle_loses_nobody_and_creates_nobody_twice() {
    const PEOPLE: u64 = 300;
    let office = Office::with(SandboxOptions {
        faults: "changes.latency:20ms-80ms".parse().unwrap(),
        ..SandboxOptions::default()
    });
    office.desk.write("new.csv", &sheet(1..=PEOPLE));
    let mut killed = begin(&office, &["--rate", "max"]);
    let begun = Instant::now();
    while calls(&office, CREATE) < PEOPLE / 3 {
        assert!(begun.elapsed() < Duration::from_secs(60) && killed.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    kill(killed);

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
fn mute() -> Office {
    let faults = "changes.reset-after=100%".parse().unwrap();
    let office = Office::with(SandboxOptions { faults, ..SandboxOptions::default() });
    office.desk.write("new.csv", &sheet(1..=3));
    office
}

/// The same, whose list can't be read any more once the first one was asked for.
fn mute_and_blind() -> Office {
    let office = mute();
    let mut running = begin(&office, &["--rate", "max"]);
    office.running.set_faults("changes.reset-after=100%,gets.500=100%".parse().unwrap());
    assert_eq!(running.wait().unwrap().code(), Some(4));
    office
}

/// Begins it, and comes back once the first call has arrived.
fn begin(office: &Office, more: &[&str]) -> Child {
    let before = calls(office, CREATE);
    let command = [&["subscribers", "create", "--file", "new.csv"], more].concat();
    let mut command = office.command(&command);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while calls(office, CREATE) == before {
        assert!(begun.elapsed() < Duration::from_secs(60) && running.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    running
}

fn kill(mut running: Child) {
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn a_lost_answer_is_settled_by_the_list() {
    let office = mute();
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((office.running.stats().subscribers, calls(&office, CREATE)), (4, 3));
    assert_eq!(counts(&office, "create-new")["accepted"], 3);
    assert_eq!(office.json(&["status", "create-new"])["state"], "settled");
}

#[test]
fn what_the_operator_has_done_again_counts_as_done_where_they_are_there() {
    let office = mute_and_blind();
    assert_eq!(counts(&office, "create-new")["in_doubt"], 3);
    office.running.set_faults("gets.500=100%".parse().unwrap());
    let said = create(&office, &[]).exits(4).says("the list can't be looked at").says("3 in doubt");
    said.says("resolve create-new --resend");
    office.running.set_faults(FaultPlan::default());
    office.run(&["resolve", "create-new", "--resend"]).exits(0);
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((office.running.stats().subscribers, refused(&office, EXISTS)), (4, 3));
}

#[test]
fn a_later_run_looks_at_the_list_for_what_an_earlier_one_left() {
    let office = mute_and_blind();
    office.running.set_faults(FaultPlan::default());
    create(&office, &[]).exits(0).says("3 done");
    assert_eq!((calls(&office, CREATE), refused(&office, EXISTS)), (3, 0));
}

#[test]
fn what_is_wrong_with_the_account_stops_it_and_the_rest_stays_to_do() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=30));
    office.running.set_faults("changes.401=100%".parse().unwrap());
    create(&office, &[]).exits(5).says("stopped: ").says("the same command goes on where it stopped");
    assert_eq!(counts(&office, "create-new")["queued"], 30);
    let status = office.run(&["status", "create-new"]).exits(0);
    status.prints("`sendcast subscribers create --file ").prints("new.csv` goes on where it stopped");
    office.running.set_faults(FaultPlan::default());
    create(&office, &[]).exits(0).says("30 done");
}

fn assign(office: &Office, labels: &str, more: &[&str]) -> Said {
    let command = ["subscribers", "assign-labels", "--file", "some.csv", "--labels", labels, "--rate", "max"];
    office.run(&[&command[..], more].concat())
}

fn note(office: &Office, text: &str) -> Said {
    office.run(&["subscribers", "add-note", "--file", "some.csv", "--note", text, "--rate", "max"])
}

#[test]
fn labels_and_notes_go_to_everybody_in_the_file_who_is_on_the_list() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=4));
    create(&office, &[]).exits(0);
    office.desk.write("some.csv", &sheet([2, 4, 8].into_iter()));
    assign(&office, "Leed", &[]).exits(2).says("did you mean `Lead`");
    let said =
        assign(&office, "lead,Ecommerce", &[]).exits(0).says("3 rows: 2 to label, 1 bad").says("2 done");
    said.says("row 4: nobody with this number is on the account's list");
    let carriers = |label: &str| office.json(&["subscribers", "list", "--label", label]);
    assert_eq!(carriers("Lead").as_array().unwrap().len(), 3);
    assert_eq!(carriers("Ecommerce").as_array().unwrap().len(), 3);
    // Who is on the list by now gets them, too, and nobody else again.
    office.run(&["subscribers", "create", "--phone", &format!("+{}", phone(8))]).exits(0);
    assign(&office, "lead,Ecommerce", &[]).exits(0).says("1 new").says("3 done");
    assign(&office, "lead,Ecommerce", &[]).exits(0).says("3 done");
    assert_eq!(calls(&office, "/subscriber/assign-labels"), 3);

    note(&office, " ").exits(2).says("the note is blank");
    note(&office, "- {{ first_nam }} asked").exits(2).says("did you mean `first_name`");
    note(&office, "- {{ first_name }} asked").exits(0).says("3 to write a note about").says("3 done");
    note(&office, "- {{ first_name }} asked").exits(0).says("3 done");
    assert_eq!(calls(&office, "/subscriber/add-note"), 3, "the same note is written once");
    note(&office, "called back").exits(0);
    assert_eq!(calls(&office, "/subscriber/add-note"), 6, "another note is other work");
}

#[test]
fn people_on_the_list_are_named_by_their_ids_too() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=3));
    create(&office, &[]).exits(0);
    office
        .desk
        .write("some.csv", "Subscriber ID,phone,Why\n502,,asked\n504,,\n4711,,x\n502,,again\n501,,bought\n");
    let command = ["subscribers", "add-note", "--file", "some.csv", "--note", "{{ why }}", "--name", "notes"];
    let said = office.run(&command).exits(0).says("5 rows: 2 to write a note about, 2 bad, 1 duplicate");
    said.says("row 3: ").says("row 4: column `Subscriber ID`: nobody with this id").says("row 5: duplicate");
    assert_eq!(calls(&office, "/subscriber/add-note"), 2);
    let listed = office.desk.read("notes.report.csv");
    let listed = listed.replace(' ', "");
    assert!(listed.contains(&format!("2,+{},accepted,,note,", phone(1))), "{listed}");
    assign(&office, "Lead", &["--phone-column", "phone"]).exits(2).says("no row can be used");
    assign(&office, "Lead", &["--phone-column", "Town"]).exits(2).says("has no column `Town`").says("`Why`");
}

#[test]
fn labels_in_doubt_are_given_again_and_notes_stay_in_doubt() {
    let office = Office::new();
    office.desk.write("some.csv", &sheet(1..=6));
    office.run(&["subscribers", "create", "--file", "some.csv", "--rate", "max"]).exits(0);
    office.running.set_faults("changes.reset-after=2x".parse().unwrap());
    assign(&office, "Lead", &[]).exits(0).says("6 done");
    assert_eq!(calls(&office, "/subscriber/assign-labels"), 8, "two got lost and were given again");
    office.running.set_faults("changes.reset-after=1x".parse().unwrap());
    let said =
        note(&office, "called").exits(4).says("5 done, 1 in doubt").says("the note then stands there twice");
    let name = said.err.split("sendcast resolve ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    note(&office, "called").exits(4);
    assert_eq!(calls(&office, "/subscriber/add-note"), 6);
    let status = office.run(&["status", &name]).exits(0).prints("settled").prints("in doubt");
    assert!(!status.out.contains("sendcast run"), "{}", status.out);
    let word = office.run(&["resolve", &name, "--resend"]).exits(0);
    word.says("`sendcast subscribers add-note --file").says("some.csv …` sends");
    note(&office, "called").exits(0).says("6 done");
    assert_eq!(calls(&office, "/subscriber/add-note"), 7);
}

#[test]
fn a_list_without_room_stops_before_the_first_one() {
    let limits = Limits { subscribers: 1_252, ..Limits::default() };
    let office = Office::with(SandboxOptions { limits, ..SandboxOptions::default() });
    office.desk.write("new.csv", &sheet(1..=3));
    let said = create(&office, &[]).exits(2).says("the account's list hasn't room enough");
    said.says("1,250 of 1,252 are used, 2 are left, and this needs 3");
    assert!(super::files(&office.desk.data.join("campaigns")).is_empty(), "nothing was left behind");
    office.desk.write("new.csv", &sheet(1..=2));
    create(&office, &[]).exits(0).says("2 done");
}

#[test]
fn orders_hold_it_and_wrong_usage_leaves_nothing() {
    let office = Office::new();
    office.desk.write("new.csv", "City\nPune\n");
    create(&office, &[]).exits(2).says("no column of new.csv looks like phone numbers").says("`City`");
    create(&office, &["--phone", "+919800000001"]).exits(2);
    create(&office, &["--first-name", "x"]).exits(2);
    office.run(&["subscribers", "create", "--file", "none.csv"]).exits(2).says("none.csv");
    office.run(&["subscribers", "create", "--phone", "+919800000001", "--yes"]).exits(2).says("--yes");
    office.run(&["subscribers", "assign-labels", "--labels", "Lead"]).exits(2).says("--file");
    office.run(&["subscribers", "assign-labels", "501", "--file", "new.csv", "--labels", "Lead"]).exits(2);
    office.run(&["subscribers", "add-note", "501", "--note", "x", "--country", "IN"]).exits(2);
    office.desk.write("new.csv", "phone\n12\n");
    create(&office, &[]).exits(2).says("no row can be used");
    office.desk.write("new.csv", "phone,name\n");
    create(&office, &[]).exits(2).says("the file has no rows");
    assert!(super::files(&office.desk.data.join("campaigns")).is_empty(), "nothing was left behind");
    office.desk.write("new.csv", &sheet(1..=2));
    create(&office, &[]).exits(0);
    office.run(&["pause", "create-new"]).exits(0);
    create(&office, &[]).exits(6).says("it is paused").says("resume create-new");
    for command in ["run", "check", "preview"] {
        let said = office.run(&[command, "create-new"]).exits(2).says("it is no campaign");
        said.says("subscribers create --file");
    }
    office.desk.write("kunden-übersicht.csv", &sheet(1..=1));
    office.run(&["subscribers", "create", "--file", "kunden-übersicht.csv"]).exits(2).says("--name NAME");
}

#[test]
fn a_file_that_lost_most_of_its_rows_looks_like_an_accident() {
    let office = Office::new();
    office.desk.write("new.csv", &sheet(1..=40));
    kill(begin(&office, &["--rate", "1/s"]));
    office.desk.write("new.csv", &sheet(1..=4));
    create(&office, &[]).exits(2).says("this looks like an accident");
    create(&office, &["--yes"]).exits(2).says("this looks like an accident");
    let said = create(&office, &["--accept-removals"]);
    assert!(said.code == 0 || said.code == 4, "{}", said.err);
    said.says("removed");
    assert!(office.running.stats().subscribers <= 5);
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
