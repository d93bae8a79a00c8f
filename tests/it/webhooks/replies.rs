//! What people answer in their own words, with the binary: whose message it answers, and where it stands then.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::time::Duration;

use sendcast::sandbox::{HookShape, Hooks, Running, Share, Span};
use serde_json::{Value, json};

use super::desk::{Listening, desk, run, server, until};
use super::listen::{post, register, reply, status};
use crate::cli::retarget::following;
use crate::cli::{Desk, files};

/// Times of Meta's are whole seconds: whoever answers within the second of the acceptance is in doubt.
fn a_second_later() {
    std::thread::sleep(Duration::from_millis(1_100));
}

/// What the report says was replied, by name.
fn replies(desk: &Desk, server: &Running, campaign: &str) -> BTreeMap<String, String> {
    let report = run(desk, server, &format!("report {campaign} --json")).exits(0).json();
    let rows = report.as_array().unwrap().iter().filter(|row| !row["replied_at"].is_null());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["Name"]), text(&row["reply"]))).collect()
}

fn told(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, said)| ((*name).to_owned(), (*said).to_owned())).collect()
}

fn replied(desk: &Desk, server: &Running, campaign: &str) -> u64 {
    status(desk, server, campaign)["replied"].as_u64().unwrap_or(0)
}

/// A campaign of this name to the same people as `c`, with a text.
fn another(desk: &Desk, name: &str) {
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    campaign["name"] = name.into();
    campaign["message"] = json!({"type": "text", "body": format!("{name} for {{{{ name }}}}")});
    desk.write(&format!("{name}.json"), &campaign.to_string());
}

fn from(n: u32, more: &str) -> String {
    format!("from=9198000{n:05}&{more}")
}

#[test]
fn words_stand_in_every_report_and_count_as_replies() {
    for shape in [HookShape::Flat, HookShape::Form, HookShape::Meta] {
        let hooks =
            Hooks { shape, twice: Share::percent(100), late_by: Span::millis(10, 200), ..Hooks::default() };
        let (desk, server) = (desk(8), server(hooks));
        let listening = Listening::start(&desk, &server, "", &[]);
        register(&desk, &server, &listening.url);
        run(&desk, &server, "run c.json --offline --yes").exits(0);
        a_second_later();
        // In words first, then by a button: the words are shown, and the button counts where one asks for it.
        reply(&server, &from(0, "text=%3DHow+much%3F%0A%1B%5B2Jis+it"));
        until("it is counted", || replied(&desk, &server, "c") == 1);
        reply(&server, &from(0, "button=yes"));
        reply(&server, &from(1, "text=STOP"));
        reply(&server, &from(2, "button=no"));
        reply(&server, &from(3, "text=Thanks"));
        until("all are counted, each once", || {
            let now = status(&desk, &server, "c");
            let presses = now["replies"].as_array().map_or(0, Vec::len);
            now["replied"] == 4 && now["asked_to_stop"] == 1 && presses == 2
        });
        listening.end("-INT").exits(0);
        let said = told(&[("P0", "=How much? is it"), ("P1", "STOP"), ("P2", "No"), ("P3", "Thanks")]);
        assert_eq!(replies(&desk, &server, "c"), said, "{shape:?}");
        run(&desk, &server, "status c")
            .exits(0)
            .prints("replied             4")
            .prints("asked to stop         1");
        run(&desk, &server, "report c").exits(0);
        let report = desk.read("c.report.csv");
        assert!(report.contains(",'=How much? is it,"), "no formula: {report}");
        run(&desk, &server, "report c -o c.html").exits(0);
        let page = desk.read("c.html");
        for part in ["in their own words", "How much? is it", "STOP</bdi> (asked for no more messages)"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        run(&desk, &server, "run c.json --offline --yes")
            .exits(0)
            .says("4  replied      50 %")
            .says("1  asked for no more messages");
        let to_send = |audience: Value| {
            following(&desk, &audience);
            run(&desk, &server, "check second.json --offline --json").json()["to_send"].clone()
        };
        // Who asked to stop is left out anyway.
        assert_eq!(to_send(json!({"campaign": "c", "replied": true})), 3);
        assert_eq!(to_send(json!({"campaign": "c", "replied": false})), 4);
        assert_eq!(to_send(json!({"campaign": "c", "button": "yes"})), 1);
        let kept = |desk: &Desk| {
            let all = files(&desk.data).into_iter();
            all.filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains("How much")).count()
        };
        assert_eq!(kept(&desk), 2, "the inbox and the campaign");
        run(&desk, &server, "erase c --yes --reports").exits(0);
        assert_eq!(kept(&desk), 0);
    }
}

#[test]
fn of_two_campaigns_the_last_one_before_it_has_the_reply() {
    for shape in [HookShape::Flat, HookShape::Meta] {
        let (desk, server) = (desk(6), server(Hooks { shape, ..Hooks::default() }));
        let listening = Listening::start(&desk, &server, "", &[]);
        register(&desk, &server, &listening.url);
        run(&desk, &server, "run c.json --offline --yes").exits(0);
        a_second_later();
        reply(&server, &from(0, "text=to+the+first"));
        until("it is counted", || replied(&desk, &server, "c") == 1);
        another(&desk, "d");
        run(&desk, &server, "run d.json --new --offline --yes").exits(0);
        // A single message comes between, which is no campaign's.
        let single = "send text --message Hi --to +919800000003 --from PHONE_NUMBER_ID --offline";
        run(&desk, &server, single).exits(0);
        a_second_later();
        reply(&server, &from(3, "text=to+the+single+message"));
        let report = run(&desk, &server, "report c --json").exits(0).json();
        let first = report[4]["message_id"].as_str().unwrap().to_owned();
        // Without a context it answers what came last; a button and a context say what they answer.
        for (n, what) in [(0, "text=to+the+second"), (1, "text=also"), (2, "button=yes")] {
            reply(&server, &from(n, what));
        }
        let meta = json!({"entry": [{"changes": [{"value": {"messages": [
            {"from": "919800000004", "id": "wamid.IN1", "type": "reaction", "timestamp": "1",
                "reaction": {"message_id": first, "emoji": "👍"}},
            {"from": "919800000005", "id": "wamid.IN2", "type": "text", "text": {"body": "to nobody"},
                "context": {"id": "wamid.NOT-OURS"}}]}}]}]});
        assert_eq!(post(&listening.url, "", &meta.to_string()), 200);
        until("all are counted", || (replied(&desk, &server, "c"), replied(&desk, &server, "d")) == (3, 2));
        let first = told(&[("P0", "to the first"), ("P2", "Yes, please"), ("P4", "👍")]);
        assert_eq!(replies(&desk, &server, "c"), first, "{shape:?}");
        let second = told(&[("P0", "to the second"), ("P1", "also")]);
        assert_eq!(replies(&desk, &server, "d"), second, "{shape:?}");
        listening.end("-INT").exits(0);
    }
}

#[test]
fn no_reply_is_lost_or_counted_twice_whoever_is_killed() {
    let hooks = Hooks { twice: Share::percent(50), late_by: Span::millis(10, 400), ..Hooks::default() };
    let (desk, server) = (desk(12), server(hooks));
    let mut listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    let port = listening.url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap();
    let campaign = || {
        let mut command = desk.command("run c.json --offline --yes --track 60s");
        command.env("SENDWO_BASE_URL", server.base_url()).env("SENDWO_API_TOKEN", "a-token-of-a-trial");
        command.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let mut running = campaign();
    until("everybody is written to", || server.stats().accepted == 12);
    for n in 0..12 {
        reply(&server, &from(n, &format!("text=reply+{n}")));
        match n {
            3 | 7 => {
                running.kill().unwrap();
                running.wait().unwrap();
                running = campaign();
            }
            5 | 9 => {
                listening.end("-KILL");
                listening = Listening::start_at(&desk, &server, port, "", &[]);
            }
            _ => {}
        }
    }
    until("the run has them", || replied(&desk, &server, "c") == 12);
    running.kill().unwrap();
    running.wait().unwrap();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(replied(&desk, &server, "c"), 12);
    let all = replies(&desk, &server, "c");
    assert!(all.iter().all(|(name, said)| *said == format!("reply {}", &name[1..])), "{all:?}");
    listening.end("-INT").exits(0);
}

#[test]
fn who_answers_a_flow_has_replied_and_variants_are_compared_by_it() {
    let (desk, server) = (desk(20), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    let mut campaign: Value = serde_json::from_str(&desk.read("c.json")).unwrap();
    campaign.as_object_mut().unwrap().remove("message");
    campaign["variants"] = json!([
        {"name": "flow", "message": {"type": "flow", "flow_id": "F1"}},
        {"name": "text", "message": {"type": "text", "body": "Hi {{ name }}"}},
    ]);
    desk.write("c.json", &campaign.to_string());
    run(&desk, &server, "run c.json --offline --yes").exits(0);
    a_second_later();
    (0..20).for_each(|n| reply(&server, &from(n, "text=Hello")));
    until("all are counted", || replied(&desk, &server, "c") == 20);
    listening.end("-INT").exits(0);
    run(&desk, &server, "run c.json --offline --yes")
        .exits(0)
        .says("variants, replied: flow 100.0 %, text 100.0 %");
}
