//! The real transport against a server that fails.
//!
//! The server is the witness: what is told as never connected must not have reached it, and no request may
//! reach it twice.

use std::time::Duration;

use sendcast::domain::ids::{MessageId, NumberId};
use sendcast::domain::outcome::{Held, Outcome, classify};
use sendcast::sendwo::{
    ApiErrorKind, BaseUrl, CallError, Client, HttpTransport, Method, Request, Timeouts, Transport,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::faults::{Fault, Server, read_request, transport};
use super::{FINE, phone, text, token, without_canary};

/// Longer than a busy machine needs.
const LONG: Duration = Duration::from_secs(20);

fn request(method: Method) -> Request {
    Request {
        method,
        path: "whatsapp/send-text-message",
        params: vec![("to".into(), "919876543210".into())],
        token: token(),
        timeout: None,
    }
}

#[tokio::test]
async fn no_fault_of_a_connection_is_taken_for_not_sent() {
    for fault in Fault::ALL {
        for pooled in [false, true] {
            for method in [Method::Post, Method::Get] {
                let case = format!("{fault:?}, pooled: {pooled}, {method:?}");
                let fine = usize::from(pooled);
                let server = Server::start(fault, fine).await;
                // The good request gets all the time it needs, the spoilt one its own limit.
                let transport = transport(server.address, LONG);
                let spoilt = Request { timeout: Some(fault.limit()), ..request(method) };
                if pooled {
                    assert_eq!(
                        transport.call(&request(method)).await.unwrap().body,
                        FINE.as_bytes(),
                        "{case}"
                    );
                }
                let result = transport.call(&spoilt).await;
                without_canary(&format!("{result:?} {transport:?}"));
                match &result {
                    Ok(response) => {
                        assert!(fault.is_answered(), "{case}: {response:?}");
                        assert_eq!(response.redirect, fault != Fault::Html, "{case}");
                    }
                    Err(CallError::Lost(why)) => {
                        assert!(!fault.is_answered() && !why.is_empty(), "{case}: {why}")
                    }
                    Err(CallError::NeverConnected(why)) => panic!("{case} was taken for not sent: {why}"),
                }
                // Nothing was followed and nothing sent again.
                let seen = server.seen();
                assert!(seen.len() <= fine + 1, "{case}: {seen:?}");
                assert!(
                    seen.iter().all(|line| line.contains(" /api/v1/whatsapp/send-text-message")),
                    "{seen:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_proof_also_behind_a_pooled_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = transport(address, LONG);
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{FINE}", FINE.len());
        stream.write_all(head.as_bytes()).await.unwrap();
    });
    transport.call(&request(Method::Post)).await.unwrap();
    served.await.unwrap();
    // The pooled connection is closed and the port, too. Either it is noticed in time (a proof), or not (lost).
    let pooled = transport.call(&request(Method::Post)).await;
    assert!(pooled.is_err(), "{pooled:?}");
    for method in [Method::Get, Method::Post] {
        let fresh = transport.call(&request(method)).await;
        assert!(matches!(fresh, Err(CallError::NeverConnected(_))), "{fresh:?}");
        without_canary(&format!("{fresh:?}"));
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_backlog_ends_with_the_connect_timeout_and_is_a_proof() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await
    {
        held.push(stream.unwrap());
        assert!(held.len() < 100, "the backlog never filled");
    }
    let base: BaseUrl = format!("http://{address}").parse().unwrap();
    let timeouts = Timeouts { connect: Duration::from_millis(200), request: LONG };
    let result = HttpTransport::new(base, timeouts).unwrap().call(&request(Method::Post)).await;
    assert_eq!(result, Err(CallError::NeverConnected("no connection within 200ms".into())));
}

#[tokio::test]
async fn requests_go_out_as_documented_and_headers_are_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut requests = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let mut text = String::new();
            while !text.contains("apiToken") {
                let n = stream.read(&mut bytes).await.unwrap();
                text.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
            }
            let answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            requests.push(text);
        }
        requests
    });
    let client = Client::new(transport(address, LONG), token());
    let exchange = client.whatsapp().send(&NumberId::new("N"), phone(), &text("a&b")).await;
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(classify(&exchange), Outcome::Held(Held::Throttled { retry_after }));
    let error = client.whatsapp().delivery_status(&MessageId::new("wamid.x+/=")).await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Throttled { retry_after });

    let requests = server.await.unwrap();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(
        body,
        "apiToken=31337%7CCANARY%2Bcanary%2FSecret%3D&phoneNumberId=N&to=919876543210&message=a%26b"
    );
    let head = head.to_lowercase();
    assert!(head.starts_with("post /api/v1/whatsapp/send-text-message http/1.1\r\n"), "{head}");
    let agent = format!("user-agent: sendcast/{}", env!("CARGO_PKG_VERSION"));
    for header in
        ["accept: application/json", "content-type: application/x-www-form-urlencoded", agent.as_str()]
    {
        assert!(head.lines().any(|line| line == header), "{header}: {head}");
    }
    for header in ["accept-encoding", "referer", "cookie"] {
        assert!(!head.contains(header), "{head}");
    }
    assert!(
        requests[1].starts_with(
            "GET /api/v1/whatsapp/message/delivery-status?apiToken=31337%7CCANARY%2Bcanary%2FSecret%3D\
             &messageId=wamid.x%2B%2F%3D HTTP/1.1\r\n"
        ),
        "{}",
        requests[1]
    );
}

#[tokio::test]
async fn every_exchange_is_judged_by_the_table() {
    for fault in Fault::ALL {
        let server = Server::start(fault, 0).await;
        let client = Client::new(server.transport(fault), token());
        let exchange = client.whatsapp().send(&NumberId::new("N"), phone(), &text("x")).await;
        let outcome = classify(&exchange);
        match fault {
            Fault::Redirect302 | Fault::Redirect307 => {
                assert!(
                    matches!(&outcome, Outcome::Refused { problem, .. } if problem.code == Some(0)),
                    "{outcome:?}"
                );
            }
            _ => assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}"),
        }
    }
}
