//! Any answer of the API, for each question and for a message that was POSTed.
//!
//! Input: a letter for the HTTP status (or `#` and two bytes of it), a letter for the headers, then the body. What
//! must hold:
//!
//! - **D**: a message is accepted only by a 2xx whose body, read by serde_json alone, is an object that says
//!   `"status": "1"` (or 1, or true). It is refused (so that it may be sent again) only by a "0" in a 2xx, a 4xx
//!   that isn't 408, 429 or 499, or a redirect; never where the answer has an id or says success anywhere, nor
//!   where it tells of a timeout. It is held only by a 429, or a 503 with Retry-After. All else is unknown.
//! - Each question is asked once, and answered with what was asked or with an error in words. Words for people
//!   are short, without control characters and without the token, also where the server repeats it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sendcast::domain::ids::{CatalogId, LabelId, MessageId, NumberId, SubscriberId};
use sendcast::domain::message::Message;
use sendcast::domain::outcome::{Exchange, Held, Outcome, classify};
use sendcast::domain::phone::Phone;
use sendcast::domain::problem::Problem;
use sendcast::sendwo::{
    ApiError, CallError, Client, DeliveryStatus, Done, Limit, Moment, NewSubscriber, Request, Response,
    SubscriberUpdate, Token, Transport,
};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::input::{Input, now};

/// A token that servers can repeat: the secret part stands in the dictionary.
const TOKEN: &str = "31337|CANARY-canary";
const SECRET: &str = "CANARY-canary";

/// The statuses that mean something of their own.
const STATUSES: [u16; 20] =
    [200, 200, 200, 200, 201, 204, 301, 302, 303, 307, 400, 401, 403, 404, 408, 422, 429, 499, 500, 503];

#[derive(Clone)]
struct Canned {
    answer: Rc<Response>,
    calls: Rc<Cell<u32>>,
}

impl Transport for Canned {
    async fn call(&self, _: &Request) -> Result<Response, CallError> {
        self.calls.set(self.calls.get() + 1);
        Ok((*self.answer).clone())
    }
}

pub fn check(input: &[u8]) {
    let mut input = Input(input);
    let http = match input.byte() {
        b'#' => input.word() % 1000,
        letter => STATUSES[usize::from(letter) % STATUSES.len()],
    };
    let headers = input.byte();
    let retry_after = (headers & 1 == 1).then(|| Duration::from_secs(u64::from(headers)));
    let content_type = match headers >> 1 & 3 {
        0 => None,
        1 => Some("text/html; charset=utf-8".to_owned()),
        2 => Some("application/json".to_owned()),
        _ => Some("text/plain".to_owned()),
    };
    let body = input.0.to_vec();
    let redirect = (300..400).contains(&http);
    let answer = Rc::new(Response { http, retry_after, rate_limit: None, redirect, content_type, body });
    let canned = Canned { answer: Rc::clone(&answer), calls: Rc::default() };
    let calls = Rc::clone(&canned.calls);
    let client = Client::new(canned, Token::new(TOKEN).expect("a token"));

    let to = Phone::from_digits("919876543210").expect("a phone");
    let message = Message::Text { body: "Hi".to_owned() };
    let exchange = now(client.whatsapp().send(&NumberId::new("N"), to, &message));
    judged(&answer, &exchange);

    let whatsapp = client.whatsapp();
    if let Some(report) = told(&answer, now(whatsapp.delivery_status(&MessageId::new("x")))) {
        assert_eq!(report.problem.is_some(), report.status == Some(DeliveryStatus::Failed));
        report.problem.iter().for_each(fit);
        let at = report.status_at();
        [at, report.updated_at, report.read_at, report.failed_at].into_iter().flatten().for_each(sound);
    }
    for row in told(&answer, now(whatsapp.conversation(to, 1))).into_iter().flatten() {
        row.problem.iter().for_each(fit);
        row.at.into_iter().for_each(sound);
        row.id.iter().for_each(|id| assert!(!id.as_str().is_empty()));
    }
    for number in told(&answer, now(whatsapp.connected_numbers())).into_iter().flatten() {
        assert!(!number.number.as_str().is_empty());
    }
    let info = told(&answer, now(client.user().info()));
    info.iter().flat_map(|info| &info.numbers).for_each(|n| assert!(!n.number.as_str().is_empty()));
    assert_eq!(calls.get(), 5, "one request for each question");
    asked_of_the_account(&answer, &client);
    assert_eq!(calls.get(), 5 + 9 + 6, "one request for each question");
}

/// The account's resources: lists, and actions, which are done only where a 2xx plainly says so.
fn asked_of_the_account(answer: &Response, client: &Client<Canned>) {
    let (user, subscribers, labels) = (client.user(), client.subscribers(), client.labels());
    let (catalog, webhooks) = (client.catalog(), client.webhooks());
    let usage = told(answer, now(user.usage()));
    for module in usage.iter().flat_map(|usage| &usage.modules) {
        let sound = match (module.limit, module.used, module.left()) {
            (Some(Limit::Of(limit)), Some(used), Some(Limit::Of(left))) => left == limit.saturating_sub(used),
            (Some(Limit::Unlimited), _, Some(Limit::Unlimited)) => true,
            (None, _, None) | (Some(Limit::Of(_)), None, None) => true,
            _ => false,
        };
        assert!(sound, "{module:?}");
    }
    told(answer, now(user.packages(1))).iter().flatten().for_each(written);
    told(answer, now(user.modules(1))).iter().flatten().for_each(written);
    for person in told(answer, now(subscribers.list(1))).iter().flatten() {
        assert!(person.id.as_ref().is_none_or(|id| !id.as_str().is_empty()));
        assert!(person.labels.iter().all(|label| !label.is_empty() && !label.chars().any(char::is_control)));
        written(person);
    }
    told(answer, now(labels.list(1))).iter().flatten().for_each(written);
    told(answer, now(catalog.list(1))).iter().flatten().for_each(written);
    told(answer, now(catalog.orders(1))).iter().flatten().for_each(written);
    told(answer, now(webhooks.list(1))).iter().flatten().for_each(written);
    usage.iter().for_each(written);
    // Twice asked, twice the same.
    assert_eq!(usage, told(answer, now(user.usage())));

    let who = SubscriberId::new("501");
    let phone = Phone::from_digits("919876543210").expect("a phone");
    done(answer, now(subscribers.create(&NewSubscriber::new(phone))).map(|created| created.done));
    done(answer, now(subscribers.update(&SubscriberUpdate::of(who.clone()).first_name("Amit"))));
    done(answer, now(subscribers.assign_labels(&who, &[LabelId::new("12")])));
    done(answer, now(subscribers.add_note(&who, "a note")));
    done(answer, now(labels.create("Lead")).map(|created| created.done));
    done(answer, now(catalog.sync(&CatalogId::new("1"))));
}

fn done(answer: &Response, result: Result<Done, ApiError>) {
    let envelope = envelope(&answer.body);
    let status = envelope.as_ref().and_then(|envelope| envelope.get("status"));
    let yes = (200..300).contains(&answer.http) && says(status, "1", 1.0, true);
    assert_eq!(result.is_ok(), yes, "HTTP {} and {status:?}", answer.http);
    match result {
        Ok(done) => {
            done.text.iter().for_each(|text| shown(text));
            written(&done);
        }
        Err(error) => {
            shown(&error.to_string());
            // Done again only what is known not to be done: by the rule for messages.
            let http = answer.http;
            let by_status = (200..300).contains(&http) && says(status, "0", 0.0, false);
            let by_code = (400..500).contains(&http) && !matches!(http, 408 | 499);
            let by_redirect = matches!(http, 301 | 302 | 307 | 308);
            let held = http == 503 && answer.retry_after.is_some();
            assert!(
                error.is_in_doubt() || by_status || by_code || by_redirect || held,
                "no doubt after HTTP {http} and {status:?}"
            );
        }
    }
}

/// As JSON: no name twice, and not the token.
fn written(record: &impl Serialize) {
    let text = serde_json::to_string(record).expect("it can be written");
    assert!(!text.contains(SECRET), "{text}");
    let Names(mut names) = serde_json::from_str(&text).expect("an object");
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{text}");
}

/// The names in an object, each as often as it is there.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        struct Gather;
        impl<'de> Visitor<'de> for Gather {
            type Value = Names;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Gather)
    }
}

/// The envelope as serde_json alone reads it.
fn envelope(body: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

fn says(status: Option<&Value>, word: &str, number: f64, truth: bool) -> bool {
    match status {
        Some(Value::Bool(said)) => *said == truth,
        Some(Value::Number(said)) => said.as_f64() == Some(number),
        Some(Value::String(said)) => {
            said.trim() == word || said.trim().eq_ignore_ascii_case(&truth.to_string())
        }
        _ => false,
    }
}

/// Whether a `message_id` with something in it stands where ids stand.
fn has_id(envelope: &serde_json::Map<String, Value>) -> bool {
    let named = |fields: &serde_json::Map<String, Value>| {
        ["message_id", "wa_message_id"].iter().any(|name| match fields.get(*name) {
            Some(Value::Number(_)) => true,
            Some(Value::String(id)) => {
                let id = id.trim();
                !id.is_empty() && id.len() <= 512 && !id.chars().any(char::is_control)
            }
            _ => false,
        })
    };
    let below = ["data", "message"].iter().filter_map(|name| envelope.get(*name)?.as_object());
    named(envelope) || below.into_iter().any(named)
}

fn judged(answer: &Response, exchange: &Exchange) {
    let Exchange::Answered { http, retry_after, reply, .. } = exchange else { panic!("it was answered") };
    assert_eq!((*http, *retry_after), (answer.http, answer.retry_after));
    let envelope = envelope(&answer.body);
    let status = envelope.as_ref().and_then(|envelope| envelope.get("status"));
    let (success, failure) = (says(status, "1", 1.0, true), says(status, "0", 0.0, false));
    let id = envelope.as_ref().is_some_and(has_id);
    let fine = (200..300).contains(http);
    let text = reply.as_ref().map_or("", |reply| reply.text.as_str());
    assert!(!text.contains(SECRET), "{text}");
    match classify(exchange) {
        Outcome::Accepted { message_id } => {
            assert!(fine && success, "accepted by HTTP {http} and {status:?}");
            assert!(message_id.is_none_or(|id| !id.as_str().is_empty()));
        }
        Outcome::Refused { problem, http: told } => {
            let by_status = fine && failure;
            let by_code = (400..500).contains(http) && !matches!(http, 408 | 429 | 499);
            let by_redirect = matches!(http, 301 | 302 | 307 | 308);
            assert!(by_status || by_code || by_redirect, "refused by HTTP {http} and {status:?}");
            assert!(!success && !id, "refused, and accepted: {envelope:?}");
            let media = text.contains("131052") || text.contains("131053");
            assert!(media || !text.to_lowercase().contains("timed out"), "refused by a timeout: {text}");
            assert_eq!(told, *http);
            fit(&problem);
        }
        Outcome::Held(Held::Throttled { retry_after: wait }) => {
            assert!(*http == 429 && wait == *retry_after && !success && !id);
        }
        Outcome::Held(Held::Unavailable { retry_after: wait }) => {
            assert!(*http == 503 && Some(wait) == *retry_after && !success && !id);
        }
        Outcome::Held(Held::Unreachable { .. }) => panic!("it was answered"),
        Outcome::Unknown { why } => {
            assert!(!why.is_empty());
            assert!(!fine || !success, "a success is unknown");
            shown(&why);
        }
    }
}

/// What was asked for, where the answer brought it.
fn told<T>(answer: &Response, result: Result<T, ApiError>) -> Option<T> {
    match result {
        Ok(told) => {
            let envelope = envelope(&answer.body).expect("an answer that says yes is an object");
            assert!((200..300).contains(&answer.http), "HTTP {} brought something", answer.http);
            assert!(!says(envelope.get("status"), "0", 0.0, false), "a no brought something");
            Some(told)
        }
        Err(error) => {
            assert_eq!(error.http_status(), Some(answer.http));
            shown(&error.to_string());
            None
        }
    }
}

fn fit(problem: &Problem) {
    assert!(!problem.reason.is_empty());
    shown(&problem.reason);
}

/// Fit for a terminal and a report.
fn shown(text: &str) {
    assert!(text.chars().count() <= 500, "{} characters", text.chars().count());
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(!text.contains(SECRET), "the token: {text}");
}

/// A time that has a place in UTC can be written down: nothing is told of the year 10,000.
fn sound(at: Moment) {
    assert!(at.as_utc().is_none_or(|at| at.0 < 253_402_300_800_000));
}
