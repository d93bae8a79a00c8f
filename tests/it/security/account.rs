//! The commands of the account, against servers that say back what they were told, or answer with what a terminal
//! could take for an order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::canary::{TOKEN, person_in, token_in};
use super::desk::{Desk, Said, contents, order_to_a_terminal, until};
use super::echoes::servers;
use super::server::{Answer, Server, json as json_answer};

/// Who is asked about, and what is said of them.
const COMMANDS: [&[&str]; 19] = [
    &["account", "-vv"],
    &["usage"],
    &["packages", "--json"],
    &["modules"],
    &["numbers", "-vv"],
    &["subscribers", "list", "--json"],
    &["subscribers", "list", "--label", "VIP"],
    &[
        "subscribers",
        "create",
        "--phone",
        "+919876512345",
        "--first-name",
        "Zuleikha",
        "--last-name",
        "Canarywala",
        "-vv",
    ],
    &["subscribers", "update", "501", "--first-name", "Zuleikha", "--phone", "+919876512345"],
    &["subscribers", "assign-labels", "501", "--labels", "12"],
    &["subscribers", "add-note", "501", "--note", "Zuleikha Canarywala has called", "-vv"],
    &["labels", "list"],
    &["labels", "create", "VIP"],
    &["catalog", "list"],
    &["catalog", "orders"],
    &["webhooks", "list"],
    &["webhooks", "create", "--name", "n", "--target-url", "https://example.com/hook"],
    &["conversation", "+919876512345", "-vv"],
    &["delivery-status", "wamid.1", "--json"],
];

/// What each command says to one server.
fn asked(answer: Answer, each: impl Fn(&str, &Said)) -> u64 {
    let server = Server::start(answer);
    let desk = Desk::new()
        .with("SENDWO_API_TOKEN", TOKEN)
        .with("SENDWO_BASE_URL", &server.url())
        .with("RUST_LOG", "trace,hyper=trace");
    for arguments in COMMANDS {
        let (said, _) = until(desk.command("", arguments), Duration::from_secs(5), |_| false);
        assert!(!said.err().contains("panicked"), "{arguments:?}: {}", said.err());
        each(&arguments.join(" "), &said);
    }
    let kept = contents(desk.root());
    assert!(kept.is_empty(), "a question leaves nothing behind: {:?}", kept.first().map(|(path, _)| path));
    server.asked()
}

#[test]
fn whatever_a_server_says_back_nobody_reads_the_token_or_a_number() {
    let threads: Vec<_> = servers()
        .into_iter()
        .map(|(name, answer)| {
            std::thread::spawn(move || {
                asked(answer, |command, said| {
                    for (stream, bytes) in [("stdout", &said.out), ("stderr", &said.err)] {
                        assert_eq!(token_in(bytes), None, "{name}: {command}: {stream}: {}", said.err());
                    }
                    assert_eq!(person_in(&said.err), None, "{name}: {command}: {}", said.err());
                })
            })
        })
        .collect();
    let asked: u64 =
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).sum();
    assert!(asked > 300, "{asked} requests");
}

#[test]
fn nothing_of_an_answer_is_an_order_to_the_terminal() {
    const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{200b}\r\nsecond";
    let row = json!({
        "id": HOSTILE, "subscriber_id": 1, "name": HOSTILE, "first_name": HOSTILE, "last_name": HOSTILE,
        "labels": [HOSTILE], "label_name": HOSTILE, "module_name": HOSTILE, "package_name": HOSTILE,
        "catalog_name": HOSTILE, "order_status": HOSTILE, "workflow_name": HOSTILE, "target_url": HOSTILE,
        "phone_number_id": "1", "verified_name": HOSTILE, "display_phone_number": HOSTILE, "email": HOSTILE,
        "message_content": HOSTILE, "sender": "user", "wa_message_id": "wamid.1", "message_status": "failed",
        "failed_reason": HOSTILE, "limit": HOSTILE, HOSTILE: HOSTILE,
        "modules": [{"module_name": HOSTILE, "limit": 1, "used": 1, HOSTILE: HOSTILE}],
    });
    let (list, object) = (json!([row]), row);
    for message in [list, object, json!(HOSTILE)] {
        for status in ["1", "0"] {
            let body = json!({"status": status, "message": message});
            let answer: Answer = Arc::new(move |_, stream| json_answer(stream, "200 OK", &body));
            asked(answer, |command, said| {
                for bytes in [&said.out, &said.err] {
                    assert_eq!(order_to_a_terminal(bytes), None, "{command}: {}{}", said.out(), said.err());
                }
            });
        }
    }
}
