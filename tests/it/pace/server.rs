//! A Sendwo in virtual time that limits: what left for it, when, and what became of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use sendcast::sendwo::{CallError, Request, Response, Transport};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::limiter::{Headers, Kind, Limiter};

/// The first person of all.
pub const FIRST: u64 = 919_800_000_000;

/// How it says that it was too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    /// HTTP 429.
    Plain,
    /// HTTP 429 with the seconds until there is room.
    RetryAfter,
    /// HTTP 200 with Meta's code.
    Code,
    /// It accepts, and the delivery fails with the code.
    News,
}

/// How it is away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Away {
    Refused,
    Silent,
    Unavailable(Option<u64>),
}

/// One POST: when it left, and whether it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    pub left: Duration,
    pub number: u8,
    pub to: u64,
    pub taken: bool,
    pub throttled: bool,
}

pub struct State {
    pub limiter: Limiter,
    pub says: Says,
    pub headers: Headers,
    /// Polls draw on the same limit.
    pub shared: bool,
    /// Throttled whatever the rate, by share.
    pub by_chance: f64,
    /// The limit from each of these moments on, POSTs a second.
    pub limits: Vec<(Duration, f64)>,
    pub away: Vec<(Range<Duration>, Away)>,
    /// Refused with this code, by share.
    pub refused: f64,
    pub code: u32,
    /// These people are refused with this code, whenever they are written to.
    pub bad: Option<(Range<u64>, u32)>,
    /// There and back, in microseconds, each within this range.
    pub latency: Range<u64>,
    pub posts: Vec<Post>,
    pub probes: Vec<Duration>,
    pub gets: u64,
    pub gets_throttled: u64,
    /// POSTs that left although a Retry-After had been received and wasn't over.
    pub early: usize,
    hold_until: Option<Instant>,
    ids: HashMap<String, bool>,
    chance: fastrand::Rng,
    born: Instant,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Server(pub Rc<RefCell<State>>);

impl Server {
    pub fn new(seed: u64) -> Server {
        Server(Rc::new(RefCell::new(State {
            limiter: Limiter::new(Kind::None),
            says: Says::Plain,
            headers: Headers::None,
            shared: false,
            by_chance: 0.0,
            limits: Vec::new(),
            away: Vec::new(),
            refused: 0.0,
            code: 131_016,
            bad: None,
            latency: 4_000..6_000,
            posts: Vec::new(),
            probes: Vec::new(),
            gets: 0,
            gets_throttled: 0,
            early: 0,
            hold_until: None,
            ids: HashMap::new(),
            chance: fastrand::Rng::with_seed(seed),
            born: Instant::now(),
        })))
    }

    pub fn age(&self) -> Duration {
        self.0.borrow().born.elapsed()
    }

    /// The most POSTs of one number that any sliding span held.
    pub fn busiest(&self, number: u8, span: Duration) -> usize {
        let state = self.0.borrow();
        let left: Vec<_> = state.posts.iter().filter(|p| p.number == number).map(|p| p.left).collect();
        assert!(left.is_sorted(), "they left in turn");
        let mut end = 0;
        let mut most = 0;
        for (begin, from) in left.iter().enumerate() {
            while left.get(end).is_some_and(|at| *at < *from + span) {
                end += 1;
            }
            most = most.max(end - begin);
        }
        most
    }

    /// POSTs in a span: all, those that were taken, those that were throttled.
    pub fn within(&self, span: Range<Duration>) -> (usize, usize, usize) {
        let state = self.0.borrow();
        let posts = state.posts.iter().filter(|post| span.contains(&post.left));
        posts.fold((0, 0, 0), |(all, taken, throttled), post| {
            (all + 1, taken + usize::from(post.taken), throttled + usize::from(post.throttled))
        })
    }
}

impl State {
    fn limit(&self, age: Duration) -> f64 {
        self.limits.iter().rev().find(|(from, _)| *from <= age).map_or(f64::INFINITY, |(_, limit)| *limit)
    }

    fn away(&self) -> Option<Away> {
        let age = self.born.elapsed();
        self.away.iter().find(|(span, _)| span.contains(&age)).map(|(_, away)| *away)
    }

    fn post(&mut self, at: usize) -> Result<Response, CallError> {
        let age = self.born.elapsed();
        let limit = self.limit(age);
        let by_chance = self.by_chance > 0.0 && self.chance.f64() < self.by_chance;
        let room = self.limiter.take(age.as_secs_f64(), limit);
        if let Err(wait) = if by_chance { Err(0.5) } else { room } {
            self.posts[at].throttled = true;
            let text = "(Error Code : 130429 ) rate limit hit";
            match self.says {
                Says::Plain => return Ok(Response { http: 429, ..Response::default() }),
                Says::RetryAfter => return Ok(rests(wait)),
                Says::Code => return Ok(answer(&json!({"status": "0", "message": text}))),
                Says::News => {
                    let id = self.accept(true);
                    return Ok(answer(&json!({"status": "1", "data": {"message_id": id}})));
                }
            }
        }
        let person = self.posts[at].to.saturating_sub(FIRST);
        if let Some((people, code)) = &self.bad
            && people.contains(&person)
        {
            let text = format!("(Error Code : {code} ) refused");
            return Ok(answer(&json!({"status": "0", "message": text})));
        }
        if self.chance.f64() < self.refused {
            let text = format!("(Error Code : {} ) refused", self.code);
            return Ok(answer(&json!({"status": "0", "message": text})));
        }
        self.posts[at].taken = true;
        let id = self.accept(false);
        Ok(answer(&json!({"status": "1", "data": {"message_id": id}})))
    }

    fn accept(&mut self, fails: bool) -> String {
        let id = format!("wamid.{:08}=", self.ids.len());
        self.ids.insert(id.clone(), fails);
        id
    }

    fn get(&mut self, path: &str, wanted: &str) -> Response {
        self.gets += 1;
        let age = self.born.elapsed();
        let limit = self.limit(age);
        if self.shared
            && let Err(wait) = self.limiter.take(age.as_secs_f64(), limit)
        {
            self.gets_throttled += 1;
            return if self.says == Says::RetryAfter {
                rests(wait)
            } else {
                Response { http: 429, ..Response::default() }
            };
        }
        match path {
            "whatsapp/message/delivery-status" if self.ids.get(wanted) == Some(&true) => answer(&json!({
                "status": "1",
                "message": {"message_status": "failed", "failed_reason": "(Error Code : 130429 ) rate limit hit"},
            })),
            "whatsapp/message/delivery-status" => {
                answer(&json!({"status": "1", "message": {"message_status": "read"}}))
            }
            _ => answer(&json!({"status": "1", "message": []})),
        }
    }
}

fn rests(wait: f64) -> Response {
    let seconds = Duration::from_secs_f64(wait.ceil().max(1.0));
    Response { http: 429, retry_after: Some(seconds), ..Response::default() }
}

fn answer(body: &Value) -> Response {
    let body = body.to_string().into_bytes();
    Response { http: 200, content_type: Some("application/json".into()), body, ..Response::default() }
}

impl Transport for Server {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let param = |name: &str| {
            request.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
        };
        let sends = request.path.starts_with("whatsapp/send");
        let (at, there, back) = {
            let state = &mut *self.0.borrow_mut();
            let left = state.born.elapsed();
            if sends {
                let number = param("phoneNumberId").trim_start_matches("number-").parse().unwrap();
                let to = param("to").parse().unwrap();
                state.posts.push(Post { left, number, to, taken: false, throttled: false });
                state.early += usize::from(state.hold_until.is_some_and(|until| Instant::now() < until));
            } else if request.path == "whatsapp/connect/account/list" {
                state.probes.push(left);
            }
            let range = state.latency.clone();
            (state.posts.len(), state.chance.u64(range.clone()), state.chance.u64(range))
        };
        let away = self.0.borrow().away();
        if away == Some(Away::Refused) {
            return Err(CallError::NeverConnected("connection refused".into()));
        }
        tokio::time::sleep(Duration::from_micros(there)).await;
        if away == Some(Away::Silent) {
            tokio::time::sleep(Duration::from_secs(30)).await;
            return Err(CallError::Lost("no whole answer within 30s".into()));
        }
        let result = if let Some(Away::Unavailable(after)) = away {
            Ok(Response { http: 503, retry_after: after.map(Duration::from_secs), ..Response::default() })
        } else if sends {
            let state = &mut *self.0.borrow_mut();
            let answer = state.post(at - 1);
            let rate_limit = state.limiter.told(state.headers);
            answer.map(|answer| Response { rate_limit, ..answer })
        } else {
            let wanted = param("messageId");
            Ok(self.0.borrow_mut().get(request.path, &wanted))
        };
        tokio::time::sleep(Duration::from_micros(back)).await;
        if let Ok(Response { retry_after: Some(after), .. }) = &result
            && sends
        {
            let until = Instant::now() + *after;
            let state = &mut *self.0.borrow_mut();
            state.hold_until = Some(state.hold_until.map_or(until, |old| old.max(until)));
        }
        result
    }
}
