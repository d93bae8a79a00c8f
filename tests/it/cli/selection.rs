//! Who of an audience is meant: `where`, `exclude`, `sample`. The witness is what the imitation accepted, by the report.

use serde_json::{Value, json};

use super::Desk;

const PEOPLE: &str = "Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\nDee,+919876543213\n";

/// The campaign `c.json`, whose audience says this as well.
fn selecting(desk: &Desk, more: &Value) {
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    for (key, value) in more.as_object().unwrap() {
        campaign["audience"][key] = value.clone();
    }
    desk.write("c.json", &campaign.to_string());
}

/// The names of those whom a report calls so, and why.
fn rows(desk: &Desk, campaign: &str) -> Vec<(String, String, String)> {
    let report = desk.run(&format!("report {campaign} --sandbox --json")).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |row: &Value| {
        let skipped_as = text(&row["skipped_as"]);
        let state = if skipped_as.is_empty() { "sent".to_owned() } else { skipped_as };
        (text(&row["Name"]), state, text(&row["reason"]))
    };
    report.as_array().unwrap().iter().map(each).collect()
}

fn states(desk: &Desk, campaign: &str) -> Vec<(String, String)> {
    rows(desk, campaign).into_iter().map(|(name, state, _)| (name, state)).collect()
}

fn named(states: &[(&str, &str)]) -> Vec<(String, String)> {
    states.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn where_selects_rows_and_in_doubt_nobody() {
    let desk = Desk::with(PEOPLE);
    desk.write(
        "people.csv",
        "Name,Phone,Consent,City\nAnn,+919876543210,yes,Pune\nBob,+919876543211,no,Pune\n\
         Cem,+919876543212,perhaps,Pune\nDee,+919876543213,Yes,Goa\nAnn,+919876543210,yes,Goa\n",
    );
    selecting(&desk, &json!({"where": "consent | yes and city == 'Pune'"}));
    let check = desk.run("check c.json --offline --json").exits(0).json();
    assert_eq!((&check["to_send"], &check["filtered"], &check["bad"]), (&json!(1), &json!(2), &json!(1)));
    desk.run("run c.json --sandbox").exits(0).says("1 to send, 1 bad, 1 duplicate, 2 not selected");
    let expected =
        [("Ann", "sent"), ("Bob", "filtered"), ("Cem", "bad"), ("Dee", "filtered"), ("Ann", "duplicate")];
    assert_eq!(states(&desk, "c"), named(&expected));
    let told = rows(&desk, "c");
    assert_eq!(told[1].2, "not selected by `consent | yes and city == 'Pune'`");
    assert!(told[2].2.starts_with("`where`: "), "{}", told[2].2);
    selecting(&desk, &json!({"where": "cty == 'Pune'"}));
    desk.run("check c.json --offline").exits(2).says("audience.where").says("did you mean");
}

/// A row that isn't selected stands in nobody's way: another row of the same person may be.
#[test]
fn a_row_that_isnt_selected_is_no_first_one() {
    let desk = Desk::with(PEOPLE);
    desk.write("people.csv", "Name,Phone,City\nAnn,+919876543210,Goa\nAnna,+919876543210,Pune\n");
    selecting(&desk, &json!({"where": "city == 'Pune'"}));
    desk.run("run c.json --sandbox").exits(0);
    assert_eq!(states(&desk, "c"), named(&[("Ann", "filtered"), ("Anna", "sent")]));
}

#[test]
fn who_is_in_a_file_or_was_written_to_by_another_campaign_is_left_out() {
    let desk = Desk::with(PEOPLE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    let mut second: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    second["name"] = json!("second");
    second["audience"]["exclude"] = json!([{"file": "last.csv"}, {"campaign": "c"}]);
    desk.write("second.json", &second.to_string());
    desk.write("last.csv", "who,phone\nD,0 98765 43213\n?,none\n");
    let check = desk.run("check second.json --offline --json --sandbox").exits(0).json();
    assert_eq!((&check["to_send"], &check["excluded"]), (&json!(2), &json!(2)));
    let run = desk.run("run second.json --sandbox --new").exits(0);
    run.says("2 to send, 2 left out").says("1 row of last.csv without a usable number");
    let expected = [("Ann", "excluded"), ("Bob", "sent"), ("Cem", "sent"), ("Dee", "excluded")];
    assert_eq!(states(&desk, "second"), named(&expected));
    let told = rows(&desk, "second");
    assert_eq!((&*told[0].2, &*told[3].2), ("left out: written to by c", "left out: in last.csv"));
    // A list that has grown is another audience.
    desk.write("last.csv", "phone\n+919876543213\n+919876543212\n");
    desk.run("run second.json --sandbox").exits(0).says("already sent");
    second["audience"]["exclude"] = json!([{"campaign": "third"}]);
    desk.write("second.json", &second.to_string());
    desk.run("check second.json --offline --sandbox").exits(2).says("no campaign called `third`");
    second["audience"]["exclude"] = json!([{"campaign": "c", "status": ["failed"]}]);
    desk.write("second.json", &second.to_string());
    let check = desk.run("check second.json --offline --json --sandbox").exits(0).json();
    assert_eq!(check["excluded"], 0);
    second["audience"]["exclude"] = json!([{"file": "last.csv", "status": ["failed"]}]);
    desk.write("second.json", &second.to_string());
    desk.run("check second.json --offline").exits(2).says("belongs to `campaign`");
}

#[test]
fn a_report_of_last_week_is_a_list_of_whom_to_leave_out() {
    let desk = Desk::with(PEOPLE);
    desk.run("run c.json --sandbox --limit 2").exits(6);
    let mut second: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    second["name"] = json!("second");
    second["audience"]["exclude"] = json!([{"file": "c.sandbox.report.csv"}]);
    desk.write("second.json", &second.to_string());
    // The report lists all four, whatever became of them.
    desk.run("check second.json --offline --sandbox").exits(2).prints("4 left out");
}

#[test]
fn a_sample_is_drawn_once_and_kept() {
    let desk = Desk::with(PEOPLE);
    let lines = |from: u32, to: u32| -> String {
        (from..to).map(|n| format!("Guest {n},+9198765{n:05}\n")).collect()
    };
    desk.people(&lines(0, 2_000));
    selecting(&desk, &json!({"sample": "25%"}));
    let drawn = |desk: &Desk| -> Vec<String> {
        let check = desk.run("check c.json --offline --json").exits(0).json();
        let skipped = check["skipped"].as_array().unwrap().iter();
        skipped.filter(|row| row["kind"] == "not_sampled").map(|row| row["to"].to_string()).collect()
    };
    let first = drawn(&desk);
    assert!((1_420..=1_580).contains(&first.len()), "{} of 2,000 weren't drawn", first.len());
    // In another order, and with others.
    desk.people(&format!("{}{}", lines(1_000, 2_500), lines(0, 1_000)));
    let again = drawn(&desk);
    assert!(first.iter().all(|to| again.contains(to)));
    for (sample, says) in [
        (json!("none"), "is no share; write one such as `5%`"),
        (json!("500"), "or a number of people without quotes"),
        (json!(0), "a sample of nobody"),
        (json!(2.5), "or a whole number of people"),
    ] {
        selecting(&desk, &json!({"sample": sample}));
        desk.run("check c.json --offline").exits(2).says(says);
    }
}

/// Of a number of people there are never more, whatever becomes of the file, and who was drawn stays.
#[test]
fn a_sample_of_so_many_people_is_drawn_of_those_who_would_be_sent_to() {
    let desk = Desk::with(PEOPLE);
    let people = |desk: &Desk, from: u32, to: u32| {
        let rows: String = (from..to)
            .map(|n| format!("Guest {n},+9198765{n:05},{}\n", ["Pune", "Goa"][n as usize % 2]))
            .collect();
        desk.write("people.csv", &format!("Name,Phone,City\n{rows}Nobody,none,Pune\n"));
    };
    let sent = |desk: &Desk| -> Vec<String> {
        let rows = states(desk, "c").into_iter();
        rows.filter(|(_, state)| state == "sent").map(|(name, _)| name).collect()
    };
    people(&desk, 0, 400);
    desk.run("optout add +919876500000").exits(0);
    selecting(&desk, &json!({"sample": 20, "where": "city == 'Pune'"}));
    let check = desk.run("check c.json --offline --json --sandbox").exits(0).json();
    let counted = |key: &str| check[key].as_u64().unwrap();
    assert_eq!(["to_send", "filtered", "opted_out", "bad", "not_sampled"].map(counted), [20, 200, 1, 1, 179]);
    desk.run("run c.json --sandbox --limit 12").exits(6).says("20 to send");
    let first: Vec<_> = states(&desk, "c").into_iter().filter(|(_, state)| state == "sent").collect();
    assert_eq!(first.len(), 20, "12 of them, and 8 are queued");
    // Five times as many people: those who were sent to stay and count.
    people(&desk, 0, 2_000);
    let check = desk.run("check c.json --offline --json --sandbox").exits(0).json();
    assert_eq!(check["to_send"], 20);
    desk.run("run c.json --sandbox --accept-removals").exits(0);
    let counts = desk.counts();
    assert_eq!(counts["accepted"], 20, "{counts}");
    // Others altogether: nobody is left to be drawn.
    people(&desk, 5_000, 5_500);
    desk.run("run c.json --sandbox --accept-removals").exits(0);
    assert_eq!(desk.counts()["accepted"], 20);
    assert_eq!(sent(&desk).len(), 20);
    selecting(&desk, &json!({"sample": 25}));
    desk.run("run c.json --sandbox --accept-removals").exits(0);
    assert_eq!(desk.counts()["accepted"], 25);
}
