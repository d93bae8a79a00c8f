//! What happens when the file is edited and run again.

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
