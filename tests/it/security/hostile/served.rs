//! Servers that answer with more than anybody asked for.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::desk::{Desk, LONGEST, order_to_a_terminal, until};
use super::super::server::{Answer, Server, answer, json as json_answer};
use super::audiences::ORDERS;

fn body(text: String) -> Answer {
    Arc::new(move |_, stream| answer(stream, "200 OK", "Content-Type: application/json\r\n", &text))
}

fn endless(head: &'static str, piece: &'static [u8]) -> Answer {
    Arc::new(move |_, stream| {
        stream.write_all(head.as_bytes())?;
        // As long as anybody listens.
        loop {
            stream.write_all(piece)?;
        }
    })
}

fn servers() -> Vec<(String, Answer)> {
    const OPEN: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    const PIECE: &[u8] = &[b'7'; 65_536];
    let mut servers: Vec<(String, Answer)> = vec![
        ("an endless body".into(), endless("HTTP/1.1 200 OK\r\n\r\n", PIECE)),
        (
            "an endless chunked body".into(),
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\n[[[[\r\n"),
        ),
        (
            "one chunk of terabytes".into(),
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n", PIECE),
        ),
        ("an endless header".into(), endless("HTTP/1.1 200 OK\r\nX: ", PIECE)),
        ("headers without end".into(), endless(OPEN, b"X: y\r\n")),
        ("an endless status".into(), endless("HTTP/1.1 200 ", PIECE)),
        (
            "a body of exabytes, by its length".into(),
            endless("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", PIECE),
        ),
        ("a length that is none".into(), endless("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", PIECE)),
        ("continue, without end".into(), endless("", b"HTTP/1.1 100 Continue\r\n\r\n")),
        ("lists 500,000 deep".into(), body("[".repeat(500_000) + &"]".repeat(500_000))),
        ("objects 100,000 deep".into(), body("{\"message\":".repeat(90_000) + "1" + &"}".repeat(90_000))),
        (
            "half a million values".into(),
            body(format!("{{\"status\":\"1\",\"message\":[{}0]}}", "0,".repeat(500_000))),
        ),
        (
            "100,000 empty objects".into(),
            body(format!("{{\"status\":\"1\",\"message\":[{}0]}}", "{},".repeat(300_000))),
        ),
        (
            "numbers without bounds".into(),
            body(r#"{"status":1e999999,"message":-1e999999,"data":123456789012345678901234567890}"#.into()),
        ),
        (
            "a key 100,000 times".into(),
            body(format!("{{{}\"status\":\"1\"}}", "\"status\":\"0\",".repeat(70_000))),
        ),
        // gzip of megabytes of zeros; nobody asked for it, so nobody unpacks it.
        (
            "gzip that nobody asked for".into(),
            Arc::new(|request, stream| {
                assert!(!request.text.to_lowercase().contains("accept-encoding"), "{}", request.text);
                let bomb = [b"\x1f\x8b\x08\0\0\0\0\0\x02\xff".to_vec(), vec![0; 200_000]].concat();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                    bomb.len()
                )?;
                stream.write_all(&bomb)
            }),
        ),
    ];
    for to in [
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "//127.0.0.1:1/",
        "gopher://127.0.0.1/",
        "\u{1b}]0;x\u{7}",
    ] {
        for status in ["302 Found", "307 Temporary Redirect"] {
            let headers = format!("Location: {to}\r\n");
            servers.push((
                format!("{status} to {to:?}"),
                Arc::new(move |_, stream| answer(stream, status, &headers, "")),
            ));
        }
    }
    for (what, order) in ORDERS {
        servers.push((
            format!("{what} in a refusal"),
            Arc::new(move |_, stream| {
                json_answer(
                    stream,
                    "400 No",
                    &json!({"status": "0", "message": format!("no {order} to that"), order: order}),
                )
            }),
        ));
        servers.push((format!("{what} in what is listed"), Arc::new(move |_, stream| {
            json_answer(stream, "200 OK", &json!({"status": "1", "message": [
                {"phone_number_id": format!("1{order}"), "verified_name": order, "display_phone_number": order}]}))
        })));
        servers.push((
            format!("{what} as plain text, to the message"),
            Arc::new(move |request, stream| {
                if request.asks("connect/account/list") {
                    return super::super::server::numbers(stream);
                }
                answer(stream, "400 No", "Content-Type: text/plain\r\n", &format!("no {order} to that"))
            }),
        ));
    }
    servers
}

#[test]
fn no_answer_takes_the_memory_the_time_or_the_terminal() {
    try_all(false);
}

/// The first that is asked, the first that is sent, and one in colour.
const COMMANDS: [&str; 3] =
    ["check c.json -vv", "run c.json --timeout 1s -vv", "run c.json --offline --timeout 1s --color always"];

/// Every server; in the full form against every command.
pub fn try_all(full: bool) -> usize {
    let servers = servers();
    let count = servers.len();
    assert!(count >= 50, "{count}");
    let mut threads = Vec::new();
    for (at, (name, answer)) in servers.into_iter().enumerate() {
        let (every, from) = if full { (1, 0) } else { (COMMANDS.len(), at % COMMANDS.len()) };
        threads.push(std::thread::spawn(move || {
            let server = Server::start(answer);
            for command in COMMANDS.into_iter().skip(from).step_by(every) {
                against(&name, &server, command, if full { LONGEST } else { Duration::from_millis(700) });
            }
            assert!(server.asked() > 0, "{name} was never asked");
        }));
        // Not all at once on a small machine.
        if threads.len() >= 8 {
            finish(threads.remove(0));
        }
    }
    threads.into_iter().for_each(finish);
    count
}

fn finish(thread: std::thread::JoinHandle<()>) {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// What it said until `enough` after the first answer is held to the rules: an answer without an end is waited for as long as any.
fn against(name: &str, server: &Server, command: &str, enough: Duration) {
    let desk =
        Desk::new().with("SENDWO_API_TOKEN", "1|a-token-for-nobody").with("SENDWO_BASE_URL", &server.url());
    desk.campaign("Ann,+919876543210\n");
    let arguments: Vec<_> = command.split(' ').collect();
    let before = server.asked();
    let mut answered = None;
    let (said, ended) = until(desk.command("", &arguments), LONGEST + enough, |_| {
        if server.asked() > before {
            answered.get_or_insert_with(Instant::now);
        }
        answered.is_some_and(|at| at.elapsed() > enough)
    });
    let all = format!("{}{}", said.out(), said.err());
    assert!(!ended || said.code.is_some(), "{name}: {command} was ended by a signal: {all}");
    assert!(!all.contains("panicked") && !all.contains("allocation"), "{name}: {all}");
    let colour = command.contains("always");
    for bytes in [&said.out, &said.err] {
        let plain = if colour { anstream::adapter::strip_bytes(bytes).into_vec() } else { bytes.clone() };
        assert_eq!(order_to_a_terminal(&plain), None, "{name}: {command}: {all:?}");
    }
    assert!(!colour || !(all.contains("\u{1b}]") || all.contains("\u{1b}[2J")), "{name}: {all:?}");
}
