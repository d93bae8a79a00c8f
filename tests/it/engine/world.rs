//! A Sendwo in virtual time: what it accepted is the truth that the promise is judged by.
//!
//! A request departs, arrives, and is answered, each at a time of its own. What has departed arrives whether
//! or not its sender still lives.

mod answers;
pub mod faults;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use sendcast::domain::time::Millis;
use sendcast::sendwo::{CallError, Request, Response, Transport};
use sendcast::sys::clock::{Clock, VirtualClock};
use serde_json::json;
use tokio::time::Instant;

use answers::answer;
use faults::Age;
pub use faults::Faults;

/// How long the client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// What it sees of a request that isn't answered in that time.
const SILENT: &str = "no answer within 30 s";

/// What is on its way to somebody, or was answered.
type Answered = Result<Response, CallError>;

#[derive(Clone, Debug)]
pub struct Accepted {
    pub id: String,
    pub to: String,
    pub from: String,
    pub text: String,
    /// When, since the world's beginning.
    pub age: Age,
    /// The request that brought it.
    pub ticket: u64,
    fails: bool,
    fails_late: bool,
    unread: bool,
    pub hidden: bool,
    pub lag: Duration,
}

/// A request on its way.
#[derive(Clone, Debug)]
struct Sent {
    path: &'static str,
    params: Vec<(String, String)>,
    back: Duration,
}

impl Sent {
    fn param(&self, name: &str) -> String {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
    }

    fn is_message(&self) -> bool {
        is_message(self.path)
    }
}

/// Whether a request to this path sends a message.
pub fn is_message(path: &str) -> bool {
    path.starts_with("whatsapp/send") || path.ends_with("flow")
}

/// A request that has departed.
#[derive(Clone, Copy, Debug)]
pub struct Departed {
    pub ticket: u64,
    pub arrives: Instant,
}

pub struct Truth {
    pub faults: Faults,
    pub accepted: Vec<Accepted>,
    by_id: HashMap<String, usize>,
    by_phone: HashMap<String, Vec<usize>>,
    /// Departures of POSTs, since the world's beginning.
    pub posts: Vec<Age>,
    /// Arrivals inside of a Retry-After.
    pub early: usize,
    pub polls: usize,
    pub probes: usize,
    hold_until: HashMap<String, Age>,
    on_the_way: BTreeMap<(Age, u64), Sent>,
    /// Answers by ticket, and when they are back.
    answers: HashMap<u64, (Age, Answered)>,
    tickets: u64,
    seed: u64,
    chance: fastrand::Rng,
    born: Instant,
    born_at: Millis,
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
            hold_until: HashMap::new(),
            on_the_way: BTreeMap::new(),
            answers: HashMap::new(),
            tickets: 0,
            seed,
            chance: fastrand::Rng::with_seed(seed),
            born: Instant::now(),
            born_at: clock.now(),
            latency: 5..60,
        })))
    }

    /// How often each person was written to.
    pub fn per_person(&self) -> BTreeMap<String, usize> {
        self.settle();
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

    /// A request leaves its sender.
    pub fn depart(&self, request: &Request) -> Departed {
        let truth = &mut *self.0.borrow_mut();
        let age = truth.age();
        let range = truth.latency.clone();
        let (there, back) = (truth.chance.u64(range.clone()), truth.chance.u64(range));
        let params = request.params.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let sent = Sent { path: request.path, params, back: Duration::from_millis(back) };
        if sent.is_message() {
            truth.posts.push(age);
        }
        truth.tickets += 1;
        let arrives = age + Duration::from_millis(there);
        truth.on_the_way.insert((arrives, truth.tickets), sent);
        Departed { ticket: truth.tickets, arrives: truth.born + arrives }
    }

    /// The server does what has arrived by now, each thing at its time.
    pub fn settle(&self) {
        let truth = &mut *self.0.borrow_mut();
        let now = truth.age();
        while let Some(first) = truth.on_the_way.first_entry()
            && first.key().0 <= now
        {
            let ((at, ticket), sent) = first.remove_entry();
            truth.arrived(ticket, &sent, at);
        }
    }

    /// When the answer to what has arrived is back, and what it is.
    pub fn answer(&self, departed: Departed) -> (Instant, Answered) {
        self.settle();
        let truth = &mut *self.0.borrow_mut();
        let (at, answered) = truth.answers.remove(&departed.ticket).unwrap();
        (truth.born + at, answered)
    }

    /// The sender is no more. What is on its way may be lost, arrive, or arrive late; nobody waits for answers.
    pub fn orphan(&self) {
        self.settle();
        let truth = &mut *self.0.borrow_mut();
        truth.answers.clear();
        for ((at, ticket), sent) in std::mem::take(&mut truth.on_the_way) {
            let late = Duration::from_millis(truth.chance.u64(0..20_000));
            match truth.chance.u8(0..4) {
                // One that hangs at the server is there already.
                _ if sent.path == HUNG => truth.on_the_way.insert((at, ticket), sent),
                0 | 1 if sent.is_message() => truth.on_the_way.insert((at, ticket), sent),
                2 if sent.is_message() => truth.on_the_way.insert((at + late, ticket), sent),
                _ => None,
            };
        }
    }
}

/// A message that the server took in and works off later.
const HUNG: &str = "hung";

impl Truth {
    fn age(&self) -> Age {
        self.born.elapsed()
    }

    /// True wall time.
    fn wall(&self, age: Age) -> Millis {
        self.born_at + age
    }

    fn draw(&mut self, share: f64) -> bool {
        share > 0.0 && self.chance.f64() < share
    }

    /// Whether the server knows of no conversation with this person.
    pub fn is_stranger(&self, phone: &str) -> bool {
        let number: u64 = phone.parse().unwrap_or(0);
        let share = self.faults.strangers;
        share > 0.0 && fastrand::Rng::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9)).f64() < share
    }

    fn accept(&mut self, ticket: u64, sent: &Sent, age: Age) -> String {
        let (to, text, from) = (sent.param("to"), sent.param("message"), sent.param("phoneNumberId"));
        let id = format!("wamid.{}{:08}=", self.chance.u32(..), self.accepted.len());
        let hidden = self.draw(self.faults.hidden);
        let fails = self.draw(self.faults.fail_news);
        let fails_late = self.draw(self.faults.fails_late);
        let unread = self.draw(self.faults.unread);
        let lag = self.faults.lag.mul_f64(self.chance.f64());
        let place = self.accepted.len();
        self.by_id.insert(id.clone(), place);
        self.by_phone.entry(to.clone()).or_default().push(place);
        self.accepted.push(Accepted {
            id: id.clone(),
            to,
            from,
            text,
            age,
            ticket,
            fails,
            fails_late,
            unread,
            hidden,
            lag,
        });
        id
    }

    fn arrived(&mut self, ticket: u64, sent: &Sent, age: Age) {
        let answered = match sent.path {
            HUNG => {
                self.accept(ticket, sent, age);
                return;
            }
            _ if self.faults.is_down(age) => Err(CallError::NeverConnected("connection refused".into())),
            "whatsapp/message/delivery-status" => Ok(self.status(&sent.param("messageId"), age)),
            "whatsapp/conversation" => {
                let page = sent.param("page").parse().unwrap_or(1);
                Ok(self.conversation(&sent.param("subscriberId"), page, age))
            }
            "whatsapp/connect/account/list" => Ok(answer(&json!({"status": "1", "message": []}))),
            _ if sent.is_message() => self.posted(ticket, sent, age),
            _ => Err(CallError::NeverConnected("connection refused".into())),
        };
        self.probes += usize::from(sent.path == "whatsapp/connect/account/list");
        let silent = matches!(&answered, Err(CallError::Lost(why)) if why == SILENT);
        let back = sent.back + if silent { PATIENCE } else { Duration::ZERO };
        self.answers.insert(ticket, (age + back, answered));
    }

    /// The answer to a POST, or how it is lost.
    fn posted(&mut self, ticket: u64, sent: &Sent, age: Age) -> Answered {
        if self.draw(self.faults.unconnected) {
            return Err(CallError::NeverConnected("connection refused".into()));
        }
        let number = sent.param("phoneNumberId");
        let refused = self.faults.locked(&number, age);
        if self.hold_until.get(&number).is_some_and(|until| age < *until) {
            self.early += 1;
        }
        if let Some((http, seconds)) = self.faults.asks_to_wait(age) {
            let until = age + Duration::from_secs(seconds);
            let hold = self.hold_until.entry(number).or_default();
            *hold = until.max(*hold);
            let retry_after = Some(Duration::from_secs(seconds));
            return Ok(Response { http, retry_after, ..Response::default() });
        }
        if self.faults.silences.iter().any(|span| span.contains(&age)) {
            return Err(CallError::Lost(SILENT.into()));
        }
        if self.draw(self.faults.lost_before) {
            return Err(CallError::Lost("connection reset".into()));
        }
        if refused.is_some() || self.draw(self.faults.refused) {
            let code = refused.unwrap_or(self.faults.code);
            let text = format!("(Error Code : {code} ) refused");
            return Ok(answer(&json!({"status": "0", "message": text})));
        }
        if self.draw(self.faults.hangs) {
            let later = PATIENCE + Duration::from_millis(self.chance.u64(1_000..480_000));
            self.on_the_way.insert((age + later, ticket), Sent { path: HUNG, ..sent.clone() });
            return Err(CallError::Lost(SILENT.into()));
        }
        let id = self.accept(ticket, sent, age);
        if self.draw(self.faults.lost_after) {
            return Err(CallError::Lost("timed out".into()));
        }
        if sent.path.ends_with("flow") {
            return Ok(answer(&json!({"status": "1", "message": "triggered"})));
        }
        Ok(answer(&json!({"status": "1", "message": "sent", "data": {"message_id": id}})))
    }
}

impl Transport for World {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let departed = self.depart(request);
        tokio::time::sleep_until(departed.arrives).await;
        let (back, answered) = self.answer(departed);
        tokio::time::sleep_until(back).await;
        answered
    }
}
