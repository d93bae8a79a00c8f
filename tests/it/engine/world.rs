//! A Sendwo in virtual time: what it accepted is the truth that the promise is judged by.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use sendcast::domain::time::Millis;
use sendcast::sendwo::{CallError, Request, Response, Transport};
use sendcast::sys::clock::{Clock, VirtualClock};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The server's clock shows this much more than UTC.
const ZONE: Duration = Duration::from_secs(330 * 60);

/// What the client sees of a request that is never answered.
const SILENT: &str = "no answer within 30 s";

/// Faults by share, drawn from the world's seed.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The message is accepted and the answer lost.
    pub lost_after: f64,
    /// The request is lost before anything happens.
    pub lost_before: f64,
    /// No connection.
    pub unconnected: f64,
    /// Refused with this code.
    pub refused: f64,
    pub code: u32,
    /// Accepted messages later reported as failed.
    pub fail_news: f64,
    /// Conversations don't show it.
    pub hidden: f64,
    /// Everybody's conversation shows an older message of ours, `old.…`.
    pub history: bool,
    /// No connection within these spans since the world's beginning.
    pub outages: Vec<std::ops::Range<Duration>>,
    /// Messages that arrive in these spans are never answered, and not accepted.
    pub silences: Vec<std::ops::Range<Duration>>,
    /// HTTP 429 with this Retry-After while the span lasts.
    pub throttles: Vec<(std::ops::Range<Duration>, u64)>,
}

#[derive(Clone, Debug)]
pub struct Accepted {
    pub id: String,
    pub to: String,
    pub text: String,
    pub at: Millis,
    pub fails: bool,
    pub hidden: bool,
}

pub struct Truth {
    pub faults: Faults,
    pub accepted: Vec<Accepted>,
    by_id: HashMap<String, usize>,
    by_phone: HashMap<String, Vec<usize>>,
    /// Departures of POSTs, since the world's beginning.
    pub posts: Vec<Duration>,
    /// Arrivals inside of a Retry-After.
    pub early: usize,
    pub polls: usize,
    pub probes: usize,
    hold_until: Option<Instant>,
    chance: fastrand::Rng,
    born: Instant,
    clock: VirtualClock,
    latency: std::ops::Range<u64>,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct World(pub Rc<RefCell<Truth>>);

impl World {
    pub fn new(seed: u64, faults: Faults, clock: VirtualClock) -> World {
        World(Rc::new(RefCell::new(Truth {
            faults,
            accepted: Vec::new(),
            by_id: HashMap::new(),
            by_phone: HashMap::new(),
            posts: Vec::new(),
            early: 0,
            polls: 0,
            probes: 0,
            hold_until: None,
            chance: fastrand::Rng::with_seed(seed),
            born: Instant::now(),
            clock,
            latency: 5..60,
        })))
    }

    /// How often each person was written to.
    pub fn per_person(&self) -> BTreeMap<String, usize> {
        let mut people = BTreeMap::new();
        for message in &self.0.borrow().accepted {
            *people.entry(message.to.clone()).or_insert(0) += 1;
        }
        people
    }

    /// The most POSTs that any second held.
    pub fn busiest_second(&self) -> usize {
        let truth = self.0.borrow();
        let posts = &truth.posts;
        let end = |from: Duration| posts.partition_point(|at| *at < from + Duration::from_secs(1));
        posts.iter().enumerate().map(|(begin, from)| end(*from) - begin).max().unwrap_or(0)
    }
}

impl Truth {
    fn now(&self) -> Millis {
        self.clock.now()
    }

    fn draw(&mut self, share: f64) -> bool {
        self.chance.f64() < share
    }

    fn local(&self, at: Millis) -> String {
        let shown = at + ZONE;
        jiff::Timestamp::from_millisecond(i64::try_from(shown.0).unwrap())
            .unwrap()
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }

    fn accept(&mut self, to: String, text: String) -> String {
        let id = format!("wamid.{}{:08}=", self.chance.u32(..), self.accepted.len());
        let (hidden, fail_news) = (self.faults.hidden, self.faults.fail_news);
        let (hidden, fails) = (self.draw(hidden), self.draw(fail_news));
        let at = self.now();
        let place = self.accepted.len();
        self.by_id.insert(id.clone(), place);
        self.by_phone.entry(to.clone()).or_default().push(place);
        self.accepted.push(Accepted { id: id.clone(), to, text, at, fails, hidden });
        id
    }

    /// The answer to a POST, or how it is lost.
    fn post(&mut self, to: String, text: String) -> Result<Response, CallError> {
        let age = self.born.elapsed();
        let unconnected = self.faults.unconnected;
        if self.faults.outages.iter().any(|span| span.contains(&age)) || self.draw(unconnected) {
            return Err(CallError::NeverConnected("connection refused".into()));
        }
        if self.hold_until.is_some_and(|until| Instant::now() < until) {
            self.early += 1;
        }
        let throttle = self.faults.throttles.iter().find(|(span, _)| span.contains(&age)).map(|(_, s)| *s);
        if let Some(seconds) = throttle {
            let until = Instant::now() + Duration::from_secs(seconds);
            self.hold_until = Some(self.hold_until.map_or(until, |old| old.max(until)));
            let retry_after = Some(Duration::from_secs(seconds));
            return Ok(Response { http: 429, retry_after, ..Response::default() });
        }
        if self.faults.silences.iter().any(|span| span.contains(&age)) {
            return Err(CallError::Lost(SILENT.into()));
        }
        let Faults { lost_before, refused, code, lost_after, .. } = self.faults;
        if self.draw(lost_before) {
            return Err(CallError::Lost("connection reset".into()));
        }
        if self.draw(refused) {
            let text = format!("(Error Code : {code} ) refused");
            return Ok(answer(&json!({"status": "0", "message": text})));
        }
        let id = self.accept(to, text);
        if self.draw(lost_after) {
            return Err(CallError::Lost("timed out".into()));
        }
        Ok(answer(&json!({"status": "1", "message": "sent", "data": {"message_id": id}})))
    }

    fn status(&mut self, id: &str) -> Response {
        self.polls += 1;
        let Some(message) = self.by_id.get(id).map(|at| self.accepted[*at].clone()) else {
            return answer(&json!({"status": "0", "message": "not found"}));
        };
        let age = self.now().since(message.at).as_secs();
        let (word, after) = match age {
            0 => ("accepted", 0),
            1..3 => ("sent", 1),
            _ if message.fails => ("failed", 3),
            3..10 => ("delivered", 3),
            _ => ("read", 10),
        };
        let at = self.local(message.at + Duration::from_secs(after));
        let reason = if word == "failed" { "(Error Code : 131026 ) undeliverable" } else { "" };
        answer(&json!({"status": "1", "message": {
            "message_status": word, "delivery_status_updated_at": at, "failed_reason": reason,
        }}))
    }

    fn conversation(&self, phone: &str, page: u32) -> Response {
        let mut rows: Vec<Value> = self
            .by_phone
            .get(phone)
            .into_iter()
            .flatten()
            .map(|at| &self.accepted[*at])
            .filter(|message| !message.hidden && page == 1)
            .map(|message| {
                json!({"sender": "bot", "message_content": json!({"text": {"body": message.text}}).to_string(),
                    "conversation_time": self.local(message.at), "wa_message_id": message.id})
            })
            .collect();
        if self.faults.history && page == 1 {
            let older = self.clock.now() - Duration::from_secs(3 * 24 * 3600);
            rows.push(json!({"sender": "bot", "message_content": "An older message",
                "conversation_time": self.local(older), "wa_message_id": format!("old.{phone}")}));
        }
        answer(&json!({"status": "1", "message": rows}))
    }
}

fn answer(body: &Value) -> Response {
    Response {
        http: 200,
        content_type: Some("application/json".into()),
        body: body.to_string().into_bytes(),
        ..Response::default()
    }
}

impl Transport for World {
    async fn call(&self, request: Request) -> Result<Response, CallError> {
        let (there, back) = {
            let truth = &mut *self.0.borrow_mut();
            if request.path.starts_with("whatsapp/send") {
                let age = truth.born.elapsed();
                truth.posts.push(age);
            }
            let range = truth.latency.clone();
            (truth.chance.u64(range.clone()), truth.chance.u64(range))
        };
        tokio::time::sleep(Duration::from_millis(there)).await;
        let param = |name: &str| {
            request.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
        };
        let result = {
            let truth = &mut *self.0.borrow_mut();
            let age = truth.born.elapsed();
            let down = truth.faults.outages.iter().any(|span| span.contains(&age));
            match request.path {
                "whatsapp/message/delivery-status" if !down => Ok(truth.status(&param("messageId"))),
                "whatsapp/conversation" if !down => {
                    let page = param("page").parse().unwrap_or(1);
                    Ok(truth.conversation(&param("subscriberId"), page))
                }
                "whatsapp/connect/account/list" => {
                    truth.probes += 1;
                    if down {
                        Err(CallError::NeverConnected("refused".into()))
                    } else {
                        Ok(answer(&json!({"status": "1", "message": []})))
                    }
                }
                path if path.starts_with("whatsapp/send") || path.ends_with("flow") => {
                    truth.post(param("to"), param("message"))
                }
                _ => Err(CallError::NeverConnected("refused".into())),
            }
        };
        if let Err(CallError::Lost(why)) = &result
            && why == SILENT
        {
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        tokio::time::sleep(Duration::from_millis(back)).await;
        result
    }
}
