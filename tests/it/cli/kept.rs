//! What is given on the command line stays with a campaign, and an error over it says where it comes from. Audiences from
//! standard input, and the place of the report.

use std::io::Write as _;
use std::process::Stdio;

use super::account::Office;
use super::{Desk, Said, THREE};

const PIPES: &str = "Kunde|Handy\nAnn|9876543210\nBob|+919876543211\n";

/// Runs with this on standard input.
fn piped(office: &Office, arguments: &[&str], input: &str) -> Said {
    let mut command = office.command(arguments);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    // It may have refused before it read anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

fn office() -> Office {
    let office = Office::new();
    office.desk.campaign(r#"{"type": "text", "body": "Hi {{ name | default('there') }}"}"#);
    office.desk.people(THREE);
    office
}

#[test]
fn a_number_that_isnt_the_accounts_isnt_kept() {
    let office = office();
    office
        .run(&["run", "c.json", "--from", "NOBODY"])
        .exits(2)
        .says("`NOBODY` isn't a number of this account");
    office.run(&["run", "c.json"]).exits(0);
    assert_eq!(office.running.stats().accepted, 3);
    office.desk.people(&format!("{THREE}Dee,+919876543219\n"));
    office.run(&["run", "c.json", "--from", "NOBODY"]).exits(2);
    office.run(&["run", "c.json"]).exits(0);
}

#[test]
fn an_error_over_a_kept_option_says_where_it_comes_from() {
    let office = office();
    office.run(&["run", "c.json", "--from", "NOBODY", "--offline", "--limit", "1"]);
    let refused = office.run(&["run", "c.json"]).exits(2);
    refused.says("--from NOBODY was given on 20").says("is kept with the campaign; give --from");
    let said = office.run(&["run", "c.json", "--from", "NOBODY"]).exits(2);
    assert!(!said.err.contains("was given"), "{}", said.err);
    office.run(&["check", "c.json", "--audience", "nowhere.csv"]).exits(2);

    let office = self::office();
    std::fs::create_dir(office.desk.dir.join("out")).unwrap();
    office.run(&["run", "c.json", "--report", "out/r.csv", "--limit", "1"]).exits(6);
    std::fs::remove_dir_all(office.desk.dir.join("out")).unwrap();
    let refused = office.run(&["run", "c.json"]).exits(2);
    refused.says("out/r.csv was given on 20").says("create the directory first");
    assert_eq!(office.running.stats().accepted, 1, "nothing is sent before the report's place is sure");
    office.run(&["run", "c.json", "--report", "r.csv"]).exits(0);
}

#[test]
fn the_reports_place_is_tried_before_the_first_message() {
    let office = office();
    std::fs::create_dir(office.desk.dir.join("dir")).unwrap();
    for place in ["missing/r.csv", "dir", "people.csv/r.csv"] {
        office.run(&["run", "c.json", "--report", place]).exits(2).says("can't write the report to");
    }
    assert_eq!(office.running.stats().accepted, 0);
    office.run(&["status", "c"]).exits(2).says("no campaign called `c` has been planned");
    office.run(&["run", "c.json", "--report", "dir/r.csv"]).exits(0);
    assert_eq!(std::fs::read_dir(office.desk.dir.join("dir")).unwrap().count(), 1);
}

#[test]
fn how_a_table_is_read_stays_with_the_campaign() {
    let office = office();
    office.desk.write("people.csv", PIPES);
    let reading = ["--phone", "Handy", "--country", "IN", "--delimiter", "|", "--timezone", "Asia/Kolkata"];
    office.run(&[&["check", "c.json"], &reading[..]].concat()).exits(0).prints("2 rows: 2 to send");
    office.run(&[&["preview", "c.json"], &reading[..]].concat()).exits(0).prints("Hi there");
    office.run(&[&["run", "c.json", "--limit", "1"], &reading[..]].concat()).exits(6);
    office.run(&["check", "c.json"]).exits(0).prints("2 rows: 2 to send");
    office.run(&["run", "c.json"]).exits(0);
    assert_eq!(office.running.stats().recipients.len(), 2);
    for wrong in [
        ["--country", "Germany"],
        ["--delimiter", "ab"],
        ["--header-row", "0"],
        ["--timezone", "Mars/Base"],
        ["--message", "Kunde"],
    ] {
        office.run(&[&["check", "c.json"], &wrong[..]].concat()).exits(2);
    }
}

#[test]
fn people_from_standard_input() {
    let office = office();
    let run = ["run", "c.json", "--audience", "-"];
    let people = format!("Name,Phone\n{THREE}");
    piped(&office, &[&run[..], &["--limit", "1"]].concat(), &people).exits(6);
    let spooled: Vec<_> = std::fs::read_dir(office.desk.data.join("campaigns/c")).unwrap().collect();
    let spooled: Vec<_> = spooled.into_iter().map(|entry| entry.unwrap().path()).collect();
    let spooled: Vec<_> =
        spooled.iter().filter(|path| path.to_string_lossy().contains("standard-input")).collect();
    assert_eq!(spooled.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(spooled[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Taken up again without them, and with them.
    office.run(&["run", "c.json", "--limit", "1"]).exits(6);
    piped(&office, &run, &people).exits(0);
    let stats = office.running.stats();
    assert_eq!((stats.recipients.len(), stats.duplicates.len()), (3, 0));
    piped(&office, &run, "").exits(2).says("looks like an accident");
    piped(&office, &["check", "c.json", "--audience", "-"], &people).exits(0).prints("3 to send");
    let json = r#"[{"Phone": "+919876543210", "name": "Ann"}]"#;
    piped(&office, &["preview", "c.json", "--audience", "-"], json).exits(0).prints("Hi Ann");
    office.run(&["erase", "c", "--yes"]).exits(0);
    assert!(!office.desk.data.join("campaigns/c").exists());
    piped(&office, &["run", "-"], &people).exits(2).says("no name");
}

#[test]
fn a_campaign_file_may_name_standard_input() {
    let office = office();
    let text = office.desk.read("c.json").replace("people.csv", "-");
    office.desk.write("c.json", &text);
    let people = format!("Name,Phone\n{THREE}");
    piped(&office, &["run", "c.json", "--limit", "1"], &people).exits(6);
    office.run(&["run", "c.json"]).exits(0).says("nothing came from standard input");
    let stats = office.running.stats();
    assert_eq!((stats.recipients.len(), stats.duplicates.len()), (3, 0));
}

#[test]
fn what_leaves_nothing_behind_leaves_nothing_of_standard_input() {
    let office = office();
    piped(&office, &["run", "c.json", "--audience", "-", "--dry-run"], "Name,Phone\n").exits(2);
    piped(&office, &["check", "c.json", "--audience", "-"], "Name,Phone\nAnn,+919876543210\n").exits(0);
    assert!(super::files(&office.desk.data.join("campaigns")).is_empty());
    let desk = Desk::with(THREE);
    desk.run("run people.csv --sandbox --audience -").exits(2).says("the spreadsheet is the campaign");
}
