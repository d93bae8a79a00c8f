//! Several numbers as people give and meet them. The witness is what the imitation accepted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Desk;

/// A campaign of so many people from these numbers.
fn spread(desk: &Desk, file: &str, people: std::ops::Range<u32>, from: &Value) {
    let rows: String =
        people.map(|n| format!("P{n},+9198765{n:05},{}\n", if n % 3 == 0 { "ONE" } else { "TWO" })).collect();
    let table = format!("{file}.csv");
    desk.write(&table, &format!("Name,Phone,Sender\n{rows}"));
    let campaign = json!({
        "from": from, "audience": {"file": table}, "message": {"type": "text", "body": format!("Hi from {file}")},
        "rate": "max", "track": "0"
    });
    desk.write(&format!("{file}.json"), &campaign.to_string());
}

/// Who was written to by which number, as the campaign's report says.
fn senders(desk: &Desk, campaign: &str) -> BTreeMap<String, String> {
    let report = desk.run(&format!("report {campaign} --sandbox --format json")).exits(0).json();
    let rows = report.as_array().unwrap().iter().filter(|row| row["status"] != "queued");
    rows.map(|row| (row["to"].as_str().unwrap().into(), row["from"].as_str().unwrap().into())).collect()
}

fn counts(desk: &Desk, campaign: &str) -> Value {
    desk.run(&format!("status {campaign} --sandbox --json")).exits(0).json()["counts"].clone()
}

#[test]
fn a_person_keeps_their_number_over_rounds_and_campaigns() {
    let desk = Desk::with("");
    spread(&desk, "first", 0..60, &json!(["ONE", "TWO"]));
    desk.run("run first.json --sandbox --yes").exits(0);
    let first = senders(&desk, "first");
    let by = |number: &str| first.values().filter(|by| *by == number).count();
    assert!(by("ONE") > 15 && by("TWO") > 15, "{first:?}");
    // A number more takes nobody away who was written to before.
    spread(&desk, "second", 0..120, &json!(["TWO", "THREE", "ONE"]));
    desk.run("run second.json --sandbox --yes --new").exits(0);
    let second = senders(&desk, "second");
    assert!(first.iter().all(|(person, by)| second[person] == *by), "{first:?}\n{second:?}");
    let strangers = second.iter().filter(|(person, _)| !first.contains_key(*person));
    assert!(strangers.filter(|(_, by)| *by == "THREE").count() > 8, "{second:?}");
    // The next round of the first, after its list has changed.
    spread(&desk, "first", 0..60, &json!(["TWO", "THREE", "ONE", "FOUR"]));
    desk.run("run first.json --sandbox --yes --again").exits(0);
    assert_eq!(senders(&desk, "first"), first);
    // Whoever doesn't send any more hands their people on.
    spread(&desk, "third", 0..60, &json!(["THREE", "ONE"]));
    desk.run("run third.json --sandbox --yes --new").exits(0);
    let third = senders(&desk, "third");
    assert!(first.iter().filter(|(_, by)| *by == "ONE").all(|(person, _)| third[person] == "ONE"));
}

#[test]
fn a_column_says_who_sends() {
    let desk = Desk::with("");
    spread(&desk, "c", 0..30, &json!({"column": "Sender"}));
    desk.run("run c.json --sandbox --yes").exits(0);
    let sent = senders(&desk, "c");
    assert_eq!((sent["+919876500000"].as_str(), sent["+919876500001"].as_str()), ("ONE", "TWO"));
    let check = desk.run("check c.json --offline --json").exits(0).json();
    let of = |number: &str, messages: u32| json!({"number": number, "messages": messages});
    assert_eq!(check["from"], json!([of("ONE", 10), of("TWO", 20)]), "{check}");
    // An empty cell is for `--from`, and without it a bad row.
    desk.write("c.csv", "Name,Phone,Sender\nA,+919876500001,ONE\nB,+919876500002,\n");
    desk.run("check c.json --offline --all").exits(0).prints("column `Sender` is empty");
    desk.run("check c.json --offline --from THREE").exits(0).prints("2 to send");
    spread(&desk, "d", 0..3, &json!({"column": "Sendr"}));
    desk.run("check d.json --offline").exits(2).says("Sendr").says("Sender");
}

#[test]
fn a_blocked_number_waits_and_another_one_takes_its_people_over() {
    let desk = Desk::with("");
    spread(&desk, "c", 0..60, &json!(["ONE", "TWO"]));
    let run = "run c.json --sandbox --yes --faults code:131031@from:ONE";
    let said = desk.run(run).exits(5);
    said.says("the number ONE is blocked").says("the others go on").says("resume c --sandbox --from OTHER");
    let waiting = counts(&desk, "c")["queued"].as_u64().unwrap();
    assert!((15..45).contains(&waiting), "{waiting}");
    let status = desk.run("status c --sandbox --json").exits(0).json();
    let blocked =
        json!({"number": "ONE", "code": 131031, "queued": waiting, "reason": status["blocked"][0]["reason"]});
    assert_eq!((&status["blocked"], &status["state"]), (&json!([blocked]), &json!("stopped")));
    desk.run("status c --sandbox").exits(0).prints("the number ONE is blocked").prints("--from OTHER");
    desk.run("resume c --sandbox --from ONE").exits(2).says("blocked itself");
    desk.run("resume c --sandbox --from THREE").exits(0).says(&format!("THREE writes to {waiting} people"));
    desk.run("resume c --sandbox --from TWO").exits(2).says("no number of c --sandbox is blocked");
    // An edited file changes nothing of it, and nobody is written to twice.
    let people = desk.read("c.csv");
    desk.write("c.csv", &format!("{people}New,+919876599999,ONE\n"));
    desk.run(run).exits(0);
    assert_eq!(counts(&desk, "c")["queued"], 0);
    let sent = senders(&desk, "c");
    let by = |number: &str| sent.values().filter(|by| *by == number).count() as u64;
    assert_eq!((sent.len(), by("ONE")), (61, 0));
    assert!(by("THREE") >= waiting);
    desk.run("verify c --sandbox").exits(0);
}
