//! Subscribers, labels, catalogs and workflows, from the command line.

use std::collections::BTreeSet;

use sendcast::sandbox::{Lists, SandboxOptions};
use serde_json::json;

use super::account::Office;

#[test]
fn subscribers_are_created_changed_labelled_noted_and_listed() {
    let office = Office::new();
    let create = ["subscribers", "create", "--phone", "09800000001", "--country", "IN"];
    let names = ["--first-name", "田中", "--last-name", "D'Souza & Söhne"];
    let created = office.run(&[&create[..], &names].concat()).exits(0).says("…0001 is on the list");
    assert!(!created.err.contains("9800000001"), "{}", created.err);
    let id = created.out.trim().to_owned();
    office.run(&create).exits(1).says("subscriber/create answered");
    office.run(&["subscribers", "create", "--phone", "12"]).exits(2).says("`12`");
    let whole = office.json(&["subscribers", "create", "--phone", "+91 98000 00002"]);
    assert_eq!((&whole["phone_number"], whole["subscriber_id"].is_string()), (&json!("919800000002"), true));

    office.run(&["subscribers", "update", &id, "--first-name", "中田"]).exits(0).says("is changed");
    office.run(&["subscribers", "update", &id]).exits(2).says("--first-name");
    office
        .run(&["subscribers", "update", "4711", "--last-name", "x"])
        .exits(1)
        .says("subscriber/update answered");
    office
        .run(&["subscribers", "update", " ", "--last-name", "x"])
        .exits(2)
        .says("the subscriber's id is blank");

    let note = office.run(&["subscribers", "add-note", &id, "--note", "- asked for pricing"]).exits(0);
    note.says("has a new note");
    office.run(&["subscribers", "add-note", &id, "--note", " "]).exits(2).says("the note is blank");
    assert_eq!(office.json(&["subscribers", "add-note", &id, "--note", "x"])["subscriber_id"], json!(id));

    let listed = office.run(&["subscribers", "list"]).exits(0).says("3 people");
    let wide = listed.out.lines().find(|line| line.contains("919800000001")).unwrap();
    // A wide character takes two columns: the names beneath each other begin in the same one.
    let amit = listed.out.lines().find(|line| line.contains("Amit")).unwrap();
    let before =
        |line: &str, name: &str| unicode_width::UnicodeWidthStr::width(&line[..line.find(name).unwrap()]);
    assert_eq!(before(wide, "D'Souza"), before(amit, "Sharma"), "{}", listed.out);
    let people = office.json(&["subscribers", "list"]);
    assert_eq!(people.as_array().unwrap().len(), 3);
    assert_eq!(
        people[0],
        json!({"subscriber_id": "501", "first_name": "Amit", "last_name": "Sharma",
        "phone_number": "919876543210", "labels": ["Lead", "Ecommerce"]})
    );
}

#[test]
fn labels_are_given_by_name_or_id_and_an_unknown_one_offers_near_ones() {
    let office = Office::new();
    let made = office.run(&["labels", "create", "High Value"]).exits(0).says("there is a label `High Value`");
    let id = made.out.trim().to_owned();
    office.run(&["labels", "create", "high value"]).exits(1).says("label/create answered");
    office.run(&["labels", "create", " "]).exits(2).says("the label's name is blank");
    office.run(&["labels", "list"]).exits(0).prints("High Value").prints("Lead");
    let labels = office.json(&["labels", "list"]);
    assert!(labels.as_array().unwrap().contains(&json!({"id": id, "label_name": "High Value"})));

    let person =
        office.run(&["subscribers", "create", "--phone", "+919800000001"]).exits(0).out.trim().to_owned();
    let assign = |labels: &str| office.run(&["subscribers", "assign-labels", &person, "--labels", labels]);
    assign("Hgh Value,Lead").exits(2).says("no label `Hgh Value`").says("did you mean `High Value`");
    assert_eq!(carriers(&office, "High Value"), BTreeSet::new(), "nothing was done");
    assign(&format!("lead,{id}")).exits(0).says("Lead, High Value");
    assert_eq!(carriers(&office, "high value"), BTreeSet::from([person.clone()]));
    assert_eq!(carriers(&office, &id), BTreeSet::from([person.clone()]));
    assert_eq!(carriers(&office, "Lead"), BTreeSet::from([person.clone(), "501".into()]));
    assert_eq!(carriers(&office, "Ecommerce,High Value"), BTreeSet::from([person, "501".into()]));
    office.run(&["subscribers", "list", "--label", "Leed"]).exits(2).says("did you mean `Lead`");
    office.run(&["labels", "create", "Nobody"]).exits(0);
    office.run(&["subscribers", "list", "--label", "Nobody"]).exits(0).says("nobody carries `Nobody`");
}

/// The ids of those who carry a label.
fn carriers(office: &Office, label: &str) -> BTreeSet<String> {
    let found = office.json(&["subscribers", "list", "--label", label]);
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["subscriber_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn all_pages_are_read() {
    let office = Office::with(SandboxOptions {
        lists: Lists { rows: 2, ..Lists::default() },
        ..SandboxOptions::default()
    });
    for n in 1..=6 {
        office.run(&["subscribers", "create", "--phone", &format!("+9198000000{n:02}")]).exits(0);
    }
    let people = office.json(&["subscribers", "list"]);
    assert_eq!(people.as_array().unwrap().len(), 7);
    assert_eq!(office.json(&["modules"]).as_array().unwrap().len(), 20);
}

#[test]
fn a_page_that_gets_lost_is_asked_for_again_and_a_list_is_whole_or_an_error() {
    let of = |faults: &str| {
        Office::with(SandboxOptions {
            faults: faults.parse().unwrap(),
            lists: Lists { rows: 2, ..Lists::default() },
            ..SandboxOptions::default()
        })
    };
    // At once, where the server names no time to wait.
    let office = of("gets.429:0s=3x");
    assert_eq!(office.json(&["labels", "list"]).as_array().unwrap().len(), 3);
    // Never for somebody who is told at once: nothing was read yet.
    let said = of("gets.500=1x").run(&["labels", "list"]).exits(1).says("label/list answered HTTP 500");
    assert_eq!(said.out, "");
    let said =
        of("gets.429:0s=9x").run(&["subscribers", "list"]).exits(1).says("HTTP 429").says("wait a little");
    assert_eq!(said.out, "");
}

#[test]
fn the_catalog_its_orders_and_workflows() {
    let office = Office::new();
    office.run(&["catalog", "list"]).exits(0).prints("CATALOG-ID");
    assert_eq!(office.json(&["catalog", "list"])[0]["catalog_id"], "CATALOG-ID");
    office
        .run(&["catalog", "sync", "CATALOG-ID"])
        .exits(0)
        .says("catalog CATALOG-ID is being brought up to date");
    office.run(&["catalog", "sync", "x"]).exits(1).says("catalog/sync answered");
    office.run(&["catalog", "orders"]).exits(0).prints("status").prints("INR");
    assert!(office.json(&["catalog", "orders"])[0]["order_id"].is_string());

    office.run(&["webhooks", "list"]).exits(0).says("webhooks create");
    let create = ["webhooks", "create", "--name", "New Lead Webhook", "--target-url"];
    office.run(&[&create[..], &["example.com/x"]].concat()).exits(2).says("https://");
    let made = office.run(&[&create[..], &["https://example.com/webhook"]].concat()).exits(0);
    let made = made.says("there is a workflow `New Lead Webhook`");
    office
        .run(&["webhooks", "list"])
        .exits(0)
        .prints("New Lead Webhook")
        .prints("https://example.com/webhook");
    assert_eq!(office.json(&["webhooks", "list"])[0]["id"], made.out.trim());
    assert_eq!(office.json(&["labels", "create", "x"])["label_name"], "x");
}
