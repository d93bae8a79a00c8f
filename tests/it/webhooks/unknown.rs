//! Stops that name no number, and what WhatsApp's own settings say, with the binary.
#![cfg(unix)]

use sendcast::sandbox::{Hooks, Running};
use serde_json::{Value, json};

use super::desk::{Listening, desk, run, server, until};
use super::listen::{post, register};
use crate::cli::Desk;

fn listed(desk: &Desk, server: &Running) -> Vec<(String, String)> {
    let list = run(desk, server, "optout list --json").exits(0).json();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|one| (text(one, "phone"), text(one, "reason"))).collect()
}

fn metas(value: &Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value}]}]})
        .to_string()
}

#[test]
fn who_has_no_number_is_whom_the_message_went_to_and_else_it_is_told() {
    let (desk, server) = (desk(4), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    run(&desk, &server, "run c.json --offline --yes --track 1s").exits(0);
    run(&desk, &server, "report c --format json -o c.json.report.json").exits(0);
    let report: Value = serde_json::from_str(&desk.read("c.json.report.json")).unwrap();
    let id = report[2]["message_id"].as_str().unwrap().to_owned();
    let say = |more: Value| {
        let mut message = json!({"id": "wamid.IN1", "type": "text", "text": {"body": "STOP"}});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(post(&listening.url, "", &metas(&json!({"messages": [message]}))), 200);
    };
    say(json!({"from_user_id": "IN.7", "context": {"from": "1", "id": id}}));
    let person = ("919800000002".to_owned(), "wrote \"STOP\" (webhook)".to_owned());
    until("the person is on the list", || listed(&desk, &server) == [person.clone()]);
    // A single message counts as well.
    let send = "send text --message Hi --to +919800000099 --from PHONE_NUMBER_ID --offline";
    let single = run(&desk, &server, send);
    let id = single.exits(0).out.trim().to_owned();
    say(json!({"id": "wamid.IN2", "from_user_id": "IN.8", "context": {"id": id}}));
    until("so is the other", || listed(&desk, &server).len() == 2);
    assert_eq!(listed(&desk, &server)[1].0, "919800000099");
    // Whose it is, nobody knows: told once and for all until somebody says so.
    for _ in 0..2 {
        say(json!({"id": "wamid.IN3", "from_user_id": "IN.9", "context": {"id": "wamid.NOT-OURS"}}));
    }
    for command in ["status c", "optout list", "check c.json --offline"] {
        run(&desk, &server, command)
            .exits(0)
            .says("1 person asked for no more messages")
            .says("unattributed-stops");
    }
    assert_eq!(listed(&desk, &server).len(), 2);
    let said = listening.end("-INT").exits(0);
    assert!(said.err.contains("unattributed stops: 1"), "{}", said.err);
    // The next one to listen knows of it, and nobody but those two is left out.
    let listening = Listening::start(&desk, &server, "", &[]);
    desk.write("again.json", &desk.read("c.json").replace(r#""name": "c""#, r#""name": "again""#));
    run(&desk, &server, "run again.json --new --offline --yes --track 0").exits(0);
    let again = run(&desk, &server, "status again --json").exits(0).json();
    assert_eq!(again["counts"]["skipped"], 1, "{again}");
    listening.end("-INT").exits(0).says("1 person asked for no more messages");
}

#[test]
fn whatsapps_settings_stop_and_only_their_own_stop_is_lifted() {
    let (desk, server) = (desk(3), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    let prefer = |n: u32, value: &str, at: u64| {
        let one = json!({"wa_id": format!("91980000000{n}"), "category": "marketing_messages", "value": value,
            "timestamp": at});
        assert_eq!(post(&listening.url, "", &metas(&json!({"user_preferences": [one]}))), 200);
    };
    prefer(0, "stop", 1_731_705_721);
    prefer(1, "stop", 1_731_705_721);
    let people = |desk: &Desk| listed(desk, &server).into_iter().map(|(phone, _)| phone).collect::<Vec<_>>();
    assert_eq!(people(&desk), ["919800000000", "919800000001"]);
    run(&desk, &server, "optout add +919800000002 --reason call").exits(0);
    // Told late, it was before the stop.
    prefer(0, "resume", 1_731_705_000);
    assert_eq!(people(&desk).len(), 3);
    let later = 4_000_000_000;
    prefer(0, "resume", later);
    prefer(2, "resume", later);
    assert_eq!(people(&desk), ["919800000001", "919800000002"]);
    let said = listening.end("-INT").exits(0);
    assert!(said.err.contains("resumed: 1") && said.err.contains("still on the list: 2"), "{}", said.err);
}
