//! `table FILE`, and what `check` says of columns and bad rows.

use super::Desk;

#[test]
fn a_file_is_shown_as_it_is_read() {
    let desk = Desk::new();
    desk.write("people.csv", "Naam;Mobiel;Land\nJan;+31 6 12345678;NL\nPiet;+31 6 87654321;\n");
    desk.run("table people.csv")
        .exits(0)
        .prints("people.csv: 2 rows, 3 columns; UTF-8, separated by `;`, column names in row 1")
        .prints("Mobiel  mobiel")
        .prints("+31 6 12345678 · +31 6 87654321");
    let told = desk.run("table people.csv --json").exits(0).json();
    assert_eq!(told["columns"][1]["guess"], "phone");
    assert_eq!(told["columns"][2]["filled"], 1);
    assert_eq!(told["delimiter"], ";");
    desk.run("table nothing.csv").exits(2).says("can't be read");
}

#[test]
fn the_whole_table_is_written_out_for_other_programs() {
    let desk = Desk::new();
    desk.write("a.csv", "Name;Note\nAna;\"two\nlines, \"\"quoted\"\"\"\n");
    let csv = desk.run("table a.csv --format csv").exits(0);
    assert_eq!(csv.out, "Name,Note\r\nAna,\"two\nlines, \"\"quoted\"\"\"\r\n");
    let json = desk.run("table a.csv --format json").exits(0).json();
    assert_eq!(json, serde_json::json!([{"Name": "Ana", "Note": "two\nlines, \"quoted\""}]));
    desk.write("b.ndjson", "{\"a\": 1}\nno json\n");
    let part = desk.run("table b.ndjson --format csv").exits(3).says("b.ndjson row 2: left out");
    assert_eq!(part.out, "a\r\n1\r\n");
}

#[test]
fn any_table_can_be_looked_at_also_without_phones() {
    let desk = Desk::new();
    desk.write("prices.csv", "Product,Price\nTea,\"1,234.50\"\nMilk,9\n");
    let told = desk.run("table prices.csv --json").exits(0).json();
    assert_eq!(told["columns"][1]["guess"], "number");
    assert_eq!(told["columns"][1]["numbers"], 2);
}

#[test]
fn check_gathers_equal_complaints_and_lists_them_when_asked() {
    let rows: String = (0..40).map(|n| format!("P{n},\n")).collect();
    let desk = Desk::with(&format!("Asha,9876543210\nRavi,9876543210\n{rows}"));
    let told = desk.run("check c.json").exits(0);
    assert!(told.out.lines().count() < 24, "{}", told.out);
    told.prints("people.csv: 40 rows: column `Phone`: the phone number is empty (rows 4, 5, 6, 7, 8, …)")
        .prints("row 3: duplicate of row 2")
        .prints("`--all` lists each of these rows");
    let all = desk.run("check c.json --all").exits(0);
    assert_eq!(all.out.lines().filter(|line| line.contains("is empty")).count(), 40);
    let json = desk.run("check c.json --json").exits(0).json();
    assert_eq!(json["complaints"][0]["count"], 40);
    assert_eq!(json["skipped"].as_array().unwrap().len(), 41);
}

#[test]
fn check_says_how_each_column_is_understood_on_a_screen() {
    let desk = Desk::new();
    let header: String = (0..30).map(|n| format!(",Extra {n}")).collect();
    let rows: String =
        (0..60).map(|n| format!("Asha {n},{},NP,{n}{}\n", 9_800_000_000u64 + n, ",x".repeat(30))).collect();
    desk.write("people.csv", &format!("First Name,Mobile,Country,Points{header}\n{rows}"));
    desk.campaign(
        r#"{"type": "text", "body": "Hi {{ first_name }}{% if points >= 30 %}, thank you{% endif %}"}"#,
    );
    let told = desk.run("check c.json").exits(0);
    assert!(told.out.lines().count() + told.err.lines().count() <= 24, "{}{}", told.err, told.out);
    told.prints("people.csv: 60 rows, 34 columns; UTF-8, separated by `,`, column names in row 1")
        .prints("Mobile      phone numbers")
        .prints("Country     the number's country")
        .prints("First Name  in the message")
        .prints("Points      in the message")
        .prints("and 30 other columns, used for nothing");
    let columns = desk.run("check c.json --json").exits(0).json()["columns"].clone();
    assert_eq!(columns[1]["used_as"], serde_json::json!(["phone numbers"]));
    assert_eq!(columns[3]["used_as"], serde_json::json!(["in the message"]));
    assert_eq!(columns[4]["used_as"], serde_json::json!([]));
    // A spreadsheet that is the campaign.
    desk.write("s.csv", "to,message,media_url,City\n+919876543210,Hi {{ City }},,Pune\n");
    desk.run("check s.csv --from PHONE_NUMBER_ID")
        .exits(0)
        .prints("message    the message")
        .prints("media_url  the media's address");
}

#[test]
fn warnings_of_rows_are_gathered_too() {
    let rows: String = (0..40).map(|n| format!("P{n},{}\n", 9_800_010_000u64 + n * 10_000)).collect();
    let desk = Desk::with(&rows);
    let told = desk.run("check c.json").exits(0);
    assert!(told.err.lines().count() < 5, "{}", told.err);
}

#[test]
fn a_table_may_come_from_standard_input() {
    use std::io::Write as _;
    let desk = Desk::new();
    let mut command = desk.command("table -");
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"name;phone\nAna;+919876543210\n").unwrap();
    let said: super::Said = child.wait_with_output().unwrap().into();
    said.exits(0).prints("standard input: 1 row, 2 columns; UTF-8, separated by `;`");
    assert!(super::files(&desk.data).is_empty(), "nothing is left behind");
}
