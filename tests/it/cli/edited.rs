//! What happens when the file is edited and run again.

use serde_json::json;

use super::{Desk, THREE};

#[test]
fn the_difference_is_told_and_nobody_is_sent_to_twice() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    desk.people("Ann,+919876543210\nBobby,09876543211\nDee,+919876543219\nEve,+919876543218\n");
    let dry = desk.run("run c.json --sandbox --dry-run").exits(0);
    dry.says("2 new, 1 changed, 1 already sent, 1 removed").says("nothing is left behind");
    assert_eq!(desk.counts()["queued"], 2, "a dry run changes nothing");
    desk.run("run c.json --sandbox").exits(0).says("2 new, 1 changed, 1 already sent, 1 removed");
    let report = desk.read("c.sandbox.report.csv");
    assert!(report.contains("Bobby") && !report.contains("Cem"), "{report}");
    assert_eq!(desk.counts()["accepted"], 4);
    let again = desk.run("run c.json --sandbox").exits(0);
    assert!(!again.err.contains("changed"), "{}", again.err);
}

/// Names as they were when they were sent; whose words are others since is counted, and who is gone is listed.
#[test]
fn the_report_says_what_was_sent() {
    let desk = Desk::with("Ann,+919876543210\nBob,09876543211\nCem,+919876543212\nDee,+919876543213\n");
    let first = desk.run("run c.json --sandbox --limit 3").exits(6);
    first.says("times are ");
    desk.people("Anna,+919876543210\nBob,09876543211\nDora,+919876543213\n");
    desk.write("c.json", &desk.read("c.json").replace("Hi ", "Hello "));
    let dry = desk.run("run c.json --sandbox --dry-run --json").exits(0).json();
    assert_eq!((&dry["changes"]["already_sent"], &dry["changes"]["differs"]), (&json!(2), &json!(2)));
    let run = desk.run("run c.json --sandbox --json").exits(0);
    assert_eq!(run.json()["changes"]["differs"], 2);
    run.says("2 already sent (for them the message has changed since; `--again` is how they get it)");
    let rows = desk.run("report c --sandbox --json").exits(0).json();
    let told: Vec<_> =
        rows.as_array().unwrap().iter().map(|r| (&r["row"], &r["to"], &r["message"])).collect();
    let texts = [
        (json!(2), json!("+919876543210"), "Hi Ann"),
        (json!(3), json!("+919876543211"), "Hi Bob"),
        (json!(4), json!("+919876543213"), "Hello Dora"),
        (json!(null), json!("+919876543212"), "Hi Cem"),
    ];
    for (told, (row, to, text)) in told.iter().zip(&texts) {
        assert_eq!((told.0, told.1), (row, to));
        assert!(told.2.as_str().unwrap().starts_with(text), "{told:?}");
    }
    assert_eq!(rows[0]["Name"], "Ann");
    assert!(rows.as_array().unwrap().iter().all(|row| row["status_at"].is_string()));
    // The next round has a report of its own, and the last one's can still be had.
    desk.run("run c.json --sandbox --again").exits(0).says("c.sandbox.round-2.report.csv");
    let csv = desk.read("c.sandbox.round-2.report.csv");
    assert!(csv.contains("+91 98765 43210") && csv.contains("Hello Anna"), "{csv}");
    desk.run("report c --sandbox --round 1 --json").exits(0).prints("Hi Ann");
    desk.run("report c --sandbox --round 3").exits(2).says("no round 3").says("the newest is round 2");
    desk.run("report c --sandbox --round 1").exits(0).says("in c.sandbox.report.csv; times are ");
}

#[test]
fn a_report_comes_in_the_form_that_its_name_or_an_option_asks_for() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --timezone Asia/Kolkata").exits(0).says("times are Asia/Kolkata");
    desk.run("report c --sandbox -o x.tsv").exits(0);
    assert!(desk.read("x.tsv").starts_with("\u{feff}row\tto\tstatus\t"));
    desk.run("report c --sandbox -o x.csv --delimiter ; --timezone UTC").exits(0).says("times are UTC");
    assert!(desk.read("x.csv").starts_with("\u{feff}row;to;status;"));
    desk.run("report c --sandbox -o x.ndjson").exits(0);
    assert!(desk.read("x.ndjson").starts_with("{\"row\":2,\"to\":\"+919876543210\","));
    desk.run("report c --sandbox --delimiter tab --format csv").exits(0).prints("row\tto\tstatus");
    desk.run("report c --sandbox -o x.json --delimiter ;").exits(2).says("is for CSV");
    desk.run("report c --sandbox --delimiter ab").exits(2);
}

#[test]
fn a_file_that_looks_like_an_accident_changes_nothing_unless_that_is_accepted() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    desk.people("Ann,+919876543210\n");
    desk.run("run c.json --sandbox").exits(2).says("looks like an accident").says("--accept-removals");
    desk.run("run c.json --sandbox --yes").exits(2).says("looks like an accident");
    assert_eq!(desk.counts()["queued"], 2);
    desk.people("");
    desk.run("run c.json --sandbox").exits(2).says("looks like an accident");
    desk.people("Ann,+919876543210\n");
    desk.run("run c.json --sandbox --accept-removals").exits(0).says("2 removed");
    assert_eq!(desk.counts()["cancelled"], 2);
}

#[test]
fn when_the_file_is_gone_the_frozen_plan_goes_on() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    std::fs::remove_file(desk.dir.join("people.csv")).unwrap();
    desk.run("run c.json --sandbox --limit 1").exits(6).says("people.csv is gone: the frozen plan goes on");
    std::fs::remove_file(desk.dir.join("c.json")).unwrap();
    desk.run("run c.json --sandbox --from OTHER").exits(2).says("frozen");
    desk.run("run c.json --sandbox").exits(0).says("c.json is gone: the frozen plan goes on");
    assert_eq!(desk.counts()["accepted"], 3);
    desk.run("run c --sandbox --again").exits(2).says("needs the campaign file");
}
