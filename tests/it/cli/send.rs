//! `send text|media|buttons|flow`: one message, as the sandbox's ledger has it.

use std::collections::BTreeMap;

use sendcast::sandbox::SandboxOptions;
use serde_json::{Value, json};

use super::account::Office;
use super::{Desk, Said};

const TO: &str = "919800000001";

/// `send`, to a person from the account's number.
fn send(office: &Office, arguments: &[&str]) -> Said {
    office.run(&[&["send"], arguments, &["--to", "+91 98000 00001", "--from", "PHONE_NUMBER_ID"]].concat())
}

/// What the account says was written to them, the newest last.
fn written(office: &Office) -> Vec<Value> {
    let mut rows = office.json(&["conversation", TO]).as_array().unwrap().clone();
    rows.sort_by_key(|row| row["id"].as_u64());
    rows
}

#[test]
fn each_of_the_four_arrives_and_prints_its_id() {
    let office = Office::new();
    let text = send(&office, &["text", "--message", "- Hi Asha\nnaïve & 5% off +1"]).exits(0);
    let url = "https://example.com/a%20b.jpg?x=1&y=2";
    let caption = ["--caption", "-10% = cheap"];
    let media =
        send(&office, &[&["media", "--media-type", "image", "--media-url", url][..], &caption].concat())
            .exits(0);
    let buttons = ["--button", "yes=Yes = sure", "--button", "no=No"];
    let buttons = send(&office, &[&["buttons", "--message", "Coming?"][..], &buttons].concat()).exits(0);
    let flow = send(&office, &["flow", "--flow-id", "FLOW_ID"]).exits(0).says("a flow has no message id");
    assert_eq!(flow.out, "");
    for said in [&text, &media, &buttons] {
        assert!(said.out.starts_with("wamid.") && said.out.lines().count() == 1, "{}", said.out);
    }
    let stats = office.running.stats();
    let each = ["buttons", "flow", "media", "text"].map(|kind| (kind.to_owned(), 1));
    assert_eq!(stats.by_type, BTreeMap::from(each));
    assert_eq!((stats.posts, &stats.recipients), (4, &BTreeMap::from([(TO.to_owned(), 4)])));

    let rows = written(&office);
    let said_of = |id: &str| {
        let row = rows.iter().find(|row| row["wa_message_id"] == id.trim());
        row.unwrap_or_else(|| panic!("{id} in {rows:?}"))["message_content"].to_string()
    };
    assert!(said_of(&text.out).contains(r"- Hi Asha\nnaïve & 5% off +1"), "{}", said_of(&text.out));
    for part in [url, "-10% = cheap"] {
        assert!(said_of(&media.out).contains(part), "{part} in {}", said_of(&media.out));
    }
    for part in ["Coming?", "Yes = sure", "No"] {
        assert!(said_of(&buttons.out).contains(part), "{part} in {}", said_of(&buttons.out));
    }
}

#[test]
fn with_json_it_tells_what_became_of_it() {
    let office = Office::new();
    let of = |arguments: &[&str]| {
        let ways = ["--to", TO, "--from", "PHONE_NUMBER_ID", "--json"];
        office.run(&[&["send"], arguments, &ways].concat()).exits(0).json()
    };
    let text = of(&["text", "--message", "Hi"]);
    assert_eq!(
        (&text["to"], &text["status"], &text["reason"], &text["exit_code"]),
        (&json!(TO), &json!("accepted"), &Value::Null, &json!(0))
    );
    assert!(text["message_id"].as_str().unwrap().starts_with("wamid."));
    assert_eq!(of(&["flow", "--flow-id", "F"])["message_id"], Value::Null);
}

#[test]
fn what_whatsapp_would_not_take_is_named_by_its_argument_and_not_sent() {
    let office = Office::new();
    let long = "x".repeat(4_097);
    let title = "y=Twenty-one characters";
    let image = ["media", "--media-type", "image", "--media-url"];
    let cases: &[(&[&str], &str)] = &[
        (&["text", "--message", &long], "--message: is 4097 characters long"),
        (&["text", "--message", " "], "--message: is empty"),
        (&["media", "--media-type", "gif", "--media-url", "https://e.com/a.gif"], "possible values: image"),
        (&[image[0], image[1], image[2], image[3], "e.com/a.png"], "--media-url: is no web address"),
        (&[image[0], image[1], image[2], image[3], "https://e.com/a.mp4"], "which is video, not image"),
        (
            &["media", "--media-type", "audio", "--media-url", "https://e.com/a.mp3", "--caption", "x"],
            "--caption: WhatsApp shows none with audio",
        ),
        (&["buttons", "--message", "x"], "--button <ID=TITLE>"),
        (&["buttons", "--message", "x", "--button", "Yes"], "write ID=TITLE"),
        (
            &["buttons", "--message", "x", "--button", "a=A", "--button", title],
            "the title of --button 2: is 21",
        ),
        (&["buttons", "--message", "x", "--button", "=A"], "the id of --button 1: is empty"),
        (
            &[
                "buttons",
                "--message",
                "x",
                "--button",
                "a=A",
                "--button",
                "b=B",
                "--button",
                "c=C",
                "--button",
                "d=D",
            ],
            "--button: there are 4; WhatsApp takes 1 to 3",
        ),
        (&["flow", "--flow-id", ""], "--flow-id: is empty"),
    ];
    for (arguments, complaint) in cases {
        let said = send(&office, arguments).exits(2).says(complaint);
        assert_eq!(said.out, "", "{arguments:?}");
    }
    let to = |to: &str, from: &str| {
        office.run(&["send", "text", "--message", "Hi", "--to", to, "--from", from]).exits(2)
    };
    to("12", "PHONE_NUMBER_ID").says("`12`");
    to(TO, " ").says("--from: the phone number id is empty");
    assert_eq!(office.running.stats().requests, 0, "nobody was asked anything");
    assert!(super::files(&office.desk.data).is_empty(), "nothing was left behind");
}

#[test]
fn only_the_accounts_numbers_send_and_offline_the_server_says_so() {
    let office = Office::with(SandboxOptions { only_these_numbers: true, ..SandboxOptions::default() });
    let of = |more: &[&str]| {
        let text = ["send", "text", "--message", "Hi", "--to", TO, "--from", "4711"];
        office.run(&[&text[..], more].concat())
    };
    of(&[]).exits(2).says("`4711` isn't a number of this account").says("PHONE_NUMBER_ID");
    assert_eq!(office.running.stats().posts, 0);
    assert!(super::files(&office.desk.data.join("singles")).is_empty());
    let said = of(&["--offline"]);
    assert!(said.code == 5 || said.code == 3, "{}: {}", said.code, said.err);
    let said = said.says("not sent to …0001");
    assert_eq!((said.out.as_str(), office.running.stats().accepted), ("", 0));
}

#[test]
fn who_opted_out_is_not_written_to() {
    let office = Office::new();
    office.run(&["optout", "add", &format!("+{TO}")]).exits(0);
    let said = send(&office, &["text", "--message", "Hi"]).exits(3).says("not sent to …0001").says("opt");
    assert_eq!((said.out.as_str(), office.running.stats().posts), ("", 0));
    office.run(&["optout", "remove", &format!("+{TO}")]).exits(0);
    send(&office, &["text", "--message", "Hi"]).exits(0);
    assert_eq!(office.running.stats().accepted, 1);
}

#[test]
fn who_cant_be_reached_fails_with_the_reason() {
    let faults = format!("code:131026@{TO}");
    let office =
        Office::with(SandboxOptions { faults: faults.parse().unwrap(), ..SandboxOptions::default() });
    let said = send(&office, &["text", "--message", "Hi"]).exits(3).says("not sent to …0001");
    assert!(said.err.contains("131026") && !said.err.contains(TO), "{}", said.err);
}

#[test]
fn an_answer_that_is_lost_is_looked_for_and_not_sent_again() {
    let office = Office::with(SandboxOptions {
        faults: "reset-after=100%".parse().unwrap(),
        ..SandboxOptions::default()
    });
    let said = send(&office, &["text", "--message", "Hi"]);
    let stats = office.running.stats();
    assert_eq!((stats.posts, stats.accepted), (1, 1), "{}", said.err);
    // Found in the conversation, with its id, or in doubt: never "not sent".
    assert!(said.code == 0 && said.out.starts_with("wamid.") || said.code == 4, "{} {}", said.code, said.err);
}

#[test]
fn a_trial_reaches_nobody() {
    let desk = Desk::new();
    let send = "send flow --flow-id F --to +919800000001 --from N --sandbox";
    desk.run(send).exits(0).says("nothing reaches WhatsApp");
    let text = "send text --message Hi --to 09800000001 --country IN --from N --sandbox";
    desk.run(text).exits(0).prints("wamid.");
    assert!(!desk.data.join("singles").exists(), "the real ones are elsewhere");
    desk.run("send text --message Hi --to +919800000001 --from N").exits(1).says("there is no API token");
}
