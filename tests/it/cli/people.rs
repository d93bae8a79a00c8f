//! A campaign's whole way, from `check` to `erase`.

use serde_json::json;

use super::{Desk, THREE, files};

#[test]
fn check_preview_run_status_report_verify_erase() {
    let desk = Desk::with(&format!("{THREE}Dup,9876543210\nBad,99\n"));
    let check = desk.run("check c.json").exits(0);
    let check =
        check.prints("people.csv row 5: duplicate of row 2").prints("people.csv row 6: column `Phone`");
    check.prints("c: 5 rows: 3 to send, 1 bad, 1 duplicate").prints("from PHONE_NUMBER_ID: 3 people");
    let found = desk.run("check c.json --json --rate 1/s").exits(0).json();
    assert_eq!(
        (&found["to_send"], &found["duration_s"], &found["can_run"]),
        (&json!(3), &json!(3), &json!(true))
    );
    let kinds: Vec<_> = found["skipped"].as_array().unwrap().iter().map(|s| s["kind"].clone()).collect();
    assert_eq!(kinds, ["duplicate", "bad"]);
    assert_eq!(found["skipped"][1]["column"], "Phone");

    desk.run("preview c.json").exits(0).prints("Hi Ann");
    desk.run("preview c.json --row 3").exits(0).prints("Hi Bob");
    desk.run("preview c.json --to +905321234567").exits(0).prints("Hi Cem");
    desk.run("preview c.json --row 6").exits(2).says("nothing is sent");
    desk.run("preview c.json --row 60").exits(2).says("no row 60");

    let run = desk.run("run c.json --sandbox").exits(0);
    let run = run.says("nothing reaches WhatsApp").says("c: 5 rows: 3 to send").says("c.sandbox.report.csv");
    assert!(run.out.is_empty(), "messages go to stderr: {}", run.out);
    let report = desk.read("c.sandbox.report.csv");
    assert_eq!(report.lines().count(), 6);
    assert_eq!(report.lines().filter(|line| line.contains(",accepted,")).count(), 3);

    let counts = desk.counts();
    assert_eq!(
        (&counts["accepted"], &counts["skipped"], &counts["queued"]),
        (&json!(3), &json!(2), &json!(0))
    );
    desk.run("status --sandbox").exits(0).prints("settled");
    desk.run("status c --sandbox").exits(0).prints("c: settled").prints("accepted");
    desk.run("status c --sandbox --watch").exits(0);
    desk.run("verify c --sandbox").exits(0).prints("3 accepted + 2 skipped = 5 in all");
    assert_eq!(desk.run("verify c --sandbox --json").exits(0).json()["sound"], true);

    desk.run("report c --sandbox --status skipped").exits(0).prints("duplicate of row 2");
    let rows = desk.run("report c --sandbox --json --status accepted").exits(0).json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    std::fs::remove_file(desk.dir.join("c.sandbox.report.csv")).unwrap();
    let plain = desk.run("report c --sandbox").exits(0).says("c.sandbox.report.csv");
    assert_eq!(plain.out, report, "on demand: the same report, on stdout");
    assert_eq!(desk.read("c.sandbox.report.csv"), report, "and in the usual place");
    desk.run("report c --sandbox -o again.ndjson").exits(0).says("5 rows in again.ndjson");
    assert_eq!(desk.read("again.ndjson").lines().count(), 5);

    desk.run("erase c --sandbox").exits(2).says("--yes");
    assert!(desk.data.join("sandbox/campaigns/c").exists());
    desk.run("test c.json --sandbox --to +919876500000").exits(0).prints("wamid.");
    desk.run("erase c --sandbox --yes").exits(0).says("left the report").says("salted hashes");
    assert!(desk.dir.join("again.ndjson").exists());
    for (path, bytes) in files(&desk.data) {
        let text = String::from_utf8_lossy(&bytes);
        for trace in ["9876543210", "905321234567", "919876500000", "Hi Ann"] {
            assert!(!text.contains(trace), "{trace} is still in {}", path.display());
        }
    }
    desk.run("status c --sandbox").exits(2);
}

#[test]
fn erase_removes_the_reports_when_it_is_told_to() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --report out.json").exits(0);
    assert_eq!(desk.read("out.json").matches("accepted_at").count(), 3);
    let erased = desk.run("erase c.json --sandbox --yes --reports --json").exits(0).json();
    assert_eq!(erased["reports_removed"].as_array().unwrap().len(), 1);
    assert!(!desk.dir.join("out.json").exists());
}

#[test]
fn with_json_stdout_is_one_value() {
    let desk = Desk::with(THREE);
    let dry = desk.run("run c.json --sandbox --dry-run --json").exits(0).json();
    assert_eq!((&dry["to_send"], &dry["dry_run"]), (&json!(3), &json!(true)));
    assert!(!desk.data.join("sandbox/campaigns/c").exists(), "a dry run leaves no queue behind");
    let run = desk.run("run c.json --sandbox --json").exits(0).json();
    assert_eq!(
        (&run["campaign"], &run["state"], &run["total"], &run["counts"]["accepted"], &run["exit_code"]),
        (&json!("c"), &json!("settled"), &json!(3), &json!(3), &json!(0))
    );
    assert_eq!(run["report"], "c.sandbox.report.csv");
    for command in [
        "pause c --sandbox",
        "retry c --sandbox",
        "verify c --sandbox",
        "status --sandbox",
        "preview c.json",
        "test c.json --sandbox --to +919876500000",
        "optout add +919876500001",
        "optout list",
    ] {
        desk.run(&format!("{command} --json")).exits(0).json();
    }
}

#[test]
fn the_exit_codes_tell_how_it_ended() {
    let three = |faults: &str| Desk::with(THREE).run(&format!("run c.json --sandbox {faults}"));
    three("--faults code:131026@919876543210").exits(3).says("failed");
    three("--faults code:190").exits(5).says("stopped").says("goes on where it stopped");
    three("--limit 2").exits(6);
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 2 --json").exits(6);
    assert_eq!(desk.counts()["queued"], 1);
    desk.run("run c --sandbox").exits(0);
    assert_eq!(desk.counts()["accepted"], 3);
    desk.run("run c --sandbox").exits(0);
    let stats = std::fs::read_dir(desk.data.join("sandbox/campaigns/c/server")).unwrap().count();
    assert!(stats > 0, "the imitation's ledger lies with the campaign");
}

#[test]
fn what_was_given_stays_with_the_campaign() {
    let desk = Desk::with(THREE);
    desk.write("others.csv", "Name,Phone\nZoe,+447911123456\n");
    desk.run("run c.json --sandbox --audience others.csv --from ANOTHER --report kept.csv").exits(0);
    assert!(desk.read("kept.csv").contains("ANOTHER"));
    std::fs::remove_file(desk.dir.join("kept.csv")).unwrap();
    desk.run("run c.json --sandbox").exits(0);
    let kept = desk.read("kept.csv");
    assert!(kept.contains("Zoe") && !kept.contains("Ann"), "{kept}");
}

#[test]
fn people_who_opted_out_are_never_written_to() {
    let desk = Desk::with(THREE);
    desk.run("optout add +919876543210 --reason STOP").exits(0).says("1 person added");
    desk.run("optout add 919876543210").exits(0).says("nothing changed");
    desk.write("stop.csv", "mobile\n09876543211\nnobody\n");
    desk.run("optout import stop.csv --country IN").exits(3).says("1 person added").says("stop.csv row 3");
    desk.run("optout list").exits(0).prints("919876543211").prints("STOP");
    desk.run("check c.json").exits(0).prints("2 opted out");
    desk.run("run c.json --sandbox").exits(0);
    assert_eq!(desk.counts()["skipped"], 2);
    desk.run("optout remove +919876543210").exits(0).says("1 person taken off");
    desk.run("optout remove +919876543210").exits(0).says("nothing changed");
}

#[test]
fn a_reports_ending_chooses_its_format() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --report x.dat").exits(2).says("no report format has the ending `.dat`");
    desk.run("status c --sandbox").says("no campaign called `c`");
    let run = desk.run("run c.json --sandbox --report x.xlsx").exits(0);
    run.says("3  audience").says("3  accepted    100 %").says("x.xlsx (times are");
    assert!(std::fs::read(desk.dir.join("x.xlsx")).unwrap().starts_with(b"PK"));
    desk.run("report c --sandbox -o x.html --timezone Asia/Kolkata").exits(0).says("times are Asia/Kolkata");
    assert!(desk.read("x.html").starts_with("<!DOCTYPE html>"));
    desk.run("report c --sandbox --format html").exits(0).prints("<!DOCTYPE html>");
    desk.run("report c --sandbox -o y.dat").exits(2).says("`--format`");
    desk.run("report c --sandbox --format csv -o y.dat").exits(0);
    desk.run("report c --sandbox -o y").exits(0);
    assert_eq!(desk.read("y"), desk.read("y.dat"), "without an ending it is CSV");
    desk.run("report c --sandbox --format html -o y.xlsx").exits(2).says("contradicts");
}
