//! `webhooks listen`, with the binary.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use sendcast::sandbox::{HookShape, Hooks, Running, Share, Span};
use sendcast::webhooks::SigningSecret;
use serde_json::{Value, json};

use super::desk::{Listening, desk, run, server, until};
use crate::cli::{Desk, files};

pub(super) fn register(desk: &Desk, server: &Running, url: &str) {
    run(desk, server, &format!("webhooks create --name sendcast --target-url {url}")).exits(0);
}

/// Posts to an address; yields the status.
pub(super) fn post(url: &str, headers: &str, body: &str) -> u16 {
    let answer = ask("POST", url, headers, body);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Asks an address; yields the whole answer.
fn ask(method: &str, url: &str, headers: &str, body: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut line = TcpStream::connect(host).unwrap();
    let length = body.len();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    line.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}

pub(super) fn reply(server: &Running, body: &str) {
    let url = format!("http://{}/sandbox/reply", server.addr());
    assert_eq!(post(&url, "content-type: application/x-www-form-urlencoded\r\n", body), 200);
}

pub(super) fn status(desk: &Desk, server: &Running, campaign: &str) -> Value {
    run(desk, server, &format!("status {campaign} --json")).exits(0).json()
}

/// What the report says of each message, by its id.
fn told(desk: &Desk) -> BTreeMap<String, String> {
    let text = desk.read("c.report.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| (row[7].to_owned(), row[2].to_owned())).collect()
}

/// What the server says of them.
fn truth(desk: &Desk, server: &Running) -> BTreeMap<String, String> {
    let known = |id: &String| {
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let path = format!("whatsapp/message/delivery-status?apiToken=trial&messageId={encoded}");
        let answer = ask("GET", &format!("{}/{path}", server.base_url()), "", "");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        (id.clone(), body["message"]["message_status"].as_str().unwrap().to_owned())
    };
    told(desk).keys().map(known).collect()
}

#[test]
fn a_campaign_with_webhooks_needs_a_tenth_of_the_polls_and_ends_with_the_same_report() {
    let campaign = "run c.json --offline --yes --track 4s --rate 100/s";
    let without = std::thread::spawn(move || {
        let (desk, server) = (desk(50), server(Hooks::default()));
        run(&desk, &server, campaign);
        let polls = server.stats().polls;
        assert_eq!(told(&desk), truth(&desk, &server), "by polling");
        polls
    });
    let (desk, server) = (desk(50), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    run(&desk, &server, campaign);
    let few = server.stats().polls;
    listening.end("-INT").exits(0).says("so far: ");
    let with = told(&desk);
    assert_eq!(with.len(), 50);
    assert_eq!(with, truth(&desk, &server), "by webhooks");
    let many = without.join().unwrap();
    assert!(few * 10 <= many, "{few} polls with webhooks, {many} without");
}

#[test]
fn what_comes_while_nobody_runs_is_noted_replies_are_counted_and_stop_is_heard() {
    let hooks = Hooks { twice: Share::percent(30), late_by: Span::millis(10, 200), ..Hooks::default() };
    let (desk, server) = (desk(20), server(hooks));
    let listening = Listening::start(&desk, &server, "", &[]);
    register(&desk, &server, &listening.url);
    run(&desk, &server, "run c.json --offline --yes").exits(0);
    // Killed and started again in between: what was acknowledged is there, the rest is posted again.
    let port = port(&listening);
    listening.end("-KILL");
    let listening = Listening::start_at(&desk, &server, port, "", &[]);
    let arrived =
        |now: &Value| now["counts"]["delivered"].as_u64().unwrap() + now["counts"]["read"].as_u64().unwrap();
    until("everybody is reached", || {
        let now = status(&desk, &server, "c");
        arrived(&now) + now["counts"]["failed"].as_u64().unwrap() == 20
    });
    assert_eq!(server.stats().polls, 0);
    let who = |n: u32| format!("from=9198000{n:05}");
    for body in ["&button=yes", "&button=no", "&button=yes", "&text=Stop%21", "&text=stop+by+tomorrow%3F"]
        .iter()
        .enumerate()
        .map(|(n, what)| format!("{}{what}", who(u32::try_from(n).unwrap())))
    {
        reply(&server, &body);
    }
    let counts = json!([
        {"id": "yes", "title": "Yes, please", "count": 2}, {"id": "no", "title": "No", "count": 1}
    ]);
    until("the buttons are counted", || status(&desk, &server, "c")["replies"] == counts);
    run(&desk, &server, "status c").exits(0).prints("pressed             2  Yes, please");
    until("who wrote STOP is on the list", || {
        let listed = run(&desk, &server, "optout list --json").exits(0).json();
        listed.as_array().unwrap().len() == 1
    });
    let listed = run(&desk, &server, "optout list --json").json();
    assert_eq!(
        (&listed[0]["phone"], &listed[0]["reason"]),
        (&json!("919800000003"), &json!("wrote \"Stop!\" (webhook)"))
    );

    // The report has a column for it, and the next campaign leaves that person out.
    run(&desk, &server, "report c").exits(0);
    let report = desk.read("c.report.csv");
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!((&header[18], &header[19], &header[20]), ("replied_at", "reply", "Name"));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let of = |n: usize| (&rows[n][19], rows[n][18].is_empty());
    assert_eq!((of(0), of(1), of(5)), (("Yes, please", false), ("No", false), ("", true)), "{report}");
    assert_eq!((of(3), of(4)), (("Stop!", false), ("stop by tomorrow?", false)), "{report}");
    desk.write("again.json", &desk.read("c.json").replace(r#""name": "c""#, r#""name": "again""#));
    run(&desk, &server, "run again.json --new --offline --yes").exits(0);
    assert_eq!(status(&desk, &server, "again")["counts"]["skipped"], 1);
    let said = listening.end("-INT").exits(0);
    assert!(!said.err.contains("98000000"), "nobody's number is told: {}", said.err);

    // Erased is erased, from what webhooks told too.
    let hooks = |desk: &Desk| {
        let inboxes =
            files(&desk.data).into_iter().filter(|(path, _)| path.to_string_lossy().contains("inbox-"));
        inboxes.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect::<String>()
    };
    assert!(hooks(&desk).contains("wamid.") && hooks(&desk).contains("919800000001"));
    run(&desk, &server, "erase c --yes --reports").exits(0);
    run(&desk, &server, "erase again --yes --reports").exits(0);
    let left = hooks(&desk);
    assert!(!left.contains("91980000") && !left.contains("Yes"), "{left}");
    assert!(left.trim().is_empty(), "{left}");
}

/// The port that it has.
fn port(listening: &Listening) -> u16 {
    listening.url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap()
}

#[test]
fn the_secrets_stand_nowhere() {
    let (path, signing) = ("CANARY-path-secret", "CANARY-signing-secret");
    let desk = desk(3);
    let hooks = Hooks { secret: Some(signing.into()), shape: HookShape::Meta, ..Hooks::default() };
    let server = server(hooks);
    desk.write("path", path);
    let file = desk.dir.join("path");
    let reading = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    reading(0o644);
    let listen = "webhooks listen --port 0 --path-secret-file path";
    run(&desk, &server, listen).exits(1).says("others can read path").says("hint: run `chmod 600");
    reading(0o600);
    let environment = [("SENDCAST_WEBHOOK_SECRET", signing), ("RUST_LOG", "trace")];
    let listening = Listening::start(&desk, &server, "-vv --path-secret-file path", &environment);
    let url = listening.url.replace("YOUR-SECRET", path);
    register(&desk, &server, &url);
    let body = r#"{"wa_message_id": "wamid.X", "message_status": "read"}"#;
    let signature = |secret: &str| {
        format!("x-hub-signature-256: {}\r\n", SigningSecret::new(secret).unwrap().sign(body.as_bytes()))
    };
    assert_eq!(post(&url, "", body), 401);
    assert_eq!(post(&url, &signature("another"), body), 401);
    assert_eq!(post(&url, &signature(signing), body), 200);
    assert_eq!(post(&listening.url, &signature(signing), body), 404);
    run(&desk, &server, "run c.json --offline --yes --track 2s").exits(0);
    assert_eq!(server.stats().hooks.refused, 0, "its own are signed");
    let said = listening.end("-TERM").exits(0);
    for (what, text) in [("stdout", &said.out), ("stderr", &said.err)] {
        assert!(!text.contains("CANARY"), "{what}: {text}");
    }
    for (path, bytes) in files(&desk.data) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("CANARY"), "{}", path.display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    // One that sendcast makes is kept in one file, and told where it is asked for.
    let listening = Listening::start(&desk, &server, "", &[]);
    let secret = listening.url.rsplit('/').next().unwrap().to_owned();
    assert_eq!(secret.len(), 48);
    let said = listening.end("-INT").exits(0);
    assert_eq!(said.out.matches(&secret).count(), 1);
    assert!(!said.err.contains(&secret));
    let kept: Vec<_> = files(&desk.data)
        .into_iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&secret))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].0.ends_with("hooks/path-secret"));
}

#[test]
fn what_cant_be_says_what_to_do() {
    let (desk, server) = (desk(1), server(Hooks::default()));
    let listening = Listening::start(&desk, &server, "", &[]);
    let second = run(&desk, &server, "webhooks listen --port 0");
    second.exits(1).says("another `sendcast webhooks listen`").says("hint: one is enough");
    let port = port(&listening);
    listening.end("-INT");
    let taken = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    run(&desk, &server, &format!("webhooks listen --port {port}"))
        .exits(1)
        .says("hint: another program has it");
    drop(taken);
    desk.write("words", "genug\n-nowhere\n");
    let said = run(&desk, &server, "webhooks listen --port 0 --stop-words words").exits(2);
    said.says("words: line 2 takes out `nowhere`").says("hint: write one word or phrase a line");
    run(&desk, &server, "webhooks listen --port 0 --stop-words nosuch").exits(1).says("can't read nosuch");
    run(&desk, &server, "webhooks listen").exits(2);
    desk.write("short", "tooshort");
    let file = desk.dir.join("short");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = run(&desk, &server, "webhooks listen --port 0 --path-secret-file short").exits(2);
    said.says("12 to 128 characters").says("hint: ");
}
