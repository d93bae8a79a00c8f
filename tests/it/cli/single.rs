//! `send`, and the questions that are asked before anything is sent.

use sendcast::sandbox::{Limits, SandboxOptions};
use serde_json::json;

use super::account::Office;
use super::{THREE, files};

const WAY: [&str; 4] = ["--to", "+919876500001", "--from", "PHONE_NUMBER_ID"];

fn with_way<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &WAY].concat()
}

#[test]
fn one_message_of_each_type_is_sent_and_its_id_printed() {
    let office = Office::new();
    let stats = || office.running.stats();
    let text = office.run(&with_way(&["send", "text", "--message", "- Hello, \"you\" 👋"])).exits(0);
    assert!(text.out.starts_with("wamid.") && text.out.lines().count() == 1, "{}", text.out);
    let picture = ["--media-type", "image", "--media-url", "https://example.com/a.png", "--caption", "Look"];
    office.run(&with_way(&[&["send", "media"][..], &picture].concat())).exits(0).prints("wamid.");
    let buttons = ["--message", "Which?", "--button", "yes=Yes, please", "--button", "no=No = no"];
    let sent = office.json(&with_way(&[&["send", "buttons"][..], &buttons].concat()));
    assert!(sent["message_id"].as_str().unwrap().starts_with("wamid."), "{sent}");
    assert_eq!((&sent["status"], &sent["to"]), (&json!("accepted"), &json!("919876500001")));
    let flow = office.run(&with_way(&["send", "flow", "--flow-id", "FLOW-ID"])).exits(0);
    assert!(flow.out.is_empty(), "{}", flow.out);
    flow.says("a flow has no message id");
    assert_eq!(stats().accepted, 4);
    let national = ["--to", "09876500002", "--country", "IN", "--from", "PHONE_NUMBER_ID"];
    office.run(&[&["send", "text", "--message", "x"][..], &national].concat()).exits(0);
    let shown = office.run(&["conversation", "919876500001"]).exits(0);
    shown.prints("- Hello, \"you\" 👋").prints("Which?").prints("Look");
}

#[test]
fn what_makes_no_message_is_told_by_its_argument_and_nothing_is_sent() {
    let office = Office::new();
    let wrong = |arguments: &[&str], told: &str| {
        office.run(&with_way(arguments)).exits(2).says(told);
    };
    wrong(&["send", "text", "--message", " "], "--message: is empty");
    wrong(&["send", "text", "--message", &"x".repeat(4_097)], "--message: is 4097 characters long");
    let media = |url| ["send", "media", "--media-type", "image", "--media-url", url];
    wrong(&media("https://e.com/a.mp4"), "--media-url: ends in .mp4, which is video, not image");
    wrong(&["send", "media", "--media-type", "gif", "--media-url", "https://e.com/a"], "image, video, audio");
    let buttons = |button| ["send", "buttons", "--message", "Which?", "--button", "a=A", "--button", button];
    wrong(&buttons("b=More than twenty letters"), "--button 2: the title is 24 characters long");
    wrong(&buttons("=B"), "--button 2: the id is empty");
    wrong(&buttons("B"), "write ID=TITLE");
    wrong(&["send", "flow", "--flow-id", " "], "--flow-id: is empty");
    office.run(&["send", "text", "--message", "x", "--to", "12", "--from", "A"]).exits(2).says("`12`");
    office.run(&["send", "text", "--message", "x", "--to", WAY[1], "--from", " "]).exits(2).says("--from");
    office.run(&["send", "text", "--message", "x"]).exits(2).says("--to").says("--from");
    assert_eq!(office.running.stats().posts, 0);
}

#[test]
fn a_single_message_keeps_to_the_opt_out_list_tells_refusals_and_doubts_and_can_be_tried() {
    let office = Office::new();
    let send = with_way(&["send", "text", "--message", "Hi there"]);
    office.run(&["optout", "add", WAY[1]]).exits(0);
    let refused = office.run(&send).exits(3).says("opted out");
    assert!(refused.out.is_empty());
    office.run(&["optout", "remove", WAY[1]]).exits(0);
    assert_eq!(office.running.stats().posts, 0);

    office.running.set_faults("code:131026@919876500001".parse().unwrap());
    office.run(&send).exits(3).says("not sent to …0001").says("131026");
    office.running.set_faults("reset-after=1x".parse().unwrap());
    office.run(&send).exits(4).says("outcome unknown").says("sendcast conversation");
    let before = office.running.stats().posts;
    let trial = office.run(&[&send[..], &["--sandbox"]].concat()).exits(0).prints("wamid.");
    trial.says("nothing reaches WhatsApp");
    assert_eq!(office.running.stats().posts, before);
    assert!(
        files(&office.desk.data).iter().any(|(path, _)| path.starts_with(office.desk.data.join("singles")))
    );
}

#[test]
fn a_number_of_somebody_else_or_too_little_credit_stops_before_the_first_message() {
    let limits = Limits { credit: Some(2), ..Limits::default() };
    let options = SandboxOptions { limits, only_these_numbers: true, ..SandboxOptions::default() };
    let office = Office::with(options);
    office.desk.campaign(r#"{"type": "text", "body": "Hi {{ name }}"}"#);
    office.desk.people(THREE);
    let short = "message credit isn't enough: 0 of 2 are used, 2 are left, and this needs 3";
    office.run(&["run", "c.json"]).exits(2).says(short).says("--limit 2");
    let check = office.run(&["check", "c.json"]).exits(2).says(short);
    check.prints("c: 3 rows: 3 to send");
    let found = office.run(&["check", "c.json", "--json"]).exits(2).json();
    assert_eq!((&found["can_run"], &found["to_send"]), (&json!(false), &json!(3)));
    assert!(found["problem"].as_str().unwrap().contains("message credit"));
    office.run(&["check", "c.json", "--offline"]).exits(0);
    assert!(!office.desk.data.join("campaigns/c").exists(), "nothing is left behind");

    let foreign = office.run(&["run", "c.json", "--from", "SOMEBODY"]).exits(2);
    foreign.says("`SOMEBODY` isn't a number of this account").says("PHONE_NUMBER_ID  +91 98765 XXXXX");
    office.run(&["send", "text", "--message", "x", "--to", WAY[1], "--from", "SOMEBODY"]).exits(2);
    assert_eq!(office.running.stats().posts, 0);

    office.run(&["run", "c.json", "--limit", "2"]).exits(6);
    assert_eq!(office.running.stats().accepted, 2);
    // Only the one who is left counts, and there is no room for that one either.
    office.run(&["run", "c.json"]).exits(2).says("0 are left, and this needs 1");
    let stopped = office.run(&["run", "c.json", "--offline"]);
    assert_ne!(stopped.code, 0);
    assert_eq!(office.running.stats().accepted, 2);
}

#[test]
fn a_package_that_leaves_little_room_for_subscribers_is_told_and_stops_nobody() {
    let limits = Limits { credit: None, subscribers: 1_251 };
    let office = Office::with(SandboxOptions { limits, ..SandboxOptions::default() });
    office.desk.campaign(r#"{"type": "text", "body": "Hi {{ name }}"}"#);
    office.desk.people(THREE);
    office.run(&["check", "c.json"]).exits(0).says("1,250 of 1,251 are used, 1 are left, and 3 people are");
}
