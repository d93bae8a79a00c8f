//! The first campaign: what `init` asks and writes, on a terminal and without one.

use serde_json::{Value, json};

use super::Desk;
#[cfg(target_os = "linux")]
use super::account::Office;
#[cfg(target_os = "linux")]
use super::terminal::at_a_terminal;

/// National numbers among others, a city that is missing.
const CUSTOMERS: &str =
    "First Name,Mobile,City\nAsha,98765 43210,Pune\n,98765 43211,\nBo,+91 98765 43212,Pune\n";

fn campaign(desk: &Desk, file: &str) -> Value {
    serde_json::from_str(&desk.read(file)).unwrap()
}

#[test]
fn init_never_overwrites() {
    let desk = Desk::new();
    desk.run("init new").exits(0).says("sendcast check");
    let first = desk.read("new/first-campaign.json");
    std::fs::write(desk.dir.join("new/first-campaign.json"), "mine").unwrap();
    desk.run("init new").exits(2).says("nothing was written");
    assert_eq!(desk.read("new/first-campaign.json"), "mine");
    desk.write("first-campaign.json", &first);
    std::fs::copy(desk.dir.join("new/customers.csv"), desk.dir.join("customers.csv")).unwrap();
    desk.run("check first-campaign.json").exits(0).prints("to send");
}

#[test]
fn a_named_spreadsheet_needs_no_terminal_where_all_is_sure() {
    let desk = Desk::new();
    desk.write("customers.csv", "Name,Phone,When\nAsha,+91 98765 43210,x\nBo,+91 98765 43211,y\n");
    desk.run("init offer --file customers.csv")
        .exits(0)
        .says("2 of 2 rows can be sent")
        .says("PHONE_NUMBER_ID");
    let written = campaign(&desk, "offer/first-campaign.json");
    assert_eq!(written["audience"], json!({ "file": "../customers.csv", "phone": "Phone" }));
    desk.run("run offer/first-campaign.json --sandbox --track 0 --rate max").exits(0);
    desk.run("init offer --file customers.csv").exits(2).says("nothing was written");

    desk.write("customers.csv", CUSTOMERS);
    let said = desk.run("init other --file customers.csv").exits(2);
    said.says("somebody has to say it: Their country").says("IN (India)").says("on a terminal");
    desk.run("init other --file nowhere.csv").exits(2);
    assert!(!desk.dir.join("other").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn wrong_answers_are_told_why_and_asked_for_again() {
    let office = Office::new();
    office.desk.write("my customers.csv", CUSTOMERS);
    let answers = [
        "nowhere.csv",
        r"my\ customers.csv",
        "phone",
        "",
        "XX",
        "India",
        "Hi {{ first_nam }}",
        "Hi {name}",
        "Hi {{ first_name }}",
        r"Hello\nfrom {{ first_name | default('us') }}",
        "",
        "9",
        "1",
        "25-26",
        "09:00-20:00",
        "tomorrow",
        "2020-01-01T10:00",
        "2099-01-01T10:00",
    ];
    let typed = answers.join("\n") + "\n";
    let shown = at_a_terminal(&office, "$SENDCAST init 'my offer'; echo code $?", "The spreadsheet", &typed);
    for part in [
        "nowhere.csv",
        "my customers.csv: 3 rows, 3 columns; UTF-8, separated by `,`, column names in row 1",
        "no column is called `phone`",
        "The column with the phone numbers [Mobile]:",
        "they are valid in IN (India)",
        "`XX` is no country code",
        "3 of 3 rows can be sent",
        "{{ first_name }}, {{ mobile }}, {{ city }}",
        "Hi Asha, thank you for writing to us.",
        "first_nam",
        "looks like a blank of another tool",
        "1 row is bad, listed and skipped",
        "from Asha",
        "1  PHONE_NUMBER_ID",
        "`9` is none of the account's numbers",
        "`25-26` is no time of day",
        "`tomorrow` is no date and time",
        "`2020-01-01T10:00` is over",
        "sendcast check \"my offer/first-campaign.json\"",
        "code 0",
    ] {
        assert!(shown.contains(part), "no `{part}` in:\n{shown}");
    }
    let written = campaign(&office.desk, "my offer/first-campaign.json");
    assert_eq!(
        written,
        json!({
            "name": "my-offer", "from": "PHONE_NUMBER_ID",
            "audience": { "file": "../my customers.csv", "phone": "Mobile", "country": "IN" },
            "message": { "type": "text", "body": "Hello\nfrom {{ first_name | default('us') }}" },
            "schedule": { "start": "2099-01-01T10:00:00", "hours": "09:00-20:00" },
            "rate": "20/s", "track": "10m",
        })
    );
    office.run(&["check", "my offer/first-campaign.json"]).exits(0).prints("3 rows: 3 to send");
}

#[cfg(target_os = "linux")]
#[test]
fn enter_takes_what_is_offered_and_it_runs_at_once() {
    let office = Office::new();
    let shown = at_a_terminal(&office, "$SENDCAST init new", "The spreadsheet", "\n\n\n\n\n");
    assert!(shown.contains("Hi Amelia, thank you for writing to us."), "{shown}");
    let written = campaign(&office.desk, "new/first-campaign.json");
    assert_eq!(written["audience"], json!({ "file": "customers.csv", "phone": "Mobile", "country": "AU" }));
    assert_eq!(written["schedule"], Value::Null);
    let run = "run new/first-campaign.json --sandbox --track 0 --rate max --json";
    assert_eq!(office.desk.run(run).exits(0).json()["counts"]["queued"], 0);
    let shown = at_a_terminal(&office, "$SENDCAST init new; echo code $?", "", "");
    assert!(shown.contains("nothing was written") && shown.contains("code 2"), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn who_leaves_before_the_end_leaves_nothing_behind() {
    for leaves in ["\u{4}", "\u{3}"] {
        let office = Office::new();
        office.desk.write("customers.csv", CUSTOMERS);
        let typed = format!("customers.csv\n\nIN\n{leaves}");
        let shown = at_a_terminal(&office, "$SENDCAST init new", "The spreadsheet", &typed);
        assert!(leaves == "\u{3}" || shown.contains("nothing was written"), "{shown}");
        assert!(!office.desk.dir.join("new").exists(), "{shown}");
    }
}
