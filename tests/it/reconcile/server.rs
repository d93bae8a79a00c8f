//! A Sendwo in virtual time that tells the truth only to the judge.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use sendcast::domain::time::Millis;
use sendcast::sendwo::{CallError, Request, Response, Transport};
use sendcast::sys::clock::{Clock, VirtualClock};
use serde_json::{Value, json};

use super::habits::{End, Habits, Names};
use super::scene::{Fate, Scene, Whose};

/// One POST, as it came.
#[derive(Clone, Debug)]
pub struct Posted {
    pub at: Millis,
    pub fate: Fate,
    /// Its id, and when it was accepted, if it was.
    pub accepted: Option<(String, Millis)>,
}

/// A line of a conversation.
struct Line {
    id: Option<String>,
    at: Millis,
    from: Millis,
    sender: &'static str,
    content: Value,
    status: Option<&'static str>,
    /// With whom, where a person is two.
    plus: bool,
}

pub struct Truth {
    pub habits: Habits,
    pub scenes: HashMap<String, Scene>,
    pub posted: HashMap<String, Vec<Posted>>,
    lines: HashMap<String, Vec<Line>>,
    chance: fastrand::Rng,
    clock: VirtualClock,
    ids: u32,
    /// Accepted, as soon as the time has come.
    under_way: Vec<(Millis, String, usize)>,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Server(pub Rc<RefCell<Truth>>);

impl Server {
    pub fn new(habits: Habits, scenes: HashMap<String, Scene>, seed: u64, clock: VirtualClock) -> Server {
        let chance = fastrand::Rng::with_seed(seed);
        let (posted, lines) = (HashMap::new(), HashMap::new());
        let under_way = Vec::new();
        let truth = Truth { habits, scenes, posted, lines, chance, clock, ids: 0, under_way };
        Server(Rc::new(RefCell::new(truth)))
    }
}

impl Truth {
    fn id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}{:08x}{}=", self.chance.u32(..), self.ids)
    }

    /// A POST arrives.
    fn post(&mut self, to: &str) -> (usize, Fate) {
        let now = self.clock.now();
        let scene = self.scenes[to].clone();
        let before = self.posted.get(to).map_or(0, Vec::len);
        if before == 0 {
            for other in &scene.others {
                let id = match other.whose {
                    Whose::Ours => Some(self.id("old.")),
                    Whose::Doubted { accepted: false } => continue,
                    Whose::Doubted { accepted: true } | Whose::Strangers => Some(self.id("wamid.x")),
                    Whose::Theirs { id } => id.then(|| self.id("wamid.y")),
                };
                let theirs = matches!(other.whose, Whose::Theirs { .. });
                if scene.blank && matches!(other.whose, Whose::Ours | Whose::Doubted { .. }) {
                    continue;
                }
                let at = Millis(now.0.saturating_add_signed(other.after));
                if other.whose == Whose::Strangers && self.habits.repeats(at, now) {
                    continue;
                }
                let content = self.habits.content(&other.says);
                let sender = if theirs { "user" } else { "bot" };
                let line = Line { id, at, from: at, sender, content, status: None, plus: other.after > 0 };
                self.lines.entry(to.to_owned()).or_default().push(line);
            }
        }
        let fate = scene.fates[before.min(1)];
        let posts = self.posted.entry(to.to_owned()).or_default();
        posts.push(Posted { at: now, fate, accepted: None });
        (before, fate)
    }

    /// Accepts what was worked off by now, whether its client still waited or not.
    pub fn work_off(&mut self) {
        let now = self.clock.now();
        let (due, later) = std::mem::take(&mut self.under_way).into_iter().partition(|(at, ..)| *at <= now);
        self.under_way = later;
        let due: Vec<_> = due;
        for (at, to, nth) in due {
            self.accept(&to, nth, at);
        }
    }

    /// It is accepted; its id.
    fn accept(&mut self, to: &str, nth: usize, at: Millis) -> String {
        let id = self.id("wamid.o");
        let posted = self.posted.get_mut(to).and_then(|posts| posts.get_mut(nth)).unwrap();
        posted.accepted = Some((id.clone(), at));
        let fate = posted.fate;
        let scene = &self.scenes[to];
        if let Some(lag) = fate.shown.filter(|_| !scene.blank) {
            let content = self.habits.content(&scene.message);
            let (id, status) = (Some(id.clone()), fate.fails.then_some("failed"));
            let line = Line { id, at, from: at + lag, sender: "bot", content, status, plus: true };
            self.lines.entry(to.to_owned()).or_default().push(line);
        }
        id
    }

    fn conversation(&self, asked: &str, page: usize) -> Response {
        let habits = &self.habits;
        let with_plus = asked.starts_with('+');
        let to = asked.trim_start_matches('+');
        let nobody = || match habits.not_found {
            true => Response { http: 404, ..answer(&json!({"message": "Not Found"})) },
            false => answer(&json!({"status": "0", "message": "Subscriber not found."})),
        };
        match habits.names {
            Names::Plus { refused: true } if !with_plus => return nobody(),
            Names::Plus { refused: false } if !with_plus => {
                return answer(&json!({"status": "1", "message": []}));
            }
            _ => {}
        }
        let Some(lines) = self.lines.get(to) else { return nobody() };
        let split = habits.names == Names::Split;
        let now = self.clock.now();
        let mut shown: Vec<&Line> =
            lines.iter().filter(|line| line.from <= now && (!split || line.plus == with_plus)).collect();
        shown.sort_by_key(|line| line.at);
        if let End::Newest(most) = habits.end {
            shown.drain(..shown.len().saturating_sub(most));
        }
        if habits.newest_first {
            shown.reverse();
        }
        let rows: Vec<Value> = shown.iter().map(|line| self.row(line)).collect();
        let pages: Vec<&[Value]> = rows.chunks(habits.page).collect();
        let rows = match habits.end {
            End::Refused if page > pages.len() => return nobody(),
            End::Refused => pages[page - 1],
            End::NoPages | End::Newest(_) => &rows[..],
            End::Empty => pages.get(page - 1).copied().unwrap_or_default(),
            End::Repeats => pages.get(page - 1).or(pages.last()).copied().unwrap_or_default(),
        };
        answer(&json!({"status": "1", "message": rows}))
    }

    fn row(&self, line: &Line) -> Value {
        let mut row = json!({
            "sender": line.sender, "message_content": line.content,
            "conversation_time": self.habits.written(line.at), "message_status": line.status,
            "failed_reason": line.status.map(|_| "(Error Code : 131026) undeliverable").unwrap_or_default(),
        });
        if let Some(id) = line.id.as_ref().filter(|_| self.habits.ids) {
            row["wa_message_id"] = id.as_str().into();
        }
        row
    }

    fn delivery(&self, id: &str) -> Response {
        let mut all = self.posted.values().flatten().filter_map(|posted| posted.accepted.as_ref());
        let Some((_, at)) = all.find(|(other, _)| other == id) else {
            return answer(&json!({"status": "0", "message": "not found"}));
        };
        let at = self.habits.written(*at + Duration::from_secs(3));
        answer(&json!({"status": "1", "message":
            {"message_status": "delivered", "delivery_status_updated_at": at}}))
    }
}

fn answer(body: &Value) -> Response {
    Response { http: 200, body: body.to_string().into_bytes(), ..Response::default() }
}

impl Transport for Server {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let (there, lossy) = {
            let truth = &mut *self.0.borrow_mut();
            truth.work_off();
            let habits = truth.habits.clone();
            (habits.latency(&mut truth.chance), truth.chance.u8(0..100) < habits.lossy)
        };
        let param = |name: &str| {
            let found = request.params.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        tokio::time::sleep(there).await;
        match request.path {
            "whatsapp/conversation" | "whatsapp/message/delivery-status" if lossy => {
                Err(CallError::Lost("connection reset".into()))
            }
            "whatsapp/conversation" => {
                let page = param("page").parse().unwrap_or(1);
                Ok(self.0.borrow().conversation(&param("subscriberId"), page))
            }
            "whatsapp/message/delivery-status" => Ok(self.0.borrow().delivery(&param("messageId"))),
            "whatsapp/connect/account/list" => Ok(answer(&json!({"status": "1", "message": []}))),
            _ => self.take(param("to")).await,
        }
    }
}

impl Server {
    async fn take(&self, to: String) -> Result<Response, CallError> {
        let (nth, fate) = self.0.borrow_mut().post(&to);
        let now = self.0.borrow().clock.now();
        if fate.answered {
            let id = self.0.borrow_mut().accept(&to, nth, now);
            let id = json!({"status": "1", "message": "sent", "data": {"message_id": id}});
            // The answer takes its time, too.
            let back = self.0.borrow_mut().chance.u64(5..1_500);
            tokio::time::sleep(Duration::from_millis(back)).await;
            return Ok(answer(&id));
        }
        if let Some(delay) = fate.accepted {
            self.0.borrow_mut().under_way.push((now + delay, to, nth));
        }
        tokio::time::sleep(fate.silence).await;
        Err(CallError::Lost("connection reset".into()))
    }
}
