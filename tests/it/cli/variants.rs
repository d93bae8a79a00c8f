//! Several messages of which each person gets one. The witness is what the imitation accepted, and the report.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Desk;

/// So many people.
fn audience(desk: &Desk, people: std::ops::Range<u32>) {
    let rows: String = people.map(|n| format!("P{n},+9198765{n:05}\n")).collect();
    desk.write("people.csv", &format!("Name,Phone\n{rows}"));
}

/// The campaign `c.json`, with these variants in the place of its message.
fn varied(desk: &Desk, variants: &Value) {
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    campaign.as_object_mut().unwrap().remove("message");
    campaign["variants"] = variants.clone();
    desk.write("c.json", &campaign.to_string());
}

fn text(name: &str, weight: u32, body: &str) -> Value {
    json!({"name": name, "weight": weight, "message": {"type": "text", "body": body}})
}

/// Of each person: their variant, and what they were sent.
fn sent(desk: &Desk, more: &str) -> BTreeMap<String, (String, String)> {
    let report = desk.run(&format!("report c --sandbox --json{more}")).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |row: &Value| (text(&row["Name"]), (text(&row["variant"]), text(&row["message"])));
    report.as_array().unwrap().iter().map(each).collect()
}

fn share(sent: &BTreeMap<String, (String, String)>, variant: &str) -> usize {
    sent.values().filter(|(name, _)| name == variant).count()
}

#[test]
fn each_person_gets_one_and_keeps_it_over_edits_and_rounds() {
    let desk = Desk::with("");
    audience(&desk, 0..300);
    varied(&desk, &json!([text("short", 70, "Hi {{ name }}"), text("long", 30, "Dear {{ name }}, hello")]));
    let check = desk.run("check c.json --offline --json").exits(0).json();
    desk.run("check c.json --offline").exits(0).prints("variant `long`: ").prints("variant `short`: ");
    desk.run("run c.json --sandbox --rate max --limit 100").exits(6);
    // Others come first in the file, and one is gone.
    audience(&desk, 1..400);
    desk.run("run c.json --sandbox --rate max").exits(0).says("variants, written to: long ");
    let first = sent(&desk, "");
    for (name, (variant, message)) in &first {
        let greets = if variant == "short" { format!("Hi {name}") } else { format!("Dear {name}, hello") };
        assert_eq!(message, &greets);
    }
    let (short, long) = (share(&first, "short"), share(&first, "long"));
    assert_eq!(short + long, 400);
    assert!((90..150).contains(&long), "{long} of 400 at 30 %");
    assert_eq!(
        check["variants"]["long"].as_u64().unwrap() + check["variants"]["short"].as_u64().unwrap(),
        300
    );
    desk.run("run c.json --sandbox --rate max --again").exits(0);
    let second = sent(&desk, "");
    assert_eq!(second.len(), 399);
    assert!(second.iter().all(|(name, got)| first[name] == *got));
    let shown = desk.run("preview c.json --variant LONG --json").exits(0).json();
    assert_eq!(shown["variant"], "long");
    assert!(shown["message"].to_string().contains("Dear P"), "{shown}");
}

#[test]
fn what_is_wrong_with_one_of_them_names_it() {
    let desk = Desk::with("Ann,+919876543210\n");
    for (variants, said) in [
        (json!([]), "has 0 messages; write 1 to 10"),
        (json!([text("A", 1, "Hi"), text("a", 1, "Ho")]), "variants[1].name"),
        (json!([text("A", 1, "Hi"), text(" ", 1, "Ho")]), "is no name"),
        (json!([text("A", 0, "Hi")]), "0 isn't allowed; write 1 to 1000"),
        (json!([text("A", 1, "Hi"), text("B", 1, "Hi {{ nmae }}")]), "variants[1].message.body"),
        (json!([{"name": "A", "message": {"type": "text"}}]), "a message of type `text` needs `body`"),
        (json!([{"name": "A", "wieght": 2, "message": {"type": "text", "body": "Hi"}}]), "weight"),
    ] {
        varied(&desk, &variants);
        desk.run("check c.json --offline").exits(2).says(said);
    }
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    campaign["variants"] = json!([text("A", 1, "Hi")]);
    campaign["message"] = json!({"type": "text", "body": "Ho"});
    desk.write("c.json", &campaign.to_string());
    desk.run("check c.json --offline").exits(2).says("stands in the place of `message`");
    campaign.as_object_mut().unwrap().retain(|key, _| key != "variants" && key != "message");
    desk.write("c.json", &campaign.to_string());
    desk.run("check c.json --offline").exits(2).says("a campaign says what is sent");
    varied(&desk, &json!([text("A", 1, "Hi"), text("B", 1, "Ho")]));
    desk.run("preview c.json --variant C").exits(2).says("none is called `C`: there are `A`, `B`");
}

/// A row that lacks what its own variant needs is bad, and says which variant; others don't need it.
#[test]
fn a_row_is_bad_by_the_variant_that_it_gets() {
    let desk = Desk::with("");
    let rows: String = (0..60).map(|n| format!("P{n},+9198765{n:05},\n")).collect();
    desk.write("people.csv", &format!("Name,Phone,City\n{rows}"));
    varied(&desk, &json!([text("A", 1, "Hi {{ name }}"), text("B", 1, "Hi from {{ city }}")]));
    let check = desk.run("check c.json --offline --json").exits(0).json();
    let (good, bad) = (check["to_send"].as_u64().unwrap(), check["bad"].as_u64().unwrap());
    assert!(good > 15 && bad > 15 && good + bad == 60, "{good} {bad}");
    assert_eq!(check["variants"], json!({ "A": good }));
    let reason = check["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("variant `B`: "), "{reason}");
}

#[test]
fn reports_compare_them() {
    let desk = Desk::with("");
    audience(&desk, 0..200);
    varied(&desk, &json!([text("A", 1, "Hi"), text("B", 1, "Ho")]));
    desk.run("run c.json --sandbox --rate max --report c.html").exits(0).says("→ ");
    let page = desk.read("c.html");
    assert!(page.contains(">Variants<") && page.contains("nothing to compare yet"), "{page}");
    desk.run("report c --sandbox -o c.csv").exits(0);
    let table = desk.read("c.csv");
    assert!(table.lines().skip(1).all(|line| line.contains(",text,A,Hi,") || line.contains(",text,B,Ho,")));
    // A report is an audience: who got which is one of its columns.
    desk.write(
        "second.json",
        &json!({"name": "second", "from": "111", "audience": {"file": "c.csv", "where": "variant == 'A'"},
                "message": {"type": "text", "body": "again"}})
        .to_string(),
    );
    let check = desk.run("check second.json --offline --json").exits(0).json();
    assert_eq!(check["to_send"].as_u64().unwrap(), share(&sent(&desk, ""), "A") as u64);
}
