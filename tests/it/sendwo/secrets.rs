//! The token is in nothing that is shown.

use std::sync::{Arc, Mutex};

use sendcast::domain::ids::{MessageId, NumberId};
use sendcast::domain::outcome::classify;
use sendcast::sendwo::Client;

use super::faults::{Fault, Server};
use super::{CANARY, Canned, answer, phone, text, token, without_canary};

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_token_is_in_nothing_that_is_shown() {
    let log = Log::default();
    let dispatch = || {
        let sink = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::level_filters::LevelFilter::TRACE)
            .with_writer(move || sink.clone())
            .finish();
        tracing::Dispatch::new(subscriber)
    };
    // With a single one, tracing asks the thread that comes first whether a place in the code logs; that may be
    // another test's, which doesn't listen.
    let _second = dispatch();
    let guard = tracing::dispatcher::set_default(&dispatch());
    let mut shown = String::new();

    // Faults of the real network.
    for fault in Fault::ALL {
        let server = Server::start(fault, 0).await;
        let client = Client::new(server.transport(fault), token());
        let error = client.whatsapp().delivery_status(&MessageId::new("x")).await.unwrap_err();
        let exchange = client.whatsapp().send(&NumberId::new("N"), phone(), &text("x")).await;
        shown += &format!(
            "{client:?} {error} {error:?} {:?} {exchange:?} {:?}",
            error.hint(),
            classify(&exchange)
        );
    }
    // A server that says the token back, and words that get logged.
    let encoded = "31337%7CCANARY%2Bcanary%2FSecret%3D";
    for body in [
        format!(r#"{{"status":"0","message":"bad token {CANARY} in /x?t={encoded}"}}"#),
        format!(r#"{{"status":"1","message":{{"message_status":"{CANARY}"}}}}"#),
        format!("not JSON: {CANARY}"),
    ] {
        for http in [200, 302, 400, 401, 429, 500, 503] {
            let (client, asked) = Canned::client(Ok(answer(http, &body)));
            let report = client.whatsapp().delivery_status(&MessageId::new("x")).await;
            let exchange = client.whatsapp().send(&NumberId::new("N"), phone(), &text("x")).await;
            shown += &format!("{report:?} {exchange:?} {:?} {:?}", classify(&exchange), asked.borrow());
            if let Err(error) = report {
                shown += &error.to_string();
            }
        }
    }
    drop(guard);
    shown += std::str::from_utf8(&log.0.lock().unwrap()).unwrap();
    assert!(shown.contains("[token]") && shown.contains("a word that sendcast doesn't know"), "{shown}");
    without_canary(&shown.replace("[token]", ""));
}
