//! A wrong address that answers with web pages.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Desk;

/// Answers every request with a page; counts those that would write to somebody.
fn site(status: &'static str) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let posts = Arc::new(AtomicU64::new(0));
    let counted = posts.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let sends = String::from_utf8_lossy(&request[..read]).contains("/whatsapp/send-text-message");
            counted.fetch_add(u64::from(sends), Ordering::SeqCst);
            let page = "<!doctype html><title>Welcome</title>";
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
        }
    });
    (url, posts)
}

fn desk() -> Desk {
    let rows: String = (0..30).map(|n| format!("P{n},+9198765432{n:02}\n")).collect();
    Desk::with(&rows)
}

fn said(desk: &Desk, arguments: &str, url: &str) -> super::Said {
    let mut command = desk.command(arguments);
    command.env("SENDWO_BASE_URL", url).env("SENDWO_API_TOKEN", "12|a-token");
    command.output().unwrap().into()
}

#[test]
fn a_question_that_a_web_page_answers_says_so() {
    for status in ["200 OK", "404 Not Found"] {
        let (url, _) = site(status);
        for command in ["account", "numbers", "subscribers list"] {
            said(&desk(), command, &url).exits(1).says("a web page").says("check the base URL");
        }
    }
    // A gateway's page tells of a server that is down.
    let (url, _) = site("502 Bad Gateway");
    let down = said(&desk(), "account", &url).exits(1);
    assert!(!down.err.contains("base URL"), "{}", down.err);
}

#[test]
fn a_wrong_address_puts_one_person_in_doubt_and_not_all() {
    let (url, posts) = site("200 OK");
    let desk = desk();
    let run = said(&desk, "run c.json --offline --rate max", &url);
    let run = run.exits(5).says("check the base URL");
    assert_eq!(posts.load(Ordering::SeqCst), 1, "{}", run.err);
    let counts = desk.run("status c --json").exits(0).json()["counts"].clone();
    assert_eq!((&counts["in_doubt"], &counts["queued"]), (&1.into(), &29.into()), "{counts}");
}

#[test]
fn an_address_where_nothing_is_found_fails_nobody() {
    let (url, _) = site("404 Not Found");
    let desk = desk();
    said(&desk, "run c.json --offline --rate max", &url).exits(5).says("check the base URL");
    let counts = desk.run("status c --json").exits(0).json()["counts"].clone();
    assert_eq!(&counts["queued"], &30, "{counts}");
}
