//! What the server says of deliveries and conversations.

use std::time::Duration;

use sendcast::domain::job::Attempt;
use sendcast::domain::time::Millis;
use sendcast::sendwo::Response;
use serde_json::{Value, json};

use super::faults::Age;
use super::{Accepted, Truth, World};

/// The server's clock shows this much more than UTC.
const ZONE: Duration = Duration::from_secs(330 * 60);
/// How far a message gets, and how many seconds after it was accepted.
const STEPS: [(&str, u64); 4] = [("accepted", 0), ("sent", 1), ("delivered", 3), ("read", 10)];

impl Accepted {
    /// The step it has reached, and when.
    pub fn step(&self, age: Age) -> (&'static str, u64) {
        let seconds = age.saturating_sub(self.age).as_secs();
        match seconds {
            3.. if self.fails => ("failed", 3),
            12.. if self.fails_late => ("failed", 12),
            10.. if self.unread => ("delivered", 3),
            _ => *STEPS.iter().rfind(|(_, after)| *after <= seconds).unwrap_or(&STEPS[0]),
        }
    }
}

impl World {
    /// Where each message stands now.
    pub fn steps(&self) -> Vec<&'static str> {
        self.settle();
        let truth = self.0.borrow();
        let age = truth.age();
        truth.accepted.iter().map(|message| message.step(age).0).collect()
    }

    /// What a webhook tells of where a message stands.
    pub fn hook(&self, nth: usize) -> Value {
        let truth = self.0.borrow();
        let message = &truth.accepted[nth];
        let (word, after) = message.step(truth.age());
        let at = truth.local(truth.wall(message.age) + Duration::from_secs(after));
        json!({"webhook_type": "message_status_change", "wa_message_id": message.id,
            "message_status": word, "status_time": at, "failed_reason": truth.reason(word)})
    }
}

impl Truth {
    /// A moment as the server writes it: local time without a zone.
    fn local(&self, at: Millis) -> String {
        let shown = Millis(at.0.saturating_add_signed(self.faults.skew)) + ZONE;
        jiff::Timestamp::from_millisecond(i64::try_from(shown.0).unwrap())
            .unwrap()
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }

    /// Whether it was accepted soon after one of these intents, and many messages were in the same quarter of an hour
    /// by the server's clock, well within it.
    pub fn has_company(&self, message: &Accepted, intents: &[Attempt]) -> bool {
        const MANY: usize = 20;
        let minute = Duration::from_secs(60);
        let quarter = |at: Millis| at.0.saturating_add_signed(self.faults.skew) / (15 * 60 * 1000);
        let at = self.wall(message.age);
        let others = self.accepted.iter().filter(|other| quarter(self.wall(other.age)) == quarter(at));
        let soon = intents.iter().any(|intent| intent.at <= at && at <= intent.at + minute);
        soon && quarter(at - minute) == quarter(at + minute) && others.count() > MANY
    }

    fn reason(&self, word: &str) -> String {
        let code = if self.faults.fail_code == 0 { 131_026 } else { self.faults.fail_code };
        if word == "failed" { format!("(Error Code : {code} ) undeliverable") } else { String::new() }
    }

    pub(super) fn status(&mut self, id: &str, age: Age) -> Response {
        self.polls += 1;
        let Some(&place) = self.by_id.get(id) else {
            return answer(&json!({"status": "0", "message": "not found"}));
        };
        if self.draw(self.faults.odd) {
            return match self.chance.u8(0..5) {
                0 => Response { http: 500, body: b"oops".to_vec(), ..Response::default() },
                1 => Response { http: 200, body: b"<html></html>".to_vec(), ..Response::default() },
                2 => answer(&json!({"status": "0", "message": "not found"})),
                3 => answer(&json!({"status": "1", "message": []})),
                _ => answer(&json!({"status": "1", "message": {"message_status": "teleported"}})),
            };
        }
        let stale = self.draw(self.faults.stale);
        let told = if stale { age.mul_f64(self.chance.f64()) } else { age };
        let (word, after) = self.accepted[place].step(told);
        let mut at = self.wall(self.accepted[place].age) + Duration::from_secs(after);
        if self.draw(self.faults.odd_times) {
            at = at - Duration::from_secs(self.chance.u64(0..100_000)) + Duration::from_secs(40_000);
        }
        let (at, reason) = (self.local(at), self.reason(word));
        answer(&json!({"status": "1", "message": {
            "message_status": word, "delivery_status_updated_at": at, "failed_reason": reason,
        }}))
    }

    pub(super) fn conversation(&self, phone: &str, page: usize, age: Age) -> Response {
        if self.is_stranger(phone) {
            return answer(&json!({"status": "0", "message": "Subscriber not found"}));
        }
        let mut rows = self.rows(phone, age);
        rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let size = if self.faults.page == 0 { rows.len().max(1) } else { self.faults.page };
        let last = rows.len().div_ceil(size).max(1);
        let page = if self.faults.repeats { page.min(last) } else { page };
        let shown: Vec<Value> =
            rows.into_iter().map(|(_, row)| row).skip((page - 1) * size).take(size).collect();
        answer(&json!({"status": "1", "message": shown}))
    }

    fn rows(&self, phone: &str, age: Age) -> Vec<(Millis, Value)> {
        let row = |sender: &str, text: &str, at: Millis, id: String| {
            let content = json!({"text": {"body": text}}).to_string();
            let row = json!({"sender": sender, "message_content": content,
                "conversation_time": self.local(at), "wa_message_id": id});
            (at, row)
        };
        let messages = self.by_phone.get(phone).into_iter().flatten().map(|at| &self.accepted[*at]);
        let shown = messages.filter(|message| !message.hidden && age >= message.age + message.lag);
        let mut rows: Vec<_> = shown
            .map(|message| {
                let (at, mut shown) = row("bot", &message.text, self.wall(message.age), message.id.clone());
                let (word, _) = message.step(age);
                shown["message_status"] = word.into();
                shown["failed_reason"] = self.reason(word).into();
                (at, shown)
            })
            .collect();
        let before = |hours: u64| self.wall(Duration::ZERO) - Duration::from_secs(hours * 3600);
        if self.faults.history {
            rows.push(row("bot", "An older message", before(72), format!("old.{phone}")));
        }
        if self.faults.chatter {
            // Our text of the last campaign, whose id its journal knows; and said back by the recipient.
            let text = rows.first().and_then(|(_, row)| row["message_content"].as_str()).map(str::to_owned);
            let text = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let text = text.and_then(|content| content["text"]["body"].as_str().map(str::to_owned));
            let text = text.unwrap_or_else(|| "Hello?".into());
            rows.push(row("bot", &text, before(3), format!("old.twin.{phone}")));
            rows.push(row("user", &text, self.wall(age) - Duration::from_secs(1), format!("in.{phone}")));
            rows.push(row("agent", "May I help?", before(1), format!("agent.{phone}")));
            rows.push(row("user", "Thanks!", before(2), format!("in.thanks.{phone}")));
        }
        rows
    }
}

/// An answer with HTTP 200 and this body.
pub(super) fn answer(body: &Value) -> Response {
    Response {
        http: 200,
        content_type: Some("application/json".into()),
        body: body.to_string().into_bytes(),
        ..Response::default()
    }
}
