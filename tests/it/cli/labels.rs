//! Campaigns over labels, and what the account is asked before a run.

use sendcast::sandbox::{Delivery, Limits, Lists, SandboxOptions, Share};
use serde_json::json;

use super::account::Office;
use super::{Said, files};

const FROM: &str = "PHONE_NUMBER_ID";

/// An account whose list takes several pages, and fails nobody.
fn office() -> Office {
    let lists = Lists { rows: 3, ..Lists::default() };
    Office::with(SandboxOptions { lists, delivery: delivery(), ..SandboxOptions::default() })
}

fn delivery() -> Delivery {
    Delivery { failing: Share::percent(0), ..Delivery::default() }
}

/// A campaign over these labels.
fn campaign(office: &Office, labels: &[&str]) {
    let campaign = json!({
        "name": "leads", "from": FROM, "audience": {"labels": labels},
        "message": {"type": "text", "body": "Hi {{ first_name | default('you') }} ({{ subscriber_id }})"}
    });
    office.desk.write("leads.json", &campaign.to_string());
}

/// Creates a subscriber with these labels, and says their id.
fn subscriber(office: &Office, phone: &str, first_name: &str, labels: &str) -> String {
    let created = office.json(&["subscribers", "create", "--phone", phone, "--first-name", first_name]);
    let id = created["subscriber_id"].as_str().unwrap().to_owned();
    if !labels.is_empty() {
        office.run(&["subscribers", "assign-labels", &id, "--labels", labels]).exits(0);
    }
    id
}

fn run(office: &Office) -> Said {
    office.run(&["run", "leads.json", "--track", "0", "--yes", "--rate", "max"])
}

#[test]
fn who_carries_a_label_is_written_to_and_frozen() {
    let office = office();
    let lead = subscriber(&office, "+919800000001", "Asha", "Lead");
    subscriber(&office, "+919800000002", "Ben", "Ecommerce");
    subscriber(&office, "+919800000003", "Chitra", "");
    for n in 4..9 {
        subscriber(&office, &format!("+91980000000{n}"), "Dev", "lead,High Intent");
    }
    campaign(&office, &["lead"]);
    office.run(&["check", "leads.json"]).exits(0).prints("7 rows: 7 to send").says("its package leaves room");
    office
        .run(&["preview", "leads.json", "--to", "+919800000001"])
        .exits(0)
        .prints(&format!("Hi Asha ({lead})"));
    run(&office).exits(0).says("7 rows: 7 to send");
    assert_eq!(office.running.stats().accepted, 7);

    // Somebody new, and nobody twice.
    subscriber(&office, "+919800000010", "Eva", "Lead");
    run(&office).exits(0).says("the file has changed: 1 new, 0 changed, 7 already sent, 0 removed");
    assert_eq!(office.running.stats().accepted, 8);
    run(&office).exits(0);
    assert_eq!(office.running.stats().accepted, 8);
    let report = office.desk.read("leads.report.csv");
    assert!(
        report.starts_with("\u{feff}row,to,")
            && report.contains(&format!(",{lead},Asha,,919800000001,Lead\n")),
        "{report}"
    );

    // Without the account, the frozen plan goes on.
    office.run(&["run", "leads.json", "--offline", "--track", "0"]).exits(0).says("the frozen plan goes on");
    let left = files(&office.desk.data).into_iter().map(|(path, _)| path);
    assert_eq!(left.filter(|path| path.to_string_lossy().contains("audience-")).count(), 0);
}

#[test]
fn who_carries_a_label_is_left_out() {
    let office = office();
    subscriber(&office, "+919800000001", "Asha", "Lead");
    subscriber(&office, "+919800000002", "Ben", "High Intent");
    office.desk.write("people.csv", "name,phone\nA,+919800000001\nB,+919800000002\nC,+919800000003\n");
    let leaving_out = |labels: &[&str]| {
        let campaign = json!({
            "name": "rest", "from": FROM, "message": {"type": "text", "body": "Hi {{ name }}"},
            "audience": {"file": "people.csv", "exclude": [{"labels": labels}]}
        });
        office.desk.write("rest.json", &campaign.to_string());
    };
    let run = |more: &[&str]| {
        office.run(&[&["run", "rest.json", "--track", "0", "--yes", "--rate", "max"], more].concat())
    };
    leaving_out(&["lead"]);
    office.run(&["check", "rest.json"]).exits(0).prints("3 rows: 2 to send, 1 left out");
    // Whom it leaves out isn't known: nobody is written to.
    office.run(&["check", "rest.json", "--offline"]).exits(2).says("`audience.exclude`").says("wasn't asked");
    run(&["--offline"]).exits(2).says("wasn't asked");
    assert_eq!(office.running.stats().accepted, 0);
    run(&["--limit", "1"]).exits(6).says("2 to send, 1 left out");
    let report = office.desk.read("rest.report.csv");
    assert!(report.contains("left out: labelled lead"), "{report}");
    // Once there is a plan, it goes on; and who carries the label meanwhile is left out at the next look.
    let carol = subscriber(&office, "+919800000003", "Carol", "");
    office.run(&["subscribers", "assign-labels", &carol, "--labels", "Lead"]).exits(0);
    run(&[]).exits(0).says("the file has changed: 0 new, 1 changed, 1 already sent");
    assert_eq!(office.running.stats().accepted, 1);
    run(&["--offline"]).exits(0).says("the frozen plan goes on");
    leaving_out(&["Leed"]);
    run(&[]).exits(2).says("did you mean `Lead`?");
    office.desk.write("rest.json", &office.desk.read("rest.json").replace("[\"Leed\"]", "[]"));
    run(&[]).exits(2).says("`labels` needs at least one label");
}

#[test]
fn what_cant_be_planned_says_so() {
    let office = office();
    campaign(&office, &["Leed"]);
    run(&office).exits(2).says("the account has no label `Leed`").says("did you mean `Lead`?");
    campaign(&office, &["VIP", "Lead"]);
    office.run(&["check", "leads.json"]).exits(2).says("the account has no label `VIP`");
    campaign(&office, &["High Intent"]);
    run(&office).exits(2).says("the audience is empty");
    campaign(&office, &["Lead"]);
    office.run(&["run", "leads.json", "--offline"]).exits(2).says("wasn't asked");
    assert_eq!(office.running.stats().accepted, 0);
}

#[test]
fn credit_that_doesnt_last_stops_it_before_the_first_message() {
    let limits = Limits { credit: Some(2), ..Limits::default() };
    let office = Office::with(SandboxOptions { limits, delivery: delivery(), ..SandboxOptions::default() });
    for n in 1..4 {
        subscriber(&office, &format!("+91980000000{n}"), "Asha", "High Intent");
    }
    campaign(&office, &["High Intent"]);
    let short = "message credit isn't enough: 0 of 2 are used, 2 are left, and this needs 3";
    office.run(&["check", "leads.json"]).exits(2).says(short);
    run(&office).exits(2).says(short).says("`run --limit 2`");
    assert_eq!(office.running.stats().accepted, 0);
    office.run(&["run", "leads.json", "--limit", "2", "--track", "0"]).exits(6);
    assert_eq!(office.running.stats().accepted, 2);
    // What the account refuses then stops the run, or is told for each: nobody is written to twice.
    let forced = office.run(&["run", "leads.json", "--offline", "--track", "0"]);
    assert!(matches!(forced.code, 3 | 5), "{}", forced.err);
    assert_eq!(office.running.stats().accepted, 2);
}

#[test]
fn a_trial_takes_the_imitations_own_subscribers() {
    let office = office();
    campaign(&office, &["Lead"]);
    office.desk.run("run leads.json --sandbox --track 0 --rate max").exits(0);
    let report = office.desk.read("leads.sandbox.report.csv");
    assert!(report.contains("501,Amit,Sharma,919876543210,\"Lead, Ecommerce\""), "{report}");
}
