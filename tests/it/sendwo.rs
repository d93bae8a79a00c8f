//! The API client: against servers that fail in every way a connection can, and against any answer at all.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod answers;
mod endpoints;
mod faults;
mod futures;
mod network;
mod pages;
mod resources;
mod secrets;
mod wire;

use std::cell::RefCell;
use std::rc::Rc;

use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::sendwo::{CallError, Client, Request, Response, Token, Transport};

const CANARY: &str = "31337|CANARY+canary/Secret=";
const FINE: &str =
    "{\"status\":\"1\",\"message\":\"Message sent successfully.\",\"data\":{\"message_id\":\"wamid.1=\"}}";

fn token() -> Token {
    Token::new(CANARY).unwrap()
}

fn phone() -> Phone {
    Phone::from_digits("919876543210").unwrap()
}

fn text(body: &str) -> Message {
    Message::Text { body: body.into() }
}

/// Whatever is shown of a result, the token isn't in it.
fn without_canary(shown: &str) {
    let lower = shown.to_lowercase();
    assert!(!lower.contains("canary") && !lower.contains("apitoken"), "{shown}");
}

/// Answers from a list, the last one for ever, and keeps what it was asked.
#[derive(Clone)]
struct Canned {
    answer: Rc<Result<Response, CallError>>,
    asked: Rc<RefCell<Vec<Request>>>,
}

impl Canned {
    fn client(answer: Result<Response, CallError>) -> (Client<Canned>, Rc<RefCell<Vec<Request>>>) {
        let asked = Rc::default();
        let canned = Canned { answer: Rc::new(answer), asked: Rc::clone(&asked) };
        (Client::new(canned, token()), asked)
    }

    fn json(body: &str) -> Client<Canned> {
        Canned::client(Ok(answer(200, body))).0
    }
}

impl Transport for Canned {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        self.asked.borrow_mut().push(request.clone());
        (*self.answer).clone()
    }
}

fn answer(http: u16, body: &str) -> Response {
    Response { http, redirect: (300..400).contains(&http), body: body.into(), ..Response::default() }
}
