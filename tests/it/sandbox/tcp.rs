//! Over TCP: kept connections, resets that are resets, bodies that are cut.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use sendcast::sandbox::{Running, SandboxOptions, spawn_in_thread};

use super::{HELLO, TEXT};

/// A request over a connection of its own, or one that is kept; the whole answer, or how it broke.
fn exchange(stream: &mut TcpStream, form: &str) -> io::Result<(u16, usize, String)> {
    let form = form.replace(' ', "+");
    write!(
        stream,
        "POST /api/v1{TEXT} HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let length: usize = length.parse().expect("a number");
    let mut body = Vec::new();
    stream.take(length as u64).read_to_end(&mut body)?;
    Ok((status, length, String::from_utf8(body).expect("text")))
}

fn served(plan: &str) -> Running {
    let faults = plan.parse().expect("a plan");
    spawn_in_thread(SandboxOptions { faults, ..SandboxOptions::default() }).expect("a sandbox")
}

fn connect(addr: SocketAddr) -> TcpStream {
    TcpStream::connect(addr).expect("a connection")
}

#[test]
fn over_tcp_it_answers_on_a_kept_connection() {
    let running = served("");
    assert_eq!(running.base_url(), format!("http://{}/api/v1", running.addr()));
    let mut stream = connect(running.addr());
    for _ in 0..3 {
        let (status, length, body) = exchange(&mut stream, HELLO).expect("an answer");
        assert_eq!((status, length), (200, body.len()));
        assert!(body.contains("wamid."));
    }
    assert_eq!(running.stats().accepted, 3);
    running.stop().expect("stops");
    assert!(exchange(&mut stream, HELLO).is_err(), "its connections are closed");
}

#[test]
fn over_tcp_a_reset_is_a_reset() {
    for (plan, accepted) in [("reset=1+9x", 1), ("reset-after=1+9x", 2)] {
        let running = served(plan);
        let mut stream = connect(running.addr());
        exchange(&mut stream, HELLO).expect("the first is let pass");
        let error = exchange(&mut stream, HELLO).expect_err("a reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{plan}");
        assert_eq!(running.stats().accepted, accepted, "{plan}");
        let mut other = connect(running.addr());
        assert!(exchange(&mut other, HELLO).is_err(), "another connection, the next in the count");
    }
}

#[test]
fn over_tcp_a_cut_body_is_cut() {
    let running = served("cut-after");
    let (status, length, body) = exchange(&mut connect(running.addr()), HELLO).expect("a part");
    assert_eq!(status, 200);
    assert!(!body.is_empty() && body.len() < length, "{} of {length}", body.len());
    assert_eq!(running.stats().accepted, 1);
}
