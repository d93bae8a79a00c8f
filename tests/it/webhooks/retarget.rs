//! Retargeting by what people did with a message: read it, or pressed a button.
#![cfg(unix)]

use sendcast::sandbox::Hooks;
use serde_json::{Value, json};

use super::desk::{Listening, desk, run, server, until};
use super::listen::{register, reply, status};
use crate::cli::retarget::following;

#[test]
fn who_pressed_a_button_or_none_or_did_not_read_is_taken() {
    let (desk, server) = (desk(20), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    run(&desk, &server, "run c.json --offline --yes").exits(0);
    let counts = || status(&desk, &server, "c")["counts"].clone();
    // Of some it stays at that, the others read it a moment later: then they are done.
    let many = |status: &Value| status.as_u64().unwrap();
    let mut last = (json!(null), 0);
    until("everybody is reached, and nothing more happens", || {
        let now = counts();
        let settled = many(&now["delivered"]) + many(&now["read"]) == 20;
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        settled && last.1 > 30
    });
    for (n, button) in [(0, "yes"), (1, "no"), (2, "yes")] {
        reply(&server, &format!("from=9198000{n:05}&button={button}"));
    }
    until("the buttons are counted", || {
        status(&desk, &server, "c")["replies"].as_array().is_some_and(|replies| replies.len() == 2)
    });
    listening.end("-INT").exits(0);
    let to_send = |audience: Value| {
        following(&desk, &audience);
        run(&desk, &server, "check second.json --offline --json").json()["to_send"].clone()
    };
    let counts = counts();
    assert_eq!(to_send(json!({"campaign": "c", "status": ["delivered"]})), counts["delivered"], "unread");
    assert_eq!(to_send(json!({"campaign": "c", "status": ["read"]})), counts["read"]);
    assert_eq!(to_send(json!({"campaign": "c", "button": "yes"})), 2);
    assert_eq!(to_send(json!({"campaign": "c", "button": "yes, PLEASE"})), 2);
    assert_eq!(to_send(json!({"campaign": "c", "button": "No"})), 1);
    assert_eq!(to_send(json!({"campaign": "c", "button": "perhaps"})), 0);
    assert_eq!(to_send(json!({"campaign": "c", "replied": true})), 3);
    assert_eq!(to_send(json!({"campaign": "c", "replied": false})), 17);
}
